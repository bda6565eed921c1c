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

// Port sends some members in several forms, and null for what there is none of. The
// functions here read any of them. What is of another kind reads as nothing, because one
// odd member must not make a run unreadable: json.Unmarshal skips such a member and reads
// the others, so its error is not looked at where the JSON is known to be well formed.

// parseString reads a string.
func parseString(raw json.RawMessage) string {
	if len(raw) < 2 || raw[0] != '"' {
		return ""
	}
	if inner := raw[1 : len(raw)-1]; bytes.IndexByte(inner, '\\') < 0 && utf8.Valid(inner) {
		return string(inner) // as nearly all are
	}
	var s string
	_ = json.Unmarshal(raw, &s)
	return s
}

// parseIdentifier reads an identifier: a string, or an object that holds it.
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

// stringList reads a string or a list of them, without empty ones.
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

// nameList reads a list of names: strings, or objects that have one.
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

// parseBool reads a boolean; an object also means true.
func parseBool(raw json.RawMessage) bool {
	raw = bytes.TrimSpace(raw)
	return bytes.Equal(raw, []byte("true")) || bytes.HasPrefix(raw, []byte("{"))
}

// nonNull is raw, or nil when it is null.
func nonNull(raw json.RawMessage) json.RawMessage {
	if bytes.Equal(bytes.TrimSpace(raw), []byte("null")) {
		return nil
	}
	return raw
}

// parseDetails reads the details of an error: an object whose members say what is wrong, or a list.
func parseDetails(raw json.RawMessage) []rest.Detail {
	var members map[string]json.RawMessage
	if json.Unmarshal(raw, &members) == nil {
		var out []rest.Detail
		for field, value := range members {
			if words := displayString(value); words != "" {
				out = append(out, rest.Detail{Field: field, Message: words})
			}
		}
		slices.SortFunc(out, func(a, b rest.Detail) int { return strings.Compare(a.Field, b.Field) })
		return out
	}
	var list []json.RawMessage
	_ = json.Unmarshal(raw, &list)
	var out []rest.Detail
	for _, item := range list {
		if words := displayString(item); words != "" {
			out = append(out, rest.Detail{Message: words})
		}
	}
	return out
}

// displayString is a value for people: strings as they are, other values as JSON, nothing for
// what is empty.
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

// collectStrings is every text within a value, however deep.
func collectStrings(v any) []string {
	switch v := v.(type) {
	case string:
		return []string{v}
	case []any:
		var out []string
		for _, item := range v {
			out = append(out, collectStrings(item)...)
		}
		return out
	case map[string]any:
		var out []string
		for _, item := range v {
			out = append(out, collectStrings(item)...)
		}
		return out
	}
	return nil
}
