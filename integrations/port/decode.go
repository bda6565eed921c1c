package port

import (
	"bytes"
	"cmp"
	"encoding/json"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"foghorn/integrations/rest"
)

// Port sends some members in several forms, and null for those without a value. The functions in this file read every
// form. A value of an unknown form reads as zero, because one unexpected member must not make a run unreadable:
// json.Unmarshal skips such a member and reads the others. Its error is ignored where the JSON is known to be valid.

// parseString reads a string.
func parseString(raw json.RawMessage) string {
	if len(raw) < 2 || raw[0] != '"' {
		return ""
	}
	if inner := raw[1 : len(raw)-1]; bytes.IndexByte(inner, '\\') < 0 && utf8.Valid(inner) {
		return string(inner) // the usual case, without escapes
	}
	var s string
	_ = json.Unmarshal(raw, &s)
	return s
}

// parseIdentifier reads an identifier: a string, or an object that contains it.
func parseIdentifier(raw json.RawMessage) string {
	if s := parseString(raw); s != "" {
		return s
	}
	var o struct {
		Identifier string `json:"identifier"`
	}
	_ = json.Unmarshal(raw, &o)
	return o.Identifier
}

// stringList reads a string or a list of strings, without empty ones.
func stringList(raw json.RawMessage) []string {
	if s := parseString(raw); s != "" {
		return []string{s}
	}
	var list []json.RawMessage
	_ = json.Unmarshal(raw, &list)
	var out []string
	for _, item := range list {
		if s := parseString(item); s != "" {
			out = append(out, s)
		}
	}
	return out
}

// nameList reads a list of names: strings, or objects with a member "name".
func nameList(raw json.RawMessage) []string {
	var list []json.RawMessage
	_ = json.Unmarshal(raw, &list)
	var out []string
	for _, item := range list {
		var o struct {
			Name string `json:"name"`
		}
		_ = json.Unmarshal(item, &o)
		if s := cmp.Or(parseString(item), o.Name); s != "" {
			out = append(out, s)
		}
	}
	return out
}

// parseTime reads a time in RFC 3339.
func parseTime(s string) time.Time {
	t, _ := time.Parse(time.RFC3339, s)
	return t
}

// nonNull returns raw, or nil for null.
func nonNull(raw json.RawMessage) json.RawMessage {
	if bytes.Equal(bytes.TrimSpace(raw), []byte("null")) {
		return nil
	}
	return raw
}

// parseDetails reads the details of an error: an object with a member for each field that is wrong, or a list.
func parseDetails(raw json.RawMessage) []rest.Detail {
	var out []rest.Detail
	var members map[string]json.RawMessage
	if json.Unmarshal(raw, &members) == nil {
		for field, value := range members {
			if text := displayString(value); text != "" {
				out = append(out, rest.Detail{Field: field, Message: text})
			}
		}
		slices.SortFunc(out, func(a, b rest.Detail) int { return strings.Compare(a.Field, b.Field) })
		return out
	}
	var list []json.RawMessage
	_ = json.Unmarshal(raw, &list)
	for _, item := range list {
		if text := displayString(item); text != "" {
			out = append(out, rest.Detail{Message: text})
		}
	}
	return out
}

// displayString returns a value for people: strings as they are, other values as JSON, "" for an empty value.
func displayString(raw json.RawMessage) string {
	if list := stringList(raw); list != nil {
		return strings.Join(list, ", ")
	}
	var b bytes.Buffer
	if json.Compact(&b, raw) != nil {
		return ""
	}
	switch b.String() {
	case "null", "[]", "{}", `""`:
		return ""
	}
	return b.String()
}

// collectStrings returns every string within a value, at any depth.
func collectStrings(v any) []string {
	var out []string
	switch v := v.(type) {
	case string:
		out = append(out, v)
	case []string:
		out = append(out, v...)
	case []any:
		for _, item := range v {
			out = append(out, collectStrings(item)...)
		}
	case map[string]any:
		for _, item := range v {
			out = append(out, collectStrings(item)...)
		}
	}
	return out
}
