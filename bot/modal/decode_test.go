package modal_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/slack-go/slack"

	"foghorn/bot/form"
	"foghorn/bot/modal"
	"foghorn/integrations/slackapp/slacktest"
)

// stateWith is what Slack sends when a person gave something in the field x.
func stateWith(actionID string, a slack.BlockAction) slack.View {
	return slack.View{State: &slack.ViewState{Values: map[string]map[string]slack.BlockAction{modal.BlockID("x"): {actionID: a}}}}
}

func TestDecode_TypesOfInputs(t *testing.T) {
	long := strings.Repeat("v", 400)
	chosen := func(v string) slack.BlockAction {
		return slack.BlockAction{SelectedOption: slack.OptionBlockObject{Value: v}}
	}
	for name, test := range map[string]struct {
		input string
		typed slack.BlockAction
		want  any // nil: absent
	}{
		"text stays as it is":            {`{"type":"string"}`, slack.BlockAction{Value: " a "}, " a "},
		"nothing typed":                  {`{"type":"string"}`, slack.BlockAction{}, nil},
		"number":                         {`{"type":"number"}`, slack.BlockAction{Value: "-1.5e2"}, -150.0},
		"zero is a number":               {`{"type":"integer"}`, slack.BlockAction{Value: "0"}, 0.0},
		"no number of people":            {`{"type":"number"}`, slack.BlockAction{Value: "0x10"}, "0x10"},
		"no number at all":               {`{"type":"number"}`, slack.BlockAction{Value: "NaN"}, "NaN"},
		"too large a number":             {`{"type":"number"}`, slack.BlockAction{Value: "1e999"}, "1e999"},
		"no is an answer":                {`{"type":"boolean"}`, chosen("#false"), false},
		"number among numbers":           {`{"type":"number","enum":[1,2]}`, chosen("#2"), 2.0},
		"object among objects":           {`{"type":"object","enum":[{"a":1}]}`, chosen("##nothing"), "##nothing"},
		"forged option":                  {`{"type":"string","enum":["a"]}`, chosen("z"), "z"},
		"date":                           {`{"type":"string","format":"date-time"}`, slack.BlockAction{SelectedDateTime: 1769864645}, "2026-01-31T13:04:05Z"},
		"date of the definition":         {`{"type":"string","format":"date-time","default":"2026-01-31T15:04:05+02:00"}`, slack.BlockAction{SelectedDateTime: 1769864645}, "2026-01-31T15:04:05+02:00"},
		"one a line":                     {`{"type":"array","items":{"type":"string"}}`, slack.BlockAction{Value: " a \n\nb\r\n"}, []any{"a", "b"}},
		"numbers one a line":             {`{"type":"array","items":{"type":"number"}}`, slack.BlockAction{Value: "1\n2.5\nx"}, []any{1.0, 2.5, "x"}},
		"entry of two lines not touched": {`{"type":"array","items":{"type":"string"},"default":["a\nb"]}`, slack.BlockAction{Value: "a\nb"}, []any{"a\nb"}},
		"JSON":                           {`{"type":"object"}`, slack.BlockAction{Value: `{"a":[1,null]}`}, map[string]any{"a": []any{1.0, nil}}},
		"no JSON":                        {`{"type":"object"}`, slack.BlockAction{Value: `{"a"`}, `{"a"`},
		"address with a name":            {`{"type":"object","format":"labeled-url"}`, slack.BlockAction{Value: "https://x.y  The y"}, map[string]any{"url": "https://x.y", "displayText": "The y"}},
		"address alone":                  {`{"type":"object","format":"labeled-url"}`, slack.BlockAction{Value: "https://x.y"}, map[string]any{"url": "https://x.y"}},
		"person":                         {`{"type":"string","format":"user"}`, slack.BlockAction{SelectedUser: "U1"}, "U1"},
		"person left as it was":          {`{"type":"string","format":"user","default":"ada@example.com"}`, slack.BlockAction{}, "ada@example.com"},
		"entities":                       {`{"type":"array","blueprint":"b","items":{"type":"string","format":"entity"}}`, slack.BlockAction{SelectedOptions: []slack.OptionBlockObject{{Value: "a"}, {Value: "b"}}}, []any{"a", "b"}},
		"address without blanks":         {`{"type":"string","format":"url"}`, slack.BlockAction{Value: " https://x.y "}, "https://x.y"},
		"long text among texts":          {`{"type":"string","enum":["` + long + `"],"default":"` + long + `"}`, slack.BlockAction{}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			s := singleInputState(t, test.input, nil)
			element := inputBlocks(renderPage(t, s, modal.Page{}))[0]["element"].(map[string]any)
			got, fields, err := modal.Decode(s, stateWith(element["action_id"].(string), test.typed))
			if err != nil || len(fields) != 1 {
				t.Fatal(fields, err)
			}
			if diff := cmp.Diff(test.want, got["x"]); diff != "" {
				t.Error(diff)
			}
			if _, present := got["x"]; present && test.want == nil {
				t.Error("an empty field is present")
			}
		})
	}
}

func TestDecode_DependentDefault(t *testing.T) {
	f := compileForm(t, actionJSON(`{"properties":{"a":{"type":"string"},"x":{"type":"string","default":{"jqQuery":".form.a + \"!\""}}},"order":["a","x"]}`))
	before := f.Resolve(t.Context(), form.EvalContext{}, form.Values{"a": "one"})
	element := inputBlocks(renderPage(t, before, modal.Page{}))[1]["element"].(map[string]any)
	if element["initial_value"] != "one!" {
		t.Fatal(element)
	}
	after := f.Resolve(t.Context(), form.EvalContext{}, form.Values{"a": "two"})
	id := element["action_id"].(string)
	if values, _, _ := modal.Decode(after, stateWith(id, slack.BlockAction{Value: "one!"})); len(values) > 0 {
		t.Errorf("the default that was shown became a value: %v", values)
	}
	if values, _, _ := modal.Decode(after, stateWith(id, slack.BlockAction{Value: "mine"})); values["x"] != "mine" {
		t.Errorf("what was typed was lost: %v", values)
	}
	if now := inputBlocks(renderPage(t, after, modal.Page{}))[1]["element"].(map[string]any); now["action_id"] == id {
		t.Error("Slack would keep the old default")
	}
}

func TestDecode_ForgedState(t *testing.T) {
	s := singleInputState(t, `{"type":"string"}`, nil)
	if _, _, err := modal.Decode(s, stateWith("x", slack.BlockAction{Value: strings.Repeat("x", 1<<20)})); err == nil {
		t.Error("a megabyte was taken")
	}
	if _, _, err := modal.Decode(s, stateWith("x", slack.BlockAction{SelectedOptions: make([]slack.OptionBlockObject, 1<<20)})); err == nil {
		t.Error("a million options were taken")
	}
	values, fields, err := modal.Decode(s, slack.View{State: &slack.ViewState{Values: map[string]map[string]slack.BlockAction{
		"f:unknown": {"a": {Value: "1"}}, "h:0": {"a": {Value: "1"}}, "": {"": {Value: "1"}}, "f:": nil,
	}}})
	if len(values)+len(fields) > 0 || err != nil {
		t.Error(values, fields, err)
	}
	if values, _, err := modal.Decode(s, slack.View{}); len(values) > 0 || err != nil {
		t.Error(values, err)
	}
}

func TestSuggestOptions_LongList(t *testing.T) {
	var values []string
	for i := range 5000 {
		values = append(values, strings.Repeat("option ", 20)+string(rune('a'+i%26))+strings.Repeat("é", i%7)+" "+string(rune(0x4e00+i)))
	}
	data, _ := json.Marshal(values)
	x := singleInputState(t, `{"type":"string","enum":`+string(data)+`}`, nil).Field("x")
	if got := len(modal.SuggestOptions(x, "").Options); got == 0 || got > 100 {
		t.Errorf("%d options at first", got)
	}
	for _, i := range []int{0, 99, 100, 101, 4999} {
		checkSuggestions(t, modal.SuggestOptions(x, " "+strings.ToUpper(values[i])), 1)
		checkSuggestions(t, modal.SuggestOptions(x, string(rune(0x4e00+i))), 1)
	}
	checkSuggestions(t, modal.SuggestOptions(x, "nothing like it"), 0)
}

func TestSuggestOptions_ExactMatchFirst(t *testing.T) {
	var values []string
	for i := range 300 {
		values = append(values, "x"+strings.Repeat("a", i))
	}
	data, _ := json.Marshal(append(values, "a"))
	x := singleInputState(t, `{"type":"string","enum":`+string(data)+`}`, nil).Field("x")
	if first := modal.SuggestOptions(x, "a").Options[0].Value; first != "a" {
		t.Errorf("got %q", first)
	}
}

// checkSuggestions checks an ack: Slack drops one of more than 20 KB without a word.
func checkSuggestions(t *testing.T, ack modal.Suggestions, want int) {
	t.Helper()
	data, err := json.Marshal(ack)
	if err != nil || len(data) > 20_480-200 {
		t.Errorf("%d bytes, %v", len(data), err)
	}
	if len(ack.Options) != want || !strings.HasPrefix(string(data), `{"options":[`) {
		t.Errorf("%d options, want %d: %.200s", len(ack.Options), want, data)
	}
}

func TestSuggestCandidates_AckLimit(t *testing.T) {
	found := make([]modal.Candidate, 500)
	for i := range found {
		found[i] = modal.Candidate{Label: strings.Repeat("<", 100), Value: strings.Repeat("é", 140) + string(rune(0x4e00+i))}
	}
	data, err := json.Marshal(modal.SuggestCandidates(found))
	if err != nil || len(data) > 20_480-200 || len(data) < 15_000 {
		t.Errorf("%d bytes, %v", len(data), err)
	}
	checkSuggestions(t, modal.SuggestCandidates(nil), 0)
	checkSuggestions(t, modal.SuggestCandidates([]modal.Candidate{{Label: "too long", Value: strings.Repeat("x", 151)}, {Label: " ", Value: "v"}}), 1)
}

func FuzzDecodePage(f *testing.F) {
	f.Add(`{"a":"act","v":"1","s":1,"p":2}`)
	f.Add(`{"a":"act","s":-1}`)
	f.Add(`[]`)
	s := singleInputState(f, `{"type":"string"}`, nil)
	f.Fuzz(func(t *testing.T, metadata string) {
		p, err := modal.DecodePage(metadata)
		if err != nil {
			return
		}
		view, err := modal.Render(s, p)
		if err != nil {
			return // more than fits
		}
		if again, err := modal.DecodePage(view.PrivateMetadata); err != nil || again.Action != p.Action || again.Draft != p.Draft {
			t.Fatalf("%+v became %+v, %v", p, again, err)
		}
	})
}

func FuzzDecode(f *testing.F) {
	definition, err := os.ReadFile(filepath.Join("testdata", "every-kind.json"))
	if err != nil {
		f.Fatal(err)
	}
	s := compileForm(f, definition).Resolve(f.Context(), form.EvalContext{}, nil)
	seed, err := json.Marshal(initialState(f, renderPage(f, s, modal.Page{})))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(seed)
	f.Add([]byte(`{"values":{"f:object":{"plain_text_input":{"type":"plain_text_input","value":"[[[["}}}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		var state slack.ViewState
		if json.Unmarshal(data, &state) != nil {
			return
		}
		values, _, err := modal.Decode(s, slack.View{State: &state})
		if err != nil {
			return
		}
		// Whatever came in, the form can be shown again.
		view, err := modal.Render(s.Form.Resolve(t.Context(), form.EvalContext{}, values), modal.Page{Action: "act"})
		if err != nil {
			t.Fatal(err)
		}
		data, err = json.Marshal(view)
		if err != nil {
			t.Fatal(err)
		}
		checkFitsAck(t, view)
		if problems := slacktest.ValidateView(data); len(problems) > 0 {
			t.Fatal(problems)
		}
	})
}
