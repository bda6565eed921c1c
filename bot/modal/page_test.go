package modal_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/slack-go/slack"

	"foghorn/bot/form"
	"foghorn/bot/modal"
)

// twoSteps has a first step, one that is there for "yes" only, and a last one.
const twoSteps = `{"properties":{"a":{"type":"string"},"b":{"type":"string"},"c":{"type":"string"}},"required":["c"],"steps":[
	{"title":"First","order":["a"]},
	{"title":"Maybe","order":["b"],"visible":{"jqQuery":".form.a == \"yes\""}},
	{"title":"Last","order":["c"]}]}`

// said is the small line on top of a page.
func said(view map[string]any) string {
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

func submits(view map[string]any) string {
	return view["submit"].(map[string]any)["text"].(string)
}

func TestStepsGoForwardAndBack(t *testing.T) {
	f := compiled(t, action(twoSteps))
	no := f.Resolve(t.Context(), form.Who{}, nil)
	first := modal.Page{Action: "act", Draft: "d"}
	view := drawn(t, no, first)
	if said(view) != "First · 1 of 2" || submits(view) != "Next" || hasBack(view) || modal.LastPage(no, first) {
		t.Errorf("%q %q", said(view), submits(view))
	}
	last := modal.NextPage(no, first)
	view = drawn(t, no, last)
	if said(view) != "Last · 2 of 2" || submits(view) != "Run" || !hasBack(view) || !modal.LastPage(no, last) || last.Draft != "d" {
		t.Errorf("%q %q %+v", said(view), submits(view), last)
	}
	if again := modal.NextPage(no, last); again != last {
		t.Errorf("after the last page comes %+v", again)
	}
	if back := modal.PrevPage(no, last); back != first || modal.PrevPage(no, back) != first {
		t.Errorf("before the last page comes %+v", back)
	}

	yes := f.Resolve(t.Context(), form.Who{}, form.Values{"a": "yes"})
	if view := drawn(t, yes, modal.NextPage(yes, first)); said(view) != "Maybe · 2 of 3" {
		t.Errorf("%q", said(view))
	}
	// The step that the person is on has gone: the one before it is shown.
	if view := drawn(t, no, modal.Page{Step: 1}); said(view) != "First · 1 of 2" {
		t.Errorf("%q", said(view))
	}
	if view := drawn(t, no, modal.Page{Step: 99, Part: 99}); said(view) != "Last · 2 of 2" {
		t.Errorf("%q", said(view))
	}
}

func TestWhatIsWrongIsShownWhereItIsAsked(t *testing.T) {
	s := compiled(t, action(twoSteps)).Resolve(t.Context(), form.Who{}, nil)
	wrong := map[string]string{"c": strings.Repeat("é", 3000), "b": "not visible", "nobody": "?"}
	first := modal.Page{Action: "act"}
	if got := modal.ErrorsByBlock(s, first, wrong); len(got) > 0 {
		t.Errorf("on the first page: %v", got)
	}
	last := modal.PageWith(s, first, wrong)
	if last.Step != 2 || modal.PageWith(s, first, nil) != first {
		t.Errorf("%+v", last)
	}
	got := modal.ErrorsByBlock(s, last, wrong)
	if len(got) != 1 || len([]rune(got[modal.BlockID("c")])) != 2000 {
		t.Errorf("on the last page: %d", len(got))
	}
	if diff := cmp.Diff([]string{"c"}, modal.FieldsOn(s, last)); diff != "" {
		t.Error(diff)
	}
}

func TestMoreThanAViewHoldsGoesOnFurtherPages(t *testing.T) {
	var inputs strings.Builder
	for i := range 230 {
		fmt.Fprintf(&inputs, `,"i%d":{"type":"string"}`, i)
	}
	s := compiled(t, action(`{"properties":{`+inputs.String()[1:]+`}}`)).Resolve(t.Context(), form.Who{}, nil)
	asked, p := 0, modal.Page{Action: "act"}
	for range 3 {
		drawn(t, s, p)
		asked += len(modal.FieldsOn(s, p))
		p = modal.NextPage(s, p)
	}
	if asked != 230 || !modal.LastPage(s, p) {
		t.Errorf("%d were asked, then comes %+v", asked, p)
	}
}

func TestAFormWithoutInputsSaysSo(t *testing.T) {
	for _, inputs := range []string{`{}`, `{"titles":{"h":{"title":" "}},"order":["h"]}`, `{"properties":{"x":{"type":"string","visible":false}}}`} {
		view := drawn(t, compiled(t, action(inputs)).Resolve(t.Context(), form.Who{}, nil), modal.Page{})
		text := view["blocks"].([]any)[0].(map[string]any)["text"].(map[string]any)["text"]
		if text != "This action asks for nothing." || submits(view) != "Run" {
			t.Errorf("%s: %v", inputs, text)
		}
	}
}

func TestAPageThatSlackCannotCarryIsAnError(t *testing.T) {
	s := only(t, `{"type":"string"}`, nil)
	if _, err := modal.Render(s, modal.Page{Action: strings.Repeat("a", 4000)}); err == nil {
		t.Error("rendered")
	}
	for _, metadata := range []string{"", "{}", "null", `{"a":"x","s":-1}`, `{"a":"x","p":-1}`, `{"a":1}`, strings.Repeat(" ", 1<<20) + `{"a":"x"}`} {
		if p, err := modal.DecodePage(metadata); err == nil {
			t.Errorf("%.20q is %+v", metadata, p)
		}
	}
}

func TestWhatFitsAnAck(t *testing.T) {
	small, err := modal.Render(only(t, `{"type":"string"}`, nil), modal.Page{Action: "act"})
	if err != nil || !modal.FitsAck(small) {
		t.Error("a small form does not fit", err)
	}
	large, err := modal.Render(only(t, `{"type":"string","default":"`+strings.Repeat("<", 3000)+`","description":"`+strings.Repeat("<", 2000)+`"}`, nil), modal.Page{Action: "act"})
	if err != nil || modal.FitsAck(large) {
		t.Error("a large form fits", err)
	}
}

func TestOptionsThatAreGoneAreNotTaken(t *testing.T) {
	f := compiled(t, action(`{"properties":{"a":{"type":"string"},"x":{"type":"string","enum":{"jqQuery":"if .form.a == \"1\" then [\"p\",\"q\"] else [\"q\",\"r\"] end"}}},"order":["a","x"]}`))
	before := f.Resolve(t.Context(), form.Who{}, form.Values{"a": "1"})
	id := inputs(drawn(t, before, modal.Page{}))[1]["element"].(map[string]any)["action_id"].(string)
	after := f.Resolve(t.Context(), form.Who{}, form.Values{"a": "2"})
	for value, want := range map[string]any{"p": nil, "q": "q"} {
		got, _, err := modal.Decode(after, given(id, slack.BlockAction{SelectedOption: slack.OptionBlockObject{Value: value}}))
		if err != nil || got["x"] != want {
			t.Errorf("%s: %v, %v", value, got, err)
		}
	}
}

func TestTheTextOfAMessageGoesWhereItDescribes(t *testing.T) {
	for inputs, want := range map[string]string{
		`{"properties":{"name":{"type":"string"},"description":{"type":"string"}},"order":["name","description"]}`:                 "description",
		`{"properties":{"name":{"type":"string"},"more":{"type":"string","format":"multi-line"}},"order":["name","more"]}`:         "more",
		`{"properties":{"n":{"type":"number"},"name":{"type":"string"}},"order":["n","name"]}`:                                     "name",
		`{"properties":{"description":{"type":"number"},"name":{"type":"string"},"z":{"type":"string"}},"order":["name","z"]}`:     "name",
		`{"properties":{"description":{"type":"string","visible":false},"name":{"type":"string"}},"order":["description","name"]}`: "name",
	} {
		if got := modal.PrefillDescription(compiled(t, action(inputs)), " it burns "); len(got) != 1 || got[want] != "it burns" {
			t.Errorf("%s: %v", inputs, got)
		}
	}
}
