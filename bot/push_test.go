package bot_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"foghorn/bot"
	"foghorn/integrations/emulator"
	"foghorn/integrations/port/porttest"
	"foghorn/manifests"
)

const pushSecret = "a secret that Port shares"

// serves runs the bot's HTTP server until the test ends, and gives its address.
func (h *house) serves() string { return h.servesWith(pushSecret) }

func (h *house) servesWith(secret string) string {
	h.t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		h.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(h.t.Context())
	done := make(chan error, 1)
	front := bot.NewFront(h.metrics, secret)
	front.Opened(h.bot)
	go func() { done <- front.Serve(ctx, ln) }()
	h.t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			h.t.Errorf("the HTTP server ended with %v", err)
		}
	})
	return "http://" + ln.Addr().String()
}

// pushes calls the webhook as Port does, with a signature made at a time.
func (h *house) pushes(base, body, secret string, at time.Time) int {
	h.t.Helper()
	stamp := strconv.FormatInt(at.Unix(), 10)
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(stamp + "." + body))
	req, err := http.NewRequestWithContext(h.t.Context(), http.MethodPost, base+"/port/runs", strings.NewReader(body))
	if err != nil {
		h.t.Fatal(err)
	}
	req.Header.Set("X-Port-Timestamp", stamp)
	req.Header.Set("X-Port-Signature", "v1,"+base64.StdEncoding.EncodeToString(mac.Sum(nil)))
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		h.t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	return res.StatusCode
}

// reads gets a page of the bot.
func (h *house) reads(url string) (int, string) {
	h.t.Helper()
	req, err := http.NewRequestWithContext(h.t.Context(), http.MethodGet, url, nil)
	if err != nil {
		h.t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		h.t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		h.t.Fatal(err)
	}
	return res.StatusCode, string(body)
}

func TestPortPushesTheEndOfARun(t *testing.T) {
	h := newHouse(t)
	h.approval()
	h.start()
	base := h.serves()
	h.declares(alice, general, "pushed", "Minor", "public")
	h.shows(alice, "approv")
	run := h.port.Runs()[0].ID
	if err := h.port.Approve(h.soon(), run); err != nil {
		t.Fatal(err)
	}
	if status := h.pushes(base, `{"runId":"`+run+`"}`, pushSecret, time.Now()); status != http.StatusOK {
		t.Errorf("the webhook got %d", status)
	}
	h.shows(general, "pushed")
	if _, metrics := h.reads(base + "/metrics"); !strings.Contains(metrics, `foghorn_pushes_total{outcome="woke"} 1`) {
		t.Error("the push was not counted as one that woke a request")
	}
}

// TestAPushNeedsNoPoll has a Port whose list never shows that a run has ended. Its own
// webhook, from the automation that apply makes, wakes the bot all the same.
func TestAPushNeedsNoPoll(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.endless()
	h.start()
	set, _ := manifests.Render(manifests.Organisation{}, manifests.Options{BotURL: h.servesWith(h.port.ClientSecret)})
	if err := h.port.PutAction(set.Push); err != nil {
		t.Fatal(err)
	}
	h.opens(alice, general, "/incident") // the definition is known now
	stale := func(runs string) {
		h.port.Clear()
		h.port.Plan(emulator.Fault{Path: "/v1/actions/runs", Method: http.MethodGet, Status: http.StatusOK, Body: `{"ok":true,"runs":[` + runs + `]}`})
	}
	h.declares(alice, general, "pushed", "Minor", "public")
	h.comes("Port has the run", func() bool { return len(h.port.Runs()) == 1 })
	run := h.port.Runs()[0].ID
	stale(`{"id":"` + run + `","status":"IN_PROGRESS"}`)
	reads := func() (n int) {
		for _, c := range h.port.Calls("/v1/actions/runs/" + run) {
			if c.Method == http.MethodGet {
				n++
			}
		}
		return n
	}
	lists := func() int { return len(h.port.Calls("/v1/actions/runs")) }
	before := lists()
	h.comes("a stale list was read", func() bool { return lists() >= before+2 })
	looked := reads()
	if err := h.port.EndRun(run, porttest.Success, ""); err != nil {
		t.Fatal(err)
	}
	h.shows(general, "")
	if n := reads() - looked; n != 1 {
		t.Errorf("the run was read %d times after its end", n)
	}
}

func TestPushesThatAreRefused(t *testing.T) {
	h := newHouse(t).start()
	base := h.serves()
	now, body := time.Now(), `{"runId":"r_unknown"}`
	for _, push := range []struct {
		name, body, secret string
		at                 time.Time
		want               int
	}{
		{"of another's run", body, pushSecret, now, http.StatusOK},
		{"replayed", body, pushSecret, now, http.StatusConflict},
		{"forged", body, "guessed", now, http.StatusUnauthorized},
		{"old", body, pushSecret, now.Add(-6 * time.Minute), http.StatusUnauthorized},
		{"early", body, pushSecret, now.Add(6 * time.Minute), http.StatusUnauthorized},
		{"unreadable", "[]", pushSecret, now, http.StatusBadRequest},
		{"too large", strings.Repeat(" ", 1<<20+1), pushSecret, now, http.StatusRequestEntityTooLarge},
	} {
		if got := h.pushes(base, push.body, push.secret, push.at); got != push.want {
			t.Errorf("%s: %d, want %d", push.name, got, push.want)
		}
	}
	_, metrics := h.reads(base + "/metrics")
	for outcome, n := range map[string]string{"unknown_run": "1", "replayed": "1", "forged": "1", "old": "2", "unreadable": "1", "too_large": "1"} {
		if line := `foghorn_pushes_total{outcome="` + outcome + `"} ` + n + "\n"; !strings.Contains(metrics, line) {
			t.Errorf("/metrics lacks %s", line)
		}
	}
}

func TestHealthReadinessAndMetricNames(t *testing.T) {
	h := newHouse(t).start()
	base := h.serves()
	if status, _ := h.reads(base + "/healthz"); status != http.StatusOK {
		t.Errorf("/healthz: %d", status)
	}
	h.declares(alice, general, "measured", "Minor", "public")
	h.shows(general, "measured")
	h.settled()
	if status, body := h.reads(base + "/readyz"); status != http.StatusOK {
		t.Errorf("/readyz: %d %s", status, body)
	}
	_, metrics := h.reads(base + "/metrics")
	for _, name := range []string{
		"commands_total", "submissions_total", "ack_seconds", "requests_total", "told_seconds",
		"links", "runs_in_flight", "requests_open", "oldest_open_seconds", "store_bytes",
	} {
		if !strings.Contains(metrics, "# TYPE foghorn_"+name+" ") {
			t.Errorf("/metrics lacks foghorn_%s", name)
		}
	}
	if err := h.stop(); err != nil {
		t.Fatal(err)
	}
	status, body := h.reads(base + "/readyz")
	var answer struct {
		OK    bool
		Wrong map[string]string
	}
	if err := json.Unmarshal([]byte(body), &answer); err != nil {
		t.Fatalf("%v: %s", err, body)
	}
	if status != http.StatusServiceUnavailable || answer.OK || answer.Wrong["slack"] == "" || answer.Wrong["store"] == "" {
		t.Errorf("/readyz of a stopped bot: %d %s", status, body)
	}
}
