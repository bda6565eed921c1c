package modal

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"foghorn/bot/form"
)

// shown is a field's value as the text that an input holds; "" when it is none, or when it
// is chosen instead of typed.
func shown(f *form.FieldState) string {
	switch f.Kind {
	case form.Choice, form.Boolean, form.Entity, form.Team, form.User:
		return ""
	case form.DateTime:
		if _, ok := moment(f.Value); ok {
			return ""
		}
	case form.Object:
		switch v := f.Value.(type) {
		case nil:
			return ""
		case string:
			return v
		default:
			return indented(v)
		}
	case form.List:
		if list, ok := f.Value.([]any); ok {
			lines := make([]string, 0, len(list))
			for _, v := range list {
				lines = append(lines, scalar(v))
			}
			return strings.Join(lines, "\n")
		}
	case form.LabeledURL:
		if m, ok := f.Value.(map[string]any); ok {
			if address, _ := m["url"].(string); address != "" {
				return strings.TrimSpace(address + " " + scalar(m["displayText"]))
			}
			return indented(m)
		}
	}
	return scalar(f.Value)
}

// scalar is a value on one line.
func scalar(v any) string {
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
	return plainJSON(v, "")
}

func indented(v any) string { return plainJSON(v, "  ") }

// plainJSON is JSON for people: < is <, not \u003c.
func plainJSON(v any, indent string) string {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", indent)
	if enc.Encode(v) != nil {
		return ""
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// moment reads a date that Slack's picker can hold: ten digits of Unix seconds.
// https://docs.slack.dev/reference/block-kit/block-elements/datetime-picker-element
func moment(v any) (time.Time, bool) {
	s, ok := v.(string)
	if !ok {
		return time.Time{}, false
	}
	t, err := time.Parse(time.RFC3339, s)
	if err != nil || t.Unix() < minMoment || t.Unix() > maxMoment {
		return time.Time{}, false
	}
	return t, true
}
