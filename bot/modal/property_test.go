package modal_test

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

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

// Whatever a definition holds, Slack takes the views, and nobody touching them is Port
// getting what the form has.
func TestRender_RandomFormsRoundTrip(t *testing.T) {
	forEachSeed(t, func(t *testing.T, d gen) {
		f := d.form(t)
		s := f.Resolve(t.Context(), form.EvalContext{}, nil)
		wrong := s.Validate(-1)
		given := form.Values{}
		for _, p := range allPages(t, s) {
			view, took := renderTimed(t, s, p)
			if took > 100*time.Millisecond && !raceEnabled {
				t.Errorf("rendering took %v", took)
			}
			values, fields, err := modal.Decode(s, initialState(t, requireValidView(t, view)))
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
	})
}

// renderTimed is a page, and the least time that it took of three: the machine has other work.
func renderTimed(t *testing.T, s *form.State, p modal.Page) (view slack.ModalViewRequest, least time.Duration) {
	t.Helper()
	for i := range 3 {
		begun := time.Now()
		var err error
		if view, err = modal.Render(s, p); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(begun); i == 0 || took < least {
			least = took
		}
	}
	return view, least
}

// equalValue reports that what came back is the field's value: what a menu holds, once each.
func equalValue(f *form.FieldState, back any) bool {
	want := f.Value
	if list, ok := want.([]any); ok && f.Kind == form.Choice {
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

// isEnterable reports that a field has a value, and one that a person could give. A definition may
// have any other as a default.
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

// What a person chooses by its place among the options is what Port gets, whatever it looks like.
func TestDecode_ChosenOption(t *testing.T) {
	forEachSeed(t, func(t *testing.T, d gen) {
		values := append(d.values(99), d.text())
		many := d.oneIn(2)
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
		options, seen := block["options"].([]any), map[string]bool{}
		if len(options) != len(x.Options) {
			t.Fatalf("%d options for %d values", len(options), len(x.Options))
		}
		for i, o := range options {
			option := o.(map[string]any)
			text := option["text"].(map[string]any)["text"].(string)
			if seen[text] {
				t.Fatalf("two options read %q", text)
			}
			seen[text] = true
			if i != d.IntN(len(options)) && i > 0 {
				continue
			}
			chosen := slack.OptionBlockObject{Value: option["value"].(string)}
			a := slack.BlockAction{SelectedOption: chosen}
			var want = x.Options[i].Value
			if many {
				a, want = slack.BlockAction{SelectedOptions: []slack.OptionBlockObject{chosen}}, []any{want}
			}
			got, _, err := modal.Decode(s, &slack.ViewState{Values: map[string]map[string]slack.BlockAction{
				modal.BlockID("x"): {block["action_id"].(string): a},
			}})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(form.Values{"x": want}, got); diff != "" {
				t.Fatal(diff)
			}
		}
	})
}
