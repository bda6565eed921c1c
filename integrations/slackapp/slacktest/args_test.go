package slacktest

import (
	"strings"
	"testing"
)

// Every argument of every method refuses values of other types.
func TestArgs_WrongTypes(t *testing.T) {
	wrong := map[string][]any{
		"":     {1.0, true, []any{}, map[string]any{}},
		"bool": {"maybe", 2.0, []any{}, map[string]any{}},
		"int":  {"abc", "1.5", 1.5, "Inf", "NaN", "1e99", true, []any{}, map[string]any{}},
		"list": {1.0, true, []any{1.0}, map[string]any{}},
	}
	check := func(method, spec string) {
		for part := range strings.FieldsSeq(spec) {
			name, _, absent := strings.Cut(part, "=")
			name, kind, _ := strings.Cut(name, ":")
			for _, v := range wrong[kind] {
				if err := (args{name: v}).convert(spec); err == nil && !absent {
					t.Errorf("%s: %s accepts %v", method, name, v)
				}
			}
		}
	}
	for name, m := range methods {
		check(name, m.args)
	}
	for name, r := range controlRoutes {
		check(name, r.args)
	}
	check("response_url", responseArgs)
}
