package bot_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"foghorn/integrations/emulator"
	"foghorn/integrations/port/porttest"
	"foghorn/integrations/slackapp/slacktest"
	"foghorn/manifests"
)

// endless makes the action one whose runs stay in progress until somebody ends them.
func (h *house) endless() {
	h.t.Helper()
	definition := strings.Replace(string(manifests.Guide().Action), `"synchronized": true`, `"synchronized": false`, 1)
	if err := h.port.PutAction(json.RawMessage(definition)); err != nil {
		h.t.Fatal(err)
	}
}

// TestRunsThatPortLeavesOut has a Port whose list does not show what is in flight: each run
// is looked at once, then a few at a time, and what ends is told all the same.
func TestRunsThatPortLeavesOut(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.endless()
	h.start()
	h.opens(alice, general, "/incident") // the definition is known now
	h.port.Plan(emulator.Fault{Path: "/v1/actions/runs", Method: http.MethodGet, Status: http.StatusOK, Body: `{"ok":true,"runs":[]}`})
	const inFlight = 100
	for i := range inFlight {
		channel := fmt.Sprintf("C0F%d", i)
		h.slack.AddChannel(slacktest.Channel{ID: channel, Name: channel, BotIn: true})
		h.declares(alice, channel, "in flight", "Minor", "public")
	}
	const watched = 3 * time.Second
	begun := time.Now()
	<-time.After(watched)
	reads := 0
	for _, c := range h.port.Calls("") {
		if c.Time.After(begun) && strings.HasPrefix(c.Path, "/v1/actions/runs/") {
			reads++
		}
	}
	if reads == 0 || reads > inFlight*5/2 { // each every second would be 3*inFlight
		t.Errorf("%d runs in flight were read %d times in %v", inFlight, reads, watched)
	}
	last := h.port.Runs()[inFlight-1]
	if err := h.port.EndRun(last.ID, porttest.Success, ""); err != nil {
		t.Fatal(err)
	}
	h.shows(fmt.Sprintf("C0F%d", inFlight-1), "")
}
