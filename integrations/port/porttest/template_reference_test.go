//go:build reference

package porttest

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// The results of templates match the results of Port's engine.
func TestReference_RenderMatchesPortVectors(t *testing.T) {
	dir := os.Getenv("REFERENCE_DIR")
	if dir == "" {
		t.Fatal("REFERENCE_DIR is not set")
	}
	data, err := os.ReadFile(filepath.Join(dir, "vectors", "templates.json"))
	if err != nil {
		t.Fatal(err)
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
			// jq keeps the order of keys and gojq sorts them, so compare without the order.
			have, want = sortBytes(have), sortBytes(want)
		}
		if string(have) != string(want) {
			differ++
			t.Logf("%d %s: %.200v\n got %.300s\nwant %.300s", i, c.Name, c.Template, have, want)
		}
	}
	if differ > 0 || compared == 0 {
		t.Errorf("%d of %d results differ", differ, compared)
	}
}

// sortBytes sorts the bytes of a text.
func sortBytes(text []byte) []byte {
	slices.Sort(text)
	return text
}
