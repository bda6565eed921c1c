package porttest

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// render evaluates the templates within JSON values, with the rules of Port's engine.
// https://github.com/port-labs/jq-node-bindings
func render(v any, data any) (any, error) {
	values, err := evaluatePrograms(appendPrograms(nil, v), data)
	if err != nil {
		return nil, fmt.Errorf("template: %w", err)
	}
	return renderValue(v, values)
}

// appendPrograms appends the programs of the templates within a JSON value.
func appendPrograms(programs []string, v any) []string {
	switch v := v.(type) {
	case string:
		spans, _ := findTemplates(v)
		for _, span := range spans {
			programs = append(programs, v[span.from:span.to])
		}
	case []any:
		for _, x := range v {
			programs = appendPrograms(programs, x)
		}
	case map[string]any:
		for k, x := range v {
			programs = appendPrograms(appendPrograms(programs, k), x)
		}
	}
	return programs
}

// renderValue renders a JSON value with the values of its programs.
func renderValue(v any, values map[string]any) (any, error) {
	switch v := v.(type) {
	case string:
		return renderString(v, values)
	case []any:
		return renderList(v, values)
	case map[string]any:
		return renderObject(v, values)
	}
	return v, nil
}

// renderList renders the elements of a list. An undefined element becomes null.
func renderList(list []any, values map[string]any) (any, error) {
	out := make([]any, len(list))
	for i := range list {
		x, err := renderValue(list[i], values)
		if err != nil {
			return nil, err
		}
		if _, isUndefined := x.(undefined); !isUndefined {
			out[i] = x
		}
	}
	return out, nil
}

// renderObject renders keys and values. A key that renders to null or "" omits its value; the key
// spreadValue() inserts the entries of its value instead.
func renderObject(v, values map[string]any) (any, error) {
	out := map[string]any{}
	for _, key := range slices.Sorted(maps.Keys(v)) {
		value, err := renderValue(v[key], values)
		if err != nil {
			return nil, err
		}
		if spreadKey.MatchString(key) {
			if err := spreadInto(out, value); err != nil {
				return nil, err
			}
			continue
		}
		k, err := renderString(key, values)
		if err != nil {
			return nil, err
		}
		switch k := k.(type) {
		case nil, undefined:
		case string:
			if _, isUndefined := value.(undefined); k != "" && !isUndefined {
				out[k] = value
			}
		default:
			return nil, fmt.Errorf("template: Evaluated object key should be undefined, null or string. Original key: %s, evaluated to: %s",
				key, stringify(k))
		}
	}
	return out, nil
}

var spreadKey = regexp.MustCompile(`^\s*{{\s*spreadValue\(\)\s*}}\s*$`)

func spreadInto(out map[string]any, value any) error {
	switch value := value.(type) {
	case map[string]any:
		maps.Copy(out, value)
	case []any:
		for i, v := range value {
			out[strconv.Itoa(i)] = v
		}
	default:
		return fmt.Errorf("template: Evaluated value should be an object if the key is {{ spreadValue() }}. Original value: %s", stringify(value))
	}
	return nil
}

// renderString renders the templates in a string. The result of a string that is one template
// keeps its type.
func renderString(s string, values map[string]any) (any, error) {
	spans, err := findTemplates(s)
	if err != nil || len(spans) == 0 {
		return s, err
	}
	trimmed := strings.TrimSpace(s)
	if len(spans) == 1 && strings.HasPrefix(trimmed, "{{") && strings.HasSuffix(trimmed, "}}") {
		return values[s[spans[0].from:spans[0].to]], nil
	}
	var b strings.Builder
	last := 0
	for _, span := range spans {
		b.WriteString(s[last : span.from-2])
		b.WriteString(stringify(values[s[span.from:span.to]]))
		last = span.to + 2
	}
	b.WriteString(s[last:])
	return b.String(), nil
}

// A span is the position of a template's program in a text, without the braces.
type span struct{ from, to int }

// findTemplates returns the programs between double braces. Braces within quotes belong to the
// program, and a backslash escapes the next byte.
func findTemplates(s string) ([]span, error) {
	var out []span
	start, quote := -1, byte(0) // start of the open template, or -1; the open quote, or 0
	for i := 0; i < len(s); i++ {
		inTemplate := start >= 0
		switch c := s[i]; {
		case c == '\\':
			i++
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case inTemplate && (c == '"' || c == '\''):
			quote = c
		case strings.HasPrefix(s[i:], "{{"):
			if inTemplate {
				return nil, fmt.Errorf("template: Found double braces in index %d inside other one in index %d", i, start-2)
			}
			start = i + 2
			i++
		case strings.HasPrefix(s[i:], "}}"):
			if !inTemplate {
				return nil, fmt.Errorf("template: Found closing double braces in index %d without opening double braces", i)
			}
			out = append(out, span{start, i})
			start = -1
			i++
		}
	}
	if start >= 0 {
		return nil, fmt.Errorf("template: Found opening double braces in index %d without closing double braces", start-2)
	}
	return out, nil
}
