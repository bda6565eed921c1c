package slacktext

import (
	"regexp"
	"strconv"
	"strings"

	"github.com/slack-go/slack"
)

// richText is a Text as the elements of a rich text block: a section or a quote for consecutive lines of one kind.
// https://docs.slack.dev/reference/block-kit/blocks/rich-text-block
func richText(t string) []slack.RichTextElement {
	var out []slack.RichTextElement
	var lines []string
	quoted := false
	flush := func() {
		if elements := inlineElements(strings.Join(lines, "\n")); len(elements) == 0 {
			return
		} else if section := slack.NewRichTextSection(elements...); quoted {
			out = append(out, &slack.RichTextQuote{Type: slack.RTEQuote, Elements: section.Elements})
		} else {
			out = append(out, section)
		}
	}
	for line := range strings.SplitSeq(t, "\n") {
		rest, isQuote := strings.CutPrefix(line, ">")
		if isQuote != quoted {
			flush()
			lines, quoted = nil, isQuote
		}
		lines = append(lines, rest)
	}
	flush()
	return out
}

// tokenPattern is what has a meaning in a Text: literal text, what stands between < and >, an emoji, a mark.
var tokenPattern = regexp.MustCompile(literalPattern.String() + "|<(?:" + literalPattern.String() + "|[^<>])*>|:[a-z][a-z0-9_+-]*:|[*`]")

// inlineElements are the elements of lines of one kind.
func inlineElements(s string) []slack.RichTextSectionElement {
	var out inline
	for _, at := range tokenPattern.FindAllStringIndex(s, -1) {
		token := s[at[0]:at[1]]
		before := s[out.read:at[0]]
		out.read = at[1]
		out.addText(before)
		switch token[0] {
		case '*':
			out.style.Bold = !out.style.Bold
		case '`':
			out.style.Code = !out.style.Code
		case ':':
			out.elements = append(out.elements, slack.NewRichTextSectionEmojiElement(strings.Trim(token, ":"), 0, nil))
		case '<':
			out.elements = append(out.elements, out.reference(token[1:len(token)-1]))
		default:
			out.addText(unmark(token))
		}
	}
	out.addText(s[out.read:])
	return out.elements
}

// inline collects the elements of a section.
type inline struct {
	elements []slack.RichTextSectionElement
	style    slack.RichTextSectionTextStyle // of the text that follows
	read     int                            // how much of the section has been read
}

// styleNow is the style of an element that is added now; nil for none.
func (in *inline) styleNow() *slack.RichTextSectionTextStyle {
	if in.style == (slack.RichTextSectionTextStyle{}) {
		return nil
	}
	style := in.style
	return &style
}

// addText adds text to the element before, if that has the same style.
func (in *inline) addText(s string) {
	if s == "" {
		return
	}
	style := in.styleNow()
	if n := len(in.elements); n > 0 {
		if last, ok := in.elements[n-1].(*slack.RichTextSectionTextElement); ok && sameStyle(last.Style, style) {
			last.Text += s
			return
		}
	}
	in.elements = append(in.elements, slack.NewRichTextSectionTextElement(s, style))
}

func sameStyle(a, b *slack.RichTextSectionTextStyle) bool {
	return a == nil && b == nil || a != nil && b != nil && *a == *b
}

// reference is the element for what stands between < and >.
func (in *inline) reference(s string) slack.RichTextSectionElement {
	target, label, _ := strings.Cut(s, "|")
	label = unmark(label)
	switch {
	case strings.HasPrefix(target, "@"):
		return slack.NewRichTextSectionUserElement(target[1:], in.styleNow())
	case strings.HasPrefix(target, "#"):
		return slack.NewRichTextSectionChannelElement(target[1:], in.styleNow())
	case strings.HasPrefix(target, "!date^"):
		seconds, format, _ := strings.Cut(target[len("!date^"):], "^")
		n, _ := strconv.ParseInt(seconds, 10, 64)
		return slack.NewRichTextSectionDateElement(n, format, nil, &label)
	}
	return slack.NewRichTextSectionLinkElement(target, label, in.styleNow())
}
