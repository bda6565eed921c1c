package bot_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"foghorn/bot"
	"foghorn/bot/testenv"
	"foghorn/integrations/emulator"
	"foghorn/integrations/slackapp/slacktest"
)

// TestChooser_ManyActions counts the calls for 1,000 actions.
func TestChooser_ManyActions(t *testing.T) {
	t.Parallel()
	e := newChooserEnv(t)
	for i := range 1000 {
		putAction(t, e, fmt.Sprintf("action_%03d", i), fmt.Sprintf("Action %03d", i), strings.Repeat("d", 200), textInput)
	}
	e.Start()
	count := func() (lists, permissions int) {
		for _, c := range e.Port.Calls("") {
			if c.Path == "/v1/actions" {
				lists++
			}
			if strings.HasSuffix(c.Path, "/permissions") {
				permissions++
			}
		}
		return lists, permissions
	}
	for range 5 {
		m := openChooser(t, e, testenv.Alice, "/run")
		if got := offeredActions(t, e, m, ""); len(got) != 100 || got[0] != "Action 000" {
			t.Errorf("%d offered: %q", len(got), got[0])
		}
		if got := offeredActions(t, e, m, "action 777"); !slices.Equal(got, []string{"Action 777"}) {
			t.Errorf("777 finds %q", got)
		}
		if err := m.Dismiss(e.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if lists, permissions := count(); lists != 1 || permissions > 120 {
		t.Errorf("%d list calls, %d of permissions", lists, permissions)
	}
	for i := range 1000 { // none of the remaining ones is permitted: the calls are bounded
		if err := e.Port.SetExecutePermissions(fmt.Sprintf("action_%03d", i), `{}`); err != nil {
			t.Fatal(err)
		}
	}
	m := openChooser(t, e, testenv.Bob, "/run")
	for range 10 {
		offeredActions(t, e, m, "action")
	}
	if _, permissions := count(); permissions > 500 {
		t.Errorf("%d calls of permissions", permissions)
	}
}

// TestChooser_PortHangs opens the view, and answers it, while Port does not respond.
func TestChooser_PortHangs(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	t.Parallel()
	t.Run("cold", func(t *testing.T) {
		t.Parallel()
		e := newChooserEnv(t)
		e.Port.InjectFault(emulator.Fault{Path: "/v1/actions", Status: http.StatusServiceUnavailable, Body: `{"ok":false}`})
		e.Start()
		for _, command := range []string{"/run", "/run deploy"} {
			if reply := e.AnswerTo(testenv.Alice, testenv.General, command); !strings.Contains(reply, "isn't responding, so the actions can't be shown") {
				t.Errorf("%s: %s", command, reply)
			}
			if err := e.Slack.Person(testenv.Alice).TopModal().Dismiss(e.Context()); err != nil {
				t.Fatal(err)
			}
		}
		e.Port.ClearFaults()
		e.WaitFor("the list is read again", func() bool {
			e.AnswerTo(testenv.Alice, testenv.General, "/run")
			m := e.Slack.Person(testenv.Alice).TopModal()
			if m.Title() == "Run an action" {
				return true
			}
			if err := m.Dismiss(e.Context()); err != nil {
				t.Fatal(err)
			}
			return false
		})
		chooseAction(t, e, e.Slack.Person(testenv.Alice).TopModal(), "Deploy a service")
	})
	t.Run("known", func(t *testing.T) {
		t.Parallel()
		e := newChooserEnv(t).Start()
		e.Port.InjectFault(emulator.Fault{Path: "/v1/actions/restart_service/permissions", Delay: 30 * time.Second})
		m := openChooser(t, e, testenv.Alice, "/run")
		begun := time.Now()
		if got := offeredActions(t, e, m, "service"); !slices.Equal(got, []string{"Deploy a service"}) {
			t.Errorf("offered %q", got) // the permissions of the other one are not known
		}
		if took := time.Since(begun); took > 3*time.Second {
			t.Errorf("the type-ahead was answered after %v", took)
		}
		e.Port.InjectFault(emulator.Fault{Delay: 30 * time.Second})
		if _, err := m.Change(e.Context(), "Action", "Deploy a service"); err != nil {
			t.Fatal(err)
		}
		e.WaitForm(m, "a loading view", func(m *slacktest.Modal) bool { return m.Title() == "Loading" })
		begun = time.Now()
		if _, err := e.Slack.Person(testenv.Bob).SlashCommand(e.Context(), testenv.General, "/run service"); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(begun); took > 3*time.Second || e.Slack.Person(testenv.Bob).TopModal() == nil {
			t.Errorf("a view opened after %v", took)
		}
		e.Port.ClearFaults()
		e.WaitForm(m, "an answer", func(m *slacktest.Modal) bool { return m.Title() != "Loading" })
	})
}

// TestChooser_NothingKnown types into the field while it cannot be found out what the user may run. An empty list would
// say that no action matches: the view says why instead.
func TestChooser_NothingKnown(t *testing.T) {
	t.Parallel()
	permissions := func(f emulator.Fault) func(e *testenv.Env) {
		f.Path = "/permissions"
		return func(e *testenv.Env) { e.Port.InjectFault(f) }
	}
	const noAnswer = "isn't responding, so the actions can't be shown"
	for name, c := range map[string]struct {
		fault func(e *testenv.Env)
		want  string
	}{
		"Port hangs":           {permissions(emulator.Fault{Delay: 30 * time.Second}), noAnswer},
		"Port fails":           {permissions(emulator.Fault{Status: http.StatusInternalServerError}), noAnswer},
		"Port refuses":         {permissions(emulator.Fault{Status: http.StatusForbidden, Body: `{"ok":false,"error":"insufficient_permissions"}`}), "can't read in Port who may run actions"},
		"Slack knows no users": {func(e *testenv.Env) { e.Slack.FailMethod("users.info", "internal_error", 0) }, noAnswer},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := newChooserEnv(t)
			c.fault(e)
			e.Start()
			m := openChooser(t, e, testenv.Alice, "/run")
			if got := offeredActions(t, e, m, "service"); len(got) > 0 {
				t.Errorf("offered %q", got)
			}
			e.WaitForm(m, "the reason", func(m *slacktest.Modal) bool {
				return strings.Contains(m.Text(), c.want)
			})
		})
	}
}

// TestChooser_Restart kills the bot between the command, the choice and the submission.
func TestChooser_Restart(t *testing.T) {
	t.Parallel()
	e := newChooserEnv(t).Start()
	restart := func() {
		if err := e.Stop(); err != nil {
			t.Fatal(err)
		}
		e.Start()
	}
	m := openChooser(t, e, testenv.Alice, "/run service")
	restart()
	if got := offeredActions(t, e, m, ""); !slices.Equal(got, []string{"Deploy a service", "Restart a service"}) {
		t.Errorf("offered %q", got)
	}
	restart()
	if _, err := m.Change(e.Context(), "Action", "Deploy a service"); err != nil {
		t.Fatal(err)
	}
	e.WaitForm(m, "the form", func(m *slacktest.Modal) bool { return m.Title() == "Deploy a service" })
	restart()
	e.Fill(m, "Reason", "after the restart")
	e.Submit(m)
	expectRun(t, e, "deploy_service", "after the restart")
}

// TestChooser_NoLongerOffered submits a form whose action was removed from PORT_ACTIONS meanwhile.
func TestChooser_NoLongerOffered(t *testing.T) {
	t.Parallel()
	e := newChooserEnv(t).Start()
	m := openChooser(t, e, testenv.Alice, "/run")
	chooseAction(t, e, m, "Deploy a service")
	if err := e.Stop(); err != nil {
		t.Fatal(err)
	}
	before := e.EditConfig
	e.EditConfig = func(c *bot.Config) { before(c); c.Choice = []string{"restart_*"} }
	e.Start()
	e.Fill(m, "Reason", "too late")
	if _, err := m.Submit(e.Context()); err != nil {
		t.Fatal(err)
	}
	e.WaitForm(m, "the command that opens a new one", func(m *slacktest.Modal) bool { return strings.Contains(m.Text(), "Open a new one with `/run`") })
	if runs := e.Port.Runs(); len(runs) > 0 {
		t.Errorf("Port has %d runs", len(runs))
	}
}

// TestChooser_ChoosesAgain changes the choice before the form is shown.
func TestChooser_ChoosesAgain(t *testing.T) {
	t.Parallel()
	e := newChooserEnv(t).Start()
	m := openChooser(t, e, testenv.Alice, "/run")
	offeredActions(t, e, m, "")
	e.Port.InjectFault(emulator.Fault{Path: "/v1/actions/deploy_service", Delay: 3 * time.Second, Times: 1})
	for _, title := range []string{"Deploy a service", "Restart a service"} {
		if _, err := m.Change(e.Context(), "Action", title); err != nil {
			t.Fatal(err)
		}
	}
	e.WaitForm(m, "the form", func(m *slacktest.Modal) bool { return m.Title() == "Restart a service" })
	e.Fill(m, "Service", "checkout")
	e.Submit(m)
	e.WaitFor("Port has the run", func() bool { return len(e.Port.Runs()) == 1 })
	if run := e.Port.Runs()[0]; run.Action != "restart_service" {
		t.Errorf("Port runs %+v", run)
	}
}

// TestChooser_Revoked removes the permission and the action while the view is open.
func TestChooser_Revoked(t *testing.T) {
	t.Parallel()
	e := newChooserEnv(t).Start()
	e.Port.InjectFault(emulator.Fault{Path: "/v1/actions/deploy_service/permissions", Delay: time.Second, Times: 1})
	m := openChooser(t, e, testenv.Bob, "/run")
	if err := e.Port.SetExecutePermissions("deploy_service", `{}`); err != nil { // before it is known: opening reads it
		t.Fatal(err)
	}
	if got := offeredActions(t, e, m, "service"); !slices.Equal(got, []string{"Delete a service", "Restart a service"}) {
		t.Errorf("offered %q", got)
	}
	e.Port.InjectFault(emulator.Fault{Path: "/v1/actions/delete_service", Status: http.StatusNotFound, Body: `{"ok":false,"error":"not_found","message":"was not found"}`})
	if _, err := m.Change(e.Context(), "Action", "Delete a service"); err != nil {
		t.Fatal(err)
	}
	e.WaitForm(m, "the reason", func(m *slacktest.Modal) bool { return strings.Contains(m.Text(), "Port has no action named") })
}
