package bot_test

import (
	"fmt"
	"testing"
	"time"

	"foghorn/integrations/emulator"
)

// once checks that one incident was declared and told, once each.
func (h *house) once(name string) {
	h.t.Helper()
	h.shows(general, name)
	h.settled()
	if runs := h.port.Runs(); len(runs) != 1 {
		h.t.Errorf("%d runs", len(runs))
	}
	if ms := h.slack.Messages(general); len(ms) != 1 {
		h.t.Errorf("%d messages: %v", len(ms), texts(ms))
	}
}

func TestFaultsDoubleNothingAndLoseNothing(t *testing.T) {
	slack := func(f emulator.Fault) func(*house) {
		return func(h *house) {
			f.Path = "chat.postEphemeral"
			h.slack.Plan(f)
			f.Path = "chat.postMessage"
			f.Times++ // one for the note that goes to the reporter instead
			h.slack.Plan(f)
		}
	}
	away := func(f emulator.Fault) func(*house) {
		return func(h *house) { h.port.Plan(f); time.AfterFunc(6*time.Second, h.port.Clear) }
	}
	port := func(f emulator.Fault) func(*house) { return func(h *house) { h.port.Plan(f) } }
	for _, c := range []struct {
		name   string
		breaks func(*house)
	}{
		{"Slack loses its answer", slack(emulator.Fault{Times: 1, Lose: true})},
		{"Slack says 429", slack(emulator.Fault{Times: 2, Status: 429, Header: map[string][]string{"Retry-After": {"1"}}})},
		{"Slack says 500", slack(emulator.Fault{Times: 1, Status: 500, Body: "<html>"})},
		{"Slack says internal_error", slack(emulator.Fault{Times: 1, Status: 200, Body: `{"ok":false,"error":"internal_error"}`})},
		{"Slack cuts the connection", slack(emulator.Fault{Times: 1, Cut: true})},
		{"Port loses the answer of a new run", port(emulator.Fault{Path: "/runs", Method: "POST", Times: 1, Lose: true})},
		{"Port says 502 instead of a run", port(emulator.Fault{Path: "/runs", Method: "POST", Times: 1, Status: 502, Body: "<html>"})},
		{"Port says 429", port(emulator.Fault{Path: "/runs", Method: "POST", Times: 2, Status: 429, Header: map[string][]string{"Retry-After": {"1"}}})},
		{"Port revoked the token", func(h *house) { h.port.RevokeTokens() }},
		{"Port cannot list its runs", port(emulator.Fault{Path: "/v1/actions/runs", Method: "GET", Status: 404})},
		{"Port always fails to list its runs", port(emulator.Fault{Path: "/v1/actions/runs", Method: "GET", Status: 500})},
		{"Port fails to list its runs for a while", port(emulator.Fault{Path: "/v1/actions/runs", Method: "GET", Times: 3, Status: 503})},
		{"Port hangs", port(emulator.Fault{Path: "/runs", Method: "POST", Times: 1, Delay: 30 * time.Second})},
		{"Port fails for six seconds", away(emulator.Fault{Status: 503})},
		{"Port cuts connections for six seconds", away(emulator.Fault{Cut: true})},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t).start()
			form := h.opens(alice, general, "/incident")
			h.fill(form, "Name", c.name, "Severity", "Minor", "Visibility", "public")
			c.breaks(h)
			h.submits(form)
			h.once(c.name)
		})
	}
}

func TestThreeAnswersLostAtOnce(t *testing.T) {
	t.Parallel()
	h := newHouse(t).start()
	h.opens(alice, general, "/incident") // the definition is known now
	h.port.Plan(emulator.Fault{Path: "/runs", Method: "POST", Times: 3, Lose: true})
	for range 3 { // equal to the letter: each must find its own
		h.declares(alice, ops, "the same", "Minor", "public")
	}
	for len(h.slack.Messages(ops)) < 3 {
		h.shows(ops, "the same")
		select {
		case <-h.soon().Done():
			t.Fatal("not all were told")
		case <-time.After(50 * time.Millisecond):
		}
	}
	h.settled()
	if runs, ms := h.port.Runs(), h.slack.Messages(ops); len(runs) != 3 || len(ms) != 3 {
		t.Errorf("%d runs, %d messages", len(runs), len(ms))
	}
}

func TestARunThatWaitsForApproval(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.approval()
	h.start()
	h.declares(alice, general, "with approval", "Minor", "public")
	h.shows(alice, "waits for approval")
	if err := h.port.Approve(t.Context(), h.port.Runs()[0].ID); err != nil {
		t.Fatal(err)
	}
	h.once("with approval")

	h.declares(alice, ops, "declined", "Minor", "public")
	runs := h.port.Runs()
	for len(runs) < 2 {
		h.shows(alice, "waits for approval")
		runs = h.port.Runs()
	}
	if err := h.port.Decline(t.Context(), runs[1].ID); err != nil {
		t.Fatal(err)
	}
	h.shows(alice, "was declined in Port")
	h.silent(ops)
}

func TestSixRefreshesInARow(t *testing.T) {
	t.Parallel()
	h := newHouse(t).start()
	for i := range 6 {
		h.slack.Disconnect("refresh_requested")
		if err := h.slack.WaitSockets(h.soon(), 2); err != nil {
			t.Fatal(err)
		}
		name := fmt.Sprintf("refresh %d", i)
		h.declares(alice, general, name, "Minor", "public")
		h.shows(general, name)
	}
}

func TestTheSameSubmissionTwiceIsOneRun(t *testing.T) {
	t.Parallel()
	h := newHouse(t).start()
	h.slack.Duplicate(2)
	h.declares(alice, general, "twice", "Minor", "public")
	h.once("twice")
}

func TestFollowingCostsAConstant(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.approval() // so that runs stay in flight
	h.start()
	for i := range 5 {
		h.declares(alice, general, fmt.Sprintf("in flight %d", i), "Minor", "public")
	}
	h.shows(alice, "waits for approval")
	before := len(h.port.Calls("/v1/actions/runs"))
	const watched = 2 * time.Second
	<-time.After(watched)
	if n := len(h.port.Calls("/v1/actions/runs")) - before; float64(n) > 10*watched.Seconds() {
		t.Errorf("%d list calls in %v", n, watched)
	}
}
