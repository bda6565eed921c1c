package form

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
)

// multilineFormats are the formats of text that has more than one line.
var multilineFormats = map[string]bool{"multi-line": true, "markdown": true, "yaml": true, "proto": true}

// compileField compiles one input.
// https://docs.port.io/create-self-service-experiences/setup-ui-for-action/user-inputs
func (f *Form) compileField(id string, p map[string]any) *Field {
	x := &Field{
		ID: id, Title: stringOr(p, "title", id), Description: stringOr(p, "description", ""),
		Blueprint: stringOr(p, "blueprint", ""),
		MinLength: parseCount(p["minLength"]), MaxLength: parseCount(p["maxLength"]),
		Minimum: parseNumber(p["minimum"]), Maximum: parseNumber(p["maximum"]),
		defaultExpr: parseExpr(p["default"]), visible: parseExpr(p["visible"]), disabled: parseExpr(p["disabled"]),
		enum: parseExpr(p["enum"]), pattern: parseExpr(p["pattern"]),
		minItems: parseExpr(p["minItems"]), maxItems: parseExpr(p["maxItems"]),
		dataset: p["dataset"], dependsOn: stringList(p["dependsOn"]), schema: p,
	}
	if s, ok := p["sort"].(map[string]any); ok {
		x.sort, _ = json.Marshal(s)
	}
	typ, format := stringOr(p, "type", "string"), stringOr(p, "format", "")
	if typ == "array" {
		f.compileList(x, p, format)
	} else {
		x.Kind, x.Decimal = f.kindOf(id, typ, format, x.enum)
	}
	if x.Kind == Entity && x.Blueprint == "" {
		x.Kind = Text // nobody can say among what to choose
		x.Description = joinSentences(x.Description, "Identifier of the entity.")
	}
	x.DynamicOptions = x.enum.isProgram() || x.defaultExpr.isProgram()
	x.Hidden = x.visible.value == false
	if _, secret := p["encryption"]; secret {
		x.Secret = true
		if !x.Hidden {
			f.addProblem(id, "it is a secret: Slack shows what is typed into a form and keeps it, so it is typed in Port instead")
		}
	}
	return x
}

// kindOf is the sort of a single value. An unknown type is a problem, an unknown format is
// text: Port adds formats.
func (f *Form) kindOf(id, typ, format string, enum expr) (k Kind, decimal bool) {
	if enum.isSet() {
		return Choice, false
	}
	switch typ {
	case "number":
		return Number, true
	case "integer":
		return Integer, false
	case "boolean":
		return Boolean, false
	case "object":
		if format == "labeled-url" {
			return LabeledURL, false
		}
		return Object, false
	case "string":
	default:
		f.addProblem(id, fmt.Sprintf("its type %q is not known", truncate(typ)))
	}
	switch format {
	case "date-time":
		return DateTime, false
	case "url":
		return URL, false
	case "email":
		return Email, false
	case "ipv4", "ipv6":
		return IP, false
	case "entity":
		return Entity, false
	case "user":
		return User, false
	case "team":
		return Team, false
	}
	if multilineFormats[format] {
		return Multiline, false
	}
	return Text, false
}

// compileList compiles an input that takes several values.
func (f *Form) compileList(x *Field, p map[string]any, format string) {
	x.Many = true
	items, _ := p["items"].(map[string]any)
	if x.Blueprint == "" {
		x.Blueprint = stringOr(items, "blueprint", "")
	}
	if x.dataset == nil {
		x.dataset = items["dataset"]
	}
	if !x.enum.isSet() {
		x.enum = parseExpr(items["enum"])
	}
	switch k, _ := f.kindOf(x.ID, stringOr(items, "type", "string"), stringOr(items, "format", format), x.enum); k {
	case Choice, Entity, User, Team:
		x.Kind = k
	case Number, Integer:
		x.Kind, x.Numbers = List, true
	case Object, Boolean, LabeledURL:
		x.Kind = Object // a JSON list
	default:
		x.Kind = List
	}
}

// exprs are those of a field's rules that may read the form, the dataset's included.
func (f *Field) exprs() []expr {
	out := []expr{f.defaultExpr, f.visible, f.disabled, f.enum, f.pattern, f.minItems, f.maxItems}
	mapObjects(f.dataset, 0, func(m map[string]any) any {
		if r := parseExpr(m); r.isProgram() {
			out = append(out, r)
		}
		return m
	})
	return out
}

// maxDatasetDepth is how deep the groups of a dataset are nested at the most.
const maxDatasetDepth = 20

// mapObjects gives a copy of v in which f has replaced the objects, the outer ones first.
func mapObjects(v any, depth int, f func(map[string]any) any) any {
	if depth > maxDatasetDepth {
		return nil
	}
	if m, ok := v.(map[string]any); ok {
		v = f(m)
	}
	switch v := v.(type) {
	case map[string]any:
		out := make(map[string]any, len(v))
		for _, k := range slices.Sorted(maps.Keys(v)) {
			out[k] = mapObjects(v[k], depth+1, f)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i := range v {
			out[i] = mapObjects(v[i], depth+1, f)
		}
		return out
	}
	return v
}

func stringOr(m map[string]any, key, otherwise string) string {
	if s, ok := m[key].(string); ok && s != "" {
		return s
	}
	return otherwise
}

func parseNumber(v any) *float64 {
	if n, ok := v.(float64); ok {
		return &n
	}
	return nil
}

// parseCount is a count; nil when v is none.
func parseCount(v any) *int {
	n, ok := v.(float64)
	if !ok || n < 0 || n > 1<<30 {
		return nil
	}
	i := int(n)
	return &i
}

func stringList(v any) (out []string) {
	list, _ := v.([]any)
	for _, w := range list {
		if s, ok := w.(string); ok {
			out = append(out, s)
		}
	}
	return out
}

func joinSentences(a, b string) string {
	if a == "" {
		return b
	}
	return a + " " + b
}

func truncate(s string) string {
	if r := []rune(s); len(r) > 60 {
		return string(r[:60]) + "…"
	}
	return s
}

// isGoPattern reports that a pattern can be checked here. Port's are those of JavaScript:
// what Go's do not know, such as look-ahead, Port checks itself.
func isGoPattern(v any) bool {
	s, ok := v.(string)
	if !ok || s == "" || len(s) > maxProgramBytes {
		return false
	}
	_, err := regexp.Compile(s)
	return err == nil
}
