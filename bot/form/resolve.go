package form

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"foghorn/integrations/jq"
)

// maxDefaultPasses is how often defaults are evaluated: one may depend on another, and a cycle must
// end.
const maxDefaultPasses = 4

// maxProblems bounds the problems of one State.
const maxProblems = 20

// maxOptions bounds the options of one field.
const maxOptions = 10_000

// Resolve evaluates the form's conditions for some values. It never fails: the value of a jq program that fails is
// null, as in Port, and so is that of one that exceeds its limits, which is in the Problems of the State.
func (f *Form) Resolve(ctx context.Context, who EvalContext, values Values) *State {
	e := &evaluation{form: f, evalContext: who, values: Values{}}
	for id, field := range f.byID {
		if v, given := values[id]; given && v != nil {
			e.values[id] = v
		} else if !field.defaultExpr.isProgram() && field.defaultExpr.value != nil {
			e.values[id] = field.defaultExpr.value
		}
	}
	if len(f.programs) > 0 {
		e.resolveDefaults(ctx, values)
		e.run(ctx, f.programs)
	}
	s := &State{Form: f, Steps: make([]StepState, len(f.Steps)), byID: make(map[string]*FieldState, len(f.byID))}
	required := map[string]bool{TargetID: true}
	for _, id := range stringList(e.eval(f.required)) {
		required[id] = true
	}
	for i, step := range f.Steps {
		out := StepState{Title: step.Title, Visible: e.evalBool(step.visible, true), Items: make([]ItemState, 0, len(step.Items))}
		for _, item := range step.Items {
			if item.Heading != nil {
				out.Items = append(out.Items, ItemState{Heading: item.Heading, Visible: e.evalBool(item.Heading.visible, true)})
				continue
			}
			field := e.resolveField(item.Field, required[item.Field.ID])
			s.byID[field.ID] = field
			out.Items = append(out.Items, ItemState{Field: field, Visible: field.Visible})
		}
		s.Steps[i] = out
	}
	s.Problems, s.Busy = e.problems, e.busy
	return s
}

// An evaluation is the state of one Resolve.
type evaluation struct {
	form        *Form
	evalContext EvalContext
	values      Values // given values and defaults
	input       any    // of the programs
	limits      jq.Limits
	results     map[string]any // values of the programs, by source
	problems    []Problem
	busy        bool
}

// run evaluates programs.
func (e *evaluation) run(ctx context.Context, programs []expr) {
	e.results = make(map[string]any, len(programs))
	for i, r := range jq.Evaluate(ctx, &e.limits, e.input, sources(programs)) {
		e.results[programs[i].source] = r.Value
		if r.Problem == nil || r.Problem.Cost == jq.Syntax || len(e.problems) >= maxProblems {
			continue // what does not compile is a problem of the form
		}
		e.busy = e.busy || r.Problem.Cost == jq.Busy
		x := programs[i]
		p := Problem{
			Input: x.input, Cost: string(r.Problem.Cost),
			Reason: fmt.Sprintf("%s is a jq program that was stopped (%v): %s", x.key, r.Problem, x.excerpt()),
		}
		if !slices.Contains(e.problems, p) {
			e.problems = append(e.problems, p)
		}
	}
}

// eval returns the value of an expression.
func (e *evaluation) eval(x expr) any {
	if x.isProgram() {
		return e.results[x.source]
	}
	return x.value
}

// resolveDefaults evaluates the defaults that are programs, for the fields without a given value.
func (e *evaluation) resolveDefaults(ctx context.Context, given Values) {
	e.input = e.buildInput()
	defaults := slices.DeleteFunc(slices.Clone(e.form.defaults), func(x expr) bool { return given[x.input] != nil })
	for range maxDefaultPasses {
		if len(defaults) == 0 {
			return
		}
		changed := false
		e.run(ctx, defaults)
		for _, x := range defaults {
			v := e.eval(x)
			if reflect.DeepEqual(v, e.values[x.input]) {
				continue
			}
			changed = true
			if e.values[x.input] = v; v == nil {
				delete(e.values, x.input)
			}
		}
		if !changed {
			return
		}
		e.input = e.buildInput()
	}
}

// buildInput is the input of the programs: an empty text is "", an entity is an object.
// https://docs.port.io/create-self-service-experiences/setup-ui-for-action/advanced-form-configurations
func (e *evaluation) buildInput() any {
	form := make(map[string]any, len(e.form.byID))
	for id, field := range e.form.byID {
		if id == TargetID {
			continue
		}
		v := e.values[id]
		switch {
		case v == nil && !field.Many && field.isText():
			v = ""
		case field.Kind == Entity:
			v = e.expandEntities(v)
		}
		form[id] = v
	}
	user := untypedNil(e.evalContext.User)
	return map[string]any{
		"form": form, "user": user, "entity": untypedNil(e.evalContext.Entity),
		// Port's workflows name the same values otherwise, and people copy programs from there.
		"inputs": form, "trigger": map[string]any{"by": map[string]any{"user": user}, "operation": e.form.Operation},
	}
}

// untypedNil makes a nil map the nil that gojq knows as null.
func untypedNil(m map[string]any) any {
	if m == nil {
		return nil
	}
	return m
}

// isText reports that Port holds the field's value as text.
func (f *Field) isText() bool {
	switch f.Kind {
	case Number, Integer, Boolean, Object, LabeledURL:
		return false
	case Choice:
		return stringOr(f.schema, "type", "string") == "string"
	}
	return true
}

func (e *evaluation) expandEntities(v any) any {
	switch v := v.(type) {
	case string:
		if v == "" {
			return v
		}
		if known := e.evalContext.Entities[v]; known != nil {
			return known
		}
		return map[string]any{"identifier": v, "title": v}
	case []any:
		out := make([]any, len(v))
		for i := range v {
			out[i] = e.expandEntities(v[i])
		}
		return out
	}
	return v
}

// evalBool evaluates a condition. A program that returns no boolean is false; any other value that
// is no boolean counts as not set.
func (e *evaluation) evalBool(r expr, otherwise bool) bool {
	if !r.isSet() {
		return otherwise
	}
	v, isBool := e.eval(r).(bool)
	if !isBool && !r.isProgram() {
		return otherwise
	}
	return v
}

func (e *evaluation) resolveField(x *Field, required bool) *FieldState {
	s := &FieldState{
		Field: x, Required: required, DependsOn: x.dependsOn, Sort: x.sort, Value: e.values[x.ID],
		Visible:  !x.Hidden && e.evalBool(x.visible, true),
		Disabled: e.evalBool(x.disabled, false),
		MinItems: parseCount(e.eval(x.minItems)), MaxItems: parseCount(e.eval(x.maxItems)),
	}
	s.Default = e.eval(x.defaultExpr)
	s.Pattern, _ = e.eval(x.pattern).(string)
	for _, id := range x.dependsOn {
		if other := e.form.byID[id]; other != nil && isEmpty(e.values[id]) {
			s.Disabled = true
		}
	}
	if x.Kind == Choice {
		s.Options = parseOptions(e.eval(x.enum))
	}
	if x.Kind == Entity && x.dataset != nil {
		s.Dataset = e.resolveDataset(x)
	}
	return s
}

// parseOptions are the allowed values, each once.
func parseOptions(v any) []Option {
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
		out = append(out, Option{Label: optionLabel(value, data), Value: value})
	}
	return out
}

// optionLabel is how people read an allowed value.
func optionLabel(v any, data []byte) string {
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

// resolveDataset is a dataset with the values of its programs and contexts put in.
func (e *evaluation) resolveDataset(x *Field) json.RawMessage {
	out := mapObjects(x.dataset, 0, func(m map[string]any) any {
		if r := parseExpr(x.ID, "dataset", m); r.isProgram() {
			return flattenList(e.eval(r)) // [.user.team] and .user.team mean the same
		}
		property, _ := m["property"].(string)
		property = strings.TrimPrefix(property, "$")
		switch m["context"] {
		case "user":
			return e.userProperty(property)
		case "userTeams":
			if property == "identifier" {
				return e.evalContext.User["teamsIdentifiers"]
			}
			return teamNames(e.evalContext.User["teams"])
		}
		return m
	})
	data, err := json.Marshal(out)
	if err != nil {
		return nil
	}
	return data
}

// flattenList puts the elements of the lists in a list in their places.
func flattenList(v any) any {
	list, ok := v.([]any)
	if !ok {
		return v
	}
	out := []any{}
	for _, item := range list {
		if inner, ok := item.([]any); ok {
			out = append(out, inner...)
		} else {
			out = append(out, item)
		}
	}
	return out
}

// userProperty is a member of `.user`, or a property of the user's entity.
func (e *evaluation) userProperty(name string) any {
	if v, ok := e.evalContext.User[name]; ok {
		return v
	}
	properties, _ := e.evalContext.User["properties"].(map[string]any)
	return properties[name]
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
