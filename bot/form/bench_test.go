package form

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"
)

// BenchmarkResolve_Conditions resolves a form of 30 fields with a condition each, once it is warm.
func BenchmarkResolve_Conditions(b *testing.B) {
	properties := map[string]any{}
	for i := range 30 {
		program := fmt.Sprintf(`.form.f%d != "x" and (.user.teams | map(.name) | index("Platform") != null)`, (i+1)%30)
		properties[fmt.Sprintf("f%d", i)] = map[string]any{"type": "string", "visible": map[string]any{"jqQuery": program}}
	}
	definition, err := json.Marshal(map[string]any{
		"identifier": "a", "trigger": map[string]any{"operation": "CREATE", "userInputs": map[string]any{"properties": properties}},
	})
	if err != nil {
		b.Fatal(err)
	}
	f, err := Compile(definition)
	if err != nil {
		b.Fatal(err)
	}
	who := EvalContext{User: map[string]any{"teams": []any{map[string]any{"name": "Platform"}}}}
	var times []time.Duration
	for i := 0; b.Loop(); i++ {
		start := time.Now()
		s := f.Resolve(b.Context(), who, Values{"f0": fmt.Sprint(i)})
		if times = append(times, time.Since(start)); !s.Field("f1").Visible && !s.Busy {
			b.Fatalf("not visible: %+v", s.Problems)
		}
	}
	slices.Sort(times)
	b.ReportMetric(float64(times[len(times)/2].Microseconds()), "µs-median")
}
