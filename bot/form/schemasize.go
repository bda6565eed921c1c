package form

import (
	"errors"
	"net/url"
	"slices"
	"strings"
	"sync"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// Limits of an input's JSON schema. Larger ones are left to Port: an applicator within an applicator multiplies the
// work, and so does each $ref to it.
const (
	maxSchemaNodes  = 200  // schemas, each counted as often as it is applied
	maxSchemaValues = 2000 // values in the JSON of the schema
)

// The reasons why only Port checks a part of an input.
var (
	errSchemaSize      = errors.New("its JSON schema is too large to check here; Port checks it")
	errSchemaRecursion = errors.New("its JSON schema refers to itself, so only Port checks it")
	errSchemaReference = errors.New("its JSON schema has references that are not within it; Port checks it")
	errPattern         = errors.New("its pattern is too large to check here, or not supported; Port checks it")
)

// A schemaSize counts what a JSON schema applies to a value.
type schemaSize struct {
	root         map[string]any
	nodes        int
	instructions int      // of all patterns
	refs         []string // that are being followed
	unchecked    bool     // a pattern is left to Port
}

// prepareChecks decides what is checked here, and notes in Unchecked what only Port checks. The schema is compiled when
// it is needed, because most fields of a form are never validated.
func (f *Form) prepareChecks(x *Field) {
	s := schemaSize{root: x.checkedSchema()}
	x.checks = &checks{schema: sync.OnceValue(func() *jsonschema.Schema { return compileSchema(s.root) })}
	err := s.add(s.root)
	if countValues(s.root, 0) > maxSchemaValues {
		err = errSchemaSize
	}
	if err != nil {
		x.checks.schema = func() *jsonschema.Schema { return nil }
		f.Unchecked = append(f.Unchecked, Problem{Input: x.ID, Reason: err.Error()})
	}
	pattern, _ := x.pattern.value.(string)
	if _, ok := patternSize(pattern); err == nil && s.unchecked || !ok {
		f.Unchecked = append(f.Unchecked, Problem{Input: x.ID, Reason: errPattern.Error()})
	}
}

func countValues(v any, n int) int {
	if n++; n > maxSchemaValues {
		return n
	}
	switch v := v.(type) {
	case map[string]any:
		for _, e := range v {
			n = countValues(e, n)
		}
	case []any:
		for _, e := range v {
			n = countValues(e, n)
		}
	}
	return n
}

// add counts a schema and those within it.
// https://json-schema.org/draft/2020-12/json-schema-core#name-keywords-for-applying-subsch
func (s *schemaSize) add(v any) error {
	if s.nodes++; s.nodes > maxSchemaNodes {
		return errSchemaSize
	}
	schema, ok := v.(map[string]any)
	if !ok {
		return nil // true or false
	}
	for key, v := range schema {
		if err := s.addKeyword(key, v); err != nil {
			return err
		}
	}
	return nil
}

func (s *schemaSize) addKeyword(key string, v any) error {
	switch key {
	case "$ref":
		return s.addReference(v)
	case "$id", "id", "$anchor", "$dynamicAnchor", "$dynamicRef", "$recursiveAnchor", "$recursiveRef", "$schema", "$vocabulary":
		return errSchemaReference
	case "allOf", "anyOf", "oneOf", "prefixItems", "items", "not", "if", "then", "else", "additionalItems", "additionalProperties",
		"contains", "propertyNames", "unevaluatedItems", "unevaluatedProperties", "contentSchema":
		return s.addSchemas(v)
	case "properties", "dependentSchemas", "dependencies":
		return s.addMembers(v, false)
	case "patternProperties":
		return s.addMembers(v, true)
	case "pattern":
		return s.addPattern(v)
	case "enum", "required":
		list, _ := v.([]any)
		s.nodes += len(list) / 8
	}
	return nil
}

// addSchemas counts a schema or a list of them.
func (s *schemaSize) addSchemas(v any) error {
	list, ok := v.([]any)
	if !ok {
		return s.add(v)
	}
	for _, v := range list {
		if err := s.add(v); err != nil {
			return err
		}
	}
	return nil
}

// addMembers counts the schemas that are the members of an object.
func (s *schemaSize) addMembers(v any, patterns bool) error {
	members, _ := v.(map[string]any)
	for key, v := range members {
		if patterns {
			if err := s.addPattern(key); err != nil {
				return err
			}
		}
		if err := s.add(v); err != nil {
			return err
		}
	}
	return nil
}

func (s *schemaSize) addPattern(v any) error {
	pattern, _ := v.(string)
	n, checked := patternSize(pattern)
	s.unchecked = s.unchecked || !checked
	if s.instructions += n; s.instructions > maxInstructions {
		return errSchemaSize
	}
	return nil
}

// addReference counts the schema that a JSON pointer names.
func (s *schemaSize) addReference(v any) error {
	ref, _ := v.(string)
	if len(s.refs) > maxSchemaNodes {
		return errSchemaSize
	}
	if slices.Contains(s.refs, ref) {
		return errSchemaRecursion
	}
	pointer, ok := strings.CutPrefix(ref, "#")
	if pointer, err := url.PathUnescape(pointer); ok && err == nil {
		if target, found := lookUp(s.root, pointer); found {
			s.refs = append(s.refs, ref)
			err := s.add(target)
			s.refs = s.refs[:len(s.refs)-1]
			return err
		}
	}
	return errSchemaReference
}

// lookUp returns the value that a JSON pointer names, except those in lists.
func lookUp(root map[string]any, pointer string) (any, bool) {
	var v any = root
	for i, key := range strings.Split(pointer, "/") {
		if i == 0 {
			if key != "" {
				return nil, false // an anchor
			}
			continue
		}
		m, _ := v.(map[string]any) // a nil map has no key
		var ok bool
		if v, ok = m[strings.NewReplacer("~1", "/", "~0", "~").Replace(key)]; !ok {
			return nil, false
		}
	}
	return v, true
}
