package porttest

import (
	"encoding/json"
	"math/rand/v2"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// vectorsFile are results of Port's own engine. They are not part of this repository.
const vectorsFile = "../../../../shared/vectors/templates.json"

func TestRender_MatchesPortVectors(t *testing.T) {
	data, err := os.ReadFile(vectorsFile)
	if err != nil {
		t.Logf("no vectors in %s: nothing was compared", vectorsFile)
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
			have, want = sortBytes(have), sortBytes(want)
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

// sortBytes is a text with its bytes sorted.
func sortBytes(text []byte) []byte {
	slices.Sort(text)
	return text
}

// TestTextWithoutTemplatesIsKept: whatever has no double braces comes out as it went in, and
// what a whole template names comes out with its type, wherever it is spliced.
func TestRender_KeepsTextWithoutTemplates(t *testing.T) {
	alphabet := []string{"{", "}", "{ {", "\"", "'", "\\\\", "a", " ", "é", "\u2028", "$", "#", "(", "1", "null", "\n"}
	for seed := range uint64(2000) {
		random := rand.New(rand.NewPCG(seed, 7))
		var b strings.Builder
		for range random.IntN(12) {
			b.WriteString(alphabet[random.IntN(len(alphabet))])
		}
		s := b.String()
		if strings.Contains(s, "{{") || strings.Contains(s, "}}") {
			continue
		}
		if got, err := render(s, nil); err != nil || got != s {
			t.Fatalf("seed %d: %q became %q, %v", seed, s, got, err)
		}
		data := map[string]any{"v": s, "n": float64(seed), "l": []any{s}, "o": map[string]any{"k": s}}
		for key, want := range data {
			if got, err := render("{{ ."+key+" }}", data); err != nil || !reflect.DeepEqual(got, want) {
				t.Fatalf("seed %d: .%s is %#v, %v; want %#v", seed, key, got, err, want)
			}
		}
		if got, err := render("<{{.v}}|{{ .l }}>", data); err != nil || got != "<"+s+"|"+stringify([]any{s})+">" {
			t.Fatalf("seed %d: spliced %q, %v", seed, got, err)
		}
	}
}

func TestRender_FollowsPortRules(t *testing.T) {
	t.Setenv("FOGHORN_TEST", "visible")
	data := map[string]any{"a": 1.0, "o": map[string]any{"x": "y"}, "s": "text"}
	for _, c := range []struct {
		template any
		want     string // as JSON, or the error
	}{
		{"{{ .missing.deep }}", `null`},
		{"a {{ .missing }} b", `"a null b"`},
		{"{{ .s.oops }}", `null`},
		{"{{ syntax error", "without closing"},
		{"{{ ( }}", `null`},
		{"{{ 1, 2 }}", `1`},
		{"{{ nan }} {{ infinite }}", `"null 1.7976931348623157e+308"`},
		{"{{ 'a' + 'b' }}", `"ab"`},
		{"{{ env.FOGHORN_TEST }}{{ $ENV.FOGHORN_TEST }}", `"nullnull"`},
		{"{{ .o }}!", `"{\"x\":\"y\"}!"`},
		{"{{ empty }}!", `"undefined!"`},
		{map[string]any{"{{ .none }}": 1.0, "{{ .s }}": "{{ .a }}", "e": "{{ empty }}"}, `{"text":1}`},
		{map[string]any{"{{ spreadValue() }}": "{{ .o }}", "z": 1.0}, `{"x":"y","z":1}`},
		{map[string]any{"{{ spreadValue() }}": "{{ .s }}"}, "should be an object"},
		{map[string]any{"{{ .a }}": 1.0}, "object key should be"},
		{"{{ input }}", `null`},
		{"{{ .o | keys_unsorted }}", `["x"]`},
		{"{{ now | tostring | @base64 | type }}", `"string"`},
		{"{{ def f: f; f }}", `null`},
		{"{{ [limit(3; repeat(1))] | length }}", `3`},
	} {
		got, err := render(c.template, data)
		data, _ := json.Marshal(got)
		have := string(data)
		if err != nil {
			have = err.Error()
		}
		if have != c.want && (err == nil || !strings.Contains(have, c.want)) {
			t.Errorf("%v gives %s, want %s", c.template, have, c.want)
		}
	}
}

func FuzzDecode(f *testing.F) {
	for _, s := range []string{`{"properties":{}}`, `null`, `[]`, `{"properties":{"n":1e400}}`, `{"a":`, `"x"`} {
		for _, name := range []string{"new run", "entity", "action", "blueprint search"} {
			f.Add(name, s)
		}
	}
	f.Fuzz(func(t *testing.T, name, body string) {
		if schemas[name] == nil {
			return
		}
		var v map[string]any
		if err := json.Unmarshal([]byte(body), &v); err != nil {
			return
		}
		// Whatever a definition says, it is refused or it can be used.
		if checkAction(v) == nil && v["identifier"] == nil {
			t.Errorf("%s is no action", body)
		}
		_ = checkRules(v, 0)
		_ = validateWith(toJSONSchema(v), "x", v)
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
