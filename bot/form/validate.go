package form

import (
	"fmt"
	"net/netip"
	"net/url"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/goccy/go-yaml/parser"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"
	"golang.org/x/text/language"
	"golang.org/x/text/message"
)

func (s *State) validate(i int) map[string]string {
	wrong := map[string]string{}
	for n, step := range s.Steps {
		if i >= 0 && n != i || !step.Visible {
			continue
		}
		for _, item := range step.Items {
			if item.Field == nil || !item.Field.Visible || item.Field.Disabled {
				continue
			}
			if sentence := item.Field.validateValue(); sentence != "" {
				wrong[item.Field.ID] = sentence
			}
		}
	}
	if len(wrong) == 0 {
		return nil
	}
	return wrong
}

// validateValue says what is wrong with the field's value, "" when nothing is.
func (f *FieldState) validateValue() string {
	if isEmpty(f.Value) {
		if f.Required {
			return f.Title + " is required."
		}
		return ""
	}
	list, isList := f.Value.([]any)
	if f.Many != isList && f.Kind != Object {
		return f.Title + " has a value of the wrong kind. Fill it in again."
	}
	if isList {
		if f.MinItems != nil && len(list) < *f.MinItems {
			return fmt.Sprintf("%s needs at least %s.", f.Title, pluralize(*f.MinItems, "entry", "entries"))
		}
		if f.MaxItems != nil && len(list) > *f.MaxItems {
			return fmt.Sprintf("%s takes at most %s.", f.Title, pluralize(*f.MaxItems, "entry", "entries"))
		}
	}
	if f.Kind == Choice {
		for _, v := range f.singleValues() {
			if !f.allowsValue(v) {
				return fmt.Sprintf("%s cannot be %q any more. Choose again.", f.Title, truncate(fmt.Sprint(v)))
			}
		}
		return ""
	}
	for _, v := range f.singleValues() {
		if sentence := f.validateFormat(v); sentence != "" {
			return sentence
		}
	}
	return f.validateSchema()
}

// singleValues are the single values of the field.
func (f *FieldState) singleValues() []any {
	if list, ok := f.Value.([]any); ok {
		return list
	}
	return []any{f.Value}
}

func (f *FieldState) allowsValue(v any) bool {
	for _, o := range f.Options {
		if reflect.DeepEqual(o.Value, v) {
			return true
		}
	}
	return false
}

// validateFormat checks what a JSON schema does not.
func (f *FieldState) validateFormat(v any) string {
	s, isText := v.(string)
	switch f.Kind {
	case Email:
		if at := strings.LastIndexByte(s, '@'); at < 1 || at == len(s)-1 || strings.ContainsAny(s, " \t\n<>,;") {
			return f.Title + " must be an e-mail address, such as ada@example.com."
		}
	case User:
		if !strings.Contains(s, "@") || strings.Contains(s, " ") {
			return f.Title + ": " + truncate(s) + ". Port knows people by their e-mail address; choose somebody else."
		}
	case URL:
		if u, err := url.Parse(s); err != nil || u.Scheme == "" || u.Host == "" {
			return f.Title + " must be an address, such as https://example.com."
		}
	case IP:
		version := stringOr(f.schema, "format", "ipv4")
		if a, err := netip.ParseAddr(s); err != nil || a.Is4() != (version == "ipv4") {
			return fmt.Sprintf("%s must be an IP address of version %s.", f.Title, strings.TrimPrefix(version, "ipv"))
		}
	case DateTime:
		if _, err := time.Parse(time.RFC3339, s); err != nil {
			return f.Title + " must be a date with a time."
		}
	case Multiline:
		if stringOr(f.schema, "format", "") == "yaml" {
			if _, err := parser.ParseBytes([]byte(s), 0); err != nil {
				return f.Title + " is not YAML that can be read: " + firstLine(err)
			}
		}
	case Number, Integer:
		n, ok := v.(float64)
		if !ok || f.Kind == Integer && n != float64(int64(n)) {
			return f.Title + " must be a number" + map[bool]string{true: " without a fraction.", false: "."}[f.Kind == Integer]
		}
	case Object:
		if isText {
			return f.Title + " must be JSON, such as {\"key\": \"value\"}."
		}
	case List:
		if _, ok := v.(float64); f.Numbers && !ok {
			return fmt.Sprintf("%s takes numbers, one a line; %q is none.", f.Title, truncate(fmt.Sprint(v)))
		}
	}
	return ""
}

// validateSchema checks the value against the input's own JSON schema.
func (f *FieldState) validateSchema() string {
	schema, err := f.compileSchema()
	if err != nil {
		return "" // Port judges what cannot be judged here
	}
	failed, ok := schema.Validate(f.Value).(*jsonschema.ValidationError)
	if !ok {
		return ""
	}
	for len(failed.Causes) > 0 {
		failed = failed.Causes[0]
	}
	place := f.Title
	if len(failed.InstanceLocation) > 0 {
		place += " (" + strings.Join(failed.InstanceLocation, " ") + ")"
	}
	return place + " " + describeViolation(failed.ErrorKind)
}

// nonSchemaKeys are the keys of an input that mean something else in a JSON schema, or that are
// checked before.
var nonSchemaKeys = map[string]bool{
	"enum": true, "default": true, "format": true, "required": true, "visible": true, "disabled": true,
	"title": true, "description": true, "minItems": true, "maxItems": true, "pattern": true, "dataset": true,
	"sort": true, "blueprint": true, "dependsOn": true, "icon": true, "encryption": true, "enumColors": true,
}

// compileSchema is the JSON schema of the field. It is made when it is needed: most fields have
// nothing to check, and pattern can change with the form.
func (f *FieldState) compileSchema() (*jsonschema.Schema, error) {
	doc := map[string]any{}
	for k, v := range f.schema {
		if !nonSchemaKeys[k] {
			doc[k] = v
		}
	}
	if items, ok := doc["items"].(map[string]any); ok {
		only := map[string]any{}
		for k, v := range items {
			if !nonSchemaKeys[k] || k == "pattern" && isGoPattern(v) {
				only[k] = v
			}
		}
		doc["items"] = only
	}
	if f.Kind == Object && !f.Many { // its own required is a list of keys
		if keys := stringList(f.schema["required"]); len(keys) > 0 {
			doc["required"] = f.schema["required"]
		}
	}
	if isGoPattern(f.Pattern) {
		doc["pattern"] = f.Pattern
	}
	c := jsonschema.NewCompiler()
	c.UseLoader(jsonschema.SchemeURLLoader{}) // a definition refers to nothing outside itself
	if err := c.AddResource("input.json", doc); err != nil {
		return nil, err
	}
	return c.Compile("input.json")
}

// describeViolation is the second half of a sentence.
func describeViolation(k jsonschema.ErrorKind) string {
	switch k := k.(type) {
	case *kind.MinLength:
		return fmt.Sprintf("must have at least %s; it has %d.", pluralize(k.Want, "character", "characters"), k.Got)
	case *kind.MaxLength:
		return fmt.Sprintf("must have at most %s; it has %d.", pluralize(k.Want, "character", "characters"), k.Got)
	case *kind.Pattern:
		return fmt.Sprintf("does not have the right form (%s).", truncate(k.Want))
	case *kind.Minimum:
		return fmt.Sprintf("must be at least %s.", k.Want.RatString())
	case *kind.Maximum:
		return fmt.Sprintf("must be at most %s.", k.Want.RatString())
	case *kind.ExclusiveMinimum:
		return fmt.Sprintf("must be more than %s.", k.Want.RatString())
	case *kind.ExclusiveMaximum:
		return fmt.Sprintf("must be less than %s.", k.Want.RatString())
	case *kind.UniqueItems:
		return "has the same entry twice."
	case *kind.Required:
		return "lacks " + strings.Join(k.Missing, ", ") + "."
	case *kind.AdditionalProperties:
		return "must not have " + strings.Join(k.Properties, ", ") + "."
	case *kind.Type:
		return "must be " + strings.Join(k.Want, " or ") + "."
	}
	return "is not right: " + k.LocalizedString(printer) + "."
}

var printer = message.NewPrinter(language.English)

func pluralize(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return strconv.Itoa(n) + " " + many
}

func firstLine(err error) string {
	line, _, _ := strings.Cut(err.Error(), "\n")
	return truncate(line)
}
