package porttest

import (
	"encoding/json"
	"testing"
)

func FuzzDecode(f *testing.F) {
	for _, s := range []string{`{"properties":{}}`, `null`, `[]`, `{"properties":{"n":1e400}}`, `{"a":`, `"x"`} {
		for _, name := range []string{"new run", "entity", "action", "blueprint search"} {
			f.Add(name, s)
		}
	}
	f.Fuzz(func(t *testing.T, name, body string) {
		if schemas()[name] == nil {
			return
		}
		var v map[string]any
		if err := json.Unmarshal([]byte(body), &v); err != nil {
			return
		}
		// Every definition is either rejected or usable.
		if validateSchema("action", "", convertJSON[any](v)) == nil && v["identifier"] == nil {
			t.Errorf("%s is accepted without an identifier", body)
		}
		_ = validateProperties(map[string]property{"x": {raw: v}}, nil, map[string]any{"x": v})
		_ = validateSchema(name, "", v)
	})
}

func FuzzTemplate(f *testing.F) {
	for _, s := range []string{"{{.a}}", "x{{ .a | tostring }}y", "{{", "}}", "{{{}}}", `{{ "}}" }}`, `\\{{.a}}`, "{{ [range(1e9)] }}", "{{ 'a' }}"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if len(s) > 200 {
			return
		}
		_, _ = render(map[string]any{s: s}, map[string]any{"a": 1.0})
	})
}
