package porttest

import (
	"bytes"
	_ "embed"
	"fmt"
	"regexp"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"
)

// schemasJSON says how bodies and definitions look, after Port's own OpenAPI document.
// https://docs.port.io/api-reference/port-api
//
//go:embed schemas.json
var schemasJSON []byte

// schemas are those of the file, by name. A *jsonschema.Schema may be used by many at a time.
var schemas = compileSchemas()

func compileSchemas() map[string]*jsonschema.Schema {
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(schemasJSON))
	if err != nil {
		panic(err) // it is embedded
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("schemas.json", doc); err != nil {
		panic(err)
	}
	out := map[string]*jsonschema.Schema{}
	for name := range doc.(map[string]any)["$defs"].(map[string]any) {
		out[name] = c.MustCompile("schemas.json#/$defs/" + strings.ReplaceAll(name, " ", "%20"))
	}
	return out
}

// validateSchema checks a value against a schema of the file. at is what the value is called.
func validateSchema(name, at string, value any) error {
	return validationError(at, schemas[name].Validate(value))
}

// validateWith refuses a value that a schema made of a definition does not allow.
func validateWith(schema map[string]any, at string, value any) error {
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource("schema.json", deepCopy[any](schema)); err != nil {
		return nil // a schema that cannot be read checks nothing
	}
	compiled, err := c.Compile("schema.json")
	if err != nil {
		return nil
	}
	return validationError(at, compiled.Validate(deepCopy[any](value)))
}

// toJSONSchema is the part of an input or a property that a JSON schema checks.
func toJSONSchema(p map[string]any) map[string]any {
	out := map[string]any{}
	for k, v := range p {
		if v == nil || isJQQuery(v) {
			continue
		}
		switch k {
		case "type", "minLength", "maxLength", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum",
			"enum", "minItems", "maxItems", "uniqueItems", "properties", "patternProperties", "additionalProperties":
			out[k] = v
		case "pattern":
			// One that only JavaScript understands (a look-ahead) is let pass.
			if re, ok := v.(string); ok {
				if _, err := regexp.Compile(re); err == nil {
					out[k] = v
				}
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
				out[k] = toJSONSchema(m)
			}
		}
	}
	return out
}

// validationError puts what a schema found into the words of Port's validator (AJV), the path
// quoted first: `"query" must have required property 'combinator'`.
func validationError(at string, err error) error {
	failed, ok := err.(*jsonschema.ValidationError)
	if !ok {
		return err
	}
	for len(failed.Causes) > 0 {
		failed = failed.Causes[0]
	}
	path := failed.InstanceLocation
	if at != "" {
		path = append([]string{at}, path...)
	}
	if len(path) == 0 {
		return invalidRequest("body %s", ajvMessage(failed.ErrorKind))
	}
	return invalidRequest("%q %s", strings.Join(path, "/"), ajvMessage(failed.ErrorKind))
}

// ajvMessage are AJV's.
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
	case *kind.UniqueItems:
		return fmt.Sprintf("must NOT have duplicate items (items ## %d and %d are identical)", k.Duplicates[1], k.Duplicates[0])
	case *kind.Format:
		return fmt.Sprintf("must match format %q", k.Want)
	}
	return "is not valid"
}

// formatNumber is one as JavaScript writes it; whether it is exact does not matter here.
func formatNumber(f float64, _ bool) string { return stringify(f) }
