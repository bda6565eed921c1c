package modal

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"foghorn/bot/form"
)

// inputText is a field's value as the text of an input; "" if there is none, or if it is chosen instead of typed.
func inputText(f *form.FieldState) string {
	switch f.Kind {
	case form.Choice, form.Boolean, form.Entity, form.Team, form.User:
		return ""
	case form.DateTime:
		if _, ok := parseDateTime(f.Value); ok {
			return ""
		}
	case form.Object:
		switch v := f.Value.(type) {
		case nil:
			return ""
		case string:
			return v
		default:
			return indentJSON(v)
		}
	case form.List:
		if list, ok := f.Value.([]any); ok {
			lines := make([]string, 0, len(list))
			for _, v := range list {
				lines = append(lines, formatScalar(v))
			}
			return strings.Join(lines, "\n")
		}
	case form.LabeledURL:
		if m, ok := f.Value.(map[string]any); ok {
			if address, _ := m["url"].(string); address != "" {
				return strings.TrimSpace(address + " " + formatScalar(m["displayText"]))
			}
			return indentJSON(m)
		}
	}
	return formatScalar(f.Value)
}

// formatScalar is a value on one line.
func formatScalar(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	case bool:
		return strconv.FormatBool(v)
	}
	return encodeJSON(v, "")
}

func indentJSON(v any) string { return encodeJSON(v, "  ") }

// encodeJSON is JSON for people: < is <, not \u003c.
func encodeJSON(v any, indent string) string {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", indent)
	if enc.Encode(v) != nil {
		return ""
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// parseDateTime reads a time that Slack's picker can hold: ten digits of Unix seconds.
// https://docs.slack.dev/reference/block-kit/block-elements/datetime-picker-element
func parseDateTime(v any) (time.Time, bool) {
	s, ok := v.(string)
	if !ok {
		return time.Time{}, false
	}
	t, err := time.Parse(time.RFC3339, s)
	if err != nil || t.Unix() < minDateTime || t.Unix() > maxDateTime {
		return time.Time{}, false
	}
	return t, true
}
