package jq

import (
	"fmt"
	"slices"
	"testing"
	"time"
)

// typicalForm is the input of a form of 30 fields, and a condition of each.
func typicalForm() (input any, programs []string) {
	form := map[string]any{}
	for i := range 30 {
		id := fmt.Sprintf("field_%d", i)
		form[id] = fmt.Sprintf("value %d", i)
		switch i % 5 {
		case 0:
			programs = append(programs, fmt.Sprintf(`.form.%s == "value %d" and (.user.teams | map(.name) | index("Platform") != null)`, id, i))
		case 1:
			programs = append(programs, fmt.Sprintf(`if .form.%s | test("^value [0-9]+$"; "i") then ["a", "b"] else ["c"] end`, id))
		case 2:
			programs = append(programs, fmt.Sprintf(`.form.%s | ascii_downcase | gsub(" "; "-") | "\(.)-suffix"`, id))
		case 3:
			programs = append(programs, fmt.Sprintf(`[.user.teams[] | select(.name | startswith("P")) | .name] + [.form.%s] | unique`, id))
		case 4:
			programs = append(programs, fmt.Sprintf(`.entity.properties.tier // (.form.%s | length) > 2`, id))
		}
	}
	teams := []any{}
	for i := range 10 {
		teams = append(teams, map[string]any{"name": fmt.Sprintf("Team %d", i), "provider": "port"})
	}
	user := map[string]any{"email": "alice@example.com", "teams": append(teams, map[string]any{"name": "Platform"})}
	return map[string]any{"form": form, "user": user, "entity": map[string]any{"identifier": "e", "properties": map[string]any{}}}, programs
}

// BenchmarkEvaluate_Form evaluates 30 programs of a form by a warm worker.
func BenchmarkEvaluate_Form(b *testing.B) {
	input, programs := typicalForm()
	e := newEvaluator(maxWorkers)
	defer e.pool.endIdle()
	e.evaluate(b.Context(), allOutputs, new(Limits), input, programs)
	var times []time.Duration
	for b.Loop() {
		start := time.Now()
		e.evaluate(b.Context(), allOutputs, new(Limits), input, programs)
		times = append(times, time.Since(start))
	}
	slices.Sort(times)
	b.ReportMetric(float64(times[len(times)/2].Microseconds()), "µs-median")
	b.ReportMetric(float64(times[len(times)*99/100].Microseconds()), "µs-p99")
}

// BenchmarkEvaluate_First evaluates them by a worker that has to be started.
func BenchmarkEvaluate_First(b *testing.B) {
	input, programs := typicalForm()
	for b.Loop() {
		e := newEvaluator(maxWorkers)
		e.evaluate(b.Context(), allOutputs, new(Limits), input, programs)
		e.pool.endIdle()
	}
}
