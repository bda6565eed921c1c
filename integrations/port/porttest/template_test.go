package porttest

import (
	"encoding/json"
	"maps"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
)

// Text without double braces stays as it is, a string that is one template keeps the type of its
// result, and other templates become text.
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
		template := map[string]any{"v": "{{ .v }}", "n": "{{ .n }}", "l": "{{ .l }}", "o": "{{ .o }}", "text": "<{{.v}}|{{ .l }}>"}
		want := maps.Clone(data)
		want["text"] = "<" + s + "|" + stringify([]any{s}) + ">"
		if got, err := render(template, data); err != nil || !reflect.DeepEqual(got, any(want)) {
			t.Fatalf("seed %d: rendered %#v, %v; want %#v", seed, got, err, want)
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
		{`{{ "}}" }}`, `"}}"`},
		{`\{{ .s }}`, "without opening"},
		{"{{ .a {{ .s }} }}", "inside other one"},
		{"a }} b", "without opening"},
		{[]any{"{{ empty }}", "{{ .a }}", true}, `[null,1,true]`},
		{"{{ .a == 1 and 'text' == .s }}", `true`},
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
