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

// gen draw forms. The same seed draws the same form.
type gen struct{ *rand.Rand }

var seeds = flag.Uint64("rolls", 60, "how many forms are drawn")

// forEachSeed runs a property over many seeds.
func forEachSeed(t *testing.T, check func(t *testing.T, d gen)) {
	n := *seeds
	if raceEnabled {
		n = min(n, 15)
	}
	for seed := range n {
		if !t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) { check(t, gen{rand.New(rand.NewPCG(seed, 1))}) }) {
			return
		}
	}
}

func pick[T any](d gen, list ...T) T { return list[d.IntN(len(list))] }

func (d gen) oneIn(in int) bool { return d.IntN(in) == 0 }

// text breaks things: nothing, blanks, long ones, ones that JSON makes longer.
func (d gen) text() string {
	switch d.IntN(8) {
	case 0:
		return strings.Repeat(pick(d, "é", "<", "\u2028", "ab "), 1+d.IntN(10_000))
	case 1, 2, 3:
		return pick(d, "", " ", "\n", "a", "true", "1", "#1", "##", "<&>", "\u2028", "\x00", "e\u0301", "👩‍👩‍👧‍👦", "*b* <!here>", "𝕏", "a\nb", " a ")
	}
	var b strings.Builder
	for range d.IntN(20) {
		b.WriteRune(pick(d, rune('a'+d.IntN(26)), rune(1+d.IntN(0xd7fe)), rune(0x10000+d.IntN(0xfffff))))
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
func (d gen) value() any {
	switch d.IntN(7) {
	case 0:
		return (d.Float64() - 0.5) * pick(d, 1, 1e3, 1e20)
	case 1:
		return float64(d.IntN(7) - 3)
	case 2:
		return d.oneIn(2)
	case 3:
		list := make([]any, d.IntN(5))
		for i := range list {
			list[i] = d.text()
		}
		return list
	case 4:
		return map[string]any{"title": d.text(), "k": []any{d.text(), 1.0}}
	case 5:
		return pick(d, "2026-01-31T15:04:05+02:00", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "ada@example.com", "https://example.com/<a>")
	}
	return d.text()
}

func (d gen) values(most int) []any {
	out := make([]any, d.IntN(most+1))
	for i := range out {
		out[i] = d.value()
	}
	return out
}

// input is one of an action's inputs.
func (d gen) input() map[string]any {
	in := map[string]any{"title": d.text(), "description": d.text()}
	for k, v := range pick(d, inputKinds...) {
		in[k] = v
	}
	if _, choice := in["enum"]; choice {
		values := d.values(60)
		long := pick(d, 1, 200)
		for i := range pick(d, 0, 0, 0, 4, 100, 101, 5000) {
			values = append(values, fmt.Sprintf("%s%d", strings.Repeat("\u2028", long), i))
		}
		in["enum"] = values
	}
	if d.oneIn(2) {
		in["default"] = d.value()
		if values, ok := in["enum"].([]any); ok && len(values) > 0 && d.oneIn(2) {
			in["default"] = values[len(values)-1]
			if in["type"] == "array" {
				in["default"] = values[:min(len(values), 150)]
			}
		}
	}
	for _, k := range []string{"minLength", "maxLength", "minimum", "maximum", "minItems", "maxItems"} {
		if d.oneIn(4) {
			in[k] = float64(pick(d, -5, 0, 1, 2, 99, 5000))
		}
	}
	if d.oneIn(6) {
		in["disabled"] = true
	}
	if d.oneIn(8) {
		in["visible"] = map[string]any{"jqQuery": pick(d, "true", "false", ".form|length > 0", "[limit(1000; repeat(1))]", "error", "(", d.text())}
	}
	return in
}

// form is a whole action.
func (d gen) form(t *testing.T) *form.Form {
	properties, titles, order := map[string]any{}, map[string]any{}, []any{}
	for range d.IntN(9) {
		id := d.text()
		properties[id] = d.input()
		order = append(order, id)
		if d.oneIn(4) {
			titles["h"+id] = map[string]any{"title": d.text(), "description": d.text()}
			order = append(order, "h"+id)
		}
	}
	if d.oneIn(10) {
		for i := range 250 {
			properties[fmt.Sprint("crowd", i)] = map[string]any{"type": "string", "title": strings.Repeat("<", 100)}
		}
	}
	inputs := map[string]any{"properties": properties, "titles": titles}
	switch cut := d.IntN(len(order) + 1); d.IntN(3) {
	case 0:
		inputs["order"] = order
	case 1:
		inputs["steps"] = []any{map[string]any{"title": d.text(), "order": order[:cut]}, map[string]any{"title": d.text(), "order": order[cut:]}}
	}
	definition, err := json.Marshal(map[string]any{
		"identifier": "act", "title": d.text(), "description": d.text(),
		"trigger": map[string]any{
			"type": "self-service", "operation": pick(d, "CREATE", "DAY-2"), "blueprintIdentifier": "b",
			"executeActionButtonText": d.text(), "userInputs": inputs,
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return compileForm(t, definition)
}
