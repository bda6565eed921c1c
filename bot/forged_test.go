package bot_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"foghorn/bot/testenv"
	"foghorn/integrations/emulator"
	"foghorn/integrations/slackapp/slacktest"
)

// submitForged sends a submission of a form with a state of its own, and returns the answer.
func submitForged(t *testing.T, e *testenv.Env, form *slacktest.Modal, values string) string {
	t.Helper()
	var view map[string]any
	if err := json.Unmarshal(form.JSON(), &view); err != nil {
		t.Fatal(err)
	}
	view["state"] = json.RawMessage(`{"values":{` + values + `}}`)
	ack, err := e.Slack.Deliver(e.Context(), slacktest.Envelope{Type: "interactive", AcceptsResponse: true, Payload: map[string]any{
		"type": "view_submission", "user": map[string]any{"id": testenv.Alice}, "view": view,
	}})
	if err != nil {
		t.Fatal(err)
	}
	return string(ack.Payload)
}

// TestModal_ForgedState checks that what a form does not offer reaches Port in no way.
func TestModal_ForgedState(t *testing.T) {
	t.Parallel()
	const properties = `"name":{"type":"string"},
		"hidden":{"type":"string","visible":false,"default":"as defined"},
		"invisible":{"type":"string","visible":{"jqQuery":".form.name == \"nobody types this\""},"default":"also"},
		"opener":{"type":"string","visible":{"jqQuery":"false"}},
		"opened":{"type":"string","visible":{"jqQuery":".form.opener == \"sesame\""}},
		"disabled":{"type":"string","disabled":true,"default":"fixed"},
		"locked":{"type":"string","disabled":{"jqQuery":".form.name != \"root\""},"default":"closed"},
		"later":{"type":"string","dependsOn":["opener"]},
		"choice":{"type":"string","enum":["a","b"]},"several":{"type":"array","items":{"type":"string","enum":["a","b"]}},
		"entity":{"type":"string","format":"entity","blueprint":"service","dataset":{"combinator":"and","rules":[{"property":"tier","operator":"=","value":"gold"}]}},
		"entities":{"type":"array","items":{"type":"string","format":"entity","blueprint":"service"}},
		"team":{"type":"string","format":"team"},"user":{"type":"string","format":"user"}`
	text := func(id, v string) string {
		return fmt.Sprintf(`"f:%s":{"x":{"type":"plain_text_input","value":%q}}`, id, v)
	}
	chosen := func(id, v string) string {
		return fmt.Sprintf(`"f:%s":{"x":{"type":"external_select","selected_option":{"text":{"type":"plain_text","text":"x"},"value":%q}}}`, id, v)
	}
	list := func(id, v string) string {
		return fmt.Sprintf(`"f:%s":{"x":{"type":"multi_external_select","selected_options":[{"text":{"type":"plain_text","text":"x"},"value":%q}]}}`, id, v)
	}
	for name, c := range map[string]struct {
		state string
		want  string // in the answer; empty: accepted, without the value
	}{
		"hidden":                           {text("hidden", "forged"), ""},
		"invisible":                        {text("invisible", "forged"), ""},
		"made visible by an invisible one": {text("opener", "sesame") + "," + text("opened", "forged"), ""},
		"disabled":                         {text("disabled", "forged"), ""},
		"disabled by a condition":          {text("locked", "forged"), ""},
		"depends on an invisible one":      {text("opener", "x") + "," + text("later", "forged"), ""},
		"choice not offered":               {chosen("choice", "z"), ""},
		"one of several not offered":       {list("several", "z"), ""},
		"entity outside the dataset":       {chosen("entity", "web"), "no longer available"},
		"entity that does not exist":       {chosen("entity", "nothing"), "no longer available"},
		"one of several entities":          {list("entities", "nothing"), "no longer available"},
		"entity of the dataset":            {chosen("entity", "api"), "accepted"},
		"team that does not exist":         {chosen("team", "nobody"), "no longer available"},
		"person by address":                {`"f:user":{"x":{"type":"users_select","selected_user":"admin@example.com"}}`, ""},
		"person that does not exist":       {`"f:user":{"x":{"type":"users_select","selected_user":"U0NOBODY"}}`, "Choose another person"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := newEnvWithAction(t, createAction(properties, ""))
			addServices(t, e)
			e.Start()
			form := e.OpenForm(testenv.Alice, testenv.General, "/incident")
			answer := submitForged(t, e, form, text("name", "real")+","+c.state)
			if c.want != "" && c.want != "accepted" {
				if !strings.Contains(answer, c.want) {
					t.Errorf("answered with %q", answer)
				}
				if runs := e.Port.Runs(); len(runs) > 0 {
					t.Errorf("it ran: %+v", runs)
				}
				return
			}
			if answer != "" {
				t.Fatalf("answered with %q", answer)
			}
			got, _ := e.WaitRun()
			want := map[string]any{"name": "real", "hidden": "as defined", "invisible": "also", "disabled": "fixed", "locked": "closed"}
			if c.want == "accepted" {
				want["entity"] = "api"
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("Port received (-want +got):\n%s", diff)
			}
		})
	}
}

// TestModal_ForgedTarget checks the entity of a DAY-2 action.
func TestModal_ForgedTarget(t *testing.T) {
	t.Parallel()
	e := newEnvWithAction(t, `{"type":"self-service","operation":"DAY-2","blueprintIdentifier":"service","userInputs":{"properties":{},"required":[]}}`)
	addServices(t, e)
	e.Start()
	form := e.OpenForm(testenv.Alice, testenv.General, "/incident")
	state := `"f:$targetEntity":{"x":{"type":"external_select","selected_option":{"text":{"type":"plain_text","text":"x"},"value":"nothing"}}}`
	if answer := submitForged(t, e, form, state); !strings.Contains(answer, "no longer available") {
		t.Errorf("answered with %q", answer)
	}
}

// TestModal_CheckUnavailable checks that a form whose entities cannot be checked is kept.
func TestModal_CheckUnavailable(t *testing.T) {
	t.Parallel()
	e := newEnvWithAction(t, createAction(`"entity":{"type":"string","format":"entity","blueprint":"service"}`, ""))
	addServices(t, e)
	e.Start()
	form := e.OpenForm(testenv.Alice, testenv.General, "/incident")
	options, err := form.SearchOptions(e.Context(), "entity", "")
	if err != nil || len(options) != 3 {
		t.Fatalf("%v, %v", options, err)
	}
	if err := form.Fill("entity", options[0].Value); err != nil {
		t.Fatal(err)
	}
	e.Port.InjectFault(emulator.Fault{Path: "/v1/blueprints/service/entities/search", Times: 1, Delay: 4 * time.Second})
	begun := time.Now()
	if r := submit(t, e, form); r.Closed || !strings.Contains(fmt.Sprint(r.Errors), "can't be checked") {
		t.Errorf("answered with %+v", r)
	}
	if took := time.Since(begun); took > 3*time.Second {
		t.Errorf("the answer took %v", took)
	}
	e.Submit(form)
}

// TestModal_KnownDenial checks that a person without permission is informed in the form, if that is known by then.
func TestModal_KnownDenial(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	t.Parallel()
	e := newEnvWithAction(t, createAction(`"name":{"type":"string"},"entity":{"type":"string","format":"entity","blueprint":"service"}`, ""))
	addServices(t, e)
	if err := e.Port.SetExecutePermissions("mirrored", `{"roles":["Operator"],"users":[],"teams":[],"ownedByTeam":false}`); err != nil {
		t.Fatal(err)
	}
	e.Start()
	form := e.OpenForm(testenv.Alice, testenv.General, "/incident")
	e.Fill(form, "name", "API is slow")
	expectOptions(t, e, form, "entity") // the type-ahead finds out
	r := submit(t, e, form)
	if r.Closed || !strings.Contains(fmt.Sprint(r.Errors), "Allowed: role Operator. Ask a Port admin for access.") {
		t.Fatalf("answered with %+v", r)
	}
	e.Port.SetRoles("alice@example.com", "Operator")
	e.WaitFor("the person may run it", func() bool { return submit(t, e, form).Closed })
	if got, _ := e.WaitRun(); got["name"] != "API is slow" {
		t.Errorf("Port received %v", got)
	}
}
