package bot_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"foghorn/bot/testenv"
	"foghorn/integrations/slackapp/slacktest"
)

// createAction is a trigger whose inputs are on one page, or with steps on several.
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
	t.Parallel()
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
	t.Parallel()
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

	e.Slack.Set(func(o *slacktest.Settings) { o.StaleStates = 1 })
	if r := submit(t, e, form); r.Closed || !strings.Contains(fmt.Sprint(r.Errors), "press the button again") {
		t.Fatalf("the submission is answered with %+v", r)
	}
	e.Slack.Set(func(o *slacktest.Settings) { o.StaleStates = 1 })
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
	t.Parallel()
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
	t.Parallel()
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
