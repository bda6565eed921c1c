package message

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf16"
)

const (
	// maxText is how long the text of a message should be at most.
	// https://docs.slack.dev/reference/methods/chat.postMessage#truncating
	maxText = 4000

	maxName   = 150  // code points of a name in a message
	maxReason = 1500 // code points of a vendor's text in a message; escaped and shortened, it leaves space for the rest
)

// displayName is a name as it can stand in mrkdwn: escaped and on one line.
func displayName(s string) string {
	return escape(truncate(strings.Join(strings.Fields(s), " "), maxName))
}

// firstLines is the first n lines that are not blank.
func firstLines(s string, n int) string {
	var lines []string
	for line := range strings.Lines(s) {
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		if len(lines) == n {
			return strings.Join(lines, "\n") + " …"
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "\n")
}

// escape prevents text that people wrote from being read as a mention or a link.
// https://docs.slack.dev/messaging/formatting-message-text#escaping
func escape(s string) string { return escaper.Replace(s) }

var escaper = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")

// truncate shortens text to n code points, with an ellipsis.
func truncate(s string, n int) string {
	r := []rune(s)
	if len(r) <= n {
		return s
	}
	return string(r[:n-1]) + "…"
}

// truncateEscaped shortens mrkdwn to n UTF-16 units, with an ellipsis. It does not cut into an escape sequence, a link or
// a mention.
func truncateEscaped(s string, n int) string {
	if textLength(s) <= n {
		return s
	}
	length, cut := 1, 0 // 1: the ellipsis
	for i, r := range s {
		cut = i
		if length += utf16.RuneLen(r); length > n {
			break
		}
	}
	s = s[:cut]
	for _, pair := range []struct{ open, end string }{{"&", ";"}, {"<", ">"}} {
		if i := strings.LastIndex(s, pair.open); i >= 0 && !strings.Contains(s[i:], pair.end) {
			s = s[:i]
		}
	}
	return s + "…"
}

// textLength is the length of text as Slack counts it at most: in UTF-16 units.
func textLength(s string) int {
	n := 0
	for _, r := range s {
		n += utf16.RuneLen(r)
	}
	return n
}

// appendURL appends a URL to a text, which is shortened if both are too long for a message.
func appendURL(text, url string) string {
	if url == "" {
		return truncateEscaped(text, maxText)
	}
	return truncateEscaped(text, maxText-textLength(url)-1) + " " + url
}

// slackDate is a time that Slack shows in each reader's time zone; "" for the zero time.
// https://docs.slack.dev/messaging/formatting-message-text#date-formatting
func slackDate(t time.Time, format string) string {
	if t.IsZero() {
		return ""
	}
	fallback := t.UTC().Format("2006-01-02 15:04 MST")
	return fmt.Sprintf("<!date^%d^%s|%s>", t.Unix(), format, fallback)
}
