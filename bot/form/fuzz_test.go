package form

import (
	"encoding/json"
	"testing"
	"time"
)

// FuzzProgram puts a jq program wherever a definition can hold one. Whatever it does, a
// resolve comes to an end in the time in which Slack waits, and gives what can be sent.
func FuzzProgram(f *testing.F) {
	for _, program := range []string{
		`.form.x`, `[range(1e9)]`, `"x" * 1e9`, `def f: f; f`, `[limit(1e9; repeat("x"))]`, `reduce range(1e9) as $i (""; . + "xxxxxxxx")`,
		`[.form.x | while(true; . + .)]`, `env`, `$ENV.HOME`, `input`, `error`, `"a" | test("(a*)*b")`, `{"a":{"a":[1,null]}}`, `infinite`, `nan`, `[splits("a")]`,
	} {
		f.Add(program, "y")
	}
	f.Fuzz(func(t *testing.T, program, typed string) {
		rule := map[string]any{"jqQuery": program}
		definition, err := json.Marshal(map[string]any{"identifier": "a", "trigger": map[string]any{
			"type": "self-service", "operation": "CREATE", "userInputs": map[string]any{
				"required": rule, "properties": map[string]any{
					"x": map[string]any{"type": "string"},
					"d": map[string]any{"type": "string", "default": rule},
					"v": map[string]any{"type": "number", "visible": rule},
					"e": map[string]any{"type": "string", "enum": rule},
				},
			},
		}})
		if err != nil {
			t.Fatal(err)
		}
		form, err := Compile(definition)
		if err != nil {
			return
		}
		begun := time.Now()
		s := form.Resolve(t.Context(), EvalContext{}, Values{"x": typed})
		s.Validate(-1)
		data, err := json.Marshal(s.Properties())
		if took := time.Since(begun); err != nil || took > 3*time.Second || len(data) > 4*1<<20 {
			t.Errorf("%d bytes after %v, %v", len(data), took, err)
		}
	})
}
