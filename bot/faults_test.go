package bot_test

import (
	"fmt"
	"testing"
	"time"

	"foghorn/bot/testenv"
	"foghorn/integrations/emulator"
	"foghorn/integrations/slackapp/slacktest"
)

func TestFaults_ExactlyOnce(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	t.Parallel()
	slack := func(f emulator.Fault) func(*testenv.Env) {
		return func(e *testenv.Env) {
			f.Path = "chat.postEphemeral"
			e.Slack.InjectFault(f)
			f.Path = "chat.postMessage"
			f.Times++ // one for the note that goes to the reporter instead
			e.Slack.InjectFault(f)
		}
	}
	away := func(f emulator.Fault) func(*testenv.Env) {
		return func(e *testenv.Env) { e.Port.InjectFault(f); time.AfterFunc(6*time.Second, e.Port.ClearFaults) }
	}
	port := func(f emulator.Fault) func(*testenv.Env) { return func(e *testenv.Env) { e.Port.InjectFault(f) } }
	for _, c := range []struct {
		name   string
		breaks func(*testenv.Env)
	}{
		{"Slack loses its answer", slack(emulator.Fault{Times: 1, DropResponse: true})},
		{"Slack says 429", slack(emulator.Fault{Times: 2, Status: 429, Header: map[string][]string{"Retry-After": {"1"}}})},
		{"Slack says 500", slack(emulator.Fault{Times: 1, Status: 500, Body: "<html>"})},
		{"Slack says internal_error", slack(emulator.Fault{Times: 1, Status: 200, Body: `{"ok":false,"error":"internal_error"}`})},
		{"Slack cuts the connection", slack(emulator.Fault{Times: 1, DropConnection: true})},
		{"Port loses the answer of a new run", port(emulator.Fault{Path: "/runs", Method: "POST", Times: 1, DropResponse: true})},
		{"Port says 502 instead of a run", port(emulator.Fault{Path: "/runs", Method: "POST", Times: 1, Status: 502, Body: "<html>"})},
		{"Port says 429", port(emulator.Fault{Path: "/runs", Method: "POST", Times: 2, Status: 429, Header: map[string][]string{"Retry-After": {"1"}}})},
		{"Port revoked the token", func(e *testenv.Env) { e.Port.RevokeTokens() }},
		{"Port cannot list its runs", port(emulator.Fault{Path: "/v1/actions/runs", Method: "GET", Status: 404})},
		{"Port always fails to list its runs", port(emulator.Fault{Path: "/v1/actions/runs", Method: "GET", Status: 500})},
		{"Port fails to list its runs for a while", port(emulator.Fault{Path: "/v1/actions/runs", Method: "GET", Times: 3, Status: 503})},
		{"Port hangs", port(emulator.Fault{Path: "/runs", Method: "POST", Times: 1, Delay: 30 * time.Second})},
		{"Port fails for six seconds", away(emulator.Fault{Status: 503})},
		{"Port cuts connections for six seconds", away(emulator.Fault{DropConnection: true})},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			e := testenv.New(t).Start()
			form := e.OpenForm(testenv.Alice, testenv.General, "/incident")
			e.Fill(form, "Name", c.name, "Severity", "Minor", "Visibility", "public")
			c.breaks(e)
			e.Submit(form)
			e.ExpectExactlyOnce(c.name)
		})
	}
}

func TestFaults_EqualRequestsLostAnswers(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	t.Parallel()
	e := testenv.New(t).Start()
	e.OpenForm(testenv.Alice, testenv.General, "/incident") // the definition is known now
	e.Port.InjectFault(emulator.Fault{Path: "/runs", Method: "POST", Times: 3, DropResponse: true})
	for range 3 { // equal to the letter: each must find its own
		e.Declare(testenv.Alice, testenv.Ops, "the same", "Minor", "public")
	}
	for len(e.Slack.Messages(testenv.Ops)) < 3 {
		e.ExpectMessage(testenv.Ops, "the same")
		select {
		case <-e.Context().Done():
			t.Fatal("not all messages were posted")
		case <-time.After(50 * time.Millisecond):
		}
	}
	e.WaitIdle()
	if runs, ms := e.Port.Runs(), e.Slack.Messages(testenv.Ops); len(runs) != 3 || len(ms) != 3 {
		t.Errorf("%d runs, %d messages", len(runs), len(ms))
	}
}

func TestConnection_SixRefreshes(t *testing.T) {
	t.Parallel()
	e := testenv.New(t).Start()
	for i := range 6 {
		e.Slack.Disconnect("refresh_requested")
		if err := e.Slack.WaitConnections(e.Context(), 2); err != nil {
			t.Fatal(err)
		}
		name := fmt.Sprintf("refresh %d", i)
		e.Declare(testenv.Alice, testenv.General, name, "Minor", "public")
		e.ExpectMessage(testenv.General, name)
	}
}

func TestSubmission_DeliveredTwice(t *testing.T) {
	t.Parallel()
	e := testenv.New(t).Start()
	e.Slack.Set(func(o *slacktest.Settings) { o.Duplicates = 2 })
	e.Declare(testenv.Alice, testenv.General, "twice", "Minor", "public")
	e.ExpectExactlyOnce("twice")
}

func TestPoller_ConstantCost(t *testing.T) {
	t.Parallel()
	e := testenv.New(t)
	e.RequireApproval() // so that runs stay in flight
	e.Start()
	for i := range 5 {
		e.Declare(testenv.Alice, testenv.General, fmt.Sprintf("in flight %d", i), "Minor", "public")
	}
	e.ExpectMessage(testenv.Alice, "waiting for approval")
	before := len(e.Port.Calls("/v1/actions/runs"))
	const watched = 2 * time.Second
	<-time.After(watched)
	if n := len(e.Port.Calls("/v1/actions/runs")) - before; float64(n) > 10*watched.Seconds() {
		t.Errorf("%d list calls in %v", n, watched)
	}
}
