package slacktext

import (
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/slack-go/slack"
)

// Text is mrkdwn of the bot that contains text of people. Theirs is marked, so that it is shown as it was typed: nothing
// in it is a format, a mention, a link or an emoji. Make a Text with Format and the functions below it.
type Text string

// The marks around text of people. They are noncharacters, which Clean removes.
const literalStart, literalEnd = "\ufdd0", "\ufdd1"

// Format is fmt.Sprintf for a format in mrkdwn: *bold*, `code`, :emoji: and, at the start of a line, > for a quote. An
// argument that is a string is text of people; an argument that is a Text is not.
func Format(format string, args ...any) Text {
	for i, arg := range args {
		if s, ok := arg.(string); ok {
			args[i] = Literal(s)
		}
	}
	return Text(fmt.Sprintf(format, args...))
}

// Literal is text of people, on as many lines as it has.
func Literal(s string) Text {
	lines := strings.Split(Clean(s), "\n")
	for i, line := range lines {
		if line != "" {
			lines[i] = literalStart + line + literalEnd
		}
	}
	return Text(strings.Join(lines, "\n"))
}

// Quote is text of people as a block quote; "" for none.
func Quote(s string) Text {
	if s == "" {
		return ""
	}
	return ">" + Text(strings.ReplaceAll(string(Literal(s)), "\n", "\n>"))
}

// User mentions a user.
func User(id string) Text { return mention("@", id) }

// Channel mentions a channel.
func Channel(id string) Text { return mention("#", id) }

var idPattern = regexp.MustCompile(`^[A-Za-z0-9]+$`)

func mention(kind, id string) Text {
	if !idPattern.MatchString(id) {
		return Literal(id)
	}
	return Text("<" + kind + id + ">")
}

// Link is a link; its label is text of people.
func Link(url, label string) Text { return Text("<"+url+"|") + Literal(SingleLine(label)) + ">" }

// ValidURL returns a URL of at most maxLength bytes that can be a link, and "" for anything else.
func ValidURL(s string, maxLength int) string {
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || len(s) > maxLength || strings.ContainsAny(s, "|<> \n\t") {
		return ""
	}
	return s
}

// Date is a time that Slack shows in each reader's time zone; "" for the zero time.
// https://docs.slack.dev/messaging/formatting-message-text#date-formatting
func Date(t time.Time, format string) Text {
	if t.IsZero() {
		return ""
	}
	return Text(fmt.Sprintf("<!date^%d^%s|%s>", t.Unix(), format, t.UTC().Format("2006-01-02 15:04 MST")))
}

// JoinLines joins the texts that are not empty, each on lines of its own.
func JoinLines(texts ...Text) Text {
	var lines []string
	for _, t := range texts {
		if t != "" {
			lines = append(lines, string(t))
		}
	}
	return Text(strings.Join(lines, "\n"))
}

var literalPattern = regexp.MustCompile(literalStart + "[^" + literalEnd + "]*" + literalEnd)

// Mrkdwn is the text for a place that has mrkdwn alone, such as a notification. Mentions and links are prevented there;
// marks of bold, italic, struck text and code stay, and Slack can format them.
func (t Text) Mrkdwn() string {
	return literalPattern.ReplaceAllStringFunc(string(t), func(s string) string { return escape(unmark(s)) })
}

// maxFallback is how long the text of a message should be at most.
// https://docs.slack.dev/reference/methods/chat.postMessage#truncating
const maxFallback = 4000

// Fallback is the text of a message that shows the text as a block.
func (t Text) Fallback() string { return TruncateMrkdwn(t.Mrkdwn(), maxFallback) }

// maxSection is the limit of a section's text.
// https://docs.slack.dev/reference/block-kit/blocks/section-block
const maxSection = 3000

// Block is the text as a block of a message or a view: a section, or rich text where a section would format what people
// wrote or is too small.
func (t Text) Block() slack.Block {
	mrkdwn := t.Mrkdwn()
	if t.isFormatted() || Length(mrkdwn) > maxSection {
		return slack.NewRichTextBlock("", richText(string(t))...)
	}
	return slack.NewSectionBlock(t.Object(), nil, nil)
}

// Object is the text as a text object, which is verbatim: Slack does not turn names and addresses in it into links.
// https://docs.slack.dev/reference/block-kit/composition-objects/text-object
func (t Text) Object() *slack.TextBlockObject {
	return slack.NewTextBlockObject(slack.MarkdownType, TruncateMrkdwn(t.Mrkdwn(), maxSection), false, true)
}

var formatPattern = regexp.MustCompile("[*_~`]|:[^ :]+:")

// isFormatted reports that mrkdwn would format a part of what people wrote.
func (t Text) isFormatted() bool {
	for line := range strings.SplitSeq(string(t), "\n") {
		for i, literal := range literalPattern.FindAllString(line, -1) {
			atStart := i == 0 && strings.HasPrefix(line, literal)
			if s := unmark(literal); formatPattern.MatchString(s) || atStart && strings.HasPrefix(s, ">") {
				return true
			}
		}
	}
	return false
}

// unmark removes the marks of literal text.
func unmark(s string) string {
	return strings.TrimSuffix(strings.TrimPrefix(s, literalStart), literalEnd)
}
