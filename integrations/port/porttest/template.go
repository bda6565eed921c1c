package porttest

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// maxDepth is how deep a template, and a search, may be nested.
const maxDepth = 64

// undefined is what jq's empty gives: an object drops the key, text shows the word.
type undefined struct{}

// render puts the values of templates into v, under the rules of Port's engine.
// https://github.com/port-labs/jq-node-bindings
func render(v any, data any) (any, error) { return renderAt(v, data, 0) }

func renderAt(v, data any, depth int) (any, error) {
	if depth > maxDepth {
		return nil, fmt.Errorf("the template is nested deeper than %d", maxDepth)
	}
	switch v := v.(type) {
	case string:
		return renderString(v, data)
	case []any:
		out := make([]any, len(v))
		for i := range v {
			x, err := renderAt(v[i], data, depth+1)
			if err != nil {
				return nil, err
			}
			if _, none := x.(undefined); none {
				x = nil
			}
			out[i] = x
		}
		return out, nil
	case map[string]any:
		return renderObject(v, data, depth)
	}
	return v, nil
}

// renderObject renders keys too: a key that comes to nothing drops its pair, and
// spreadValue() puts the entries of its value in its place.
func renderObject(v map[string]any, data any, depth int) (any, error) {
	out := map[string]any{}
	for _, key := range slices.Sorted(maps.Keys(v)) {
		value, err := renderAt(v[key], data, depth+1)
		if err != nil {
			return nil, err
		}
		if isSpreadKey(key) {
			if err := spreadInto(out, value); err != nil {
				return nil, err
			}
			continue
		}
		k, err := renderString(key, data)
		if err != nil {
			return nil, err
		}
		switch k := k.(type) {
		case nil, undefined:
		case string:
			if _, none := value.(undefined); k != "" && !none {
				out[k] = value
			}
		default:
			return nil, fmt.Errorf("template: Evaluated object key should be undefined, null or string. Original key: %s, evaluated to: %s", key, stringify(k))
		}
	}
	return out, nil
}

func isSpreadKey(key string) bool {
	inner, ok := strings.CutPrefix(strings.TrimSpace(key), "{{")
	if !ok {
		return false
	}
	inner, ok = strings.CutSuffix(inner, "}}")
	return ok && strings.TrimSpace(inner) == "spreadValue()"
}

func spreadInto(out map[string]any, value any) error {
	switch value := value.(type) {
	case map[string]any:
		maps.Copy(out, value)
	case []any:
		for i, v := range value {
			out[fmt.Sprint(i)] = v
		}
	default:
		return fmt.Errorf("template: Evaluated value should be an object if the key is {{ spreadValue() }}. Original value: %s", stringify(value))
	}
	return nil
}

// renderString renders a string. One that is nothing but a template keeps the type of its result.
func renderString(s string, data any) (any, error) {
	spans, err := findTemplates(s)
	if err != nil || len(spans) == 0 {
		return s, err
	}
	trimmed := strings.TrimSpace(s)
	if len(spans) == 1 && strings.HasPrefix(trimmed, "{{") && strings.HasSuffix(trimmed, "}}") {
		return evalJQ(s[spans[0].from:spans[0].to], data), nil
	}
	var b strings.Builder
	last := 0
	for _, span := range spans {
		b.WriteString(s[last : span.from-2])
		b.WriteString(stringify(evalJQ(s[span.from:span.to], data)))
		last = span.to + 2
	}
	b.WriteString(s[last:])
	return b.String(), nil
}

// stringify is a value in the middle of text.
func stringify(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case undefined:
		return "undefined"
	}
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if enc.Encode(v) != nil {
		return "null"
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// A span is where a template's program is in a text.
type span struct{ from, to int }

// findTemplates finds the programs between double braces. Braces in quotes are the program's.
func findTemplates(s string) ([]span, error) {
	var out []span
	open, quote := -1, byte(0)
	for i := 0; i < len(s); i++ {
		double := func(c byte) bool { return s[i] == c && i+1 < len(s) && s[i+1] == c }
		switch {
		case s[i] == '\\':
			i++
		case open >= 0 && (s[i] == '"' || s[i] == '\'') && (quote == 0 || quote == s[i]):
			if quote == 0 {
				quote = s[i]
			} else {
				quote = 0
			}
		case quote != 0:
		case double('{'):
			if open >= 0 {
				return nil, fmt.Errorf("template: Found double braces in index %d inside other one in index %d", i, open-2)
			}
			open = i + 2
			i++
		case double('}'):
			if open < 0 {
				return nil, fmt.Errorf("template: Found closing double braces in index %d without opening double braces", i)
			}
			out = append(out, span{open, i})
			open = -1
			i++
		}
	}
	if open >= 0 {
		return nil, fmt.Errorf("template: Found opening double braces in index %d without closing double braces", open-2)
	}
	return out, nil
}
