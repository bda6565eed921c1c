//go:build reference

package bot_test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"foghorn/bot/testenv"
)

// sampleTexts are tried in this order where an input limits its text.
var sampleTexts = []string{"checkout", "checkout4", "DELETE", "CHECKOUT_4", "64Mi", "250m", "ada@example.com", strings.Repeat("checkout ", 8)}

// sampleValue is what a person enters in a field, and the value of the input.
func sampleValue(p map[string]any) (typed []string, value any) {
	if p["type"] != "array" {
		text, value := sampleSingle(p)
		return []string{text}, value
	}
	items, _ := p["items"].(map[string]any)
	switch {
	case items["type"] == "object":
		return []string{`[{"a": 1}, {"b": "c"}]`}, []any{map[string]any{"a": 1.0}, map[string]any{"b": "c"}}
	case items["enum"] != nil || items["format"] != nil || p["enum"] != nil:
		text, value := sampleSingle(map[string]any{
			"enum": cmp.Or[any](items["enum"], p["enum"]), "format": items["format"], "blueprint": cmp.Or(items["blueprint"], p["blueprint"]),
		})
		return []string{text}, []any{value}
	}
	return []string{"first\nsecond"}, []any{"first", "second"}
}

func sampleSingle(p map[string]any) (typed string, value any) {
	if options, ok := p["enum"].([]any); ok && len(options) > 0 {
		last := options[len(options)-1]
		return fmt.Sprint(last), last
	}
	switch p["type"] {
	case "boolean":
		return "Yes", true
	case "number", "integer":
		low, _ := p["minimum"].(float64)
		return fmt.Sprint(low + 3), low + 3
	case "object":
		return `{"a": {"b": "c"}}`, map[string]any{"a": map[string]any{"b": "c"}}
	}
	switch p["format"] {
	case "entity":
		blueprint, _ := p["blueprint"].(string)
		typed = entityID(blueprint)
	case "user":
		return testenv.Bob, "bob@example.com"
	case "team":
		typed = "core"
	case "date-time":
		typed = "2026-01-31T15:04:00Z"
	case "url":
		typed = "https://example.com/a?b=c"
	case "email":
		typed = "ada@example.com"
	case "multi-line", "markdown":
		typed = "- the first line\n- the second line & more"
	default:
		typed = sampleText(p)
	}
	return typed, typed
}

// sampleText is a text within the limits of an input.
func sampleText(p map[string]any) string {
	pattern, _ := p["pattern"].(string)
	least, _ := p["minLength"].(float64)
	most, limited := p["maxLength"].(float64)
	i := slices.IndexFunc(sampleTexts, func(s string) bool {
		return regexp.MustCompile(pattern).MatchString(s) && len(s) >= int(least) && (!limited || len(s) <= int(most))
	})
	if i < 0 {
		return ""
	}
	return sampleTexts[i]
}

func jqQuery(v any) (program string, ok bool) {
	m, _ := v.(map[string]any)
	program, ok = m["jqQuery"].(string)
	return program, ok
}

// Each blueprint has an entity that is chosen in inputs, and one on which actions run. What a run changes in the first
// one does not affect which entities an action can run on.
func entityID(blueprint string) string { return blueprint + "-1" }

func targetID(blueprint string) string { return cmp.Or(blueprint, "any") + "-2" }

// A catalog is the blueprints and entities that definitions need, by blueprint.
type catalog map[string]*catalogEntry

type catalogEntry struct {
	properties map[string]any    // of the entity
	types      map[string]string // of the properties
	relations  map[string]string // to the entities of blueprints
	more       []string          // identifiers of further entities
}

func (c catalog) entry(blueprint string) *catalogEntry {
	if c[blueprint] == nil {
		c[blueprint] = &catalogEntry{properties: map[string]any{}, types: map[string]string{}, relations: map[string]string{}}
	}
	return c[blueprint]
}

// add adds what the form of an action and its mapping need.
func (c catalog) add(a *publishedAction) {
	if a.operation != "CREATE" {
		a.target = c.entry(cmp.Or(a.blueprint, "any"))
		if trigger, ok := a.definition["trigger"].(map[string]any); ok {
			c.addRules(a.target, trigger["condition"])
		}
	}
	for _, p := range a.inputs {
		if items, ok := p["items"].(map[string]any); ok && items["format"] == "entity" {
			p = items
		}
		blueprint, _ := p["blueprint"].(string)
		if p["format"] != "entity" || blueprint == "" {
			continue
		}
		entry := c.entry(blueprint)
		c.addRules(entry, p["dataset"])
		for _, m := range entityProperty.FindAllStringSubmatch(fmt.Sprint(p["dataset"]), -1) {
			a.target.set(m[1], m[2] != "")
		}
		if program, _ := jqQuery(p["default"]); program == ".user.email" {
			entry.more = append(entry.more, a.email)
		}
	}
	method, _ := a.definition["invocationMethod"].(map[string]any)
	mapping, _ := method["mapping"].(map[string]any)
	if method["type"] != "UPSERT_ENTITY" {
		return
	}
	blueprint, _ := method["blueprintIdentifier"].(string)
	entry := c.entry(blueprint)
	properties, _ := mapping["properties"].(map[string]any)
	for name, v := range properties {
		a.addProperty(entry, name, v)
	}
	relations, _ := mapping["relations"].(map[string]any)
	for name := range relations {
		entry.relations[name] = "" // of a blueprint that does not exist: any identifier
	}
}

var (
	entityProperty = regexp.MustCompile(`\.entity\.properties\.(\w+)(\[\])?`)
	quotedText     = regexp.MustCompile(`'([^']+)'`)
	wholeInput     = regexp.MustCompile(`^\{\{ *\.inputs\.(\w+) *\}\}$`)
)

// addProperty adds the property of a mapping. Its type is that of the literal or of the input; its name can be a template.
func (a *publishedAction) addProperty(entry *catalogEntry, name string, v any) {
	typ := "string"
	switch v := v.(type) {
	case bool:
		typ = "boolean"
	case float64:
		typ = "number"
	case []any:
		typ = "array"
	case string:
		if m := wholeInput.FindStringSubmatch(v); m != nil && a.inputs[m[1]] != nil {
			typ, _ = a.inputs[m[1]]["type"].(string)
		} else if strings.Contains(v, "map(") || strings.Contains(v, "+ [") {
			typ = "array"
		}
	}
	if !strings.HasPrefix(name, "{{") {
		entry.types[name] = typ
	}
	for _, m := range quotedText.FindAllStringSubmatch(name, -1) {
		entry.types[m[1]] = typ
	}
}

// addRules gives the entity of a blueprint what a search asks for.
func (c catalog) addRules(entry *catalogEntry, search any) {
	m, _ := search.(map[string]any)
	rules, _ := m["rules"].([]any)
	for _, r := range rules {
		rule, _ := r.(map[string]any)
		name, _ := rule["property"].(string)
		if related, ok := rule["blueprint"].(string); ok {
			c.entry(related)
			entry.relations[strings.ToLower(related)] = related
			continue
		}
		if name == "" || name[0] == '$' {
			continue
		}
		values, _ := rule["value"].([]any)
		entry.set(name, rule["operator"] == "containsAny")
		if program, _ := jqQuery(rule["value"]); program == ".user.team" {
			entry.properties[name] = "core"
		}
		if len(values) > 0 {
			entry.properties[name] = values[0]
		}
	}
}

// set gives the entity a property.
func (entry *catalogEntry) set(name string, list bool) {
	entry.types[name], entry.properties[name] = "string", "set"
	if list {
		entry.types[name], entry.properties[name] = "array", []any{"set"}
	}
}

// put writes the catalog to Port.
func (c catalog) put(t *testing.T, e *testenv.Env) {
	t.Helper()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	encode := func(v any) json.RawMessage { data, err := json.Marshal(v); must(err); return data }
	for id := range c { // before the relations to them
		must(e.Port.PutBlueprint(encode(map[string]any{"identifier": id, "schema": map[string]any{"properties": map[string]any{}}})))
	}
	for id, entry := range c {
		properties, relations := map[string]any{}, map[string]any{}
		for name, typ := range entry.types {
			properties[name] = map[string]any{"type": typ}
		}
		for name, target := range entry.relations {
			relations[name] = map[string]any{"target": cmp.Or(target, "_other"), "many": true} // one of Port's own: any entity
		}
		must(e.Port.PutBlueprint(encode(map[string]any{"identifier": id, "title": id, "schema": map[string]any{"properties": properties}, "relations": relations})))
		for _, entity := range append(entry.more, entityID(id), targetID(id)) {
			must(e.Port.PutEntity(id, encode(map[string]any{"identifier": entity, "title": entity, "team": "core"})))
		}
	}
	for id, entry := range c {
		relations := map[string]any{}
		for name, target := range entry.relations {
			if target != "" {
				relations[name] = entityID(target)
			}
		}
		for _, entity := range []string{entityID(id), targetID(id)} {
			must(e.Port.PutEntity(id, encode(map[string]any{
				"identifier": entity, "title": entity, "team": "core", "properties": entry.properties, "relations": relations,
			})))
		}
	}
}
