package form

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
)

// multiline are the formats of text that has more than one line.
var multiline = map[string]bool{"multi-line": true, "markdown": true, "yaml": true, "proto": true}

// field compiles one input.
// https://docs.port.io/create-self-service-experiences/setup-ui-for-action/user-inputs
func (f *Form) field(id string, p map[string]any) *Field {
	x := &Field{
		ID: id, Title: text(p, "title", id), Description: text(p, "description", ""),
		Blueprint: text(p, "blueprint", ""),
		MinLength: whole(p["minLength"]), MaxLength: whole(p["maxLength"]),
		Minimum: number(p["minimum"]), Maximum: number(p["maximum"]),
		deflt: newRule(p["default"]), visible: newRule(p["visible"]), disabled: newRule(p["disabled"]),
		enum: newRule(p["enum"]), pattern: newRule(p["pattern"]),
		minItems: newRule(p["minItems"]), maxItems: newRule(p["maxItems"]),
		dataset: p["dataset"], dependsOn: words(p["dependsOn"]), schema: p,
	}
	if s, ok := p["sort"].(map[string]any); ok {
		x.sort, _ = json.Marshal(s)
	}
	typ, format := text(p, "type", "string"), text(p, "format", "")
	if typ == "array" {
		f.list(x, p, format)
	} else {
		x.Kind, x.Decimal = f.kind(id, typ, format, x.enum)
	}
	if x.Kind == Entity && x.Blueprint == "" {
		x.Kind = Text // nobody can say among what to choose
		x.Description = trimJoin(x.Description, "Identifier of the entity.")
	}
	x.Varies = x.enum.dynamic() || x.deflt.dynamic()
	x.Hidden = x.visible.value == false
	if _, secret := p["encryption"]; secret {
		x.Secret = true
		if !x.Hidden {
			f.problem(id, "it is a secret: Slack shows what is typed into a form and keeps it, so it is typed in Port instead")
		}
	}
	return x
}

// kind is the sort of a single value. An unknown type is a problem, an unknown format is
// text: Port adds formats.
func (f *Form) kind(id, typ, format string, enum rule) (k Kind, decimal bool) {
	if enum.set() {
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
		f.problem(id, fmt.Sprintf("its type %q is not known", clip(typ)))
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
	if multiline[format] {
		return Multiline, false
	}
	return Text, false
}

// list compiles an input that takes several values.
func (f *Form) list(x *Field, p map[string]any, format string) {
	x.Many = true
	items, _ := p["items"].(map[string]any)
	if x.Blueprint == "" {
		x.Blueprint = text(items, "blueprint", "")
	}
	if x.dataset == nil {
		x.dataset = items["dataset"]
	}
	if !x.enum.set() {
		x.enum = newRule(items["enum"])
	}
	switch k, _ := f.kind(x.ID, text(items, "type", "string"), text(items, "format", format), x.enum); k {
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

// rules are those of a field's rules that may read the form, the dataset's included.
func (f *Field) rules() []rule {
	out := []rule{f.deflt, f.visible, f.disabled, f.enum, f.pattern, f.minItems, f.maxItems}
	walk(f.dataset, 0, func(m map[string]any) any {
		if r := newRule(m); r.dynamic() {
			out = append(out, r)
		}
		return m
	})
	return out
}

// maxDepth is how deep the groups of a dataset are nested at the most.
const maxDepth = 20

// walk gives a copy of v in which f has replaced the objects, the outer ones first.
func walk(v any, depth int, f func(map[string]any) any) any {
	if depth > maxDepth {
		return nil
	}
	if m, ok := v.(map[string]any); ok {
		v = f(m)
	}
	switch v := v.(type) {
	case map[string]any:
		out := make(map[string]any, len(v))
		for _, k := range slices.Sorted(maps.Keys(v)) {
			out[k] = walk(v[k], depth+1, f)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i := range v {
			out[i] = walk(v[i], depth+1, f)
		}
		return out
	}
	return v
}

func text(m map[string]any, key, otherwise string) string {
	if s, ok := m[key].(string); ok && s != "" {
		return s
	}
	return otherwise
}

func number(v any) *float64 {
	if n, ok := v.(float64); ok {
		return &n
	}
	return nil
}

// whole is a count; nil when v is none.
func whole(v any) *int {
	n, ok := v.(float64)
	if !ok || n < 0 || n > 1<<30 {
		return nil
	}
	i := int(n)
	return &i
}

func words(v any) (out []string) {
	list, _ := v.([]any)
	for _, w := range list {
		if s, ok := w.(string); ok {
			out = append(out, s)
		}
	}
	return out
}

func trimJoin(a, b string) string {
	if a == "" {
		return b
	}
	return a + " " + b
}

func clip(s string) string {
	if r := []rune(s); len(r) > 60 {
		return string(r[:60]) + "…"
	}
	return s
}

// usablePattern reports that a pattern can be checked here. Port's are those of JavaScript:
// what Go's do not know, such as look-ahead, Port checks itself.
func usablePattern(v any) bool {
	s, ok := v.(string)
	if !ok || s == "" || len(s) > maxProgram {
		return false
	}
	_, err := regexp.Compile(s)
	return err == nil
}
