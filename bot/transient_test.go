package bot_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"foghorn/bot/testenv"
	"foghorn/integrations/emulator"
	"foghorn/integrations/slackapp/slacktest"
)

// passingCodes are codes that Slack sends for a moment, one of which is not documented.
var passingCodes = []string{
	"invalid_auth", "not_authed", "account_inactive", "token_revoked", "org_login_required", "team_added_to_org", "accesslimited",
	"access_denied", "two_factor_setup_required", "request_timeout", "service_unavailable", "internal_error",
	"fatal_error", "external_service_migration_in_progress", "ratelimited", "a_code_of_2030",
}

// TestTransient_SlackCodes has each method that the bot calls fail with each code that can pass, after the start: there
// is one run and one message for each incident.
func TestTransient_SlackCodes(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	t.Parallel()
	for _, method := range []string{"chat.postMessage", "chat.postEphemeral", "users.info", "auth.test", "conversations.history"} {
		t.Run(method, func(t *testing.T) {
			t.Parallel()
			e := testenv.New(t).Start()
			e.OpenForm(testenv.Alice, testenv.General, "/incident") // the definition is known now
			if method == "conversations.history" {                  // it is called when an answer was lost
				e.Slack.InjectFault(emulator.Fault{Path: "chat.postMessage", Times: 6, DropResponse: true})
			}
			for _, code := range passingCodes {
				e.Slack.FailMethod(method, code, 1)
			}
			const incidents = 6
			e.DeclareMany(incidents)
			for i := range incidents {
				e.ExpectMessage(fmt.Sprintf("C0S%d", i), "")
			}
			e.WaitIdle()
			for i := range incidents {
				channel := fmt.Sprintf("C0S%d", i)
				if ms := e.Slack.Messages(channel); len(ms) != 1 {
					t.Errorf("%s has %d messages: %q", channel, len(ms), testenv.MessageTexts(ms))
				}
			}
			if runs := e.Port.Runs(); len(runs) != incidents {
				t.Errorf("%d runs", len(runs))
			}
		})
	}
}

// TestTransient_FormOpens has views.open and views.update fail with each of the codes.
func TestTransient_FormOpens(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	t.Parallel()
	e := testenv.New(t).Start()
	for _, code := range passingCodes {
		e.Slack.FailMethod("views.update", code, 1)
	}
	e.OpenForm(testenv.Alice, testenv.General, "/incident") // behind a loading view, because the definition is not known yet
	for _, code := range passingCodes {
		e.Slack.FailMethod("views.open", code, 1)
		e.OpenForm(testenv.Bob, testenv.General, "/incident")
	}
}

// pages are answers of something between the bot and a service.
var pages = map[string]emulator.Fault{
	"HTML 403":            {Status: 403, Header: http.Header{"Content-Type": {"text/html"}}, Body: "<html>Access denied</html>"},
	"gateway's JSON":      {Status: 403, Header: http.Header{"Content-Type": {"application/json"}}, Body: `{"message":"blocked"}`},
	"captive portal JSON": {Status: 200, Header: http.Header{"Content-Type": {"application/json"}}, Body: `{"message":"sign in"}`},
	"cut":                 {Status: 422, Header: http.Header{"Content-Type": {"application/json"}}, Body: `{"ok":false,"error":"inv`},
}

// TestTransient_PagesOfProxies has a proxy answer in place of Port or Slack. A page says nothing about what became of
// the call, also if it was carried out.
func TestTransient_PagesOfProxies(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	t.Parallel()
	for name, page := range pages {
		for _, call := range []struct{ service, method, path string }{
			{"Port", "POST", "/runs"}, {"Port", "GET", "/v1/actions/runs"}, {"Port", "GET", "/permissions"}, {"Port", "POST", "/v1/auth/access_token"},
			{"Slack", "POST", "chat.postMessage"}, {"Slack", "POST", "users.info"},
		} {
			t.Run(name+" "+call.method+" "+call.path, func(t *testing.T) {
				t.Parallel()
				e := testenv.New(t).Start()
				form := e.OpenForm(testenv.Alice, testenv.General, "/incident")
				e.Fill(form, "Name", name, "Severity", "Minor", "Visibility", "public")
				page := page // subtests run at the same time
				page.Method, page.Path, page.Times = call.method, call.path, 1
				if call.service == "Port" {
					e.Port.RevokeTokens() // so that one is fetched
					e.Port.InjectFault(page)
				} else {
					e.Slack.InjectFault(page)
				}
				e.Submit(form)
				e.ExpectExactlyOnce(name)
			})
		}
	}
}

// TestTransient_ClocksDiffer loses the answers of a run and of its message while the clocks of the services differ.
func TestTransient_ClocksDiffer(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	t.Parallel()
	for _, offset := range []time.Duration{-10 * time.Minute, -20 * time.Second, 20 * time.Second, 10 * time.Minute} {
		t.Run(offset.String(), func(t *testing.T) {
			t.Parallel()
			e := testenv.New(t)
			e.Port.Clock.Set(offset)
			e.Slack.Clock.Set(max(-20*time.Second, min(offset, 20*time.Second)))
			e.Start()
			form := e.OpenForm(testenv.Alice, testenv.General, "/incident")
			e.Fill(form, "Name", "clocks", "Severity", "Minor", "Visibility", "public")
			e.Port.InjectFault(emulator.Fault{Path: "/runs", Method: "POST", Times: 1, DropResponse: true})
			e.Slack.InjectFault(emulator.Fault{Path: "chat.postMessage", Times: 1, DropResponse: true})
			e.Submit(form)
			e.ExpectExactlyOnce("clocks")
		})
	}
}

// TestTransient_PageAfterRun has a proxy replace Port's answer to a run that was created.
func TestTransient_PageAfterRun(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	t.Parallel()
	for _, status := range []int{http.StatusOK, http.StatusForbidden, http.StatusNotFound, http.StatusTooManyRequests, http.StatusBadGateway} {
		t.Run(http.StatusText(status), func(t *testing.T) {
			t.Parallel()
			e := testenv.New(t).Start()
			e.Port.InjectFault(emulator.Fault{
				Method: "POST", Path: "/runs", Times: 1, DropResponse: true,
				Status: status, Header: http.Header{"Content-Type": {"text/html"}}, Body: "<html>Please wait</html>",
			})
			e.Declare(testenv.Alice, testenv.General, "replaced", "Minor", "public")
			e.ExpectExactlyOnce("replaced")
		})
	}
}

// TestTransient_LostRunWithEntity loses the answer to a run of which Port shows an input as an object.
func TestTransient_LostRunWithEntity(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	t.Parallel()
	e := newEnvWithAction(t, `{"type":"self-service","operation":"CREATE","userInputs":{"properties":{
		"service":{"type":"string","title":"Service","format":"entity","blueprint":"service"}}}}`)
	blueprint, entity := `{"identifier":"service","title":"Service","schema":{"properties":{},"required":[]}}`, `{"identifier":"checkout","title":"Checkout"}`
	if err := errors.Join(e.Port.PutBlueprint(json.RawMessage(blueprint)), e.Port.PutEntity("service", json.RawMessage(entity))); err != nil {
		t.Fatal(err)
	}
	e.Start()
	e.Port.InjectFault(emulator.Fault{Method: "POST", Path: "/runs", Times: 1, DropResponse: true})
	form := e.OpenForm(testenv.Alice, testenv.General, "/incident")
	options, err := form.SearchOptions(e.Context(), "Service", "")
	if err != nil || len(options) != 1 {
		t.Fatalf("options %v, %v", options, err)
	}
	if err := form.Fill("Service", options[0].Value); err != nil {
		t.Fatal(err)
	}
	e.Submit(form)
	e.WaitFor("the run is found or made again", func() bool {
		_, metrics := e.Get(e.ServeHTTP() + "/metrics")
		return strings.Contains(metrics, "foghorn_runs_in_flight 1")
	})
	if n := len(e.Port.Runs()); n != 1 {
		t.Errorf("%d runs", n)
	}
}

// TestTransient_OneNotice has Port not answer who may run the action for a while: the reporter is informed once that the
// action is being run.
func TestTransient_OneNotice(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	t.Parallel()
	e := testenv.New(t).Start()
	form := e.OpenForm(testenv.Alice, testenv.General, "/incident")
	e.Fill(form, "Name", "once", "Severity", "Minor", "Visibility", "public")
	e.Port.InjectFault(emulator.Fault{Path: "/permissions", Times: 5, Status: http.StatusServiceUnavailable, Body: `{"ok":false}`})
	e.Submit(form)
	e.ExpectMessage(testenv.General, "once")
	notices := 0
	for _, c := range e.Slack.Calls("chat.postEphemeral") {
		if strings.Contains(string(c.Body), "Running") {
			notices++
		}
	}
	if notices != 1 {
		t.Errorf("%d notices", notices)
	}
}

// TestTransient_BusyChannel loses the answer to a message that 501 others follow, in a channel whose history cannot be
// decoded as a whole, with pages of 15.
func TestTransient_BusyChannel(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	t.Parallel()
	e := testenv.New(t).Start()
	form := e.OpenForm(testenv.Alice, testenv.General, "/incident")
	e.Fill(form, "Name", "busy", "Severity", "Minor", "Visibility", "public")
	e.Slack.Set(func(o *slacktest.Settings) { o.HistoryLimit = 15 })
	e.Slack.InjectFault(emulator.Fault{Path: "chat.postMessage", Times: 1, DropResponse: true})
	e.Submit(form)
	e.ExpectMessage(testenv.General, "busy")
	for range 501 {
		if _, err := e.Slack.AddMessage(testenv.General, []byte(`{"bot_id":"B1","text":7,"metadata":"none","attachments":[{"id":"1"}],"blocks":{}}`)); err != nil {
			t.Fatal(err)
		}
	}
	e.WaitIdle()
	found := 0
	for _, m := range e.Slack.Messages(testenv.General) {
		if strings.Contains(m.Text, "busy") {
			found++
		}
	}
	if found != 1 {
		t.Errorf("%d messages", found)
	}
}
