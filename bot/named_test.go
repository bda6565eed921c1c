package bot_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"foghorn/bot/testenv"
	"foghorn/integrations/emulator"
	"foghorn/integrations/slackapp/slacktest"
)

// restartAction works on a service that is in production, and asks for a reason.
const restartAction = `{"identifier":"restart_service","title":"Restart a service","trigger":{"type":"self-service","operation":"DAY-2","blueprintIdentifier":"service",
	"condition":{"type":"SEARCH","combinator":"and","rules":[{"property":"stage","operator":"=","value":"production"}]},
	"userInputs":{"properties":{"reason":{"type":"string","title":"Reason"},"owner":{"type":"string","title":"Owner","visible":{"jqQuery":".entity.properties.tier == 1"}}},"required":[],"order":["reason","owner"]}},
	"invocationMethod":{"type":"KAFKA","payload":{}}}`

// newEnvWithEntities is an environment whose bot also has /restart, for services.
func newEnvWithEntities(t *testing.T, definition string) *testenv.Env {
	t.Helper()
	e := newEnvWithCommands(t)
	if err := e.Port.PutAction(json.RawMessage(definition)); err != nil {
		t.Fatal(err)
	}
	if err := e.Port.PutBlueprint(json.RawMessage(`{"identifier":"service","title":"Service","schema":{"properties":{"stage":{"type":"string"},"tier":{"type":"number"}},"required":[]}}`)); err != nil {
		t.Fatal(err)
	}
	for id, title := range map[string]string{
		"checkout": "Checkout", "checkout-db": "Checkout database", "search": "The Search", "mail": "checkout-db", "Cart": "Cart one", "cart": "Cart two", "old": "Retired",
	} {
		stage, tier := "production", 2
		if id == "old" {
			stage = "test"
		}
		if id == "search" {
			tier = 1
		}
		entity := fmt.Sprintf(`{"identifier":%q,"title":%q,"properties":{"stage":%q,"tier":%d}}`, id, title, stage, tier)
		if err := e.Port.PutEntity("service", json.RawMessage(entity)); err != nil {
			t.Fatal(err)
		}
	}
	return e
}

// valueOf is the value that a field shows; empty: none.
func valueOf(t *testing.T, m *slacktest.Modal, label string) string {
	t.Helper()
	v, err := m.Value(label)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(v, ",")
}

// TestNamed_ChoosesEntity has the text of the command name one entity, several or none. A text that names none is the
// reason, as it is for actions without entities.
func TestNamed_ChoosesEntity(t *testing.T) {
	t.Parallel()
	e := newEnvWithEntities(t, restartAction).Start()
	e.OpenForm(testenv.Alice, testenv.General, "/restart") // the definition is known now
	for text, want := range map[string]string{
		"checkout":       "Checkout",          // its identifier, although others begin with it
		"CheckOut":       "Checkout",          // whatever the capitals
		"checkout-db":    "Checkout database", // an identifier wins over a title
		"the search":     "The Search",        // its title
		"sear":           "The Search",        // the only one that begins with it
		"database":       "Checkout database", // the only one that contains it
		"Cart":           "Cart one",          // of two, the one with the same capitals
		"CART":           "",                  // several
		"check":          "",                  // several
		"nothing":        "",                  // none
		"old":            "",                  // the condition of the action excludes it
		"search is slow": "",                  // not a name
		`"}]}`:           "",
	} {
		form := e.OpenForm(testenv.Alice, testenv.General, "/restart "+text)
		entity, reason := valueOf(t, form, "Entity"), valueOf(t, form, "Reason")
		if entity != want || want == "" && reason != text || want != "" && reason != "" {
			t.Errorf("%s: entity %q, reason %q", text, entity, reason)
		}
		if hasOwner := slices.Contains(form.Labels(), "Owner"); hasOwner != (want == "The Search") {
			t.Errorf("%s: the form has %v", text, form.Labels())
		}
	}
	form := e.OpenForm(testenv.Alice, testenv.General, "/restart the search")
	e.Submit(form)
	if properties, entity := e.WaitRun(); entity != "search" || properties["reason"] != nil {
		t.Errorf("Port runs it for %q with %v", entity, properties)
	}
	if err := e.Port.EndRun(e.Port.Runs()[0].ID, "SUCCESS", "3 pods restarted"); err != nil {
		t.Fatal(err)
	}
	m := e.ExpectMessage(testenv.General, "3 pods restarted")
	if !strings.Contains(m.Text, "*Restart a service* for *<https://app.port.io/serviceEntity?identifier=search|The Search>* finished. Run by") {
		t.Errorf("the message is %s", m.Text)
	}
}

// TestNamed_InputForEntities chooses the entity in an input, also in one for several.
func TestNamed_InputForEntities(t *testing.T) {
	t.Parallel()
	for kind, input := range map[string]string{
		"one":     `{"type":"string","format":"entity","blueprint":"service","title":"Service"}`,
		"several": `{"type":"array","title":"Service","items":{"type":"string","format":"entity","blueprint":"service"}}`,
	} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			e := newEnvWithEntities(t, `{"identifier":"restart_service","title":"Restart a service","trigger":{"type":"self-service","operation":"CREATE",
				"userInputs":{"properties":{"reason":{"type":"string","title":"Reason"},"service":`+input+`},"order":["reason","service"]}},"invocationMethod":{"type":"KAFKA","payload":{}}}`).Start()
			form := e.OpenForm(testenv.Alice, testenv.General, "/restart old")
			if valueOf(t, form, "Service") != "Retired" || valueOf(t, form, "Reason") != "" {
				t.Errorf("service %q, reason %q", valueOf(t, form, "Service"), valueOf(t, form, "Reason"))
			}
			e.Submit(form)
			if properties, _ := e.WaitRun(); !strings.Contains(fmt.Sprint(properties["service"]), "old") {
				t.Errorf("Port runs it with %v", properties)
			}
		})
	}
}

// TestNamed_PortAway has Port fail or hang during the search: the form opens in time, and the text is the reason.
func TestNamed_PortAway(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	t.Parallel()
	for name, fault := range map[string]emulator.Fault{
		"hangs":       {Path: "/entities/search", Delay: time.Minute},
		"an outage":   {Path: "/entities/search", Status: http.StatusBadGateway},
		"forbidden":   {Path: "/entities/search", Status: http.StatusForbidden, Body: `{"ok":false,"error":"forbidden","message":"Forbidden"}`},
		"all of Port": {Delay: time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := newEnvWithEntities(t, restartAction).Start()
			e.OpenForm(testenv.Alice, testenv.General, "/restart")
			e.Port.InjectFault(fault)
			begun := time.Now()
			if _, err := e.Slack.Person(testenv.Alice).SlashCommand(e.Context(), testenv.General, "/restart checkout"); err != nil {
				t.Fatal(err)
			}
			if took := time.Since(begun); took > 3*time.Second {
				t.Errorf("the command took %v", took)
			}
			m, err := e.Slack.Person(testenv.Alice).WaitModal(e.Context(), func(m *slacktest.Modal) bool {
				return slices.Contains(m.Labels(), "Reason") && valueOf(t, m, "Reason") == "checkout"
			})
			if err != nil {
				t.Fatal(err)
			}
			if took := time.Since(begun); took > 15*time.Second || valueOf(t, m, "Entity") != "" {
				t.Errorf("the form with %q took %v", valueOf(t, m, "Entity"), took)
			}
		})
	}
}

// TestNamed_WithoutPermission shows nothing of the catalog to a person who may not run the action.
func TestNamed_WithoutPermission(t *testing.T) {
	t.Parallel()
	e := newEnvWithEntities(t, restartAction)
	if err := e.Port.SetExecutePermissions("restart_service", `{"users":["bob@example.com"]}`); err != nil {
		t.Fatal(err)
	}
	e.Start()
	if text := e.AnswerTo(testenv.Alice, testenv.General, "/restart checkout"); !strings.Contains(text, "You can't run *Restart a service*") {
		t.Errorf("the answer is %q", text)
	}
	if n := len(e.Port.Calls("/entities/search")); n != 0 {
		t.Errorf("%d searches", n)
	}
}

// TestNamed_Help says what a text does.
func TestNamed_Help(t *testing.T) {
	t.Parallel()
	e := newEnvWithEntities(t, restartAction).Start()
	e.OpenForm(testenv.Alice, testenv.General, "/restart") // the definition is known now
	if reply := e.AnswerTo(testenv.Alice, testenv.General, "/restart help"); !strings.Contains(reply, "for the entity with this name") {
		t.Errorf("the answer is %s", reply)
	}
	if reply := e.AnswerTo(testenv.Alice, testenv.General, "/incident help"); strings.Contains(reply, "entity") {
		t.Errorf("the answer is %s", reply)
	}
}

// TestNamed_NoCostWithoutEntities has a command with a text cost no call if its action has no field for entities.
func TestNamed_NoCostWithoutEntities(t *testing.T) {
	t.Parallel()
	e := newEnvWithEntities(t, restartAction).Start()
	e.OpenForm(testenv.Alice, testenv.General, "/incident")
	before := len(e.Port.Calls(""))
	form := e.OpenForm(testenv.Alice, testenv.General, "/incident checkout")
	if v := valueOf(t, form, "Name"); v != "checkout" {
		t.Errorf("the name is %q", v)
	}
	if calls := e.Port.Calls("")[before:]; len(calls) != 0 {
		t.Errorf("calls %+v", calls)
	}
}
