package form

import (
	"context"
	"encoding/json"
	"reflect"
	"strings"
)

// passes is how often defaults are worked out at the most: one may depend on another, and
// those that depend on each other must end.
const passes = 4

// maxOptions bounds the options of one field.
const maxOptions = 10_000

func (f *Form) resolve(ctx context.Context, who Who, values Values) *State {
	ctx, cancel := context.WithTimeout(ctx, resolveTime)
	defer cancel()
	e := &evaluation{form: f, who: who, values: Values{}}
	for id, field := range f.byID {
		if v, given := values[id]; given && v != nil {
			e.values[id] = v
		} else if !field.deflt.dynamic() && field.deflt.value != nil {
			e.values[id] = field.deflt.value
		}
	}
	if f.dynamic {
		e.defaults(ctx, values)
	}
	s := &State{Form: f, Steps: make([]StepState, len(f.Steps)), byID: make(map[string]*FieldState, len(f.byID))}
	required := map[string]bool{TargetID: true}
	for _, id := range words(f.required.eval(ctx, e.input)) {
		required[id] = true
	}
	for i, step := range f.Steps {
		out := StepState{Title: step.Title, Visible: e.yes(ctx, step.visible, true), Items: make([]ItemState, 0, len(step.Items))}
		for _, item := range step.Items {
			if item.Heading != nil {
				out.Items = append(out.Items, ItemState{Heading: item.Heading, Visible: e.yes(ctx, item.Heading.visible, true)})
				continue
			}
			field := e.field(ctx, item.Field, required[item.Field.ID])
			s.byID[field.ID] = field
			out.Items = append(out.Items, ItemState{Field: field, Visible: field.Visible})
		}
		s.Steps[i] = out
	}
	return s
}

// An evaluation is the context that a form's rules are evaluated in.
type evaluation struct {
	form   *Form
	who    Who
	values Values // given ones and defaults
	input  any    // what programs see
}

// defaults works out the defaults that are programs, for the fields without a given value.
func (e *evaluation) defaults(ctx context.Context, given Values) {
	e.input = e.context()
	for range passes {
		changed := false
		for id, field := range e.form.byID {
			if !field.deflt.dynamic() || given[id] != nil {
				continue
			}
			if v := field.deflt.eval(ctx, e.input); !reflect.DeepEqual(v, e.values[id]) {
				changed = true
				if e.values[id] = v; v == nil {
					delete(e.values, id)
				}
			}
		}
		if !changed {
			return
		}
		e.input = e.context()
	}
}

// context is the object that programs see: untouched texts are "", entities are objects.
// https://docs.port.io/create-self-service-experiences/setup-ui-for-action/advanced-form-configurations
func (e *evaluation) context() any {
	form := make(map[string]any, len(e.form.byID))
	for id, field := range e.form.byID {
		if id == TargetID {
			continue
		}
		v := e.values[id]
		switch {
		case v == nil && !field.Many && field.textual():
			v = ""
		case field.Kind == Entity:
			v = e.entities(v)
		}
		form[id] = v
	}
	return map[string]any{"form": form, "user": orNull(e.who.User), "entity": orNull(e.who.Entity)}
}

func orNull(m map[string]any) any {
	if m == nil {
		return nil
	}
	return m
}

// textual reports that Port holds the field's value as text.
func (f *Field) textual() bool {
	switch f.Kind {
	case Number, Integer, Boolean, Object, LabeledURL:
		return false
	case Choice:
		return text(f.schema, "type", "string") == "string"
	}
	return true
}

func (e *evaluation) entities(v any) any {
	switch v := v.(type) {
	case string:
		if v == "" {
			return v
		}
		if known := e.who.Titles[v]; known != nil {
			return known
		}
		return map[string]any{"identifier": v, "title": v}
	case []any:
		out := make([]any, len(v))
		for i := range v {
			out[i] = e.entities(v[i])
		}
		return out
	}
	return v
}

// yes is a rule that says yes or no. Anything but a boolean of a program is no.
func (e *evaluation) yes(ctx context.Context, r rule, otherwise bool) bool {
	if !r.set() {
		return otherwise
	}
	v, isBool := r.eval(ctx, e.input).(bool)
	if !isBool && !r.dynamic() {
		return otherwise
	}
	return v
}

func (e *evaluation) field(ctx context.Context, x *Field, required bool) *FieldState {
	s := &FieldState{
		Field: x, Required: required, DependsOn: x.dependsOn, Sort: x.sort, Value: e.values[x.ID],
		Visible:  !x.Hidden && e.yes(ctx, x.visible, true),
		Disabled: e.yes(ctx, x.disabled, false),
		MinItems: whole(x.minItems.eval(ctx, e.input)), MaxItems: whole(x.maxItems.eval(ctx, e.input)),
	}
	s.Default = x.deflt.eval(ctx, e.input)
	s.Pattern, _ = x.pattern.eval(ctx, e.input).(string)
	for _, id := range x.dependsOn {
		if other := e.form.byID[id]; other != nil && empty(e.values[id]) {
			s.Disabled = true
		}
	}
	if x.Kind == Choice {
		s.Options = options(x.enum.eval(ctx, e.input))
	}
	if x.Kind == Entity && x.dataset != nil {
		s.Dataset = e.dataset(ctx, x.dataset)
	}
	return s
}

// options are the allowed values, each once.
func options(v any) []Option {
	list, ok := v.([]any)
	if !ok && v != nil {
		list = []any{v}
	}
	if len(list) > maxOptions {
		list = list[:maxOptions]
	}
	seen := make(map[string]bool, len(list))
	out := make([]Option, 0, len(list))
	for _, value := range list {
		data, err := json.Marshal(value)
		if err != nil || value == nil || seen[string(data)] {
			continue
		}
		seen[string(data)] = true
		out = append(out, Option{Label: label(value, data), Value: value})
	}
	return out
}

// label is how people read an allowed value.
func label(v any, data []byte) string {
	switch v := v.(type) {
	case string:
		return v
	case map[string]any:
		for _, key := range []string{"title", "name", "label", "identifier"} {
			if s, ok := v[key].(string); ok && s != "" {
				return s
			}
		}
	}
	return string(data)
}

// dataset is a dataset with the values of its programs and contexts put in.
func (e *evaluation) dataset(ctx context.Context, d any) json.RawMessage {
	out := walk(d, 0, func(m map[string]any) any {
		if r := newRule(m); r.dynamic() {
			return r.eval(ctx, e.input)
		}
		switch m["context"] {
		case "user":
			property, _ := m["property"].(string)
			return e.who.User[strings.TrimPrefix(property, "$")]
		case "userTeams":
			return teamNames(e.who.User["teams"])
		}
		return m
	})
	data, err := json.Marshal(out)
	if err != nil {
		return nil
	}
	return data
}

func teamNames(v any) []any {
	list, _ := v.([]any)
	out := make([]any, 0, len(list))
	for _, t := range list {
		if m, ok := t.(map[string]any); ok {
			t = m["name"]
		}
		out = append(out, t)
	}
	return out
}

// empty reports that a value is as good as none.
func empty(v any) bool {
	switch v := v.(type) {
	case nil:
		return true
	case string:
		return strings.TrimSpace(v) == ""
	case []any:
		return len(v) == 0
	case map[string]any:
		return len(v) == 0
	}
	return false
}

// Field is the state of the field with an id; nil when there is none.
func (s *State) Field(id string) *FieldState { return s.byID[id] }

// properties leaves out a hidden secret: Port gives it its default.
func (s *State) properties() map[string]any {
	out := map[string]any{}
	for id, field := range s.byID {
		if id != TargetID && !field.filled() && !field.Secret && !empty(field.Value) {
			out[id] = field.Value
		}
	}
	return out
}
