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
	for _, v := range f.singleValues() {
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

func (f *FieldState) validateCount(n int) string {
	switch {
	case f.MinItems != nil && n < *f.MinItems:
		return fmt.Sprintf("%s at least %s (now %d).", f.verb(), pluralize(*f.MinItems, "entry", "entries"), n)
	case f.MaxItems != nil && n > *f.MaxItems:
		return fmt.Sprintf("%s at most %s (now %d).", f.verb(), pluralize(*f.MaxItems, "entry", "entries"), n)
	}
	return ""
}

// singleValues are the entries of a list, or the one value.
func (f *FieldState) singleValues() []any {
	if list, ok := f.Value.([]any); ok {
		return list
	}
	return []any{f.Value}
}

func (f *FieldState) allowsValue(v any) bool {
	for _, o := range f.Options {
		if reflect.DeepEqual(o.Value, v) {
			return true
		}
	}
	return false
}
