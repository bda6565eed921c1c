package modal_test

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/slack-go/slack"

	"foghorn/bot/form"
	"foghorn/bot/modal"
)

// allPages walks through a form from its first page to its last.
func allPages(t *testing.T, s *form.State) (out []modal.Page) {
	p := modal.Page{Action: "act", Version: "v", Channel: "C1", Draft: "d"}
	for range 1000 {
		out = append(out, p)
		if modal.LastPage(s, p) {
			return out
		}
		next := modal.NextPage(s, p)
		if back := modal.PrevPage(s, next); back.Step != p.Step && len(out) > 1 || next == p {
			t.Fatalf("from %+v to %+v and back to %+v", p, next, back)
		}
		p = next
	}
	t.Fatal("the form has no end")
	return nil
}

// Whatever a definition contains, Slack accepts the views, and submitting them unchanged gives Port
// the values of the form.
func TestRender_RandomFormsRoundTrip(t *testing.T) { forEachSeed(t, checkRoundTrip) }

func checkRoundTrip(t *testing.T, g gen) {
	f := g.form(t)
	s := f.Resolve(t.Context(), form.EvalContext{}, nil)
	wrong := s.Validate(-1)
	given := form.Values{}
	for _, p := range allPages(t, s) {
		view, err := modal.Render(s, p)
		if err != nil {
			t.Fatal(err)
		}
		checkFitsAck(t, view)
		values, fields, err := modal.Decode(s, submittedUnchanged(t, view))
		if err != nil {
			t.Fatal(err)
		}
		asked := modal.FieldsOnPage(s, p)
		if len(fields) != len(asked) {
			t.Fatalf("%d fields came back, %d were asked", len(fields), len(asked))
		}
		for _, id := range fields {
			if v, ok := values[id]; ok {
				given[id] = v
			} else if x := s.Field(id); wrong[id] == "" && isEnterable(x) {
				t.Fatalf("%.80q (%d, many %t): %#v was lost", id, x.Kind, x.Many, x.Value)
			}
		}
	}
	for id, v := range given {
		if x := s.Field(id); wrong[id] == "" && isEnterable(x) && !equalValue(x, v) {
			t.Fatalf("%.80q: %s", id, cmp.Diff(x.Value, v))
		}
	}
}

// FuzzRender checks all properties of the random form of a seed.
func FuzzRender(f *testing.F) {
	f.Add(uint64(15))
	f.Fuzz(func(t *testing.T, seed uint64) {
		for _, check := range []func(*testing.T, gen){checkRoundTrip, checkChosenOption, checkValuesFitAck} {
			check(t, newGen(seed))
		}
	})
}

// submittedUnchanged is what Slack sends for a form that nobody has touched: its state is empty.
func submittedUnchanged(t *testing.T, view slack.ModalViewRequest) (out slack.View) {
	t.Helper()
	data, err := json.Marshal(requireValidView(t, view))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &out); err != nil {
		t.Fatal(err)
	}
	out.State = &slack.ViewState{}
	return out
}

// equalValue reports that the decoded value is the field's; a menu has each option once.
func equalValue(f *form.FieldState, back any) bool {
	want := f.Value
	if list, ok := want.([]any); ok && slices.Contains([]form.Kind{form.Choice, form.Entity, form.Team}, f.Kind) {
		want = unique(list)
	}
	return reflect.DeepEqual(want, back)
}

// unique is a list without repetitions: a menu is a set.
func unique(list []any) []any {
	out := []any{}
	for _, v := range list {
		if !slices.ContainsFunc(out, func(o any) bool { return reflect.DeepEqual(o, v) }) {
			out = append(out, v)
		}
	}
	return out
}

// isEnterable reports that a field has a value that a person could enter. A default can be any
// other value.
func isEnterable(f *form.FieldState) bool {
	list, isList := f.Value.([]any)
	if f.Many != isList && f.Kind != form.Object {
		return false
	}
	if !isList {
		list = []any{f.Value}
	}
	return len(list) > 0 && !slices.ContainsFunc(list, func(v any) bool {
		switch v := v.(type) {
		case nil:
			return true
		case string:
			return strings.TrimSpace(v) == "" || !slices.Contains([]form.Kind{form.Text, form.Multiline, form.Email, form.URL, form.IP,
				form.DateTime, form.Choice, form.Entity, form.User, form.Team, form.List}, f.Kind)
		case float64:
			return f.Kind != form.Number && f.Kind != form.Integer && f.Kind != form.Choice && !f.Numbers
		case bool:
			return f.Kind != form.Boolean && f.Kind != form.Choice
		case map[string]any:
			return f.Kind != form.Object && f.Kind != form.LabeledURL && f.Kind != form.Choice
		}
		return f.Kind != form.Choice
	})
}

// The chosen option of a menu is the value at its position in the definition, whatever its label
// is; that of a type-ahead is one of the values.
func TestDecode_ChosenOption(t *testing.T) { forEachSeed(t, checkChosenOption) }

func checkChosenOption(t *testing.T, g gen) {
	values := append(g.values(99), g.text())
	many := g.oneIn(2)
	in := map[string]any{"type": "string", "enum": values}
	if many {
		in = map[string]any{"type": "array", "items": map[string]any{"type": "string", "enum": values}}
	}
	data, err := json.Marshal(in)
	if err != nil {
		t.Fatal(err)
	}
	f, err := form.Compile(actionJSON(`{"properties":{"x":` + string(data) + `},"required":["x"]}`))
	if err != nil {
		t.Fatal(err)
	}
	s := f.Resolve(t.Context(), form.EvalContext{}, nil)
	x := s.Field("x")
	view, err := modal.Render(s, modal.Page{Action: "act"})
	if err != nil {
		t.Fatal(err)
	}
	block := inputBlocks(requireValidView(t, view))[0]["element"].(map[string]any)
	list, isMenu := block["options"].([]any)
	if isMenu && len(list) != len(x.Options) {
		t.Fatalf("%d options for %d values", len(list), len(x.Options))
	}
	if !isMenu {
		list = suggestedOptions(t, modal.SuggestOptions(x, ""))
	}
	labels, chosen := map[string]bool{}, []any{}
	for i, o := range list {
		option := o.(map[string]any)
		label := option["text"].(map[string]any)["text"].(string)
		if labels[label] {
			t.Fatalf("two options have the label %q", label)
		}
		labels[label] = true
		value := decodeChoice(t, s, block["action_id"].(string), option["value"].(string))
		if isMenu && !reflect.DeepEqual(value, x.Options[i].Value) {
			t.Fatal(cmp.Diff(x.Options[i].Value, value))
		}
		if !slices.ContainsFunc(x.Options, func(o form.Option) bool { return reflect.DeepEqual(o.Value, value) }) {
			t.Fatalf("%q is %v, which is not allowed", label, value)
		}
		chosen = append(chosen, value)
	}
	if len(unique(chosen)) != len(chosen) {
		t.Fatal("two options are the same value")
	}
}

// decodeChoice is the value of the field x after an option was chosen.
func decodeChoice(t *testing.T, s *form.State, actionID, option string) any {
	t.Helper()
	many := s.Field("x").Many
	a := slack.BlockAction{SelectedOption: slack.OptionBlockObject{Value: option}}
	if many {
		a = slack.BlockAction{SelectedOptions: []slack.OptionBlockObject{a.SelectedOption}}
	}
	got, _, err := modal.Decode(s, stateWith(actionID, a))
	if err != nil {
		t.Fatal(err)
	}
	if many {
		return got["x"].([]any)[0]
	}
	return got["x"]
}

// suggestedOptions is an ack of a type-ahead as Slack reads it.
func suggestedOptions(t *testing.T, ack modal.Suggestions) (out []any) {
	t.Helper()
	data, err := json.Marshal(ack.Options)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

// checkFitsAck checks that a view can be the answer to a submission: Slack closes the connection on
// a longer ack.
// https://github.com/slack-go/slack/issues/1196
func checkFitsAck(t testing.TB, view slack.ModalViewRequest) {
	t.Helper()
	envelope, err := json.Marshal(map[string]any{"envelope_id": strings.Repeat("x", 36), "payload": slack.NewUpdateViewSubmissionResponse(&view)})
	if err != nil || len(envelope) >= 20_480 {
		t.Fatalf("an ack of %d bytes, %v", len(envelope), err)
	}
}

// Whatever a person enters, each page can be shown again, and no value is lost.
func TestRender_RandomValuesFitAck(t *testing.T) { forEachSeed(t, checkValuesFitAck) }

func checkValuesFitAck(t *testing.T, g gen) {
	f := g.form(t)
	values := form.Values{}
	empty := f.Resolve(t.Context(), form.EvalContext{}, nil)
	for _, step := range empty.Steps {
		for _, item := range step.Items {
			if item.Field != nil && g.oneIn(2) {
				values[item.Field.ID] = g.entered(item.Field)
			}
		}
	}
	s := f.Resolve(t.Context(), form.EvalContext{}, values)
	for _, p := range allPages(t, s) {
		p.Channel, p.Draft, p.Clears, p.Notice = strings.Repeat("C", 64), strings.Repeat("V", 64), 1_000_000, strings.Repeat(pick(g, "<", "日"), 500)
		view, err := modal.Render(s, p)
		if err != nil {
			t.Fatal(err)
		}
		checkFitsAck(t, view)
		requireValidView(t, view)
	}
}
