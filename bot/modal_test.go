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

// action is a definition whose inputs are on one page, or with steps on several.
func createAction(properties, more string) string {
	return fmt.Sprintf(`{"type":"self-service","operation":"CREATE","userInputs":{"properties":{%s}%s}}`, properties, more)
}

// addServices adds entities with a tier and an owner.
func addServices(t *testing.T, e *testenv.Env) {
	t.Helper()
	blueprint := `{"identifier":"service","title":"Service","schema":{"properties":{"tier":{"type":"string"},"owner":{"type":"string"}},"required":[]}}`
	if err := e.Port.PutBlueprint(json.RawMessage(blueprint)); err != nil {
		t.Fatal(err)
	}
	for _, entity := range []string{
		`{"identifier":"api","title":"The API","properties":{"tier":"gold","owner":"bob@example.com"}}`,
		`{"identifier":"db","title":"Database","properties":{"tier":"gold","owner":"alice@example.com"}}`,
		`{"identifier":"web","title":"Web","properties":{"tier":"tin","owner":"bob@example.com"}}`,
	} {
		if err := e.Port.PutEntity("service", json.RawMessage(entity)); err != nil {
			t.Fatal(err)
		}
	}
}

// expectOptions checks what a type-ahead offers.
func expectOptions(t *testing.T, e *testenv.Env, m *slacktest.Modal, label string, want ...string) {
	t.Helper()
	options, err := m.SearchOptions(e.Context(), label, "")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, o := range options {
		got = append(got, o.Text)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s offers (-want +got):\n%s", label, diff)
	}
}

// chooseEntity chooses an entity in a field on which others depend.
func chooseEntity(t *testing.T, e *testenv.Env, m *slacktest.Modal, label, title string) {
	t.Helper()
	if _, err := m.SearchOptions(e.Context(), label, ""); err != nil {
		t.Fatal(err)
	}
	e.ChangeField(m, label, title)
	if err := m.WaitChanged(e.Context()); err != nil {
		t.Fatal(err)
	}
}

func submit(t *testing.T, e *testenv.Env, m *slacktest.Modal) slacktest.Result {
	t.Helper()
	r, err := m.Submit(e.Context())
	if err != nil || r.ConnectionError != "" {
		t.Fatalf("submit: %+v, %v", r, err)
	}
	return r
}

// everyDefault has an input of each kind with a default.
const everyDefault = `
	"text":{"type":"string","default":"a"},"lines":{"type":"string","format":"multi-line","default":"a\nb"},
	"email":{"type":"string","format":"email","default":"a@example.com"},"url":{"type":"string","format":"url","default":"https://example.com"},
	"ip":{"type":"string","format":"ipv4","default":"192.0.2.1"},"link":{"type":"object","format":"labeled-url","default":{"url":"https://example.com","displayText":"x"}},
	"number":{"type":"number","default":1.5},"flag":{"type":"boolean","default":false},
	"moment":{"type":"string","format":"date-time","default":"2026-01-31T15:04:05+02:00"},
	"radio":{"type":"string","enum":["a","b"],"default":"b"},"menu":{"type":"string","enum":["a","b"],"default":"b"},
	"several":{"type":"array","items":{"type":"string","enum":["a","b"]},"default":["b","a"]},
	"entity":{"type":"string","format":"entity","blueprint":"service","default":"api"},
	"entities":{"type":"array","items":{"type":"string","format":"entity","blueprint":"service"},"default":["api","db"]},
	"user":{"type":"string","format":"user","default":"bob@example.com"},
	"users":{"type":"array","items":{"type":"string","format":"user"},"default":["bob@example.com","alice@example.com"]},
	"team":{"type":"string","format":"team","default":"core"},
	"object":{"type":"object","default":{"a":1}},"list":{"type":"array","items":{"type":"string"},"default":["x","y"]}`

// TestModal_UntouchedValues checks that Slack can leave out what a person has not touched: after the form was opened,
// updated, and on a further page.
func TestModal_UntouchedValues(t *testing.T) {
	for name, more := range map[string]string{
		"one page":  `,"required":["radio"],"order":["text"]`,
		"two pages": `,"required":["radio"],"steps":[{"title":"One","order":["text","trigger","more"]},{"title":"Two","order":["menu"]}]`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := newEnvWithAction(t, createAction(everyDefault+`,"trigger":{"type":"string","enum":["on"]},"more":{"type":"string","visible":{"jqQuery":".form.trigger == \"on\""}}`, more))
			addServices(t, e)
			e.Start()
			form := e.OpenForm(testenv.Alice, testenv.General, "/incident API is slow")
			e.ChangeField(form, "trigger", "on")
			e.WaitForm(form, "the further field", hasLabel("more"))
			for !submit(t, e, form).Closed {
				if text := form.Errors(); len(text) > 0 {
					t.Fatal(text)
				}
			}
			got, _ := e.WaitRun()
			var want map[string]any
			if err := json.Unmarshal([]byte(`{"text":"API is slow","trigger":"on",`+withoutDefaults(t)+`}`), &want); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("Port received (-want +got):\n%s", diff)
			}
		})
	}
}

// withoutDefaults are the values of everyDefault but for text.
func withoutDefaults(t *testing.T) string {
	t.Helper()
	var inputs map[string]struct{ Default json.RawMessage }
	if err := json.Unmarshal([]byte("{"+everyDefault+"}"), &inputs); err != nil {
		t.Fatal(err)
	}
	var out []string
	for id, in := range inputs {
		if id != "text" {
			out = append(out, fmt.Sprintf("%q:%s", id, in.Default))
		}
	}
	return strings.Join(out, ",")
}

// TestModal_EmptiedValues checks that a value which the person removed is none, though the view began with it.
func TestModal_EmptiedValues(t *testing.T) {
	t.Parallel()
	e := newEnvWithAction(t, createAction(`"text":{"type":"string"},"other":{"type":"string"},"several":{"type":"array","items":{"type":"string","enum":["a","b"]}},
		"who":{"type":"string","format":"user"},"them":{"type":"array","items":{"type":"string","format":"user"}},"kept":{"type":"string","format":"user"}`,
		`,"steps":[{"title":"One","order":["text","several","who","them","kept"]},{"title":"Two","order":["other"]}]`)).Start()
	form := e.OpenForm(testenv.Alice, testenv.General, "/incident API is slow")
	e.Fill(form, "several", "a", "who", testenv.Bob, "them", testenv.Bob, "kept", testenv.Bob)
	submit(t, e, form)
	e.WaitForm(form, "the second page", hasLabel("other"))
	if _, err := form.ClickButton(e.Context(), "Back"); err != nil {
		t.Fatal(err)
	}
	e.WaitForm(form, "the first page", hasLabel("text"))
	for label, want := range map[string]string{"text": "API is slow", "who": testenv.Bob, "them": testenv.Bob} {
		if v, err := form.Value(label); err != nil || len(v) != 1 || v[0] != want {
			t.Errorf("%s shows %v, %v", label, v, err)
		}
		e.Fill(form, label, "")
	}
	e.Fill(form, "several", "")
	submit(t, e, form)
	e.WaitForm(form, "the second page", hasLabel("other"))
	e.Submit(form)
	got, _ := e.WaitRun()
	if diff := cmp.Diff(map[string]any{"kept": "bob@example.com"}, got); diff != "" {
		t.Errorf("Port received (-want +got):\n%s", diff)
	}
}

// TestModal_TypeAheadKnowsOtherFields checks type-aheads whose dataset depends on other fields, though Slack sends no
// state with them.
func TestModal_TypeAheadKnowsOtherFields(t *testing.T) {
	rule := func(property, query string) string {
		return fmt.Sprintf(`{"property":%q,"operator":"=","value":{"jqQuery":%q}}`, property, query)
	}
	dependent := func(rules ...string) string {
		return `"dependency":{"type":"string","format":"entity","blueprint":"service","dataset":{"combinator":"and","rules":[` + strings.Join(rules, ",") + `]}}`
	}
	const steps = `,"steps":[{"title":"One","order":["tier","owner","first"]},{"title":"Two","order":["dependency"]}]`
	fields := `"tier":{"type":"string","enum":["gold","tin"]},"owner":{"type":"string","format":"user"},"first":{"type":"string","format":"entity","blueprint":"service"},`
	for name, c := range map[string]struct {
		rules []string
		want  []string
	}{
		"choice":                         {[]string{rule("tier", ".form.tier")}, []string{"Database", "The API"}},
		"person":                         {[]string{rule("owner", ".form.owner")}, []string{"The API", "Web"}},
		"choice and person":              {[]string{rule("tier", ".form.tier"), rule("owner", ".form.owner")}, []string{"The API"}},
		"title of another entity":        {[]string{rule("$title", ".form.first.title")}, []string{"Database"}},
		"all fields, read as one object": {[]string{rule("tier", ".form | .tier")}, []string{"Database", "The API"}},
	} {
		for pages, more := range map[string]string{"one page": "", "two pages": steps} {
			t.Run(name+", "+pages, func(t *testing.T) {
				t.Parallel()
				e := newEnvWithAction(t, createAction(fields+dependent(c.rules...), more))
				addServices(t, e)
				e.Start()
				form := e.OpenForm(testenv.Alice, testenv.General, "/incident")
				choose := func(label, value string) {
					for _, f := range form.Fields() {
						switch {
						case f.Label != label:
						case f.Dispatches:
							e.ChangeField(form, label, value)
						default:
							e.Fill(form, label, value)
						}
					}
				}
				choose("tier", "gold")
				choose("owner", testenv.Bob)
				expectOptions(t, e, form, "first", "Database", "The API", "Web")
				choose("first", "Database")
				if more != "" {
					submit(t, e, form)
					e.WaitForm(form, "the second page", hasLabel("dependency"))
				}
				e.WaitFor("the choices are in the view", func() bool {
					options, err := form.SearchOptions(e.Context(), "dependency", "")
					return err == nil && len(options) == len(c.want)
				})
				expectOptions(t, e, form, "dependency", c.want...)
			})
		}
	}
}

// TestModal_StaleState checks submissions and changes that carry the state of the page before.
func TestModal_StaleState(t *testing.T) {
	t.Parallel()
	e := newEnvWithAction(t, createAction(`"one":{"type":"string"},"two":{"type":"string"},"kind":{"type":"string","enum":["a","b"]},
		"more":{"type":"string","visible":{"jqQuery":".form.kind == \"b\""}}`,
		`,"steps":[{"title":"One","order":["one"]},{"title":"Two","order":["two","kind","more"]}]`)).Start()
	form := e.OpenForm(testenv.Alice, testenv.General, "/incident first")
	submit(t, e, form)
	e.WaitForm(form, "the second page", hasLabel("two"))
	e.Fill(form, "two", "second")

	e.Slack.SendStaleState(1)
	if r := submit(t, e, form); r.Closed || !strings.Contains(fmt.Sprint(r.Errors), "press the button again") {
		t.Fatalf("the submission is answered with %+v", r)
	}
	e.Slack.SendStaleState(1)
	e.ChangeField(form, "kind", "b")
	e.WaitForm(form, "the notice", func(m *slacktest.Modal) bool { return strings.Contains(m.Text(), "press the button again") })
	if v, err := form.Value("two"); err != nil || len(v) != 1 || v[0] != "second" {
		t.Errorf("the value was lost: %v, %v", v, err)
	}
	e.ChangeField(form, "kind", "b")
	e.WaitForm(form, "the further field", hasLabel("more"))
	e.Submit(form)
	got, _ := e.WaitRun()
	if diff := cmp.Diff(map[string]any{"one": "first", "two": "second", "kind": "b"}, got); diff != "" {
		t.Errorf("Port received (-want +got):\n%s", diff)
	}
}

// TestModal_DraftLost checks that a form whose earlier pages are lost begins again, and runs nothing until then.
func TestModal_DraftLost(t *testing.T) {
	for name, press := range map[string]func(*testing.T, *testenv.Env, *slacktest.Modal){
		"submission": func(t *testing.T, e *testenv.Env, m *slacktest.Modal) { submit(t, e, m) },
		"back": func(t *testing.T, e *testenv.Env, m *slacktest.Modal) {
			if _, err := m.ClickButton(e.Context(), "Back"); err != nil {
				t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := newEnvWithAction(t, createAction(`"one":{"type":"string"},"two":{"type":"string"}`,
				`,"steps":[{"title":"One","order":["one"]},{"title":"Two","order":["two"]}]`)).Start()
			form := e.OpenForm(testenv.Alice, testenv.General, "/incident first")
			submit(t, e, form)
			e.WaitForm(form, "the second page", hasLabel("two"))
			e.Fill(form, "two", "second")
			if err := e.Stop(); err != nil {
				t.Fatal(err)
			}
			e.StateDir = t.TempDir()
			e.Start()
			press(t, e, form)
			e.WaitForm(form, "the first page", hasLabel("one"))
			if text := form.Text(); !strings.Contains(text, "Your earlier answers have expired") {
				t.Errorf("the form shows %q", text)
			}
			e.Fill(form, "one", "first again")
			submit(t, e, form)
			e.WaitForm(form, "the second page", hasLabel("two"))
			e.Submit(form)
			got, _ := e.WaitRun()
			if diff := cmp.Diff(map[string]any{"one": "first again", "two": "second"}, got); diff != "" {
				t.Errorf("Port received (-want +got):\n%s", diff)
			}
		})
	}
}

// TestModal_ClearField checks that a date and an answer that were chosen by mistake can be taken back, on a first and on
// a further page.
func TestModal_ClearField(t *testing.T) {
	for name, more := range map[string]string{
		"one page":  ``,
		"two pages": `,"steps":[{"title":"One","order":["note"]},{"title":"Two","order":["due","until","sure"]}]`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := newEnvWithAction(t, createAction(`"note":{"type":"string"},"due":{"type":"string","title":"Due","format":"date-time"},
				"until":{"type":"string","title":"Until","format":"date-time"},"sure":{"type":"boolean","title":"Sure"}`, more)).Start()
			form := e.OpenForm(testenv.Alice, testenv.General, "/incident a note")
			if more != "" {
				submit(t, e, form)
				e.WaitForm(form, "the second page", hasLabel("Due"))
			}
			e.Fill(form, "Due", "2026-01-31T15:04:00Z", "Until", "2026-02-01T15:04:00Z", "Sure", "Yes")
			if err := form.Fill("Due", ""); err == nil {
				t.Error("the date can be emptied without the button")
			}
			for label, want := range map[string]int{"Due": 0, "Sure": 0, "Until": 1} {
				if want == 1 {
					continue
				}
				if _, err := form.ClickButton(e.Context(), "Clear "+label); err != nil {
					t.Fatal(err)
				}
				e.WaitForm(form, label+" is empty", func(m *slacktest.Modal) bool {
					v, err := m.Value(label)
					return err == nil && len(v) == 0
				})
			}
			e.Submit(form)
			got, _ := e.WaitRun()
			if diff := cmp.Diff(map[string]any{"note": "a note", "until": "2026-02-01T15:04:00Z"}, got); diff != "" {
				t.Errorf("Port received (-want +got):\n%s", diff)
			}
		})
	}
}

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
	if err := form.SelectOptions("entity", options[0]); err != nil {
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
	t.Parallel()
	e := newEnvWithAction(t, createAction(`"name":{"type":"string"},"entity":{"type":"string","format":"entity","blueprint":"service"}`, ""))
	addServices(t, e)
	if err := e.Port.SetExecutePermissions("mirrored", `{"roles":["Operator"],"users":[],"teams":[],"ownedByTeam":false}`); err != nil {
		t.Fatal(err)
	}
	e.Start()
	form := e.OpenForm(testenv.Alice, testenv.General, "/incident API is slow")
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
