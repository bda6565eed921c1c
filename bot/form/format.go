package form

import (
	"fmt"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"github.com/goccy/go-yaml/parser"
)

// formats check what a JSON schema does not, by kind. Each returns what is wrong with a single value; "" when it is
// valid.
var formats = map[Kind]func(f *FieldState, v any) string{
	Email:     validateEmail,
	User:      validateUser,
	URL:       validateURL,
	IP:        validateIP,
	DateTime:  validateDateTime,
	Multiline: validateMultiline,
	Number:    validateNumber,
	Integer:   validateInteger,
	Object:    validateObject,
	List:      validateListEntry,
}

func validateEmail(_ *FieldState, v any) string {
	s, _ := v.(string)
	if at := strings.LastIndexByte(s, '@'); at < 1 || at == len(s)-1 || strings.ContainsAny(s, " \t\n<>,;") {
		return "Enter an email address, for example ada@example.com."
	}
	return ""
}

// validateUser rejects a person whose email address is not known: Port identifies people by it.
func validateUser(_ *FieldState, v any) string {
	s, _ := v.(string)
	if !strings.Contains(s, "@") || strings.Contains(s, " ") {
		return "Port doesn't know " + truncate(s) + ". Choose another person."
	}
	return ""
}

func validateURL(_ *FieldState, v any) string {
	s, _ := v.(string)
	if u, err := url.Parse(s); err != nil || u.Scheme == "" || u.Host == "" {
		return "Enter a URL, for example https://example.com."
	}
	return ""
}

func validateIP(f *FieldState, v any) string {
	s, _ := v.(string)
	wantIPv4 := stringOr(f.schema, "format", "ipv4") == "ipv4"
	if a, err := netip.ParseAddr(s); err == nil && a.Is4() == wantIPv4 {
		return ""
	}
	if wantIPv4 {
		return "Enter an IPv4 address, for example 192.0.2.1."
	}
	return "Enter an IPv6 address, for example 2001:db8::1."
}

func validateDateTime(_ *FieldState, v any) string {
	s, _ := v.(string)
	if _, err := time.Parse(time.RFC3339, s); err != nil {
		return "Enter a date and a time, for example 2026-01-31T15:04:05Z."
	}
	return ""
}

func validateMultiline(f *FieldState, v any) string {
	s, _ := v.(string)
	if stringOr(f.schema, "format", "") != "yaml" {
		return ""
	}
	if _, err := parser.ParseBytes([]byte(s), 0); err != nil {
		return "Not valid YAML: " + firstLine(err)
	}
	return ""
}

func validateNumber(_ *FieldState, v any) string {
	if _, ok := v.(float64); !ok {
		return "Enter a number."
	}
	return ""
}

func validateInteger(_ *FieldState, v any) string {
	if n, ok := v.(float64); !ok || n != float64(int64(n)) {
		return "Enter a whole number."
	}
	return ""
}

func validateObject(_ *FieldState, v any) string {
	if _, isText := v.(string); isText { // text that is not JSON
		return `Enter valid JSON, for example {"key": "value"}.`
	}
	return ""
}

func validateListEntry(f *FieldState, v any) string {
	if _, ok := v.(float64); f.Numbers && !ok {
		return fmt.Sprintf("Enter one number per line; %q is not a number.", truncate(fmt.Sprint(v)))
	}
	return ""
}
