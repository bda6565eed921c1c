package jq

import (
	"context"
	"math"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func testEvaluator(t *testing.T) *evaluator {
	e := newEvaluator(maxWorkers)
	t.Cleanup(e.pool.endIdle)
	return e
}

// evaluateAnyway evaluates again if the machine was too busy.
func (e *evaluator) evaluateAnyway(t *testing.T, input any, programs ...string) []Result {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); ; {
		results := e.evaluate(t.Context(), allOutputs, new(Limits), input, programs)
		if !slices.Contains(costs(results), Busy) || time.Now().After(end) {
			return results
		}
	}
}

// costs are the costs of results; empty: a result without a problem.
func costs(results []Result) []Cost {
	out := make([]Cost, len(results))
	for i, r := range results {
		if r.Problem != nil {
			out[i] = r.Problem.Cost
		}
	}
	return out
}

func TestEvaluate_Values(t *testing.T) {
	t.Parallel()
	input := map[string]any{"form": map[string]any{"name": "x", "n": 3.0, "list": []any{"a", nil}}, "user": nil}
	tests := []struct {
		program string
		want    any
	}{
		{`.form.name`, "x"},
		{`.form.n + 1`, 4.0},
		{`.form.list`, []any{"a", nil}},
		{`.user.email`, nil},
		{`{a: 1, "b": [true, false]}`, map[string]any{"a": 1.0, "b": []any{true, false}}},
		{`empty`, nil},
		{`1, 2`, []any{1.0, 2.0}},
		{`false`, false},
		{`error("x")`, nil},
		{`.form.name.first`, nil},
		{`1, error`, nil},
		{`nan`, nil},
		{`[nan, infinite, -infinite]`, []any{nil, math.MaxFloat64, -math.MaxFloat64}},
		{`100000000000000000000000000001`, 1e29},
		{`[limit(3; range(10))]`, []any{0.0, 1.0, 2.0}},
		{`env | length`, 0.0},
		{`$ENV | length`, 0.0},
		{`env.PATH, $ENV.PATH`, []any{nil, nil}},
		{`"<&>é\u0000"`, "<&>é\x00"},
		{`halt_error`, nil},
		{"# a comment\n.form.name", "x"},
		{`.form | to_entries | map(.key) | sort`, []any{"list", "n", "name"}},
		{`"x" * 3`, "xxx"},
		{`[2, 3] | .[0] * .[1]`, 6.0},
		{`{a: {b: 1}} * {a: {c: 2}}`, map[string]any{"a": map[string]any{"b": 1.0, "c": 2.0}}},
		{`.form.n *= 2 | .form.n`, 6.0},
		{`2 * 3 * 4`, 24.0},
		{`[1, 2] | map(. * 2 + 1)`, []any{3.0, 5.0}},
		{`(1, 2) * 3`, []any{3.0, 6.0}},
		{`1 as $x | $x * 2`, 2.0},
	}
	programs := make([]string, len(tests))
	for i, tt := range tests {
		programs[i] = tt.program
	}
	for i, r := range testEvaluator(t).evaluateAnyway(t, input, programs...) {
		if r.Problem != nil {
			t.Errorf("%s: %v", tests[i].program, r.Problem)
		}
		if diff := cmp.Diff(tests[i].want, r.Value); diff != "" {
			t.Errorf("%s: (-want +got)\n%s", tests[i].program, diff)
		}
	}
}

func TestEvaluate_FirstOutput(t *testing.T) {
	t.Parallel()
	tests := []struct {
		program string
		want    Result
	}{
		{`1, 2`, Result{Value: 1.0}},
		{`1, error`, Result{Value: 1.0}},
		{`error, 1`, Result{}},
		{`repeat(.)`, Result{}},
		{`empty`, Result{Empty: true}},
		{`[inputs]`, Result{Value: []any{}}},
		{`input`, Result{}}, // an error: there are no more inputs
		{`range(infinite)`, Result{Value: 0.0}},
	}
	programs := make([]string, len(tests))
	for i, tt := range tests {
		programs[i] = tt.program
	}
	e := testEvaluator(t)
	var got []Result
	for end := time.Now().Add(20 * time.Second); got == nil || slices.Contains(costs(got), Busy) && time.Now().Before(end); {
		got = e.evaluate(t.Context(), firstOutput, new(Limits), nil, programs)
	}
	for i, tt := range tests {
		if diff := cmp.Diff(tt.want, got[i]); diff != "" {
			t.Errorf("%s: (-want +got)\n%s", tt.program, diff)
		}
	}
}

func TestEvaluate_Problems(t *testing.T) {
	t.Parallel()
	tests := []struct {
		program string
		want    Cost
		text    string // contained in the problem's
	}{
		{`{`, Syntax, "unexpected EOF"},
		{`input`, Syntax, "input"},
		{`nosuch(1)`, Syntax, "function not defined: nosuch/1"},
		{`import "x" as x; 1`, Syntax, "unexpected"},
		{`1 | {} as {`, Syntax, "unexpected"},
		{`"x" | test("a++b(")`, Syntax, "the regular expression a++b( is not supported"},
		{`"x" | test("x"; "l")`, Syntax, "with the flag l"},
		{`"a{1001" as $re | "x" | test($re + "}")`, Unsupported, "puts together a regular expression"},
		{`"(?=a" as $re | "x" | test($re)`, Unsupported, "puts together a regular expression"},
		{`[range(50001)]`, ResultSize, "50000 values"},
		{`range(50001)`, ResultSize, "50000 values"},
		{`"a" * 1048577`, ResultSize, "1024 KB"},
		{`{("a" * 1048577): 1}`, ResultSize, "1024 KB"},
		{`reduce range(2000) as $i (1; [.])`, ResultSize, "values"},
		{strings.Repeat(" ", maxProgramBytes) + "1", SourceSize, "20000 bytes"},
		{`def f: f; f`, Time, "ms of CPU time"},
		{`def f: f + 1; f`, Memory, "48 MB"},
		{`"a" * 1000000000`, Memory, "48 MB"},
	}
	for _, tt := range tests {
		r := testEvaluator(t).evaluateAnyway(t, nil, tt.program)[0]
		switch {
		case r.Problem == nil:
			t.Errorf("%.40s: no problem, value %v", tt.program, r.Value)
		case r.Problem.Program != tt.program, r.Problem.Cost != tt.want && !tooExpensive(r.Problem.Cost, tt.want),
			r.Problem.Cost == tt.want && !strings.Contains(r.Problem.Error(), tt.text):
			t.Errorf("%.40s: %s %v; want %s with %q", tt.program, r.Problem.Cost, r.Problem, tt.want, tt.text)
		}
	}
}

// tooExpensive reports that either limit can be the first one to be exceeded.
func tooExpensive(a, b Cost) bool {
	return (a == Time || a == Memory) && (b == Time || b == Memory)
}

func TestEvaluate_LargeInput(t *testing.T) {
	t.Parallel()
	e := testEvaluator(t)
	programs := []string{"1", "2"}
	for _, input := range []any{strings.Repeat("x", maxInputBytes), math.NaN(), func() {}} {
		if diff := cmp.Diff([]Cost{InputSize, InputSize}, costs(e.evaluate(t.Context(), allOutputs, new(Limits), input, programs))); diff != "" {
			t.Error(diff)
		}
	}
	if raceFactor > 1 {
		t.Skip("the race detector makes decoding too slow")
	}
	// The most expensive input to decode leaves enough memory.
	input := make([]any, maxInputBytes/8)
	for i := range input {
		input[i] = map[string]any{"": 0}
	}
	if r := e.evaluateAnyway(t, input, "length")[0]; r.Problem != nil || r.Value != float64(len(input)) {
		t.Errorf("length is %v, %v", r.Value, r.Problem)
	}
}

func TestEvaluate_ManyPrograms(t *testing.T) {
	t.Parallel()
	programs := make([]string, 100)
	for i := range programs {
		programs[i] = strings.Repeat(" ", 19_000) + "1"
	}
	for i, r := range testEvaluator(t).evaluateAnyway(t, nil, programs...) {
		if want := i < maxBatchBytes/19_001; (r.Value == 1.0) != want {
			t.Fatalf("program %d: value %v, %v", i, r.Value, r.Problem)
		}
	}
}

func TestEvaluate_TotalResultSize(t *testing.T) {
	t.Parallel()
	large := `"a" * 1000000`
	got := costs(testEvaluator(t).evaluateAnyway(t, nil, large, large, large, "1"))
	if diff := cmp.Diff([]Cost{"", "", ResultSize, ""}, got); diff != "" {
		t.Error(diff)
	}
}

// An expensive program takes nothing from the results before it and after it.
func TestEvaluate_KeepsOtherResults(t *testing.T) {
	t.Parallel()
	e := testEvaluator(t)
	got := e.evaluateAnyway(t, nil, "1", `"a" * 2000000000`, "2", `"a" * 2000000000`, "3")
	want := []Result{{Value: 1.0}, {}, {Value: 2.0}, {}, {Value: 3.0}}
	for i := range want {
		if want[i].Value != got[i].Value || (got[i].Problem != nil) != (want[i].Value == nil) {
			t.Errorf("result %d is %+v", i, got[i])
		}
	}
}

// The programs of a form share their time. The next evaluations skip those that are known to
// be expensive, and so reach the rest.
func TestEvaluate_TotalTime(t *testing.T) {
	t.Parallel()
	e := testEvaluator(t)
	programs := []string{`def a: a; a`, `def b: b; b`, `def c: c; c`, "1"}
	first := costs(e.evaluateAnyway(t, nil, programs...))
	if first[0] != Time || first[3] != Total && first[3] != "" {
		t.Errorf("first: %q", first)
	}
	for range len(programs) - 1 {
		e.evaluateAnyway(t, nil, programs...)
	}
	if diff := cmp.Diff([]Cost{Time, Time, Time, ""}, costs(e.evaluateAnyway(t, nil, programs...))); diff != "" {
		t.Error(diff)
	}
}

func TestEvaluate_RemembersExpensive(t *testing.T) {
	t.Parallel()
	e := testEvaluator(t)
	program := `if . == 0 then "a" * 2000000000 else . end`
	evaluate := func(program string, input any) Cost {
		return costs(e.evaluateAnyway(t, input, program))[0]
	}
	if got := evaluate(program, 0); got != Memory {
		t.Fatalf("cost is %q", got)
	}
	before := time.Now()
	if got := e.expensive.find(program, []byte("0")); got == nil || got.Cost != Memory {
		t.Errorf("remembered: %v, at %v", got, before)
	}
	if got := evaluate(program, 1); got != "" {
		t.Errorf("with another input the cost is %q", got)
	}
	always := `"a" * 2000000000`
	for i := range severalInputs {
		if got := evaluate(always, i); got != Memory {
			t.Errorf("input %d: cost is %q", i, got)
		}
	}
	if e.expensive.find(always, []byte(`"other"`)) == nil {
		t.Error("a program that is expensive for several inputs is not skipped")
	}
	if got := evaluate(program, 1); got != "" {
		t.Errorf("another program: cost is %q", got)
	}
}

func TestExpensive_Bounded(t *testing.T) {
	t.Parallel()
	var e expensive
	for i := range 3 * maxRemembered {
		e.add(&Problem{Program: string(rune(i)), Cost: Time}, nil)
		e.add(&Problem{Program: "same", Cost: Time}, []byte(string(rune(i))))
	}
	if len(e.programs) > maxRemembered || len(e.programs) == 0 {
		t.Errorf("%d programs are remembered", len(e.programs))
	}
	for _, p := range e.programs {
		if len(p.inputs) > maxInputsOfEntry {
			t.Errorf("%d inputs are remembered", len(p.inputs))
		}
	}
}

func TestEvaluate_Canceled(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	got := costs(testEvaluator(t).evaluate(ctx, allOutputs, new(Limits), nil, []string{"1"}))
	if got[0] != Busy {
		t.Errorf("cost is %q", got[0])
	}
}

func TestEvaluate_Busy(t *testing.T) {
	t.Parallel()
	e := testEvaluator(t)
	for range maxWorkers {
		e.pool.free <- struct{}{}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if got := e.evaluate(ctx, allOutputs, new(Limits), nil, []string{"1"})[0].Problem; got == nil || got.Cost != Busy {
		t.Errorf("problem is %v", got)
	}
}

func TestEvaluate_NoWorker(t *testing.T) {
	t.Parallel()
	notExecutable := t.TempDir() + "/foghorn"
	if err := os.WriteFile(notExecutable, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"/nonexistent", notExecutable, "/bin/true", "/bin/cat"} {
		e := testEvaluator(t)
		e.pool.path = path
		r := e.evaluate(t.Context(), allOutputs, new(Limits), nil, []string{"1", "2"})
		for i := range r {
			if r[i].Problem == nil || r[i].Problem.Cost != Unavailable || r[i].Value != nil {
				t.Errorf("%s: result is %+v", path, r[i])
			}
		}
	}
}
