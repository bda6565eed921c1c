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
	if first, _ := utf8.DecodeRuneInString(strings.TrimFunc(v, isBlank)); quotePairs[first] == "" {
		v = commentPattern.ReplaceAllString(v, "")
	}
	return unquote(v)
}

// unquote returns a value without the spaces and quotes around it.
func unquote(v string) string {
	v = strings.TrimFunc(v, isBlank)
	open, size := utf8.DecodeRuneInString(v)
	end := strings.IndexAny(v[size:], quotePairs[open])
	if end < 0 {
		return v
	}
	_, closing := utf8.DecodeRuneInString(v[size+end:])
	if rest := strings.TrimFunc(v[size+end+closing:], isBlank); rest != "" && rest[0] != '#' {
		return v
	}
	return unquote(v[size : size+end])
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
