package bot_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"foghorn/integrations/emulator"
)

// ready asks /readyz, and checks that its status and its JSON say the same.
func (h *house) ready(base string) (ok bool, wrong map[string]string) {
	h.t.Helper()
	status, body := h.reads(base + "/readyz")
	var answer struct {
		OK    bool
		Wrong map[string]string
	}
	if err := json.Unmarshal([]byte(body), &answer); err != nil {
		h.t.Fatalf("%v: %s", err, body)
	}
	if answer.OK != (status == http.StatusOK) || answer.OK != (len(answer.Wrong) == 0) || !answer.OK && status != http.StatusServiceUnavailable {
		h.t.Fatalf("/readyz: %d %s", status, body)
	}
	return answer.OK, answer.Wrong
}

// lives checks that the process is none the worse for what it waits for.
func (h *house) lives(base string) {
	h.t.Helper()
	if status, body := h.reads(base + "/healthz"); status != http.StatusOK {
		h.t.Errorf("/healthz: %d %s", status, body)
	}
}

func (h *house) comesReady(base string) {
	h.t.Helper()
	h.comes("the bot is ready", func() bool { ok, _ := h.ready(base); return ok })
}

func TestNoLinkIsNotReady(t *testing.T) {
	t.Parallel()
	h := newHouse(t).start()
	base := h.serves()
	h.comesReady(base)
	h.slack.RefuseSockets("link_disabled")
	h.slack.Drop()
	h.comes("it has no link", func() bool {
		_, wrong := h.ready(base)
		return wrong["slack"] != "" && wrong["port"] == "" && wrong["store"] == ""
	})
	h.lives(base)
	h.slack.RefuseSockets("")
	h.comesReady(base)
}

func TestPortThatWasNeverReachedIsNotReady(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.port.Plan(emulator.Fault{Status: http.StatusServiceUnavailable, Body: "<html>away</html>"})
	h.start()
	base := h.serves()
	h.comes("it waits for Port", func() bool {
		_, wrong := h.ready(base)
		return strings.Contains(wrong["port"], "503") && wrong["slack"] == "" && wrong["store"] == ""
	})
	h.lives(base)
	h.port.Clear()
	h.comes("the bot is ready", func() bool {
		if _, err := h.slack.Person(alice).Types(h.soon(), general, "/incident"); err != nil { // asks Port anew
			t.Error(err)
		}
		ok, _ := h.ready(base)
		return ok
	})
}
