// Package inputschema checks values against the JSON schemas of Port's inputs. Anyone may have written them, so what it
// checks is limited in time and memory: [Measure] rejects a schema before it is compiled.
//
//	if _, err := inputschema.Measure(schema); err == nil {
//		err = inputschema.Compile(schema, false).Validate(value)
//	}
package inputschema

import (
	"errors"
	"net/url"
	"slices"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// Limits of an input's JSON schema. Larger ones are not checked: an applicator within an applicator multiplies the
// work, and so does each $ref to it.
const (
	maxSchemaNodes  = 200  // schemas, each counted as often as it is applied
	maxSchemaValues = 2000 // values in the JSON of the schema
)

var (
	errSize      = errors.New("its JSON schema is too large to check here")
	errRecursion = errors.New("its JSON schema refers to itself")
	errReference = errors.New("its JSON schema has references that are not within it")
)

// A Size is what a JSON schema applies to a value.
type Size struct {
	Nodes        int  // schemas
	Instructions int  // of all patterns
	Unchecked    bool // it has a pattern that any text matches here
}

// Measure returns the size of a schema. It fails if the schema is not to be compiled: its size is not limited, or it
// refers to others.
func Measure(schema map[string]any) (Size, error) {
	if countValues(schema, 0) > maxSchemaValues {
		return Size{}, errSize
	}
	m := measure{root: schema}
	err := m.add(schema)
	return m.Size, err
}

// Compile compiles a schema that Measure accepted; nil: it is not valid. With formats, the formats of JSON Schema are
// checked.
func Compile(schema map[string]any, formats bool) *jsonschema.Schema {
	c := jsonschema.NewCompiler()
	c.UseRegexpEngine(compilePattern)
	c.UseLoader(jsonschema.SchemeURLLoader{}) // no scheme: a definition cannot refer to files or URLs
	if formats {
		c.RegisterFormat(&jsonschema.Format{Name: "regex", Validate: func(any) error { return nil }}) // it would compile the value
		c.AssertFormat()
	}
	if err := c.AddResource("input.json", schema); err != nil {
		return nil
	}
	compiled, _ := c.Compile("input.json")
	return compiled
}

// A measure counts what a JSON schema applies to a value.
type measure struct {
	Size
	root map[string]any
	refs []string // that are being followed
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
func (s *measure) add(v any) error {
	if s.Nodes++; s.Nodes > maxSchemaNodes {
		return errSize
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

func (s *measure) addKeyword(key string, v any) error {
	switch key {
	case "$ref":
		return s.addReference(v)
	case "$id", "id", "$anchor", "$dynamicAnchor", "$dynamicRef", "$recursiveAnchor", "$recursiveRef", "$schema", "$vocabulary":
		return errReference
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
		s.Nodes += len(list) / 8
	}
	return nil
}

// addSchemas counts a schema or a list of them.
func (s *measure) addSchemas(v any) error {
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
func (s *measure) addMembers(v any, patterns bool) error {
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

func (s *measure) addPattern(v any) error {
	pattern, _ := v.(string)
	n, checked := patternSize(pattern)
	s.Unchecked = s.Unchecked || !checked
	if s.Instructions += n; s.Instructions > maxInstructions {
		return errSize
	}
	return nil
}

// addReference counts the schema that a JSON pointer names.
func (s *measure) addReference(v any) error {
	ref, _ := v.(string)
	if len(s.refs) > maxSchemaNodes {
		return errSize
	}
	if slices.Contains(s.refs, ref) {
		return errRecursion
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
	return errReference
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
