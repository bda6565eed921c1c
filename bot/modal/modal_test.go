package modal_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/slack-go/slack"

	"foghorn/bot/form"
	"foghorn/bot/modal"
	"foghorn/bot/slacktext"
	"foghorn/integrations/slackapp/slacktest"
	"foghorn/manifests"
)

var update = flag.Bool("update", false, "write the golden files")

// actionJSON is a definition with some user inputs.
func actionJSON(userInputs string) json.RawMessage {
	return json.RawMessage(`{"identifier":"act","title":"Act","trigger":{"type":"self-service","operation":"CREATE","userInputs":` + userInputs + `}}`)
}

func compileForm(t testing.TB, definition json.RawMessage) *form.Form {
	t.Helper()
	f, err := form.Compile(definition)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// singleInputState is the state of a form with one input, x.
func singleInputState(t testing.TB, input string, values form.Values) *form.State {
	t.Helper()
	return compileForm(t, actionJSON(`{"properties":{"x":`+input+`}}`)).Resolve(t.Context(), form.EvalContext{}, values)
}

// renderPage is a page as Slack gets it; Slack must take it.
func renderPage(t testing.TB, s *form.State, p modal.Page) map[string]any {
	t.Helper()
	p.Action = "act"
	view, err := modal.Render(s, p)
	if err != nil {
		t.Fatal(err)
	}
	return requireValidView(t, view)
}

type failer interface {
	Helper()
	Fatalf(format string, args ...any)
}

func requireValidView(t failer, view slack.ModalViewRequest) map[string]any {
	t.Helper()
	data, err := json.Marshal(view)
	if err != nil {
		t.Fatalf("marshal: %v", err)
	}
	if problems := slacktest.ValidateView(data); len(problems) > 0 {
		t.Fatalf("Slack refuses the view (%d bytes): %v", len(data), problems)
	}
	var out map[string]any
	if err := json.Unmarshal(data, &out); err != nil {
		t.Fatalf("unmarshal: %v", err)
	}
	return out
}

// inputBlocks are the input blocks of a view.
func inputBlocks(view map[string]any) (out []map[string]any) {
	blocks, _ := view["blocks"].([]any)
	for _, b := range blocks {
		if block := b.(map[string]any); block["type"] == "input" {
			out = append(out, block)
		}
	}
	return out
}

// initialState is what Slack sends for a form that is submitted unchanged.
func initialState(t failer, view map[string]any) *slack.ViewState {
	t.Helper()
	values := map[string]map[string]any{}
	for _, block := range inputBlocks(view) {
		element := block["element"].(map[string]any)
		held := map[string]any{"type": element["type"]}
		for from, to := range map[string]string{
			"initial_value": "value", "initial_option": "selected_option", "initial_options": "selected_options",
			"initial_date_time": "selected_date_time",
		} {
			if v, ok := element[from]; ok {
				held[to] = v
			}
		}
		values[block["block_id"].(string)] = map[string]any{element["action_id"].(string): held}
	}
	data, err := json.Marshal(map[string]any{"values": values})
	if err != nil {
		t.Fatalf("marshal state: %v", err)
	}
	var out slack.ViewState
	if err := json.Unmarshal(data, &out); err != nil {
		t.Fatalf("unmarshal state: %v", err)
	}
	return &out
}

func checkGolden(t *testing.T, name string, got any) {
	t.Helper()
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(got); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(file, b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), b.String()); diff != "" {
		t.Errorf("%s (-want +got); -update writes it:\n%s", file, diff)
	}
}

func TestRender_Guide(t *testing.T) {
	f := compileForm(t, manifests.Guide().Action)
	values := modal.Prefill(f, "  api latency is up ")
	page := modal.Page{Action: f.Action, Version: "v", Channel: "C1"}
	view, err := modal.Render(f.Resolve(t.Context(), form.EvalContext{}, values), page)
	if err != nil {
		t.Fatal(err)
	}
	checkGolden(t, "guide.json", requireValidView(t, view))
}

func TestRender_EveryKind(t *testing.T) {
	definition, err := os.ReadFile(filepath.Join("testdata", "every-kind.json"))
	if err != nil {
		t.Fatal(err)
	}
	f := compileForm(t, definition)
	if len(f.Problems) > 0 {
		t.Fatal(f.Problems)
	}
	checkGolden(t, "every-kind.golden.json", renderPage(t, f.Resolve(t.Context(), form.EvalContext{}, nil), modal.Page{}))
}

func TestRender_ReadOnlyFields(t *testing.T) {
	many := `["a` + strings.Repeat(`","b`, 100) + `"]`
	for name, test := range map[string]struct{ input, want string }{
		"disabled":               {`{"type":"string","title":"X","default":"v","disabled":true}`, "X\nv"},
		"nothing to choose from": {`{"type":"string","title":"X","enum":{"jqQuery":"[]"}}`, "X\n(nothing to choose from)"},
		"disabled choices":       {`{"type":"array","title":"X","items":{"type":"string","enum":["a","b"]},"default":["a","b"],"disabled":true}`, "X\na, b"},
		"too long for an input":  {`{"type":"string","title":"X","default":"` + strings.Repeat("x", 4000) + `"}`, "X\nxxx"},
		"too many for a menu":    {`{"type":"array","format":"team","title":"X","items":{"type":"string","format":"team"},"default":` + many + `}`, "X\na, b, b"},
	} {
		t.Run(name, func(t *testing.T) {
			view := renderPage(t, singleInputState(t, test.input, nil), modal.Page{})
			block := view["blocks"].([]any)[0].(map[string]any)
			said, _ := block["text"].(map[string]any)
			if text, _ := said["text"].(string); block["type"] != "section" || !strings.HasPrefix(text, test.want) {
				t.Errorf("got %.80v, want %q", block, test.want)
			}
		})
	}
}

func TestRender_MissingDependency(t *testing.T) {
	f := compileForm(t, actionJSON(`{"properties":{"repo":{"type":"string","title":"Repository"},"branch":{"type":"string","title":"Branch","dependsOn":["repo"]}}}`))
	view := renderPage(t, f.Resolve(t.Context(), form.EvalContext{}, nil), modal.Page{})
	block := view["blocks"].([]any)[1].(map[string]any)
	if got := block["text"].(map[string]any)["text"]; got != "Branch\n(fill in Repository first)" {
		t.Errorf("got %q", got)
	}
	if first := inputBlocks(view)[0]; first["dispatch_action"] != true {
		t.Error("a change of the repository is not dispatched")
	}
}

func TestRender_DispatchOnlyWithDependents(t *testing.T) {
	f := compileForm(t, actionJSON(`{"properties":{
		"a":{"type":"string"},"b":{"type":"string","visible":{"jqQuery":".form.a == \"x\""}},"c":{"type":"string"}}}`))
	for _, block := range inputBlocks(renderPage(t, f.Resolve(t.Context(), form.EvalContext{}, form.Values{"a": "x"}), modal.Page{})) {
		if dispatches, want := block["dispatch_action"] == true, block["block_id"] == modal.BlockID("a"); dispatches != want {
			t.Errorf("%v dispatches: %v", block["block_id"], dispatches)
		}
	}
}

func TestPrefill_FirstTextField(t *testing.T) {
	f := compileForm(t, actionJSON(`{"properties":{"n":{"type":"number"},"u":{"type":"string","format":"url"},"s":{"type":"string","maxLength":5}},"order":["n","u","s"]}`))
	if diff := cmp.Diff(form.Values{"s": "härt…"}, modal.Prefill(f, " härteste \n")); diff != "" {
		t.Error(diff)
	}
	if got := modal.Prefill(f, " \n "); len(got) > 0 {
		t.Error(got)
	}
}

// TestPrefill_FieldThatIsShown leaves fields out that a condition can hide or disable, while another one fits.
func TestPrefill_FieldThatIsShown(t *testing.T) {
	for _, c := range []struct{ name, inputs, want string }{
		{"hidden by a condition", `{"properties":{"a":{"type":"string","visible":{"jqQuery":"false"}},"b":{"type":"string"}},"order":["a","b"]}`, "b"},
		{"disabled", `{"properties":{"a":{"type":"string","disabled":true},"b":{"type":"string"}},"order":["a","b"]}`, "b"},
		{"in a step that can be hidden", `{"properties":{"a":{"type":"string"},"b":{"type":"string"}},
			"steps":[{"title":"1","order":["a"],"visible":{"jqQuery":"false"}},{"title":"2","order":["b"]}]}`, "b"},
		{"the only one", `{"properties":{"a":{"type":"string","visible":{"jqQuery":"true"}}},"order":["a"]}`, "a"},
	} {
		if diff := cmp.Diff(form.Values{c.want: "text"}, modal.Prefill(compileForm(t, actionJSON(c.inputs)), "text")); diff != "" {
			t.Errorf("%s: %s", c.name, diff)
		}
	}
}

func TestNotice_ValidView(t *testing.T) {
	for _, text := range []string{"", " ", strings.Repeat("é", 5000)} {
		requireValidView(t, modal.Notice(text, slacktext.Literal(text)))
	}
}
