package bot_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"foghorn/bot"
	"foghorn/bot/dialog"
	"foghorn/bot/testenv"
	"foghorn/integrations/emulator"
	"foghorn/integrations/slackapp/slacktest"
)

// openHome opens the Home tab of a user and waits until it contains the texts.
func openHome(t *testing.T, e *testenv.Env, who string, texts ...string) {
	t.Helper()
	if ack, err := e.Slack.Person(who).OpenHome(e.Context()); err != nil || ack.Payload != nil {
		t.Fatalf("app_home_opened was acked with %s, %v", ack.Payload, err)
	}
	expectHome(t, e, who, texts...)
}

// expectHome waits until the Home tab of a user contains the texts.
func expectHome(t *testing.T, e *testenv.Env, who string, texts ...string) {
	t.Helper()
	p := e.Slack.Person(who)
	ctx, cancel := context.WithTimeout(e.Context(), 20*time.Second)
	defer cancel()
	err := p.WaitHome(ctx, func(shown string) bool {
		for _, text := range texts {
			if !strings.Contains(shown, text) {
				return false
			}
		}
		return true
	})
	if err != nil {
		t.Fatalf("the Home tab of %s does not contain %q: %v\n%s", who, texts, err, p.HomeText())
	}
}

// countPublishes counts the calls of views.publish.
func countPublishes(e *testenv.Env) int { return len(e.Slack.Calls("/views.publish")) }

// TestHome_BeforeDuringAfterARun runs an action from the Home tab, which follows the run.
func TestHome_BeforeDuringAfterARun(t *testing.T) {
	t.Parallel()
	e := newEnvWithCommands(t).Start()
	e.Declare(testenv.Alice, testenv.General, "API is slow", "Major", "public")
	e.ExpectMessage(testenv.General, "API is slow")
	e.WaitIdle()
	if n := countPublishes(e); n != 0 {
		t.Errorf("%d tabs were published, and none was opened", n)
	}
	e.OpenForm(testenv.Bob, testenv.General, "/restart") // the definition is known now

	openHome(t, e, testenv.Alice, "Restart a service (/restart)", "Create incident.io Incident (Webhook) (/incident)", "INC-1 Create incident.io Incident", "Major")
	if shown := e.Slack.Person(testenv.Alice).HomeText(); strings.Contains(shown, "In progress") || strings.Contains(shown, "API is slow") {
		t.Errorf("the Home tab shows\n%s", shown)
	}
	if _, err := e.Slack.Person(testenv.Alice).ClickHomeButton(e.Context(), "Restart a service (/restart)"); err != nil {
		t.Fatal(err)
	}
	form, err := e.Slack.Person(testenv.Alice).WaitModal(e.Context(), func(m *slacktest.Modal) bool { return len(m.Labels()) > 0 })
	if err != nil {
		t.Fatal(err)
	}
	e.Fill(form, "Service", "checkout")
	e.Submit(form)
	expectHome(t, e, testenv.Alice, "In progress", "Restart a service>* · running")
	run := e.Port.Runs()
	for _, r := range run {
		if r.Action == "restart_service" {
			if err := e.Port.EndRun(r.ID, "SUCCESS", "3 pods restarted"); err != nil {
				t.Fatal(err)
			}
		}
	}
	e.ExpectMessage(testenv.Alice, "Restart a service* finished")
	expectHome(t, e, testenv.Alice, ":white_check_mark:", "Restart a service>* · succeeded", "/organization/run?runId=")
	if shown := e.Slack.Person(testenv.Alice).HomeText(); strings.Contains(shown, "In progress") {
		t.Errorf("the Home tab shows\n%s", shown)
	}
}

// TestHome_OneTabPerUser shows each user their own requests, private incidents included.
func TestHome_OneTabPerUser(t *testing.T) {
	t.Parallel()
	e := testenv.New(t).Start()
	openHome(t, e, testenv.Alice, "Nothing yet")
	openHome(t, e, testenv.Bob, "Nothing yet")
	e.Declare(testenv.Alice, testenv.General, "Leak", "Critical", "private")
	expectHome(t, e, testenv.Alice, "INC-1 Create incident.io Incident", "Critical, private")
	e.Declare(testenv.Bob, testenv.General, "API is slow", "Minor", "public")
	expectHome(t, e, testenv.Bob, "INC-2 Create incident.io Incident", "Minor")
	e.WaitIdle()
	for who, other := range map[string]string{testenv.Alice: "INC-2", testenv.Bob: "INC-1"} {
		if shown := e.Slack.Person(who).HomeText(); strings.Contains(shown, other) {
			t.Errorf("the Home tab of %s is\n%s", who, shown)
		}
	}
}

// TestHome_Approval shows that a run waits for approval, and that it was declined.
func TestHome_Approval(t *testing.T) {
	t.Parallel()
	e := testenv.New(t)
	e.RequireApproval()
	e.Start()
	openHome(t, e, testenv.Alice, "Nothing yet")
	e.Declare(testenv.Alice, testenv.General, "API is slow", "Major", "public")
	expectHome(t, e, testenv.Alice, "waiting for approval")
	if err := e.Port.Decline(e.Context(), e.Port.Runs()[0].ID); err != nil {
		t.Fatal(err)
	}
	expectHome(t, e, testenv.Alice, "declined")
}

// TestHome_AfterCrash kills the bot during a run. The next one shows the run when the tab is opened again, and follows it.
func TestHome_AfterCrash(t *testing.T) {
	t.Parallel()
	e := testenv.New(t)
	e.KeepRunsInProgress()
	r := &crasher{nth: 1 << 30, crashed: make(chan struct{})}
	e.EditConfig = func(c *bot.Config) { c.CrashPoint = r.reach }
	e.Start()
	openHome(t, e, testenv.Alice, "Nothing yet")
	e.Declare(testenv.Alice, testenv.General, "API is slow", "Major", "public")
	expectHome(t, e, testenv.Alice, "Create incident.io Incident", "running")
	r.mu.Lock()
	r.nth = 1 // the next crash point
	r.mu.Unlock()
	run := e.Port.Runs()[0].ID
	if err := e.Port.EndRun(run, "FAILURE", "no quota"); err != nil {
		t.Fatal(err)
	}
	<-r.crashed
	_ = e.Stop()
	e.EditConfig = func(*bot.Config) {}
	e.Start()
	openHome(t, e, testenv.Alice, "Create incident.io Incident", "failed")
	e.ExpectMessage(testenv.Alice, "no quota")
	e.WaitIdle()
	openHome(t, e, testenv.Alice, ":x:")
}

// TestHome_SlackFails publishes the tab although Slack answers at first with errors, and incidents are not affected.
func TestHome_SlackFails(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	t.Parallel()
	for name, fault := range map[string]emulator.Fault{
		"429":           {Status: http.StatusTooManyRequests, Header: http.Header{"Retry-After": {"1"}}, Body: `{"ok":false,"error":"ratelimited"}`, Times: 2},
		"500":           {Status: http.StatusInternalServerError, Body: "<html>sorry</html>", Times: 2},
		"hangs":         {Delay: 20 * time.Second, Times: 1},
		"hash_conflict": {Status: http.StatusOK, Body: `{"ok":false,"error":"hash_conflict"}`, Times: 1},
		"not_enabled":   {Status: http.StatusOK, Body: `{"ok":false,"error":"not_enabled"}`, Times: 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := testenv.New(t).Start()
			fault.Path = "/views.publish"
			e.Slack.InjectFault(fault)
			begun := time.Now()
			if _, err := e.Slack.Person(testenv.Alice).OpenHome(e.Context()); err != nil || time.Since(begun) > 2*time.Second {
				t.Fatalf("acked after %v: %v", time.Since(begun), err)
			}
			e.Declare(testenv.Alice, testenv.General, "API is slow", "Major", "public")
			e.ExpectMessage(testenv.General, "API is slow")
			e.WaitIdle()
			if name == "not_enabled" || name == "hash_conflict" { // final: the next opening publishes
				e.WaitFor("a tab was published or rejected", func() bool { return countPublishes(e) > 0 })
				openHome(t, e, testenv.Alice, "INC-1")
			}
			expectHome(t, e, testenv.Alice, "INC-1")
		})
	}
}

// TestHome_NothingForOtherEvents sends events that publish nothing.
func TestHome_NothingForOtherEvents(t *testing.T) {
	t.Parallel()
	e := testenv.New(t).Start()
	for _, event := range []map[string]any{
		{"type": "app_home_opened", "user": testenv.Alice, "tab": "messages"},
		{"type": "app_home_opened", "user": "U0; DROP", "tab": "home"},
		{"type": "app_home_opened", "user": 7, "tab": "home"},
		{"type": "app_home_opened", "tab": "home"},
		{"type": "message", "user": testenv.Alice, "text": "hello"},
		{},
	} {
		if ack, err := e.Slack.SendEvent(e.Context(), event); err != nil || ack.Payload != nil {
			t.Errorf("%v was acked with %s, %v", event, ack.Payload, err)
		}
	}
	openHome(t, e, testenv.Bob, "Run an action")
	if view := e.Slack.Person(testenv.Alice).HomeView(); view != nil {
		t.Errorf("alice has the tab %s", view)
	}
}

// TestHome_DuplicateEvents delivers an event again: the tab is the same.
func TestHome_DuplicateEvents(t *testing.T) {
	t.Parallel()
	e := testenv.New(t).Start()
	openHome(t, e, testenv.Alice, "Run an action")
	for attempt := 1; attempt <= 3; attempt++ {
		event := slacktest.Envelope{Type: "events_api", RetryAttempt: attempt, RetryReason: "timeout", Payload: map[string]any{
			"type": "event_callback", "event_id": "Ev1", "event": map[string]any{"type": "app_home_opened", "user": testenv.Alice, "tab": "home"},
		}}
		if _, err := e.Slack.Deliver(e.Context(), event); err != nil {
			t.Fatal(err)
		}
	}
	e.Declare(testenv.Alice, testenv.General, "API is slow", "Major", "public")
	expectHome(t, e, testenv.Alice, "INC-1")
	if n := countPublishes(e); n > 20 {
		t.Errorf("%d tabs were published", n)
	}
}

// TestHome_ForgedButtons clicks buttons that the bot did not make: nothing opens and nothing runs.
func TestHome_ForgedButtons(t *testing.T) {
	t.Parallel()
	e := newEnvWithCommands(t).Start()
	openHome(t, e, testenv.Alice, "Run an action")
	for _, action := range []map[string]any{
		{"type": "button", "action_id": "foghorn_open./secret", "value": "/secret"},
		{"type": "button", "action_id": "foghorn_open.", "value": "restart_service"},
		{"type": "button", "action_id": "foghorn_open./restart"},
		{"type": "button", "action_id": "other", "value": "/restart"},
		{"type": "button", "action_id": "foghorn_open./x", "value": strings.Repeat("/", 100_000)},
		{},
	} {
		payload := map[string]any{
			"type": "block_actions", "user": map[string]any{"id": testenv.Alice}, "trigger_id": "1.2.3",
			"view": map[string]any{"id": "V1", "type": "home", "callback_id": "", "blocks": []any{}}, "actions": []any{action},
		}
		if _, err := e.Slack.Deliver(e.Context(), slacktest.Envelope{Type: "interactive", AcceptsResponse: true, Payload: payload}); err != nil {
			t.Errorf("%v: %v", action, err)
		}
	}
	if n := len(e.Slack.Calls("/views.open")) + len(e.Port.Runs()); n != 0 {
		t.Errorf("%d views were opened or runs made", n)
	}
}

// TestHome_Denied clicks the button of an action that the user may not run: a view says so.
func TestHome_Denied(t *testing.T) {
	t.Parallel()
	e := newEnvWithCommands(t)
	if err := e.Port.SetExecutePermissions("restart_service", `{"users":["bob@example.com"]}`); err != nil {
		t.Fatal(err)
	}
	e.Start()
	e.Submit(e.OpenForm(testenv.Alice, testenv.General, "/restart checkout"))
	e.ExpectMessage(testenv.Alice, "You don't have permission to run it in Port")
	openHome(t, e, testenv.Alice, "Restart a service (/restart)", "not run: no permission")
	if _, err := e.Slack.Person(testenv.Alice).ClickHomeButton(e.Context(), "Restart a service (/restart)"); err != nil {
		t.Fatal(err)
	}
	view, err := e.Slack.Person(testenv.Alice).WaitTopModal(e.Context())
	if err != nil || !strings.Contains(view.Text(), "You can't run *Restart a service*") {
		t.Errorf("the view is %s, %v", view.Text(), err)
	}
}

// TestHome_ManyCommands has a button for each of many commands.
func TestHome_ManyCommands(t *testing.T) {
	t.Parallel()
	e := newEnvWithCommands(t)
	e.EditConfig = func(c *bot.Config) {
		for i := range 49 {
			c.Commands = append(c.Commands, dialog.Command{Name: fmt.Sprintf("/restart%d", i), Action: "restart_service"})
		}
	}
	e.Start()
	openHome(t, e, testenv.Alice, "/incident", "/restart0", "/restart48")
}

// TestHome_List runs an action that is chosen from the Home tab, and lists it: while it runs, when it has ended, and after
// a restart.
func TestHome_List(t *testing.T) {
	t.Parallel()
	e := newChooserEnv(t).Start()
	if list := e.AnswerTo(testenv.Alice, testenv.General, "/run list"); !strings.Contains(list, "haven't run anything") {
		t.Errorf("the list is %s", list)
	}
	openHome(t, e, testenv.Alice, "Choose an action (/run)")
	p := e.Slack.Person(testenv.Alice)
	if _, err := p.ClickHomeButton(e.Context(), "Choose an action (/run)"); err != nil {
		t.Fatal(err)
	}
	m, err := p.WaitModal(e.Context(), func(m *slacktest.Modal) bool { return m.Title() == "Run an action" })
	if err != nil {
		t.Fatal(err)
	}
	chooseAction(t, e, m, "Deploy a service")
	e.Fill(m, "Reason", "a secret reason")
	e.Submit(m)
	expectHome(t, e, testenv.Alice, "Deploy a service>* · running")
	run := e.Port.Runs()[0].ID
	if list := e.AnswerTo(testenv.Alice, testenv.General, "/run list"); !strings.Contains(list, "Deploy a service>* · running") || !strings.Contains(list, run) {
		t.Errorf("the list is %s", list)
	}
	if err := e.Port.EndRun(run, "FAILURE", "no quota"); err != nil {
		t.Fatal(err)
	}
	e.ExpectMessage(testenv.Alice, "no quota")
	expectHome(t, e, testenv.Alice, "Deploy a service>* · failed")
	e.WaitIdle()
	if err := e.Stop(); err != nil {
		t.Fatal(err)
	}
	e.Start()
	begun := time.Now()
	list := e.AnswerTo(testenv.Alice, testenv.General, "/run list")
	if !strings.Contains(list, ":x: *<") || !strings.Contains(list, "Deploy a service>* · failed") || strings.Contains(list, "secret") {
		t.Errorf("the list is %s", list)
	}
	if took := time.Since(begun); took > 2*time.Second {
		t.Errorf("the list took %v", took)
	}
	if list := e.AnswerTo(testenv.Bob, testenv.General, "/run list"); !strings.Contains(list, "haven't run anything") {
		t.Errorf("the list of another user is %s", list)
	}
	e.ExpectNoMessages(testenv.General)
}
