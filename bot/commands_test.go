package bot_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"foghorn/bot"
	"foghorn/bot/dialog"
	"foghorn/bot/testenv"
	"foghorn/integrations/emulator"
)

// newEnvWithCommands is an environment whose bot also has /restart, for an action that ends with a summary.
func newEnvWithCommands(t *testing.T) *testenv.Env {
	t.Helper()
	e := testenv.New(t)
	definition := `{"identifier":"restart_service","title":"Restart a service",
		"trigger":{"type":"self-service","operation":"CREATE","userInputs":{"properties":{"service":{"type":"string","title":"Service"}},"required":["service"]}},
		"invocationMethod":{"type":"KAFKA","payload":{}}}`
	if err := e.Port.PutAction(json.RawMessage(definition)); err != nil {
		t.Fatal(err)
	}
	e.EditConfig = func(c *bot.Config) {
		c.Commands = []dialog.Command{{Name: "/restart", Action: "restart_service"}}
	}
	return e
}

// TestCommands_TwoInOneProcess runs two commands: each has its form, help and prefill, and the results do not mix.
func TestCommands_TwoInOneProcess(t *testing.T) {
	t.Parallel()
	e := newEnvWithCommands(t).Start()
	for command, title := range map[string]string{"/incident help": "Create incident.io Incident", "/restart help": "Restart a service"} {
		if reply := e.AnswerTo(testenv.Alice, testenv.General, command); !strings.Contains(reply, title) {
			t.Errorf("%s: %s", command, reply)
		}
	}
	if reply := e.AnswerTo(testenv.Alice, testenv.General, "/unknown"); !strings.Contains(reply, "`/incident`, `/restart`") {
		t.Errorf("an unknown command: %s", reply)
	}

	restart := e.OpenForm(testenv.Alice, testenv.General, "/restart checkout")
	if v, err := restart.Value("Service"); err != nil || len(v) != 1 || v[0] != "checkout" {
		t.Errorf("prefilled %v, %v", v, err)
	}
	e.Submit(restart)
	e.WaitFor("Port has the run", func() bool { return len(e.Port.Runs()) == 1 })
	run := e.Port.Runs()[0]
	if run.Action != "restart_service" || run.Properties["service"] != "checkout" {
		t.Errorf("Port runs %+v", run)
	}
	e.Declare(testenv.Bob, testenv.General, "API is slow", "Major", "public")
	e.ExpectMessage(testenv.General, "API is slow")
	if err := e.Port.EndRun(run.ID, "SUCCESS", "3 pods restarted"); err != nil {
		t.Fatal(err)
	}
	e.ExpectMessage(testenv.General, "Restart a service* finished")
}

// TestCommands_Permissions allows a user one of two commands.
func TestCommands_Permissions(t *testing.T) {
	t.Parallel()
	e := newEnvWithCommands(t)
	if err := e.Port.SetExecutePermissions("restart_service", `{"users":["bob@example.com"]}`); err != nil {
		t.Fatal(err)
	}
	e.Start()
	e.Submit(e.OpenForm(testenv.Alice, testenv.General, "/restart checkout"))
	e.ExpectMessage(testenv.Alice, "You don't have permission to run it in Port")
	if reply := e.AnswerTo(testenv.Alice, testenv.General, "/restart again"); !strings.Contains(reply, "You can't run *Restart a service*") {
		t.Errorf("the next command: %s", reply)
	}
	if n := len(e.Port.Runs()); n != 0 {
		t.Errorf("%d runs", n)
	}
	e.Declare(testenv.Alice, testenv.General, "allowed", "Major", "public")
	e.ExpectMessage(testenv.General, "allowed")
}

// TestCommands_MissingAction has a command whose action Port does not have: the other one works, and /readyz names the action.
func TestCommands_MissingAction(t *testing.T) {
	t.Parallel()
	e := newEnvWithCommands(t)
	e.Port.InjectFault(emulator.Fault{Path: "/v1/actions/restart_service", Status: http.StatusNotFound, Body: `{"ok":false,"error":"not_found","message":"Action with identifier \"restart_service\" was not found"}`})
	e.Start()
	base := e.ServeHTTP()
	e.WaitFor("the missing action is reported", func() bool {
		ok, _, warnings := e.Readiness(base)
		return ok && strings.Contains(warnings["port"], "restart_service")
	})
	e.Declare(testenv.Alice, testenv.General, "works", "Major", "public")
	e.ExpectMessage(testenv.General, "works")
}

// TestCommands_FailureWithLog has a run fail: the reporter gets the reason and the end of the log, if the log can be read
// to its end.
func TestCommands_FailureWithLog(t *testing.T) {
	t.Parallel()
	e := newEnvWithCommands(t).Start()
	for n, entries := range []int{320, 2000} {
		e.Submit(e.OpenForm(testenv.Alice, testenv.General, "/restart checkout"))
		e.WaitFor("Port has the run", func() bool { return len(e.Port.Runs()) == n+1 })
		run := e.Port.Runs()[n].ID
		for i := range entries - 1 {
			e.Port.AddLog(run, fmt.Sprintf("step %d", i))
		}
		e.Port.AddLog(run, "the last step\nhas two lines\n")
		reason := fmt.Sprintf("pod %d did not start", n)
		if err := e.Port.EndRun(run, "FAILURE", reason); err != nil {
			t.Fatal(err)
		}
		m := e.ExpectMessage(testenv.Alice, reason)
		if complete := entries < 2000; m.Contains("step 316") != complete || m.Contains("has two lines") != complete || m.Contains("step 315") {
			t.Errorf("%d entries: the message is %s", entries, m.Text)
		}
	}
	e.ExpectNoMessages(testenv.General)
}
