package form

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

// TestCompile_ProgramProblems puts a program that cannot be run wherever a definition can hold one.
func TestCompile_ProgramProblems(t *testing.T) {
	for program, reason := range map[string]string{
		`.form.x | test("a++b(")`:               "the regular expression a++b( is not supported",
		`.form.x | test("a"; "l")`:              "the flag l",
		`.form.x | nofunction(1)`:               "function not defined: nofunction/1",
		`][`:                                    "unexpected token",
		`input`:                                 "not allowed",
		`$__prog_args`:                          "variable not defined",
		`import "m" as m; 1`:                    "unexpected token",
		`"` + strings.Repeat("x", 20_000) + `"`: "longer than",
	} {
		rule, err := json.Marshal(map[string]any{"jqQuery": program})
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range []struct{ inputs, input, key string }{
			{`{"properties":{"x":{"type":"string","visible":%s}}}`, "x", "visible"},
			{`{"properties":{"x":{"type":"string","default":%s}}}`, "x", "default"},
			{`{"properties":{"x":{"type":"string","disabled":%s}}}`, "x", "disabled"},
			{`{"properties":{"x":{"type":"string","enum":%s}}}`, "x", "enum"},
			{`{"properties":{"x":{"type":"string","pattern":%s}}}`, "x", "pattern"},
			{`{"properties":{"x":{"type":"array","minItems":%s}}}`, "x", "minItems"},
			{`{"properties":{"x":{"type":"array","items":{"type":"string","enum":%s}}}}`, "x", "items.enum"},
			{`{"properties":{"x":{"type":"string","format":"entity","blueprint":"b","dataset":{"combinator":"and","rules":[
				{"property":"a","operator":"=","value":%s}]}}}}`, "x", "dataset"},
			{`{"properties":{"x":{"type":"string"}},"required":%s}`, "", "required"},
			{`{"properties":{"x":{"type":"string"}},"steps":[{"title":"A","order":["x"],"visible":%s}]}`, "", "visible of a step"},
			{`{"properties":{"x":{"type":"string"}},"order":["t","x"],"titles":{"t":{"title":"T","visible":%s}}}`, "", "visible of a title"},
		} {
			f := newForm(t, "CREATE", fmt.Sprintf(c.inputs, rule))
			if len(f.Problems) != 1 || f.Problems[0].Input != c.input || !strings.HasPrefix(f.Problems[0].Reason, c.key+" is a jq program that cannot be run here (") ||
				!strings.Contains(f.Problems[0].Reason, reason) || len(f.Problems[0].Reason) > 500 {
				t.Errorf("%.40s in %s: %+v", program, c.key, f.Problems)
			}
		}
	}
}

// TestResolve_Problems checks that a program that exceeds its limits is named.
func TestResolve_Problems(t *testing.T) {
	for _, program := range []string{`[range(1e9)]`, `"x" * 1e9`, `[range(60000)]`, `("a" * 40) | test("^(?!z)(a|aa)*[bc]$")`, `reduce range(60) as $i (0; [.,.]) | tojson`} {
		rule, _ := json.Marshal(map[string]any{"jqQuery": program})
		f := newForm(t, "CREATE", fmt.Sprintf(`{"properties":{"x":{"type":"string","visible":%s}}}`, rule))
		s := f.Resolve(t.Context(), EvalContext{}, nil)
		if len(f.Problems) > 0 || len(s.Problems) != 1 || s.Problems[0].Input != "x" || !strings.Contains(s.Problems[0].Reason, "is a jq program that was stopped (it") {
			t.Errorf("%s: %+v, %+v", program, f.Problems, s.Problems)
		}
	}
	f := newFormWithInput(t, `{"type":"string","default":{"jqQuery":".form.x | error"}}`)
	if s := f.Resolve(t.Context(), EvalContext{}, nil); len(s.Problems) > 0 {
		t.Errorf("a program that fails as in Port: %+v", s.Problems)
	}
}
