package message

import (
	"fmt"
	"strings"
	"time"

	"foghorn/bot/slacktext"
)

const (
	// maxText is how long the text of a message should be at most.
	// https://docs.slack.dev/reference/methods/chat.postMessage#truncating
	maxText = 4000

	maxName   = 150  // UTF-16 code units of a name in a message
	maxReason = 1500 // UTF-16 code units of a vendor's text in a message; escaped and shortened, it leaves space for the rest
)

// displayName is a name as it can stand in mrkdwn: escaped and on one line.
func displayName(s string) string {
	return escape(truncate(slacktext.SingleLine(s), maxName))
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
func escape(s string) string { return slacktext.Escape(s) }

// truncate cleans text and shortens it to n UTF-16 code units, with an ellipsis.
func truncate(s string, n int) string { return slacktext.Truncate(slacktext.Clean(s), n) }

// appendURL appends a URL to a text, which is shortened if both are too long for a message.
func appendURL(text, url string) string {
	if url == "" {
		return slacktext.TruncateMrkdwn(text, maxText)
	}
	return slacktext.TruncateMrkdwn(text, maxText-slacktext.Length(url)-1) + " " + url
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
