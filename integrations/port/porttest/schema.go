package porttest

import (
	"bytes"
	_ "embed"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"

	"foghorn/integrations/inputschema"
)

// schemasJSON has the schemas of bodies and definitions, after Port's OpenAPI document.
// https://docs.port.io/api-reference/port-api
//
//go:embed schemas.json
var schemasJSON []byte

// schemas returns the schemas of schemas.json by name. They are safe for concurrent use. They are compiled at the first
// use, because this package is linked into foghorn.
var schemas = sync.OnceValue(func() map[string]*jsonschema.Schema {
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(schemasJSON))
	if err != nil {
		panic("porttest: read schemas.json: " + err.Error())
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource("schemas.json", doc); err != nil {
		panic("porttest: read schemas.json: " + err.Error())
	}
	out := map[string]*jsonschema.Schema{}
	for name := range doc.(map[string]any)["$defs"].(map[string]any) {
		out[name] = c.MustCompile("schemas.json#/$defs/" + strings.ReplaceAll(name, " ", "%20"))
	}
	return out
})

// validateSchema validates a value against a schema of schemas.json. path is the name of the
// value in the error.
func validateSchema(name, path string, value any) error {
	return validationError(path, schemas()[name].Validate(value))
}

// The cost of a check, in units of about 20 ns.
const (
	maxCheckCost = 5_000_000 // of all values of an object
	inputCost    = 2_000     // of each value
	compileCost  = 1_000     // of each schema, once
	schemaCost   = 100       // of each schema, for each value within a value
)

var errCheckCost = errors.New("its value and its JSON schema are too large")

// validateProperties validates the values of an object with these inputs or properties. It rejects a value that is too
// expensive to check.
func validateProperties(properties map[string]property, required []string, values map[string]any) error {
	for _, id := range required {
		if _, ok := values[id]; !ok {
			return invalidRequest("%q must have required property '%s'", "properties", id)
		}
	}
	total := 0
	for _, id := range slices.Sorted(maps.Keys(values)) {
		p, ok := properties[id]
		if !ok {
			return invalidRequest("%q must NOT have additional properties, additional property: %q", "properties", id)
		}
		schema, value, path := toJSONSchema(p.raw), convertJSON[any](values[id]), "properties/"+id
		cost, err := checkCost(schema, value)
		if total += cost; err == nil && total > maxCheckCost {
			err = errCheckCost
		}
		if err != nil {
			return invalidRequest("%q cannot be checked by this emulator of Port: %v", path, err)
		}
		if err := validateValue(schema, path, value); err != nil {
			return err
		}
	}
	return nil
}

// validateValue validates a value against the schema of an input or a property. An invalid schema accepts every value.
func validateValue(schema map[string]any, path string, value any) error {
	compiled := inputschema.Compile(schema, true)
	if compiled == nil {
		return nil
	}
	return validationError(path, compiled.Validate(value))
}

// checkCost returns the cost to check a value against a schema. An enum can be long.
func checkCost(schema map[string]any, value any) (int, error) {
	schema, options := withoutEnum(schema)
	if items, ok := schema["items"].(map[string]any); ok {
		items, n := withoutEnum(items)
		schema["items"], options = items, options+n
	}
	size, err := inputschema.Measure(schema)
	text := stringify(value)
	values := 1 // within the value, or more if its texts have punctuation
	for _, separator := range []string{",", ":", "[", "{"} {
		values += strings.Count(text, separator)
	}
	return inputCost + compileCost*size.Nodes + (schemaCost*size.Nodes+options)*values + size.Instructions*len(text), err
}

// withoutEnum returns a copy of a schema without its enum, and the number of values of the enum.
func withoutEnum(schema map[string]any) (copied map[string]any, options int) {
	copied = maps.Clone(schema)
	enum, _ := schema["enum"].([]any)
	delete(copied, "enum")
	return copied, len(enum)
}

// jsonSchemaKeys are the keys of an input or a property that are keys of JSON Schema as they are.
var jsonSchemaKeys = []string{
	"type", "minLength", "maxLength", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum",
	"enum", "pattern", "minItems", "maxItems", "uniqueItems", "properties", "patternProperties", "additionalProperties", "$defs", "definitions",
}

// jsonSchemaFormats are the formats that JSON Schema checks, by their names in Port.
var jsonSchemaFormats = map[string]string{"date-time": "date-time", "email": "email", "ipv4": "ipv4", "ipv6": "ipv6", "url": "uri"}

// toJSONSchema returns the part of an input or a property that JSON Schema can check.
func toJSONSchema(p map[string]any) map[string]any {
	out := map[string]any{}
	for k, v := range p {
		if v == nil || isJQQuery(v) {
			continue
		}
		switch k {
		case "required":
			if _, isList := v.([]any); isList && p["type"] == "object" {
				out[k] = v
			}
		case "format":
			if name, ok := v.(string); ok && jsonSchemaFormats[name] != "" {
				out[k] = jsonSchemaFormats[name]
			}
		case "items":
			if m, ok := v.(map[string]any); ok {
				out[k] = toJSONSchema(m)
			}
		default:
			if slices.Contains(jsonSchemaKeys, k) {
				out[k] = v
			}
		}
	}
	return out
}

// validationError converts an error of the schema to the text of Port's validator (AJV), with
// the quoted path first: `"query" must have required property 'combinator'`.
func validationError(path string, err error) error {
	failed, ok := errors.AsType[*jsonschema.ValidationError](err)
	if !ok {
		return err
	}
	for len(failed.Causes) > 0 {
		failed = failed.Causes[0]
	}
	segments := failed.InstanceLocation
	if path != "" {
		segments = append([]string{path}, segments...)
	}
	if len(segments) == 0 {
		return invalidRequest("body %s", ajvMessage(failed.ErrorKind))
	}
	return invalidRequest("%q %s", strings.Join(segments, "/"), ajvMessage(failed.ErrorKind))
}

// ajvMessage returns AJV's message for an error. It is one flat list of messages, and so
// exceeds the usual number of branches.
//
//gocyclo:ignore
func ajvMessage(k jsonschema.ErrorKind) string {
	switch k := k.(type) {
	case *kind.Required:
		return fmt.Sprintf("must have required property '%s'", k.Missing[0])
	case *kind.DependentRequired:
		return fmt.Sprintf("must have property %s when property %s is present", k.Missing[0], k.Prop)
	case *kind.AdditionalProperties:
		return fmt.Sprintf("must NOT have additional properties, additional property: %q", k.Properties[0])
	case *kind.Enum:
		return "must be equal to one of the allowed values " + stringify(k.Want)
	case *kind.Const:
		return "must be equal to constant " + stringify(k.Want)
	case *kind.Not:
		return "must NOT be valid"
	case *kind.Type:
		return "must be " + strings.Join(k.Want, ",")
	case *kind.Pattern:
		return fmt.Sprintf("must match pattern %q", k.Want)
	case *kind.MinLength:
		return fmt.Sprintf("must NOT have fewer than %d characters", k.Want)
	case *kind.MaxLength:
		return fmt.Sprintf("must NOT have more than %d characters", k.Want)
	case *kind.Minimum:
		return "must be >= " + formatNumber(k.Want.Float64())
	case *kind.Maximum:
		return "must be <= " + formatNumber(k.Want.Float64())
	case *kind.ExclusiveMinimum:
		return "must be > " + formatNumber(k.Want.Float64())
	case *kind.ExclusiveMaximum:
		return "must be < " + formatNumber(k.Want.Float64())
	case *kind.MinItems:
		return fmt.Sprintf("must NOT have fewer than %d items", k.Want)
	case *kind.MaxItems:
		return fmt.Sprintf("must NOT have more than %d items", k.Want)
	case *kind.MaxProperties:
		return fmt.Sprintf("must NOT have more than %d properties", k.Want)
	case *kind.UniqueItems:
		return fmt.Sprintf("must NOT have duplicate items (items ## %d and %d are identical)", k.Duplicates[1], k.Duplicates[0])
	case *kind.Format:
		return fmt.Sprintf("must match format %q", k.Want)
	}
	return "is not valid"
}

// formatNumber formats a number as JavaScript does. It ignores whether the number is exact.
func formatNumber(f float64, _ bool) string { return stringify(f) }
