package modal

import (
	"unicode/utf8"

	"foghorn/bot/slacktext"

	"github.com/slack-go/slack"
)

// plainText is a text object in which no mrkdwn is recognized.
func plainText(s string) *slack.TextBlockObject {
	return slack.NewTextBlockObject(slack.PlainTextType, s, false, false)
}

// sectionBlock is a paragraph of plain text.
func sectionBlock(s string) slack.Block {
	return slack.NewSectionBlock(plainText(paragraph(s)), nil, nil)
}

// paragraph is a text that fits a section and, with it, a page.
func paragraph(s string) string {
	return truncateBytes(truncate(nonBlank(s, "…"), maxText), maxInitialBytes)
}

// contextBlock is a small line of plain text.
func contextBlock(s string) slack.Block {
	return slack.NewContextBlock("", plainText(truncateBytes(truncate(nonBlank(s, "…"), maxHint), maxHintBytes)))
}

// nonBlank is s, or another text if s is blank.
func nonBlank(s, otherwise string) string {
	if !slacktext.IsBlank(s) {
		return s
	}
	if !slacktext.IsBlank(otherwise) {
		return otherwise
	}
	return "(no name)"
}

// truncate cleans text and shortens it to n UTF-16 code units, with an ellipsis.
func truncate(s string, n int) string { return slacktext.Truncate(slacktext.Clean(s), n) }

// truncateLine is truncate for a text that stands on one line.
func truncateLine(s string, n int) string { return slacktext.Truncate(slacktext.SingleLine(s), n) }

// truncateBytes shortens text to n bytes of JSON, with an ellipsis.
func truncateBytes(s string, n int) string {
	if jsonLength(s) <= n {
		return s
	}
	size := len(`"…"`)
	for i, r := range s {
		if size += runeLength(r); size > n {
			return s[:i] + "…"
		}
	}
	return s
}

// jsonLength is the most bytes that a text takes as JSON, with its quotes.
func jsonLength(s string) int {
	n := 2
	for _, r := range s {
		n += runeLength(r)
	}
	return n
}

// runeLength is the most bytes that encoding/json writes for a code point of a text.
func runeLength(r rune) int {
	switch {
	case r < ' ', r == '<', r == '>', r == '&', r == '\u2028', r == '\u2029', r == utf8.RuneError: // \u003c
		return 6
	case r == '"', r == '\\':
		return 2
	}
	return utf8.RuneLen(r)
}
