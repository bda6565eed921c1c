package modal_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"foghorn/bot/form"
)

// A gen makes random forms. The same seed makes the same form.
type gen struct{ *rand.Rand }

var seeds = flag.Uint64("seeds", 15, "how many random forms are checked")

// forEachSeed runs a property over some seeds. FuzzRender runs it over all.
func forEachSeed(t *testing.T, check func(t *testing.T, g gen)) {
	n := *seeds
	if raceEnabled || testing.Short() {
		n = min(n, 5)
	}
	for seed := range n {
		if !t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) { check(t, newGen(seed)) }) {
			return
		}
	}
}

func newGen(seed uint64) gen { return gen{rand.New(rand.NewPCG(seed, 1))} }

func pick[T any](g gen, list ...T) T { return list[g.IntN(len(list))] }

func (g gen) oneIn(in int) bool { return g.IntN(in) == 0 }

// text is a difficult text: empty, blank, long, or longer as JSON.
func (g gen) text() string {
	switch g.IntN(8) {
	case 0:
		return strings.Repeat(pick(g, "é", "<", "\u2028", "ab "), 1+g.IntN(10_000))
	case 1, 2, 3:
		return pick(g, "", " ", "\n", "a", "true", "1", "#1", "##", "<&>", "\u2028", "\x00", "e\u0301", "👩‍👩‍👧‍👦", "*b* <!here>", "𝕏", "a\nb", " a ")
	}
	var b strings.Builder
	for range g.IntN(20) {
		b.WriteRune(pick(g, rune('a'+g.IntN(26)), rune(1+g.IntN(0xd7fe)), rune(0x10000+g.IntN(0xfffff))))
	}
	return b.String()
}

// inputKinds are the types and formats of Port.
var inputKinds = []map[string]any{
	{"type": "string"}, {"type": "number"}, {"type": "integer"}, {"type": "boolean"}, {"type": "object"},
	{"type": "string", "format": "multi-line"}, {"type": "string", "format": "markdown"}, {"type": "string", "format": "yaml"},
	{"type": "string", "format": "date-time"}, {"type": "string", "format": "url"}, {"type": "string", "format": "email"},
	{"type": "string", "format": "ipv4"}, {"type": "string", "format": "user"}, {"type": "string", "format": "team"},
	{"type": "string", "format": "entity", "blueprint": "b"}, {"type": "object", "format": "labeled-url"},
	{"type": "array", "items": map[string]any{"type": "string"}}, {"type": "array", "items": map[string]any{"type": "number"}},
	{"type": "array", "items": map[string]any{"type": "string", "format": "user"}},
	{"type": "array", "blueprint": "b", "items": map[string]any{"type": "string", "format": "entity"}},
	{"type": "string", "enum": nil}, {"type": "number", "enum": nil}, {"type": "object", "enum": nil},
	{"type": "array", "items": map[string]any{"type": "string"}, "enum": nil},
}

// value is what a default or an enum may hold.
func (g gen) value() any {
	switch g.IntN(7) {
	case 0:
		return (g.Float64() - 0.5) * pick(g, 1, 1e3, 1e20)
	case 1:
		return float64(g.IntN(7) - 3)
	case 2:
		return g.oneIn(2)
	case 3:
		list := make([]any, g.IntN(5))
		for i := range list {
			list[i] = g.text()
		}
		return list
	case 4:
		return map[string]any{"title": g.text(), "k": []any{g.text(), 1.0}}
	case 5:
		return pick(g, "2026-01-31T15:04:05+02:00", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "ada@example.com", "https://example.com/<a>")
	}
	return g.text()
}

func (g gen) values(most int) []any {
	out := make([]any, g.IntN(most+1))
	for i := range out {
		out[i] = g.value()
	}
	return out
}

// input is one of an action's inputs.
func (g gen) input() map[string]any {
	in := map[string]any{"title": g.text(), "description": g.text()}
	for k, v := range pick(g, inputKinds...) {
		in[k] = v
	}
	if _, choice := in["enum"]; choice {
		values := g.values(60)
		long := pick(g, 1, 200)
		for i := range pick(g, 0, 0, 0, 4, 100, 101, 5000) {
			values = append(values, fmt.Sprintf("%s%d", strings.Repeat("\u2028", long), i))
		}
		in["enum"] = values
	}
	if g.oneIn(2) {
		in["default"] = g.value()
		if values, ok := in["enum"].([]any); ok && len(values) > 0 && g.oneIn(2) {
			in["default"] = values[len(values)-1]
			if in["type"] == "array" {
				in["default"] = values[:min(len(values), 150)]
			}
		}
	}
	for _, k := range []string{"minLength", "maxLength", "minimum", "maximum", "minItems", "maxItems"} {
		if g.oneIn(4) {
			in[k] = float64(pick(g, -5, 0, 1, 2, 99, 5000))
		}
	}
	if g.oneIn(6) {
		in["disabled"] = true
	}
	if g.oneIn(8) {
		in["visible"] = map[string]any{"jqQuery": pick(g, "true", "false", ".form|length > 0", "[limit(1000; repeat(1))]", "error", "(", g.text())}
	}
	return in
}

// form is a whole action.
func (g gen) form(t *testing.T) *form.Form {
	properties, titles, order := map[string]any{}, map[string]any{}, []any{}
	for range g.IntN(9) {
		id := g.text()
		properties[id] = g.input()
		order = append(order, id)
		if g.oneIn(4) {
			titles["h"+id] = map[string]any{"title": g.text(), "description": g.text()}
			order = append(order, "h"+id)
		}
	}
	if g.oneIn(10) {
		for i := range 250 {
			properties[fmt.Sprint("field", i)] = map[string]any{"type": "string", "title": strings.Repeat("<", 100)}
		}
	}
	inputs := map[string]any{"properties": properties, "titles": titles}
	switch cut := g.IntN(len(order) + 1); g.IntN(3) {
	case 0:
		inputs["order"] = order
	case 1:
		inputs["steps"] = []any{map[string]any{"title": g.text(), "order": order[:cut]}, map[string]any{"title": g.text(), "order": order[cut:]}}
	}
	definition, err := json.Marshal(map[string]any{
		"identifier": "act", "title": g.text(), "description": g.text(),
		"trigger": map[string]any{
			"type": "self-service", "operation": pick(g, "CREATE", "DAY-2"), "blueprintIdentifier": "b",
			"executeActionButtonText": g.text(), "userInputs": inputs,
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return compileForm(t, definition)
}

// entered is a value as Decode returns it: of the field's kind or a text, up to the limits of
// Slack.
func (g gen) entered(f *form.FieldState) any {
	text := func() string {
		if g.oneIn(3) {
			return strings.Repeat(pick(g, "<", "é", "𝕏", "\u2028", "a", "\"", "\x01"), 1+g.IntN(3000))
		}
		return string([]rune(g.text() + " ")[:1])
	}
	var value any = text()
	switch {
	case f.Kind == form.Choice && len(f.Options) > 0:
		value = f.Options[g.IntN(len(f.Options))].Value
	case f.Kind == form.Number, f.Kind == form.Integer:
		value = float64(g.IntN(1000))
	case f.Kind == form.Boolean:
		value = g.oneIn(2)
	case f.Kind == form.LabeledURL:
		value = map[string]any{"url": "https://example.com", "displayText": text()}
	}
	if !f.Many {
		return value
	}
	list := []any{value}
	for range g.IntN(100) {
		list = append(list, text())
	}
	for _, o := range f.Options[:min(len(f.Options), g.IntN(101))] {
		list = append(list, o.Value)
	}
	return list
}
