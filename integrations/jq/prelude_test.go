package jq

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestEvaluate_AsJq has programs that jq 1.8 runs, with jq's results.
func TestEvaluate_AsJq(t *testing.T) {
	t.Parallel()
	e := testEvaluator(t)
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
		{`. as $x | "prod" | test("^(?!" + $x + ")")`, `"pro"`, false},
		{`. as $x | "prod" | test("^(?!\($x))")`, `"x"`, true},
		{`"^(?=a)" as $re | test($re; "i")`, `"A"`, true},
		{`gsub("-"; "hello") | sub("l"; "x"; "g")`, `"a-b"`, "ahexxob"},
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
		var input any
		if err := json.Unmarshal([]byte(c.input), &input); err != nil {
			t.Fatal(err)
		}
		r := e.evaluateAnyway(t, input, c.program)[0]
		if diff := cmp.Diff(c.want, r.Value); diff != "" || r.Problem != nil {
			t.Errorf("%s of %s (-want +got):\n%s%v", c.program, c.input, diff, r.Problem)
		}
	}
}
