package form

import (
	"fmt"
	"reflect"
)

// Validate checks the values of step i, or of all steps with i < 0. It returns a text for the
// reader by field id; nil: everything is valid.
func (s *State) Validate(i int) map[string]string {
	problems := map[string]string{}
	for n, step := range s.Steps {
		if i >= 0 && n != i || !step.Visible {
			continue
		}
		for _, item := range step.Items {
			if item.Field == nil || !item.Field.Visible || item.Field.Disabled {
				continue
			}
			if problem := item.Field.validate(); problem != "" {
				problems[item.Field.ID] = problem
			}
		}
	}
	if len(problems) == 0 {
		return nil
	}
	return problems
}

// validate returns what is wrong with the field's value; "" when it is valid.
func (f *FieldState) validate() string {
	if isEmpty(f.Value) {
		if f.Required {
			return f.requiredText()
		}
		return ""
	}
	list, isList := f.Value.([]any)
	if f.Many != isList && f.Kind != Object {
		return "This value has the wrong type. Enter it again."
	}
	if problem := f.validateCount(len(list)); isList && problem != "" {
		return problem
	}
	for _, v := range Entries(f.Value) {
		if f.Kind == Choice && !f.allowsValue(v) {
			return f.NotOfferedText(fmt.Sprint(v))
		}
		if validate, ok := formats[f.Kind]; ok {
			if problem := validate(f, v); problem != "" {
				return problem
			}
		}
	}
	if f.Kind == Choice {
		return ""
	}
	return f.validateSchema()
}

// NotOfferedText says that a value is not among those that can be chosen.
func (f *FieldState) NotOfferedText(v string) string {
	return fmt.Sprintf("%q is no longer available. Choose another %s.", truncate(v), f.noun("option"))
}

func (f *FieldState) validateCount(n int) string {
	switch {
	case f.MinItems != nil && n < *f.MinItems:
		return fmt.Sprintf("%s at least %s (now %d).", f.verb(), pluralize(*f.MinItems, "entry", "entries"), n)
	case f.MaxItems != nil && n > *f.MaxItems:
		return fmt.Sprintf("%s at most %s (now %d).", f.verb(), pluralize(*f.MaxItems, "entry", "entries"), n)
	}
	return ""
}

// Entries are the entries of a list, or the one value.
func Entries(v any) []any {
	if list, ok := v.([]any); ok {
		return list
	}
	return []any{v}
}

func (f *FieldState) allowsValue(v any) bool {
	for _, o := range f.Options {
		if reflect.DeepEqual(o.Value, v) {
			return true
		}
	}
	return false
}
