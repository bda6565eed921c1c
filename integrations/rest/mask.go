package rest

import (
	"cmp"
	"encoding/json"
	"net/url"
	"slices"
	"strings"
)

const (
	mask    = "[...]" // stands in for what is left out
	clipped = "..."   // ends what was too long to keep

	// shortestMasked is the length in bytes of the shortest word that is masked.
	shortestMasked = 6
)

// A masker leaves words out of texts, as they are and as JSON, addresses and this package
// write them.
type masker struct {
	words []string // longest first, so that one inside another leaves no rest
}

func newMasker(words []string) masker {
	var m masker
	for _, w := range words {
		if len(w) < shortestMasked {
			continue
		}
		for _, form := range []string{w, quoted(w, true), quoted(w, false), url.QueryEscape(w), url.PathEscape(w), clean(w)} {
			if len(form) >= shortestMasked {
				m.words = append(m.words, form)
			}
		}
	}
	slices.SortFunc(m.words, func(a, b string) int { return cmp.Or(len(b)-len(a), strings.Compare(a, b)) })
	m.words = slices.Compact(m.words)
	return m
}

func (m masker) mask(s string) string {
	for _, w := range m.words {
		s = strings.ReplaceAll(s, w, mask)
	}
	// A text that was too long may end in the middle of a word.
	begin, found := strings.CutSuffix(s, clipped)
	if !found {
		return s
	}
	for _, w := range m.words {
		for n := min(len(w), len(begin)); n >= shortestMasked; n-- {
			if strings.HasSuffix(begin, w[:n]) {
				return begin[:len(begin)-n] + mask
			}
		}
	}
	return s
}

// quoted is s as it is written within a JSON string: with <, > and & escaped, as Go does it,
// or without, as others do.
func quoted(s string, html bool) string {
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(html)
	_ = enc.Encode(s) // a string always can be
	line := strings.TrimSuffix(b.String(), "\n")
	return line[1 : len(line)-1]
}
