package porttest

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"
)

// inputs checks what a run is given against the action's inputs and fills in defaults.
// Conditions (jqQuery) are the form's business and are not evaluated.
func (s *Server) inputs(action, given map[string]any) (map[string]any, error) {
	trigger, _ := action["trigger"].(map[string]any)
	in, _ := trigger["userInputs"].(map[string]any)
	if in == nil {
		in, _ = action["userInputs"].(map[string]any)
	}
	properties, _ := in["properties"].(map[string]any)
	out := maps.Clone(given)
	schema := map[string]any{"type": "object", "additionalProperties": false, "properties": map[string]any{}}
	for _, id := range slices.Sorted(maps.Keys(properties)) {
		p, _ := properties[id].(map[string]any)
		if _, ok := out[id]; !ok && p["default"] != nil && !isQuery(p["default"]) {
			out[id] = p["default"]
		}
		schema["properties"].(map[string]any)[id] = jsonSchema(p)
		if p["format"] == "entity" {
			if err := s.entitiesExist(p, id, out[id]); err != nil {
				return nil, err
			}
		}
	}
	if required, ok := in["required"].([]any); ok {
		schema["required"] = required
	}
	if err := check(schema, out); err != nil {
		return nil, err
	}
	return out, nil
}

func (s *Server) entitiesExist(p map[string]any, id string, v any) error {
	blueprint, _ := p["blueprint"].(string)
	list, many := v.([]any)
	if !many {
		list = []any{v}
	}
	for _, v := range list {
		if entity, ok := v.(string); ok && s.entity(blueprint, entity) == nil {
			return invalid("%q: entity %q of blueprint %q was not found", id, entity, blueprint)
		}
	}
	return nil
}

func isQuery(v any) bool {
	m, ok := v.(map[string]any)
	return ok && m["jqQuery"] != nil
}

// jsonSchema is the part of an input or a property that a JSON schema checks.
func jsonSchema(p map[string]any) map[string]any {
	out := map[string]any{}
	for k, v := range p {
		switch k {
		case "type", "minLength", "maxLength", "pattern", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum",
			"enum", "minItems", "maxItems", "uniqueItems", "properties", "patternProperties", "additionalProperties":
			if !isQuery(v) && v != nil {
				out[k] = v
			}
		case "required":
			if _, list := v.([]any); list && p["type"] == "object" {
				out[k] = v
			}
		case "format":
			switch v {
			case "date-time", "email", "ipv4", "ipv6":
				out[k] = v
			case "url":
				out[k] = "uri"
			}
		case "items":
			if m, ok := v.(map[string]any); ok {
				out[k] = jsonSchema(m)
			}
		}
	}
	return out
}

// check refuses a value that a schema does not allow, in the words of Port's validator.
func check(schema map[string]any, value any) error {
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource("schema.json", copyOf[any](schema)); err != nil {
		return nil // a schema that cannot be read checks nothing
	}
	compiled, err := c.Compile("schema.json")
	if err != nil {
		return nil
	}
	failed, ok := compiled.Validate(copyOf[any](value)).(*jsonschema.ValidationError)
	if !ok {
		return nil
	}
	for len(failed.Causes) > 0 {
		failed = failed.Causes[0]
	}
	return invalid("%q %s", strings.Join(failed.InstanceLocation, "/"), words(failed.ErrorKind))
}

// words are AJV's.
func words(k jsonschema.ErrorKind) string {
	switch k := k.(type) {
	case *kind.Required:
		return fmt.Sprintf("must have required property '%s'", k.Missing[0])
	case *kind.AdditionalProperties:
		return fmt.Sprintf("must NOT have additional properties, additional property: %q", k.Properties[0])
	case *kind.Enum:
		return fmt.Sprintf("must be equal to one of the allowed values %v", k.Want)
	case *kind.Type:
		return "must be " + strings.Join(k.Want, ",")
	case *kind.Pattern:
		return fmt.Sprintf("must match pattern %q", k.Want)
	case *kind.MinLength:
		return fmt.Sprintf("must NOT have fewer than %d characters", k.Want)
	case *kind.MaxLength:
		return fmt.Sprintf("must NOT have more than %d characters", k.Want)
	case *kind.Minimum:
		return "must be >= " + k.Want.RatString()
	case *kind.Maximum:
		return "must be <= " + k.Want.RatString()
	case *kind.MinItems:
		return fmt.Sprintf("must NOT have fewer than %d items", k.Want)
	case *kind.MaxItems:
		return fmt.Sprintf("must NOT have more than %d items", k.Want)
	case *kind.Format:
		return fmt.Sprintf("must match format %q", k.Want)
	}
	return "is not valid"
}
