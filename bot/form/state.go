package form

import "strings"

// Field is the state of the field with an id; nil when there is none.
func (s *State) Field(id string) *FieldState { return s.byID[id] }

// Properties are the inputs of the run: given values and defaults, those of hidden fields too. Fields without a
// value are left out, and so are a hidden secret, to which Port gives its default, and the target entity.
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
