package message

import (
	"cmp"
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
	maxReason = 1500 // UTF-16 code units of a vendor's text in a message
	maxLines  = 20   // of a vendor's text in a message
)

// title is the action's title as messages name it.
func (in Input) title() string { return cmp.Or(name(in.Title), "the action") }

// name is a name as messages show it: on one line, and not too long; "" for one that shows nothing.
func name(s string) string { return slacktext.Name(s, maxName) }

// reason is a vendor's text as messages show it.
func reason(s string) string {
	if slacktext.IsBlank(s) {
		return ""
	}
	return truncate(firstLines(s, maxLines), maxReason)
}

// firstLines is the first n lines that are not blank.
func firstLines(s string, n int) string {
	var lines []string
	for line := range strings.Lines(slacktext.Clean(s)) {
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

// truncate cleans text and shortens it to n UTF-16 code units, with an ellipsis.
func truncate(s string, n int) string { return slacktext.Truncate(slacktext.Clean(s), n) }

// appendURL appends a URL to a text, which is shortened if both are too long for a message.
func appendURL(text, url string) string {
	if url == "" {
		return slacktext.TruncateMrkdwn(text, maxText)
	}
	return slacktext.TruncateMrkdwn(text, maxText-slacktext.Length(url)-1) + " " + url
}

// formatDuration is a duration for people: its two largest units.
func formatDuration(d time.Duration) string {
	switch d = max(d.Round(time.Second), time.Second); {
	case d < time.Minute:
		return fmt.Sprintf("%d s", int(d.Seconds()))
	case d < time.Hour:
		return fmt.Sprintf("%d min %d s", int(d.Minutes()), int(d.Seconds())%60)
	case d >= 24*time.Hour:
		return fmt.Sprintf("%d d %d h", int(d.Hours())/24, int(d.Hours())%24)
	}
	return fmt.Sprintf("%d h %d min", int(d.Hours()), int(d.Minutes())%60)
}
