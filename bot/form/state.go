package form

import (
	"context"
	"maps"
	"strings"
)

// maxCountPasses is how often ResolveEntered considers all values again.
const maxCountPasses = 4

// ResolveEntered is Resolve for values that came from a form. A value counts only if its field can be entered: it is
// visible, enabled and has options. Otherwise the field has its default. Which fields these are can depend on
// the values, so that the form is evaluated until they agree; after some passes a value that did not count stays out.
func (f *Form) ResolveEntered(ctx context.Context, who EvalContext, values Values) *State {
	counted := values
	for pass := 0; ; pass++ {
		s := f.Resolve(ctx, who, counted)
		from := values
		if pass >= maxCountPasses {
			from = counted
		}
		next := s.enterable(from)
		if maps.EqualFunc(next, counted, func(any, any) bool { return true }) { // the values are those of from
			return s
		}
		counted = next
	}
}

// enterable are those of the values whose fields can be entered.
func (s *State) enterable(values Values) Values {
	out := make(Values, len(values))
	for _, step := range s.Steps {
		for _, item := range step.Items {
			if x := item.Field; x != nil && step.Visible && x.CanEnter() && values[x.ID] != nil {
				out[x.ID] = values[x.ID]
			}
		}
	}
	return out
}

// CanEnter reports that a person can give the field a value, if its step is visible.
func (f *FieldState) CanEnter() bool {
	return f.Visible && !f.Disabled && (f.Kind != Choice || len(f.Options) > 0)
}

// Field is the state of the field with an id; nil when there is none.
func (s *State) Field(id string) *FieldState { return s.byID[id] }

// Properties are the inputs of the run: given values and defaults, those of hidden fields too.
// Fields without a value are left out, and so are a hidden secret, to which Port gives its default,
// and the target entity.
func (s *State) Properties() map[string]any {
	out := map[string]any{}
	for id, field := range s.byID {
		if id != TargetID && !field.isRequestID() && !field.Secret && !isEmpty(field.Value) {
			out[id] = field.Value
		}
	}
	return out
}

// isEmpty reports that a value counts as none.
func isEmpty(v any) bool {
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
