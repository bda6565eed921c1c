package ui

import (
	"fmt"
	"strconv"
	"strings"
)

// formValues returns the value of an element, in any of its forms in view.state, as the values of a form.
func formValues(value any) (out []string) {
	switch value := value.(type) {
	case nil:
		return nil
	case []any:
		for _, item := range value {
			out = append(out, formValues(item)...)
		}
		return out
	case object:
		if v, ok := value["value"].(string); ok {
			return []string{v}
		}
		return []string{richTextContent(value)}
	case float64:
		return []string{strconv.FormatFloat(value, 'f', -1, 64)}
	}
	return []string{fmt.Sprint(value)}
}

// selectedOptions returns the options in the value of a search select.
func selectedOptions(value any) (out []option) {
	options := objectList(value)
	if single, ok := value.(object); ok {
		options = []object{single}
	}
	for _, o := range options {
		option := newOption(o)
		option.Selected = true
		out = append(out, option)
	}
	return out
}

// richTextContent returns the text of a rich text without its formatting.
func richTextContent(value any) string {
	switch value := value.(type) {
	case []any:
		var out strings.Builder
		for _, item := range value {
			out.WriteString(richTextContent(item))
		}
		return out.String()
	case object:
		return stringValue(value["text"]) + richTextContent(value["elements"])
	}
	return ""
}

// The values of decoded JSON.

type object = map[string]any

// stringValue returns a string, "" for anything else.
func stringValue(v any) string {
	s, _ := v.(string)
	return s
}

// intValue returns a number as an int, 0 for anything else.
func intValue(v any) int {
	f, _ := v.(float64)
	return int(f)
}

// objectList returns the objects of a list, none for anything else.
func objectList(v any) (out []object) {
	items, _ := v.([]any)
	for _, item := range items {
		if o, ok := item.(object); ok {
			out = append(out, o)
		}
	}
	return out
}

// nestedValue follows the keys of nested objects, and returns nil where one is missing.
func nestedValue(v any, keys ...string) any {
	for _, k := range keys {
		o, _ := v.(object)
		v = o[k]
	}
	return v
}
