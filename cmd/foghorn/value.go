package main

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// quotePairs are the quotes that may enclose a value: each opening one and its closing ones. Text editors and chat
// programs turn straight quotes into curly ones.
var quotePairs = map[rune]string{'"': `"`, '\'': `'`, '“': `”“"`, '”': `”`, '„': `“”`, '‘': `’‘'`, '’': `’`, '«': `»`}

// cleanValue returns a value without what surrounds it by mistake: spaces, line ends, quotes, and a comment.
// docker --env-file keeps them, and so do many forms of deployment platforms.
func cleanValue(v string) string {
	for {
		before := v
		v = strings.TrimFunc(v, isBlank)
		if open, size := utf8.DecodeRuneInString(v); quotePairs[open] != "" {
			if end := strings.IndexAny(v[size:], quotePairs[open]); end >= 0 {
				_, closing := utf8.DecodeRuneInString(v[size+end:])
				if rest := strings.TrimFunc(v[size+end+closing:], isBlank); rest == "" || rest[0] == '#' {
					v = v[size : size+end]
				}
			}
		} else {
			v = strings.TrimFunc(commentPattern.ReplaceAllString(before, ""), isBlank)
		}
		if v == before {
			return v
		}
	}
}

// isBlank reports whether r shows nothing: a space, a control character, or a mark such as a zero-width space.
func isBlank(r rune) bool {
	return unicode.IsSpace(r) || unicode.IsControl(r) || unicode.Is(unicode.Cf, r)
}

// checkQuotes rejects a value with a quote at one end, which cleanValue keeps.
func checkQuotes(v string) (problem, hint string) {
	first, _ := utf8.DecodeRuneInString(v)
	last, _ := utf8.DecodeLastRuneInString(v)
	if isQuote(first) || isQuote(last) {
		return "has a quote at one end only, or text after the closing quote", "write the value without quotes"
	}
	return "", ""
}

func isQuote(r rune) bool { return strings.ContainsRune("\"'“”„‘’«»", r) }
