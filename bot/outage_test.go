package bot_test

import (
	"net/http"
	"testing"
	"time"

	"foghorn/bot/testenv"
	"foghorn/integrations/emulator"
	"foghorn/integrations/port/porttest"
	"foghorn/integrations/slackapp/slacktest"
)

// TestOutage_WorksAgainWithin15Seconds has one service fail while a run is in flight and a submission has just been
// accepted. Within 15 s after the end both results are posted, and a form opens.
func TestOutage_WorksAgainWithin15Seconds(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	t.Parallel()
	const length, limit = 8 * time.Second, 15 * time.Second
	html := http.Header{"Content-Type": {"text/html"}, "Retry-After": {"3600"}}
	for _, c := range []struct {
		name   string
		port   bool
		fault  emulator.Fault
		socket func(*testenv.Env)
	}{
		{"Port answers 503 and asks for an hour", true, emulator.Fault{Status: 503, Header: html, Body: "<html>Maintenance</html>"}, nil},
		{"a proxy answers 404 for Port", true, emulator.Fault{Status: 404, Header: html, Body: "<html>Not found</html>"}, nil},
		{"Port hangs", true, emulator.Fault{Delay: time.Minute}, nil},
		{"a proxy answers 403 for Slack", false, emulator.Fault{Status: 403, Header: html, Body: "<html>Blocked</html>"}, func(e *testenv.Env) { e.Slack.DropConnections() }},
		{"Slack hangs", false, emulator.Fault{Delay: time.Minute}, func(e *testenv.Env) { e.Slack.Set(func(o *slacktest.Settings) { o.HalfOpen = true }) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			e := testenv.New(t)
			e.KeepRunsInProgress()
			e.Start()
			e.Declare(testenv.Alice, testenv.General, "in flight", "Minor", "public")
			e.WaitRun()
			inFlight := e.Port.Runs()[0].ID
			form := e.OpenForm(testenv.Alice, testenv.Ops, "/incident")
			e.Fill(form, "Name", "accepted", "Severity", "Minor", "Visibility", "public")
			if c.port {
				e.Port.InjectFault(c.fault)
			} else {
				e.Slack.InjectFault(c.fault)
			}
			e.Submit(form)
			if c.socket != nil {
				c.socket(e)
			}
			if err := e.Port.EndRun(inFlight, porttest.Success, ""); err != nil {
				t.Fatal(err)
			}
			time.Sleep(length)
			e.Port.ClearFaults()
			e.Slack.ClearFaults()
			e.Slack.Set(func(o *slacktest.Settings) { o.HalfOpen = false })
			ended := time.Now()
			e.ExpectMessage(testenv.General, "")
			e.WaitFor("the second run is created", func() bool { return len(e.Port.Runs()) == 2 })
			for _, r := range e.Port.Runs() {
				if r.ID == inFlight {
					continue
				}
				if err := e.Port.EndRun(r.ID, porttest.Success, ""); err != nil {
					t.Fatal(err)
				}
			}
			e.ExpectMessage(testenv.Ops, "")
			if err := e.Slack.WaitConnections(e.Context(), 2); err != nil {
				t.Fatal(err)
			}
			e.OpenForm(testenv.Bob, testenv.General, "/incident")
			if took := time.Since(ended); took > limit {
				t.Errorf("worked again after %v", took)
			} else {
				t.Logf("worked again after %v", took)
			}
		})
	}
}
