package modal_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/slack-go/slack"

	"foghorn/bot/form"
	"foghorn/bot/modal"
)

// viewOf is a page as Slack sends it, with a state.
func viewOf(t *testing.T, s *form.State, p modal.Page, state string) (v slack.View) {
	t.Helper()
	p.Action = "act"
	view, err := modal.Render(s, p)
	if err != nil {
		t.Fatal(err)
	}
	rendered := requireValidView(t, view)
	if state != "" {
		rendered["state"] = json.RawMessage(`{"values":{` + state + `}}`)
	}
	data, err := json.Marshal(rendered)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

func TestDecode_OmittedAndEmptied(t *testing.T) {
	f := compileForm(t, actionJSON(`{"properties":{"a":{"type":"string"},"b":{"type":"array","items":{"type":"string","enum":["1","2"]}},"c":{"type":"string","format":"user"}},"order":["a","b","c"]}`))
	given := form.Values{"a": "x", "b": []any{"1"}, "c": "bob@example.com"}
	s := f.Resolve(t.Context(), form.EvalContext{}, given)
	known := modal.Page{Names: &modal.Names{Users: map[string]string{"bob@example.com": "U1"}}}
	for name, c := range map[string]struct {
		page  modal.Page
		state string
		want  form.Values
	}{
		"no state":                       {known, ``, form.Values{"a": "x", "b": []any{"1"}, "c": "U1"}},
		"one touched":                    {known, `"f:a":{"plain_text_input":{"value":"y"}}`, form.Values{"a": "y", "b": []any{"1"}, "c": "U1"}},
		"all emptied":                    {known, `"f:a":{"x":{"value":null}},"f:b":{"x":{"selected_options":[]}},"f:c":{"x":{"selected_user":null}}`, form.Values{}},
		"a person who is not shown":      {modal.Page{}, `"f:c":{"x":{"selected_user":null}}`, form.Values{"a": "x", "b": []any{"1"}, "c": "bob@example.com"}},
		"a block without its element":    {known, `"f:a":{}`, form.Values{"a": "x", "b": []any{"1"}, "c": "U1"}},
		"an address instead of a person": {known, `"f:c":{"x":{"selected_user":"admin@example.com"}}`, form.Values{"a": "x", "b": []any{"1"}}},
	} {
		t.Run(name, func(t *testing.T) {
			got, fields, err := modal.Decode(s, viewOf(t, s, c.page, c.state))
			if err != nil || len(fields) != 3 {
				t.Fatal(fields, err)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestIsStale_StateOfAnotherPage(t *testing.T) {
	s := compileForm(t, actionJSON(twoSteps)).Resolve(t.Context(), form.EvalContext{}, nil)
	first := modal.Page{}
	last := modal.NextPage(s, first)
	const a, c = `"f:a":{"x":{"value":"1"}}`, `"f:c":{"x":{"value":"1"}}`
	for _, test := range []struct {
		page  modal.Page
		state string
		want  bool
	}{
		{first, a, false}, {last, c, false}, {first, c, true}, {last, a, true},
		{last, a + "," + c, false}, {last, ``, false}, {last, `"other":{"x":{"value":"1"}}`, false},
	} {
		if got := modal.IsStale(viewOf(t, s, test.page, test.state)); got != test.want {
			t.Errorf("page %d with %s: %t", test.page.Step, test.state, got)
		}
	}
}

func TestIsOutdated_PageHasChanged(t *testing.T) {
	f := compileForm(t, actionJSON(`{"properties":{"a":{"type":"string"},"b":{"type":"string","visible":{"jqQuery":".form.a == \"b\""}},
		"c":{"type":"string","enum":{"jqQuery":"if .form.a == \"c\" then [\"1\"] else [\"2\"] end"}},
		"d":{"type":"string","default":{"jqQuery":"if .form.a == \"d\" then \"x\" else \"y\" end"}}},"order":["a","b","c","d"]}`))
	seen := viewOf(t, f.Resolve(t.Context(), form.EvalContext{}, nil), modal.Page{}, "")
	for value, want := range map[string]bool{"nothing": false, "b": true, "c": true, "d": false} {
		now := f.Resolve(t.Context(), form.EvalContext{}, form.Values{"a": value})
		if got := modal.IsOutdated(now, modal.Page{}, seen); got != want {
			t.Errorf("%s: %t", value, got)
		}
		if modal.IsOutdated(now, modal.Page{Again: true}, seen) {
			t.Errorf("%s is shown a third time", value)
		}
	}
	if modal.IsOutdated(f.Resolve(t.Context(), form.EvalContext{}, form.Values{"a": "b"}), modal.Page{}, slack.View{}) {
		t.Error("a view without blocks is outdated")
	}
}

// A choice that was removed from the definition is not dropped in silence.
func TestIsOutdated_MenuHasChanged(t *testing.T) {
	var long strings.Builder
	for i := range 120 {
		fmt.Fprintf(&long, `"%d",`, i)
	}
	before := singleInputState(t, `{"type":"string","enum":["a","b"]}`, nil)
	for enum, want := range map[string]bool{`"a","b"`: false, long.String() + `"b"`: true} {
		if got := modal.IsOutdated(singleInputState(t, `{"type":"string","enum":[`+enum+`]}`, nil), modal.Page{}, viewOf(t, before, modal.Page{}, "")); got != want {
			t.Errorf("%.20s: %t", enum, got)
		}
	}
}

func TestRender_ClearButton(t *testing.T) {
	for input, want := range map[string]bool{
		`{"type":"string","format":"date-time"}`: true,
		`{"type":"boolean"}`:                     true,
		`{"type":"string","format":"date-time","default":"2026-01-31T15:04:05Z"}`: false, // what it is without a value
		`{"type":"string","format":"date-time","disabled":true}`:                  false,
		`{"type":"string"}`:              false,
		`{"type":"string","enum":["a"]}`: false,
		`{"type":"string","format":"date-time","default":"a text that is not a date"}`: false,
	} {
		view := renderPage(t, singleInputState(t, input, nil), modal.Page{})
		blocks := view["blocks"].([]any)
		if got := len(blocks) == 2 && blocks[1].(map[string]any)["type"] == "actions"; got != want {
			t.Errorf("%s: %v", input, blocks)
		}
	}
	s := compileForm(t, actionJSON(`{"properties":{"x":{"type":"string","format":"date-time"}},"required":["x"]}`)).Resolve(t.Context(), form.EvalContext{}, nil)
	if blocks := renderPage(t, s, modal.Page{})["blocks"].([]any); len(blocks) != 1 {
		t.Errorf("a required date can be cleared: %v", blocks)
	}
}

// Slack keeps what was entered in an element as long as its id stays the same.
func TestRender_ClearRenewsElement(t *testing.T) {
	s := singleInputState(t, `{"type":"string","format":"date-time"}`, nil)
	ids := map[string]bool{}
	for n := range 3 {
		element := inputBlocks(renderPage(t, s, modal.Page{Clears: n}))[0]["element"].(map[string]any)
		ids[fmt.Sprint(element["action_id"])] = true
	}
	if len(ids) != 3 {
		t.Errorf("the ids are %v", ids)
	}
}

func TestRender_Names(t *testing.T) {
	f := compileForm(t, actionJSON(`{"properties":{"e":{"type":"string","format":"entity","blueprint":"b"},"u":{"type":"array","items":{"type":"string","format":"user"}}},"order":["e","u"]}`))
	s := f.Resolve(t.Context(), form.EvalContext{}, form.Values{"e": "api", "u": []any{"a@x.io", "b@x.io"}})
	names := &modal.Names{Users: map[string]string{"a@x.io": "U1"}, Titles: map[string]string{"api": "The API"}}
	element := func(i int) map[string]any {
		return inputBlocks(renderPage(t, s, modal.Page{Names: names}))[i]["element"].(map[string]any)
	}
	if text := element(0)["initial_option"].(map[string]any)["text"].(map[string]any)["text"]; text != "The API" {
		t.Errorf("the entity is %v", text)
	}
	if ids := element(1)["initial_users"]; ids != nil {
		t.Errorf("some of the people are shown: %v", ids)
	}
	names.Users["b@x.io"] = "U2"
	if diff := cmp.Diff([]any{"U1", "U2"}, element(1)["initial_users"]); diff != "" {
		t.Error(diff)
	}
}
