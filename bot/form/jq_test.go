package form

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestExpr_Jq has programs that jq 1.8 runs, with jq's results.
func TestExpr_Jq(t *testing.T) {
	for _, c := range []struct {
		program, input string
		want           any
	}{
		{`test("^(?!prod)")`, `"staging"`, true},
		{`test("^(?!prod)")`, `"prod-eu"`, false},
		{`test("(?<=-)eu$")`, `"prod-eu"`, true},
		{`test("(?<!-)eu$")`, `"prod-eu"`, false},
		{`test("^(?=.*[0-9])(?=.*[a-z]).{4,}$")`, `"abc1"`, true},
		{`test("^(.)\\1$")`, `"aa"`, true},
		{`test("^(?>a+)b")`, `"aab"`, true},
		{`test("(?!X)A"; "i")`, `"a"`, true},
		{`test(["(?!X)A", "i"])`, `"a"`, true},
		{`test("a b"; "x")`, `"ab"`, true},
		{`[match("(?=(..))."; "g").captures[0].string]`, `"abcd"`, []any{"ab", "bc", "cd"}},
		{`[match("(?!x)a*"; "gn").string]`, `"aaba"`, []any{"aa", "a"}},
		{`match("(?<=ä)(?<x>b)(?<y>c)?") | [.offset, .length, .string, .captures]`, `"äb"`, []any{1.0, 1.0, "b", []any{
			map[string]any{"name": "x", "offset": 1.0, "length": 1.0, "string": "b"},
			map[string]any{"name": "y", "offset": -1.0, "length": 0.0, "string": nil}}}},
		{`capture("(?<year>[0-9]{4})(?=-)")`, `"2026-01"`, map[string]any{"year": "2026"}},
		{`[scan("[a-z](?=[0-9])")]`, `"a1b2cd3"`, []any{"a", "b", "d"}},
		{`[scan("([a-z])(?=([0-9]))")]`, `"a1b2"`, []any{[]any{"a", "1"}, []any{"b", "2"}}},
		{`[splits("(?<=,) *")]`, `"a, b,c"`, []any{"a,", "b,", "c"}},
		{`sub("(?<=v)(?<n>[0-9]+)"; "<" + .n + ">")`, `"v12.v3"`, "v<12>.v3"},
		{`gsub("(?<=v)(?<n>[0-9]+)"; "<\(.n)>")`, `"v12.v3"`, "v<12>.v<3>"},
		{`gsub("(?<!^)(?=[A-Z])"; "-") | ascii_downcase`, `"myServiceName"`, "my-service-name"},
		{`test("^(?!x)") // false`, `null`, nil}, // an error, as in jq
		{`(test("^(?!x)"))? // false`, `null`, false},
		{`keys_unsorted`, `{"b":1,"a":2}`, []any{"a", "b"}},
		{`[.[] | toarray]`, `[1,[2]]`, []any{[]any{1.0}, []any{2.0}}},
		{`debug | . + 1`, `1`, 2.0},
		{`debug("x") | stderr | input_line_number`, `1`, 0.0},
		{`65 | ascii`, `null`, "A"},
		{`[leaf_paths]`, `{"a":[1]}`, []any{[]any{"a", 0.0}}},
		{`$__loc__.line`, `null`, 1.0},
		{`0 | date`, `null`, "1970-01-01T00:00:00Z"},
		{`@sh "echo \(.)"`, `"a b"`, "echo 'a b'"},
		{`getpath(["a","b"])`, `{"a":null}`, nil},
		{`ltrimstr("x") | trimstr("y")`, `"xay"`, "a"},
		{`[splits(", *")]`, `"a, b"`, []any{"a", "b"}},
		{`INDEX(.id) | keys`, `[{"id":"a"}]`, []any{"a"}},
		{`[limit(2; .[])] | add`, `[1,2,3]`, 3.0},
		{`if . then "x" end`, `true`, "x"},
		{`env | length`, `null`, 0.0},
		{`$ENV.HOME`, `null`, nil},
	} {
		x := parseExpr(map[string]any{"jqQuery": c.program})
		if x.err != nil {
			t.Errorf("%s: %v", c.program, x.err)
			continue
		}
		var input any
		if err := json.Unmarshal([]byte(c.input), &input); err != nil {
			t.Fatal(err)
		}
		got, err := x.eval(t.Context(), input)
		if diff := cmp.Diff(c.want, got); diff != "" || err != nil {
			t.Errorf("%s of %s (-want +got):\n%s%v", c.program, c.input, diff, err)
		}
	}
}

// TestCompile_ProgramProblems puts a program that cannot be run wherever a definition can hold one.
func TestCompile_ProgramProblems(t *testing.T) {
	for program, reason := range map[string]string{
		`.form.x | test("a++b(")`:  "the regular expression a++b( is not supported",
		`.form.x | test("a"; "l")`: "the flag l",
		`.form.x | nofunction(1)`:  "function not defined: nofunction/1",
		`][`:                       "unexpected token",
		`input`:                    "not allowed",
		`$__prog_args`:             "variable not defined",
		`import "m" as m; 1`:       "unexpected token",
		`"` + strings.Repeat("x", maxProgramBytes) + `"`: "longer than",
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
			if len(f.Problems) != 1 || f.Problems[0].Input != c.input || !strings.HasPrefix(f.Problems[0].Reason, c.key+" is the jq program ") ||
				!strings.Contains(f.Problems[0].Reason, reason) || len(f.Problems[0].Reason) > 500 {
				t.Errorf("%.40s in %s: %+v", program, c.key, f.Problems)
			}
		}
	}
}

// TestResolve_Problems checks that a program that exceeds its limits is named.
func TestResolve_Problems(t *testing.T) {
	for _, program := range []string{`[range(1e9)]`, `"x" * 1e9`, `[range(60000)]`, `("a" * 40) | test("^(?!z)(a|aa)*[bc]$")`} {
		rule, _ := json.Marshal(map[string]any{"jqQuery": program})
		f := newForm(t, "CREATE", fmt.Sprintf(`{"properties":{"x":{"type":"string","visible":%s}}}`, rule))
		s := f.Resolve(t.Context(), EvalContext{}, nil)
		if len(f.Problems) > 0 || len(s.Problems) != 1 || s.Problems[0].Input != "x" || !strings.Contains(s.Problems[0].Reason, "it takes too long") {
			t.Errorf("%s: %+v, %+v", program, f.Problems, s.Problems)
		}
	}
	f := newFormWithInput(t, `{"type":"string","default":{"jqQuery":".form.x | error"}}`)
	if s := f.Resolve(t.Context(), EvalContext{}, nil); len(s.Problems) > 0 {
		t.Errorf("a program that fails as in Port: %+v", s.Problems)
	}
}
