// Package slacktext is text as Slack writes and counts it: what a message shows as plain text, text of
// users made safe for a message or a view, and Slack's limits of length.
package slacktext

import (
	"strings"
	"unicode"
	"unicode/utf16"
)

// Length is the length of text as Slack counts it: in UTF-16 code units.
func Length(s string) int {
	n := 0
	for _, r := range s {
		n += max(1, utf16.RuneLen(r))
	}
	return n
}

// Truncate shortens text to n UTF-16 code units, with an ellipsis. It does not separate a character from
// what modifies it, such as an accent or a skin tone. For n below 1 the result is empty.
func Truncate(s string, n int) string {
	if n < 1 {
		return ""
	}
	if len(s) <= n || Length(s) <= n {
		return s
	}
	length, cut := 1, 0 // 1: the ellipsis
	var previous rune
	for i, r := range s {
		if !extends(r) && previous != zeroWidthJoiner {
			cut = i
		}
		if length += max(1, utf16.RuneLen(r)); length > n {
			break
		}
		previous = r
	}
	return s[:cut] + "…"
}

const zeroWidthJoiner = '\u200d'

// extends reports a code point that changes how the one before it is shown.
func extends(r rune) bool {
	return r == zeroWidthJoiner || unicode.Is(unicode.M, r) || r >= 0x1f3fb && r <= 0x1f3ff || r >= 0xe0020 && r <= 0xe007f
}

// TruncateMrkdwn shortens mrkdwn to n UTF-16 code units, with an ellipsis. It does not cut into an escape
// sequence, a link or a mention.
func TruncateMrkdwn(s string, n int) string {
	if Length(s) <= n {
		return s
	}
	s = strings.TrimSuffix(Truncate(s, n), "…")
	if i := strings.LastIndexByte(s, '<'); i >= 0 && !strings.Contains(s[i:], ">") {
		s = s[:i]
	}
	if i := strings.LastIndexByte(s, '&'); i >= 0 && !strings.Contains(s[i:], ";") {
		s = s[:i]
	}
	return s + "…"
}

// maxMarks is how many marks, such as accents, stay on a character. No script needs more; a flood covers other lines.
const maxMarks = 5

// Clean removes what changes how other text is shown: control characters, bidirectional formatting, invisible characters
// and floods of accents. All kinds of line breaks become \n. Zero-width joiners stay: emoji and several scripts need them.
func Clean(s string) string {
	if isPrintableASCII(s) {
		return s
	}
	var previous rune
	marks := 0
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n', r == '\t':
		case unicode.IsControl(r), unicode.Is(unicode.Bidi_Control, r), isInvisible(r):
			return -1
		case isTag(r) && previous != blackFlag && !isTag(previous): // tags are the names of regions in flags
			return -1
		case unicode.Is(unicode.M, r):
			if marks++; marks > maxMarks {
				return -1
			}
			previous = r
			return r
		}
		previous, marks = r, 0
		return r
	}, lineBreaks.Replace(strings.ToValidUTF8(s, "\ufffd")))
}

var lineBreaks = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\u0085", "\n", "\u2028", "\n", "\u2029", "\n", "\v", "\n", "\f", "\n")

// isInvisible reports a code point without a glyph that no text needs, also one that is no character.
func isInvisible(r rune) bool {
	return r == '\u00ad' || r == '\u034f' || r == '\u180e' || r == '\u200b' || r >= '\u2060' && r <= '\u206f' || r == '\ufeff' ||
		r >= '\ufff9' && r <= '\ufffb' || r >= '\ufdd0' && r <= '\ufdef' || r&0xfffe == 0xfffe || r == 0xe0001
}

const blackFlag = '\U0001f3f4'

func isTag(r rune) bool { return r >= 0xe0020 && r <= 0xe007f }

// IsBlank reports a text that shows nothing.
func IsBlank(s string) bool {
	return !strings.ContainsFunc(Clean(s), func(r rune) bool {
		blank := r == zeroWidthJoiner || r == '\u200c' || r == '\u2800' || r == '\u3164' || r == '\uffa0' || r == '\u115f' || r == '\u1160'
		return !blank && !unicode.IsSpace(r) && !unicode.Is(unicode.M, r)
	})
}

func isPrintableASCII(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' && s[i] != '\n' && s[i] != '\t' || s[i] > '~' {
			return false
		}
	}
	return true
}

// SingleLine is cleaned text without line breaks or repeated blanks.
func SingleLine(s string) string { return strings.Join(strings.Fields(Clean(s)), " ") }

// Name is a name on one line of at most n UTF-16 code units; "" for one that shows nothing.
func Name(s string, n int) string {
	if IsBlank(s) {
		return ""
	}
	return Truncate(SingleLine(s), n)
}

// escape prevents text that people wrote from being read as a mention or a link, and cleans it.
// https://docs.slack.dev/messaging/formatting-message-text#escaping
func escape(s string) string { return escaper.Replace(Clean(s)) }

var escaper = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")
