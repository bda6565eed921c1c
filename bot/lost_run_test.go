package bot_test

import (
	"net/http"
	"testing"

	"foghorn/bot/testenv"
	"foghorn/integrations/emulator"
)

// TestLostRun_BesideAnother has the answer to a call that creates a run lost while Port has the run of another person, whose
// incident is private. The action has the input request_id that foghorn apply adds.
func TestLostRun_BesideAnother(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	t.Parallel()
	for name, fault := range map[string]emulator.Fault{
		"the run was not created": {Status: http.StatusBadGateway, Body: `<html>Bad Gateway</html>`},
		"the run was created":     {DropResponse: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := testenv.New(t)
			installManifests(t, e)
			e.Start()
			e.Declare(testenv.Alice, testenv.General, "breach of Alice", "Minor", "private")
			e.ExpectMessage(testenv.Alice, "breach of Alice")
			fault.Path, fault.Method, fault.Times = "/runs", http.MethodPost, 1
			e.Port.InjectFault(fault)
			e.Declare(testenv.Bob, testenv.General, "the second", "Critical", "public")
			e.ExpectMessage(testenv.General, "the second")
			e.WaitIdle()
			if runs := e.Port.Runs(); len(runs) != 2 {
				t.Errorf("%d runs", len(runs))
			}
			for _, m := range append(e.Slack.Messages(testenv.General), e.Slack.Messages(testenv.Bob)...) {
				if m.Contains("breach of Alice") {
					t.Errorf("Bob or the channel reads %s", m.Text)
				}
			}
		})
	}
}
