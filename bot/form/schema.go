package form

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"sync"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"

	"foghorn/integrations/inputschema"
)

// validateSchema checks the value against the input's own JSON schema and its pattern.
func (f *FieldState) validateSchema() string {
	if schema := f.checks.schema(); schema != nil {
		if failed, ok := schema.Validate(f.Value).(*jsonschema.ValidationError); ok {
			return f.causeText(failed)
		}
	}
	if text, ok := f.Value.(string); ok && f.Pattern != "" && !f.checks.patterns.Match(f.Pattern, text) {
		return f.violationText(&kind.Pattern{Want: f.Pattern})
	}
	return ""
}

// causeText is the text of the first cause.
func (f *FieldState) causeText(failed *jsonschema.ValidationError) string {
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

// checkedSchema is the JSON schema of the field, without what is checked elsewhere.
func (f *Field) checkedSchema() map[string]any {
	schema := map[string]any{}
	for k, v := range f.schema {
		if !nonSchemaKeys[k] {
			schema[k] = v
		}
	}
	if items, ok := schema["items"].(map[string]any); ok {
		checked := map[string]any{}
		for k, v := range items {
			if !nonSchemaKeys[k] || k == "pattern" {
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
	return schema
}

// checks are the compiled parts of a field's definition.
type checks struct {
	schema   func() *jsonschema.Schema // nil: only Port can check it
	patterns inputschema.Patterns
}

// prepareChecks decides what is checked here, and notes in Unchecked what only Port checks. The schema is compiled when
// it is needed, because most fields of a form are never validated.
func (f *Form) prepareChecks(x *Field) {
	schema := x.checkedSchema()
	x.checks = &checks{schema: sync.OnceValue(func() *jsonschema.Schema { return inputschema.Compile(schema, false) })}
	addUnchecked := func(reason string) {
		f.Unchecked = append(f.Unchecked, Problem{Input: x.ID, Reason: reason + "; Port checks it"})
	}
	size, err := inputschema.Measure(schema)
	if err != nil {
		x.checks.schema = func() *jsonschema.Schema { return nil }
		addUnchecked(err.Error())
	}
	pattern, _ := x.pattern.value.(string)
	if err == nil && size.Unchecked || !inputschema.CanCheck(pattern) {
		addUnchecked("its pattern is too large to check here, or not supported")
	}
}

// violationText says how to correct a value that violates its schema.
func (f *FieldState) violationText(k jsonschema.ErrorKind) string {
	switch k := k.(type) {
	case *kind.Pattern:
		return joinSentences(fmt.Sprintf("Doesn't match the required format `%s`.", truncate(k.Want)), f.Description)
	case *kind.UniqueItems:
		return "Remove the entry that is there twice."
	case *kind.Required:
		return "Add " + strings.Join(k.Missing, ", ") + "."
	case *kind.DependentRequired:
		return "Add " + strings.Join(k.Missing, ", ") + "."
	case *kind.Dependency:
		return "Add " + strings.Join(k.Missing, ", ") + "."
	case *kind.AdditionalProperties:
		return "Remove " + strings.Join(k.Properties, ", ") + "."
	case *kind.Enum:
		return "Must be one of " + formatValues(k.Want) + "."
	case *kind.Const:
		return "Must be " + formatValues([]any{k.Want}) + "."
	case *kind.Type:
		return "Must be of type " + strings.Join(k.Want, " or ") + "."
	}
	return limitText(k)
}

// limitText says how to correct a value that is too small, too large, too short or too long.
func limitText(k jsonschema.ErrorKind) string {
	switch k := k.(type) {
	case *kind.MinLength:
		return fmt.Sprintf("Enter at least %s (now %d).", pluralize(k.Want, "character", "characters"), k.Got)
	case *kind.MaxLength:
		return fmt.Sprintf("Enter at most %s (now %d).", pluralize(k.Want, "character", "characters"), k.Got)
	case *kind.Minimum:
		return fmt.Sprintf("Enter %s or more.", formatRat(k.Want))
	case *kind.Maximum:
		return fmt.Sprintf("Enter %s or less.", formatRat(k.Want))
	case *kind.ExclusiveMinimum:
		return fmt.Sprintf("Enter more than %s.", formatRat(k.Want))
	case *kind.ExclusiveMaximum:
		return fmt.Sprintf("Enter less than %s.", formatRat(k.Want))
	case *kind.MultipleOf:
		return fmt.Sprintf("Enter a multiple of %s.", formatRat(k.Want))
	case *kind.MinProperties:
		return fmt.Sprintf("Add at least %s (now %d).", pluralize(k.Want, "key", "keys"), k.Got)
	case *kind.MaxProperties:
		return fmt.Sprintf("Add at most %s (now %d).", pluralize(k.Want, "key", "keys"), k.Got)
	case *kind.MinItems:
		return fmt.Sprintf("Add at least %s (now %d).", pluralize(k.Want, "entry", "entries"), k.Got)
	case *kind.MaxItems:
		return fmt.Sprintf("Add at most %s (now %d).", pluralize(k.Want, "entry", "entries"), k.Got)
	}
	return "Doesn't match what the action requires here."
}

// formatValues lists values as JSON.
func formatValues(values []any) string {
	out := make([]string, 0, len(values))
	for _, v := range values {
		data, _ := json.Marshal(v)
		out = append(out, string(data))
	}
	return truncate(strings.Join(out, ", "))
}

// locationText names the part of a value: an entry of a list by its number, anything else by its
// keys.
func locationText(keys []string) string {
	if i, err := strconv.Atoi(keys[0]); err == nil && len(keys) == 1 {
		return fmt.Sprintf("Entry %d", i+1)
	}
	return strings.Join(keys, ".")
}
