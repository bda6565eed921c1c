package form

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
)

// stringFormats are the kinds of strings with a format. An unknown format is text, because Port
// adds formats.
var stringFormats = map[string]Kind{
	"date-time": DateTime, "url": URL, "email": Email, "ipv4": IP, "ipv6": IP, "entity": Entity, "user": User, "team": Team,
	"multi-line": Multiline, "markdown": Multiline, "yaml": Multiline, "proto": Multiline,
}

// compileField compiles one input.
// https://docs.port.io/create-self-service-experiences/setup-ui-for-action/user-inputs
func (f *Form) compileField(id string, p map[string]any) *Field {
	x := &Field{
		ID: id, Title: stringOr(p, "title", id), Description: stringOr(p, "description", ""),
		Blueprint: stringOr(p, "blueprint", ""),
		MinLength: parseCount(p["minLength"]), MaxLength: parseCount(p["maxLength"]),
		Minimum: parseNumber(p["minimum"]), Maximum: parseNumber(p["maximum"]),
		defaultExpr: parseExpr(id, "default", p["default"]),
		visible:     parseExpr(id, "visible", p["visible"]), disabled: parseExpr(id, "disabled", p["disabled"]),
		enum: parseExpr(id, "enum", p["enum"]), pattern: parseExpr(id, "pattern", p["pattern"]),
		minItems: parseExpr(id, "minItems", p["minItems"]), maxItems: parseExpr(id, "maxItems", p["maxItems"]),
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
		x.Kind = Text // there is nothing to choose from
		x.Description = joinSentences(x.Description, "Identifier of the entity.")
	}
	f.prepareChecks(x)
	x.DynamicOptions = x.enum.isProgram() || x.defaultExpr.isProgram()
	x.Hidden = x.visible.value == false
	x.Conditional = x.visible.isProgram() || x.disabled.isSet()
	if _, secret := p["encryption"]; secret {
		x.Secret = true
		if !x.Hidden {
			f.addProblem(id, "it is a secret: Slack would show it and keep it, so enter it in Port")
		}
	}
	return x
}

// kindOf is the kind of a single value. An unknown type is a problem.
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
	return stringFormats[format], false // Text is the zero Kind
}

// compileList compiles an input whose value is a list.
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
		x.enum = parseExpr(x.ID, "items.enum", items["enum"])
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

// exprs are the field's expressions, those in its dataset included.
func (f *Field) exprs() []expr {
	out := []expr{f.defaultExpr, f.visible, f.disabled, f.enum, f.pattern, f.minItems, f.maxItems}
	mapObjects(f.dataset, 0, func(m map[string]any) any {
		if r := parseExpr(f.ID, "dataset", m); r.isProgram() {
			out = append(out, r)
		}
		return m
	})
	return out
}

// maxDatasetDepth bounds how deep the groups of a dataset are nested.
const maxDatasetDepth = 20

// mapObjects returns a copy of v in which f has replaced the objects, the outer ones first.
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
