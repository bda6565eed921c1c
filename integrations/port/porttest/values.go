package porttest

import (
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"strings"
	"time"
)

// timeLayout is Port's format of times, in UTC.
const timeLayout = "2006-01-02T15:04:05.000Z"

func formatTime(t time.Time) string { return t.UTC().Format(timeLayout) }

// randomHex returns n random hexadecimal digits.
func randomHex(n int) string {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails
	return hex.EncodeToString(b)[:n]
}

// convertJSON encodes v as JSON and decodes it as another type. Fields of an unexpected type
// stay zero.
func convertJSON[T any](v any) (out T) {
	data, err := json.Marshal(v)
	if err == nil {
		_ = json.Unmarshal(data, &out)
	}
	return out
}

// nullIfEmpty returns nil for "", which JSON encodes as null.
func nullIfEmpty(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// toText converts a value to text as stringify does, but null becomes "".
func toText(v any) string {
	if v == nil {
		return ""
	}
	return stringify(v)
}

// stringify converts a value as JavaScript does within a template: text stays as it is, other
// values become JSON.
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

// asMap returns an object, or nil.
func asMap(v any) map[string]any {
	m, _ := v.(map[string]any)
	return m
}

// asList returns the elements of a list, or a list of the one value.
func asList(v any) []any {
	if list, ok := v.([]any); ok {
		return list
	}
	return []any{v}
}
