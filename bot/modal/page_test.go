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
	"foghorn/bot/slacktext"
)

// twoSteps has a first step, one that is there for "yes" only, and a last one.
const twoSteps = `{"properties":{"a":{"type":"string"},"b":{"type":"string"},"c":{"type":"string"}},"required":["c"],"steps":[
	{"title":"First","order":["a"]},
	{"title":"Maybe","order":["b"],"visible":{"jqQuery":".form.a == \"yes\""}},
	{"title":"Last","order":["c"]}]}`

// pageLabelOf is the small line on top of a page.
func pageLabelOf(view map[string]any) string {
	block := view["blocks"].([]any)[0].(map[string]any)
	elements, _ := block["elements"].([]any)
	if len(elements) == 0 {
		return ""
	}
	return elements[0].(map[string]any)["text"].(string)
}

func hasBack(view map[string]any) bool {
	blocks := view["blocks"].([]any)
	last := blocks[len(blocks)-1].(map[string]any)
	return last["type"] == "actions" && last["elements"].([]any)[0].(map[string]any)["action_id"] == modal.ActionBack
}

func submitText(view map[string]any) string {
	return view["submit"].(map[string]any)["text"].(string)
}

func TestPage_ForwardAndBack(t *testing.T) {
	f := compileForm(t, actionJSON(twoSteps))
	no := f.Resolve(t.Context(), form.EvalContext{}, nil)
	first := modal.Page{Action: "act", Draft: "d"}
	view := renderPage(t, no, first)
	if pageLabelOf(view) != "First · 1 of 2" || submitText(view) != "Next" || hasBack(view) || modal.LastPage(no, first) {
		t.Errorf("%q %q", pageLabelOf(view), submitText(view))
	}
	last := modal.NextPage(no, first)
	view = renderPage(t, no, last)
	if pageLabelOf(view) != "Last · 2 of 2" || submitText(view) != "Run" || !hasBack(view) || !modal.LastPage(no, last) || last.Draft != "d" {
		t.Errorf("%q %q %+v", pageLabelOf(view), submitText(view), last)
	}
	if again := modal.NextPage(no, last); again != last {
		t.Errorf("after the last page comes %+v", again)
	}
	if back := modal.PrevPage(no, last); back != first || modal.PrevPage(no, back) != first {
		t.Errorf("before the last page comes %+v", back)
	}

	yes := f.Resolve(t.Context(), form.EvalContext{}, form.Values{"a": "yes"})
	if view := renderPage(t, yes, modal.NextPage(yes, first)); pageLabelOf(view) != "Maybe · 2 of 3" {
		t.Errorf("%q", pageLabelOf(view))
	}
	// The step that the person is on has gone: the one before it is shown.
	if view := renderPage(t, no, modal.Page{Step: 1}); pageLabelOf(view) != "First · 1 of 2" {
		t.Errorf("%q", pageLabelOf(view))
	}
	if view := renderPage(t, no, modal.Page{Step: 99, Part: 99}); pageLabelOf(view) != "Last · 2 of 2" {
		t.Errorf("%q", pageLabelOf(view))
	}
}

func TestErrorsByBlock_OnPageOfField(t *testing.T) {
	s := compileForm(t, actionJSON(twoSteps)).Resolve(t.Context(), form.EvalContext{}, nil)
	wrong := map[string]string{"c": strings.Repeat("é", 3000), "b": "not visible", "unknown": "?"}
	first := modal.Page{Action: "act"}
	if got := modal.ErrorsByBlock(s, first, slack.View{}, wrong); len(got) > 0 {
		t.Errorf("on the first page: %v", got)
	}
	last := modal.PageWithFields(s, first, wrong)
	if last.Step != 2 || modal.PageWithFields(s, first, nil) != first {
		t.Errorf("%+v", last)
	}
	got := modal.ErrorsByBlock(s, last, slack.View{}, wrong)
	if len(got) != 1 || len([]rune(got[modal.BlockID("c")])) != 2000 {
		t.Errorf("on the last page: %d", len(got))
	}
	if diff := cmp.Diff([]string{"c"}, modal.FieldsOnPage(s, last)); diff != "" {
		t.Error(diff)
	}
}

func TestPage_SplitsLongForm(t *testing.T) {
	var inputs strings.Builder
	for i := range 230 {
		fmt.Fprintf(&inputs, `,"i%d":{"type":"string"}`, i)
	}
	s := compileForm(t, actionJSON(`{"properties":{`+inputs.String()[1:]+`}}`)).Resolve(t.Context(), form.EvalContext{}, nil)
	asked, p := 0, modal.Page{Action: "act"}
	for range 3 {
		renderPage(t, s, p)
		asked += len(modal.FieldsOnPage(s, p))
		p = modal.NextPage(s, p)
	}
	if asked != 230 || !modal.LastPage(s, p) {
		t.Errorf("%d were asked, then comes %+v", asked, p)
	}
}

func TestRender_NoInputs(t *testing.T) {
	for _, inputs := range []string{`{}`, `{"titles":{"h":{"title":" "}},"order":["h"]}`, `{"properties":{"x":{"type":"string","visible":false}}}`} {
		view := renderPage(t, compileForm(t, actionJSON(inputs)).Resolve(t.Context(), form.EvalContext{}, nil), modal.Page{})
		text := view["blocks"].([]any)[0].(map[string]any)["text"].(map[string]any)["text"]
		if text != "This action needs no input." || submitText(view) != "Run" {
			t.Errorf("%s: %v", inputs, text)
		}
	}
}

func TestPage_InvalidMetadata(t *testing.T) {
	s := singleInputState(t, `{"type":"string"}`, nil)
	if _, err := modal.Render(s, modal.Page{Action: strings.Repeat("a", 4000)}); err == nil {
		t.Error("rendered")
	}
	for _, metadata := range []string{"", "{}", "null", `{"a":"x","s":-1}`, `{"a":"x","p":-1}`, `{"a":1}`, strings.Repeat(" ", 1<<20) + `{"a":"x"}`} {
		if p, err := modal.DecodePage(metadata); err == nil {
			t.Errorf("%.20q is %+v", metadata, p)
		}
	}
}

// The largest field fits a page with the largest values of everything around it.
func TestRender_LargestPartsFitAck(t *testing.T) {
	for _, char := range []string{"<", "\u2028", "é", "日", "𝕏", "\"", "a", "\x01"} {
		long := func(n int) string { return strings.Repeat(char, n) }
		quoted := func(n int) string {
			data, _ := json.Marshal(long(n))
			return string(data)
		}
		var options strings.Builder
		for i := range 100 {
			fmt.Fprintf(&options, `,%s`, strings.TrimSuffix(quoted(60), `"`)+fmt.Sprintf(`%d"`, i))
		}
		list := "[" + options.String()[1:] + "]"
		for _, input := range []string{
			`{"type":"string","default":` + quoted(3000),
			`{"type":"string","format":"multi-line","default":` + quoted(2000),
			`{"type":"string","format":"url","default":` + quoted(2900),
			`{"type":"string","default":` + quoted(3000) + `,"disabled":true`,
			`{"type":"string","enum":` + list,
			`{"type":"array","items":{"type":"string","enum":` + list + `},"default":` + list,
			`{"type":"array","blueprint":"b","items":{"type":"string","format":"entity"},"default":` + list,
		} {
			definition := `{"identifier":"` + strings.Repeat("a", 500) + `","title":` + quoted(100) + `,"description":` + quoted(4000) + `,"trigger":{
				"type":"self-service","operation":"CREATE","executeActionButtonText":` + quoted(100) + `,"userInputs":{
				"properties":{` + quoted(255) + `:` + input + `,"title":` + quoted(3000) + `,"description":` + quoted(3000) + `},"last":{"type":"string"}},
				"steps":[{"title":` + quoted(300) + `,"order":[` + quoted(255) + `]},{"title":` + quoted(300) + `,"order":["last"]}]}}}`
			s := compileForm(t, json.RawMessage(definition)).Resolve(t.Context(), form.EvalContext{}, nil)
			for _, p := range allPages(t, s) {
				p.Action = strings.Repeat("a", 500)
				view, err := modal.Render(s, p)
				if err != nil {
					t.Fatal(err)
				}
				checkFitsAck(t, view)
				requireValidView(t, view)
			}
		}
		checkFitsAck(t, modal.Notice(long(100), slacktext.Literal(long(5000))))
	}
}

func TestRender_LargeMenuIsTypeAhead(t *testing.T) {
	options := func(n, length int) string {
		list := make([]string, n)
		for i := range list {
			list[i] = fmt.Sprintf("%q", fmt.Sprintf("%0*d", length, i))
		}
		return "[" + strings.Join(list, ",") + "]"
	}
	for _, c := range []struct{ input, want string }{
		{`{"type":"string","enum":` + options(100, 10) + `}`, "static_select"},
		{`{"type":"string","enum":` + options(100, 70) + `}`, "external_select"},
		{`{"type":"string","enum":` + options(101, 3) + `}`, "external_select"},
		{`{"type":"array","items":{"type":"string","enum":` + options(50, 10) + `}}`, "multi_static_select"},
		{`{"type":"array","items":{"type":"string","enum":` + options(100, 70) + `}}`, "multi_external_select"},
	} {
		element := inputBlocks(renderPage(t, singleInputState(t, c.input, nil), modal.Page{}))[0]["element"].(map[string]any)
		if element["type"] != c.want {
			t.Errorf("%.80s is a %s, want %s", c.input, element["type"], c.want)
		}
	}
}

func TestDecode_RemovedOptions(t *testing.T) {
	f := compileForm(t, actionJSON(`{"properties":{"a":{"type":"string"},"x":{"type":"string","enum":{"jqQuery":"if .form.a == \"1\" then [\"p\",\"q\"] else [\"q\",\"r\"] end"}}},"order":["a","x"]}`))
	before := f.Resolve(t.Context(), form.EvalContext{}, form.Values{"a": "1"})
	id := inputBlocks(renderPage(t, before, modal.Page{}))[1]["element"].(map[string]any)["action_id"].(string)
	after := f.Resolve(t.Context(), form.EvalContext{}, form.Values{"a": "2"})
	for value, want := range map[string]any{"p": nil, "q": "q"} {
		got, _, err := modal.Decode(after, stateWith(id, slack.BlockAction{SelectedOption: slack.OptionBlockObject{Value: value}}))
		if err != nil || got["x"] != want {
			t.Errorf("%s: %v, %v", value, got, err)
		}
	}
}

func TestPrefillMessage_Target(t *testing.T) {
	for inputs, want := range map[string]string{
		`{"properties":{"name":{"type":"string"},"description":{"type":"string"}},"order":["name","description"]}`:                 "description",
		`{"properties":{"name":{"type":"string"},"more":{"type":"string","format":"multi-line"}},"order":["name","more"]}`:         "more",
		`{"properties":{"n":{"type":"number"},"name":{"type":"string"}},"order":["n","name"]}`:                                     "name",
		`{"properties":{"description":{"type":"number"},"name":{"type":"string"},"z":{"type":"string"}},"order":["name","z"]}`:     "name",
		`{"properties":{"description":{"type":"string","visible":false},"name":{"type":"string"}},"order":["description","name"]}`: "name",
	} {
		if got := modal.PrefillMessage(compileForm(t, actionJSON(inputs)), "", " it burns ", ""); len(got) != 1 || got[want] != "it burns" {
			t.Errorf("%s: %v", inputs, got)
		}
	}
}

// TestUnseenPage_ShowsEachFieldOnce has values move fields to further pages after the view was rendered.
func TestUnseenPage_ShowsEachFieldOnce(t *testing.T) {
	long := strings.Repeat("日", 3000)
	f := compileForm(t, actionJSON(`{"properties":{"a":{"type":"string"},"b":{"type":"string"},"c":{"type":"string"},
		"d":{"type":"string","visible":{"jqQuery":".form.c == \"on\""}},"r":{"type":"string","disabled":true,"default":"x"}},
		"order":["a","b","c","d","r"]}`))
	steps := compileForm(t, actionJSON(`{"properties":{"a":{"type":"string"},"b":{"type":"string"},"r":{"type":"string","disabled":true,"default":"x"}},
		"steps":[{"title":"1","order":["a","b"]},{"title":"2","order":["r"]}]}`))
	for name, c := range map[string]struct {
		form   *form.Form
		values form.Values
		want   string // the pages that follow; "" is none
	}{
		"short":                        {f, form.Values{"a": "1"}, ""},
		"long":                         {f, form.Values{"a": long, "b": long}, ""},
		"longer than an input":         {f, form.Values{"a": strings.Repeat("&", 3000), "b": strings.Repeat("&", 3000), "c": strings.Repeat("&", 3000)}, ""},
		"long, and a field appears":    {f, form.Values{"a": long, "b": long, "c": "on"}, "d"},
		"a step without inputs":        {steps, nil, "r"},
		"long, a step without inputs":  {steps, form.Values{"a": long, "b": long}, "r"},
		"short, a step without inputs": {steps, form.Values{"a": "1"}, "r"},
	} {
		t.Run(name, func(t *testing.T) {
			seen := viewOf(t, c.form.Resolve(t.Context(), form.EvalContext{}, nil), modal.Page{Action: "act"}, "")
			first, err := modal.DecodePage(seen.PrivateMetadata)
			if err != nil {
				t.Fatal(err)
			}
			now := c.form.Resolve(t.Context(), form.EvalContext{}, c.values)
			next, more := modal.UnseenPage(now, first, seen)
			if more != (c.want != "") {
				t.Fatalf("%+v, %t", next, more)
			}
			if view := renderPage(t, now, next); more && !strings.Contains(fmt.Sprint(view["blocks"]), c.want) {
				t.Errorf("then comes %v", view["blocks"])
			}
		})
	}
}
