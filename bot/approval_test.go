package bot_test

import (
	"net/http"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"foghorn/bot"
	"foghorn/bot/testenv"
	"foghorn/integrations/emulator"
	"foghorn/integrations/port/porttest"
	"foghorn/manifests"
)

func TestRun_Approval(t *testing.T) {
	t.Parallel()
	e := testenv.New(t)
	e.RequireApproval()
	e.Start()
	e.Declare(testenv.Alice, testenv.General, "with approval", "Minor", "public")
	e.ExpectMessage(testenv.Alice, "waiting for approval")
	if err := e.Port.Approve(t.Context(), e.Port.Runs()[0].ID); err != nil {
		t.Fatal(err)
	}
	e.ExpectExactlyOnce("with approval")

	e.Declare(testenv.Alice, testenv.Ops, "declined", "Minor", "public")
	runs := e.Port.Runs()
	for len(runs) < 2 {
		e.ExpectMessage(testenv.Alice, "waiting for approval")
		runs = e.Port.Runs()
	}
	if err := e.Port.Decline(t.Context(), runs[1].ID); err != nil {
		t.Fatal(err)
	}
	e.ExpectMessage(testenv.Alice, "was declined in Port")
	e.ExpectNoMessages(testenv.Ops)
}

// newEnvWithApprover is an environment whose action has to be approved, by Bob or by an admin.
func newEnvWithApprover(t *testing.T) *testenv.Env {
	t.Helper()
	e := testenv.New(t)
	e.RequireApproval()
	if err := e.Port.SetApprovers(manifests.ActionID, "bob@example.com"); err != nil {
		t.Fatal(err)
	}
	e.Port.AddUser("root@example.com")
	e.Port.SetRoles("root@example.com", "Admin")
	return e.Start()
}

// TestApproval_NamesApprovers informs the reporter who can approve the run, with a button that opens it in Port and none
// that approves it. It costs two calls.
func TestApproval_NamesApprovers(t *testing.T) {
	t.Parallel()
	e := newEnvWithApprover(t)
	e.Declare(testenv.Alice, testenv.General, "with approval", "Minor", "public")
	m := e.ExpectMessage(testenv.Alice, "waiting for approval")
	if !strings.Contains(m.Text, "Who can approve it: Bob and Root.") {
		t.Errorf("the message is %s", m.Text)
	}
	run := e.Port.Runs()[0].ID
	if blocks := string(m.Blocks); strings.Count(blocks, `"button"`) != 1 || !strings.Contains(blocks, "Open in Port") || !strings.Contains(blocks, "runId="+run) {
		t.Errorf("blocks %s", blocks)
	}
	if n := len(e.Port.Calls("/v1/actions/runs/" + run + "/approvers")); n != 1 {
		t.Errorf("%d reads of the approvers", n)
	}
}

// TestApproval_ApproversUnreadable has Port not say who can approve: the notice is what it is without.
func TestApproval_ApproversUnreadable(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]emulator.Fault{
		"forbidden":  {Path: "/approvers", Status: http.StatusForbidden, Body: `{"ok":false,"error":"forbidden","message":"Forbidden"}`},
		"missing":    {Path: "/approvers", Status: http.StatusNotFound, Body: `{"ok":false,"error":"not_found","message":"Not found"}`},
		"an outage":  {Path: "/approvers", Status: http.StatusBadGateway},
		"hanging":    {Path: "/approvers", Delay: time.Minute},
		"no names":   {Path: "/v1/users", Method: http.MethodGet, Status: http.StatusForbidden, Body: `{"ok":false,"error":"forbidden","message":"Forbidden"}`},
		"names hang": {Path: "/v1/users", Method: http.MethodGet, Delay: time.Minute},
		"odd":        {Path: "/approvers", Status: http.StatusOK, Body: `{"ok":true,"approvers":[null,7,{"userId":{},"state":[]},{"userId":"x"}]}`},
		"not a list": {Path: "/approvers", Status: http.StatusOK, Body: `{"ok":true,"approvers":"Bob"}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := newEnvWithApprover(t)
			e.OpenForm(testenv.Alice, testenv.General, "/incident") // who Alice is, is known now
			e.Port.InjectFault(fault)
			e.Declare(testenv.Alice, testenv.General, "with approval", "Minor", "public")
			begun := time.Now()
			m := e.ExpectMessage(testenv.Alice, "waiting for approval")
			if took := time.Since(begun); took > 20*time.Second {
				t.Errorf("the notice took %v", took)
			}
			if strings.Contains(m.Text, "Who can approve") || !m.Contains("Open in Port") {
				t.Errorf("the message is %s", m.Text)
			}
			if err := e.Port.Decline(t.Context(), e.Port.Runs()[0].ID); err != nil {
				t.Fatal(err)
			}
			e.ExpectMessage(testenv.Alice, "was declined in Port")
		})
	}
}

// TestApproval_DeclinedByPerson informs the reporter who declined the run, and why; also if Port tells only the comment.
func TestApproval_DeclinedByPerson(t *testing.T) {
	t.Parallel()
	e := newEnvWithApprover(t)
	decline := func(name, comment string) {
		e.Declare(testenv.Alice, testenv.General, name, "Minor", "public")
		var run porttest.Run
		e.WaitFor("the run waits", func() bool {
			for _, run = range e.Port.Runs() {
				if run.Properties["name"] == name {
					return true
				}
			}
			return false
		})
		if err := e.Port.DeclineAs(t.Context(), run.ID, "bob@example.com", comment); err != nil {
			t.Fatal(err)
		}
	}
	decline("first", "Not during the *freeze*")
	if m := e.ExpectMessage(testenv.Alice, "was declined by Bob."); !m.Contains("Not during the") {
		t.Errorf("the message is %s", m.Text)
	}
	e.Port.InjectFault(emulator.Fault{Path: "/approvers", Status: http.StatusBadGateway})
	decline("second", "Ask on Monday")
	if m := e.ExpectMessage(testenv.Alice, "Ask on Monday"); !strings.Contains(m.Text, "was declined in Port") {
		t.Errorf("the message is %s", m.Text)
	}
	e.ExpectNoMessages(testenv.General)
}

// TestApproval_Crash stops the bot around the notice: the reporter gets it once, and the result.
func TestApproval_Crash(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	t.Parallel()
	for _, at := range []string{"before posting to awaiting_approval", "after posting to awaiting_approval"} {
		t.Run(at, func(t *testing.T) {
			t.Parallel()
			e := testenv.New(t)
			e.RequireApproval()
			if err := e.Port.SetApprovers(manifests.ActionID, "bob@example.com"); err != nil {
				t.Fatal(err)
			}
			crashed := make(chan struct{})
			stop := sync.OnceFunc(func() { close(crashed) })
			e.EditConfig = func(c *bot.Config) {
				c.CrashPoint = func(where string) {
					if where == at {
						stop()
					}
					select {
					case <-crashed:
						runtime.Goexit()
					default:
					}
				}
			}
			e.Start()
			e.Declare(testenv.Alice, testenv.General, "with approval", "Minor", "public")
			<-crashed
			_ = e.Stop()
			e.EditConfig = func(*bot.Config) {}
			e.Start()
			e.ExpectMessage(testenv.Alice, "Who can approve it: Bob.")
			if err := e.Port.Approve(t.Context(), e.Port.Runs()[0].ID); err != nil {
				t.Fatal(err)
			}
			e.ExpectExactlyOnce("with approval")
			notices := 0
			for _, m := range e.Slack.Messages(testenv.Alice) {
				if strings.Contains(m.Text, "waiting for approval") {
					notices++
				}
			}
			if notices != 1 {
				t.Errorf("%d notices", notices)
			}
		})
	}
}
