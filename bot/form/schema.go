package form

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/dlclark/regexp2"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"
	"golang.org/x/text/language"
	"golang.org/x/text/message"
)

// validateSchema checks the value against the input's own JSON schema.
func (f *FieldState) validateSchema() string {
	schema, err := f.compileSchema()
	if err != nil {
		return "" // Port checks what this package cannot
	}
	failed, ok := schema.Validate(f.Value).(*jsonschema.ValidationError)
	if !ok {
		return ""
	}
	for len(failed.Causes) > 0 {
		failed = failed.Causes[0]
	}
	text := f.violationText(failed.ErrorKind)
	if len(failed.InstanceLocation) > 0 {
		text = locationText(failed.InstanceLocation) + ": " + text
	}
	return text
}

// nonSchemaKeys are the keys of an input that have another meaning in a JSON schema, or that are
// checked elsewhere.
var nonSchemaKeys = map[string]bool{
	"enum": true, "default": true, "format": true, "required": true, "visible": true, "disabled": true,
	"title": true, "description": true, "minItems": true, "maxItems": true, "pattern": true, "dataset": true,
	"sort": true, "blueprint": true, "dependsOn": true, "icon": true, "encryption": true, "enumColors": true,
}

// compileSchema makes the JSON schema of the field. It is made when it is needed, because most
// fields have nothing to check and the pattern can change with the form.
func (f *FieldState) compileSchema() (*jsonschema.Schema, error) {
	schema := map[string]any{}
	for k, v := range f.schema {
		if !nonSchemaKeys[k] {
			schema[k] = v
		}
	}
	if items, ok := schema["items"].(map[string]any); ok {
		checked := map[string]any{}
		for k, v := range items {
			if !nonSchemaKeys[k] || k == "pattern" && isPattern(v) {
				checked[k] = v
			}
		}
		schema["items"] = checked
	}
	if f.Kind == Object && !f.Many { // its required is a list of keys
		if keys := stringList(f.schema["required"]); len(keys) > 0 {
			schema["required"] = f.schema["required"]
		}
	}
	if isPattern(f.Pattern) {
		schema["pattern"] = f.Pattern
	}
	c := jsonschema.NewCompiler()
	c.UseRegexpEngine(compilePattern)
	c.UseLoader(jsonschema.SchemeURLLoader{}) // no scheme: a definition cannot refer to files or URLs
	if err := c.AddResource("input.json", schema); err != nil {
		return nil, err
	}
	return c.Compile("input.json")
}

// isPattern reports that a pattern can be checked here. What cannot, only Port checks.
func isPattern(v any) bool {
	s, ok := v.(string)
	if !ok || s == "" || len(s) > maxProgramBytes {
		return false
	}
	_, err := compilePattern(s)
	return err == nil
}

// compilePattern compiles a pattern, which is a regular expression of JavaScript: Go's engine is safe, and the other one
// has look-ahead.
func compilePattern(pattern string) (jsonschema.Regexp, error) {
	if re, err := regexp.Compile(pattern); err == nil {
		return re, nil
	}
	re, err := regexp2.Compile(pattern, regexp2.ECMAScript)
	if err != nil {
		return nil, err
	}
	re.MatchTimeout = regexpTimeout
	return scriptPattern{re}, nil
}

// A scriptPattern is a pattern with what only JavaScript has. It matches if the match takes too long: Port checks it.
type scriptPattern struct{ *regexp2.Regexp }

func (p scriptPattern) MatchString(s string) bool {
	ok, err := p.Regexp.MatchString(s)
	return ok || err != nil
}

// violationText says how to correct a value that violates its schema.
func (f *FieldState) violationText(k jsonschema.ErrorKind) string {
	switch k := k.(type) {
	case *kind.MinLength:
		return fmt.Sprintf("Enter at least %s (now %d).", pluralize(k.Want, "character", "characters"), k.Got)
	case *kind.MaxLength:
		return fmt.Sprintf("Enter at most %s (now %d).", pluralize(k.Want, "character", "characters"), k.Got)
	case *kind.Pattern:
		return joinSentences(fmt.Sprintf("Doesn't match the required format `%s`.", truncate(k.Want)), f.Description)
	case *kind.Minimum:
		return fmt.Sprintf("Enter %s or more.", formatRat(k.Want))
	case *kind.Maximum:
		return fmt.Sprintf("Enter %s or less.", formatRat(k.Want))
	case *kind.ExclusiveMinimum:
		return fmt.Sprintf("Enter more than %s.", formatRat(k.Want))
	case *kind.ExclusiveMaximum:
		return fmt.Sprintf("Enter less than %s.", formatRat(k.Want))
	case *kind.UniqueItems:
		return "Remove the entry that is there twice."
	case *kind.Required:
		return "Add " + strings.Join(k.Missing, ", ") + "."
	case *kind.AdditionalProperties:
		return "Remove " + strings.Join(k.Properties, ", ") + "."
	case *kind.Type:
		return "Must be of type " + strings.Join(k.Want, " or ") + "."
	}
	return "Not valid: " + k.LocalizedString(printer) + "."
}

var printer = message.NewPrinter(language.English)

// locationText names the part of a value: an entry of a list by its number, anything else by its
// keys.
func locationText(keys []string) string {
	if i, err := strconv.Atoi(keys[0]); err == nil && len(keys) == 1 {
		return fmt.Sprintf("Entry %d", i+1)
	}
	return strings.Join(keys, ".")
}
