package bot_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"foghorn/bot/testenv"
	"foghorn/integrations/emulator"
	"foghorn/integrations/port/porttest"
	"foghorn/integrations/slackapp/slacktest"
)

// TestPoller_RunsMissingFromList has a Port whose list does not show what is in flight: each run
// is read once, then a few at a time, and the end of a run is still announced.
func TestPoller_RunsMissingFromList(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	t.Parallel()
	e := testenv.New(t)
	e.KeepRunsInProgress()
	e.Start()
	e.OpenForm(testenv.Alice, testenv.General, "/incident") // the definition is known now
	e.Port.InjectFault(emulator.Fault{Path: "/v1/actions/runs", Method: http.MethodGet, Status: http.StatusOK, Body: `{"ok":true,"runs":[]}`})
	const inFlight = 100
	for i := range inFlight {
		channel := fmt.Sprintf("C0F%d", i)
		e.Slack.AddChannel(slacktest.Channel{ID: channel, Name: channel, BotIsMember: true})
		e.Declare(testenv.Alice, channel, "in flight", "Minor", "public")
	}
	started := time.Now()
	e.WaitFor("runs were read for three seconds", func() bool {
		_, reads := e.CountRunCalls(started)
		return reads > 0 && time.Since(started) > 3*time.Second
	})
	_, reads := e.CountRunCalls(started)
	if watched := time.Since(started); float64(reads) > inFlight*5/6*watched.Seconds() { // inFlight a second would be each run every second
		t.Errorf("%d runs in flight were read %d times in %v", inFlight, reads, watched)
	}
	last := e.Port.Runs()[inFlight-1]
	if err := e.Port.EndRun(last.ID, porttest.Success, ""); err != nil {
		t.Fatal(err)
	}
	e.ExpectMessage(fmt.Sprintf("C0F%d", inFlight-1), "")
}
