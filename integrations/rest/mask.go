package rest

import (
	"cmp"
	"encoding/json"
	"net/url"
	"slices"
	"strings"
)

const (
	redactedMark = "[...]" // stands in for what is left out
	ellipsis     = "..."   // ends what was too long to keep

	// shortestMasked is the length in bytes of the shortest word that is masked.
	minSecretBytes = 6
)

// A redactor leaves words out of texts, as they are and as JSON, addresses and this package
// write them.
type redactor struct {
	secrets []string // longest first, so that one inside another leaves no rest
}

func newRedactor(words []string) redactor {
	var m redactor
	for _, w := range words {
		if len(w) < minSecretBytes {
			continue
		}
		for _, form := range []string{w, jsonEscaped(w, true), jsonEscaped(w, false), url.QueryEscape(w), url.PathEscape(w), replaceControlChars(w)} {
			if len(form) >= minSecretBytes {
				m.secrets = append(m.secrets, form)
			}
		}
	}
	slices.SortFunc(m.secrets, func(a, b string) int { return cmp.Or(len(b)-len(a), strings.Compare(a, b)) })
	m.secrets = slices.Compact(m.secrets)
	return m
}

func (m redactor) redact(s string) string {
	for _, w := range m.secrets {
		s = strings.ReplaceAll(s, w, redactedMark)
	}
	// A text that was too long may end in the middle of a word.
	begin, found := strings.CutSuffix(s, ellipsis)
	if !found {
		return s
	}
	for _, w := range m.secrets {
		for n := min(len(w), len(begin)); n >= minSecretBytes; n-- {
			if strings.HasSuffix(begin, w[:n]) {
				return begin[:len(begin)-n] + redactedMark
			}
		}
	}
	return s
}

// jsonEscaped is s as it is written within a JSON string: with <, > and & escaped, as Go does it,
// or without, as others do.
func jsonEscaped(s string, html bool) string {
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(html)
	_ = enc.Encode(s) // a string always can be
	line := strings.TrimSuffix(b.String(), "\n")
	return line[1 : len(line)-1]
}
