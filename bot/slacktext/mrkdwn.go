package slacktext

import (
	"regexp"
	"strconv"
	"strings"
	"time"
)

// placeholder stands for a token while marks are removed, so that marks around a link are found and those in
// its address are not.
const placeholder = "\ue000"

// mrkdwn is mrkdwn as plain text: links, mentions and dates are written out, entities are decoded, and the
// marks of bold, italic and struck text are removed outside of code. Emoji codes stay.
// https://docs.slack.dev/messaging/formatting-message-text
func (n names) mrkdwn(s string) string {
	s = strings.ReplaceAll(s, placeholder, "")
	var outside strings.Builder
	var tokens []string
	for {
		before, rest, found := strings.Cut(s, "<")
		outside.WriteString(before)
		if !found {
			break
		}
		end := strings.IndexAny(rest, "<>\n")
		if end < 0 || rest[end] != '>' {
			outside.WriteByte('<')
			s = rest
			continue
		}
		token, after := rest[:end], rest[end+1:]
		outside.WriteString(placeholder)
		tokens = append(tokens, n.token(token))
		s = after
	}
	var out strings.Builder
	for i, part := range strings.Split(decodeEntities(removeMarks(outside.String())), placeholder) {
		if i > 0 {
			out.WriteString(tokens[i-1])
		}
		out.WriteString(part)
	}
	return out.String()
}

// token is the plain text of what stands between < and >.
func (n names) token(s string) string {
	target, label, _ := strings.Cut(s, "|")
	target, label = decodeEntities(target), strings.TrimSpace(decodeEntities(removeMarks(label)))
	switch {
	case strings.HasPrefix(target, "@"):
		return "@" + n.name(target[1:], strings.TrimPrefix(label, "@"), unknownUser)
	case strings.HasPrefix(target, "#"):
		return "#" + n.name(target[1:], strings.TrimPrefix(label, "#"), unknownChannel)
	case strings.HasPrefix(target, "!date^"):
		return date(target[len("!date^"):], label)
	case strings.HasPrefix(target, "!subteam^"):
		return "@" + n.name(target[len("!subteam^"):], strings.TrimPrefix(label, "@"), unknownGroup)
	case strings.HasPrefix(target, "!"):
		if label != "" && label != target[1:] {
			return label
		}
		return "@" + target[1:]
	}
	return link(target, label)
}

// markdownToken is what Slack writes between < and > in a markdown block. Other text there is part of the markdown.
var markdownToken = regexp.MustCompile(`<(?:[@#][A-Z0-9]|!(?:here|channel|everyone|subteam\^|date\^)|https?://|mailto:|tel:)[^<>\n]*>`)

// markdown is the text of a markdown block, whose marks stay: tokens are written out and entities are decoded.
// https://docs.slack.dev/reference/block-kit/blocks/markdown-block
func (n names) markdown(s string) string {
	var out strings.Builder
	read := 0
	for _, at := range markdownToken.FindAllStringIndex(s, -1) {
		out.WriteString(decodeEntities(s[read:at[0]]))
		out.WriteString(n.token(s[at[0]+1 : at[1]-1]))
		read = at[1]
	}
	out.WriteString(decodeEntities(s[read:]))
	return out.String()
}

// date is the fallback of a date, else its time in UTC. The parts are time^format^link.
func date(parts, fallback string) string {
	if fallback != "" {
		return fallback
	}
	seconds, _, _ := strings.Cut(parts, "^")
	return unixTime(seconds)
}

func unixTime(seconds string) string {
	n, err := strconv.ParseInt(seconds, 10, 64)
	if err != nil || n < 0 || n > 253402300799 { // the year 9999
		return seconds
	}
	return time.Unix(n, 0).UTC().Format("2006-01-02 15:04 UTC")
}

// link is a link as plain text: the label with the address, or only one of them if the other adds nothing.
func link(address, label string) string {
	bare := address
	for _, scheme := range []string{"mailto:", "tel:"} {
		bare = strings.TrimPrefix(bare, scheme)
	}
	short := strings.TrimPrefix(strings.TrimPrefix(bare, "https://"), "http://")
	trimmed := strings.TrimSuffix(label, "/")
	if label == "" || trimmed == strings.TrimSuffix(bare, "/") || trimmed == strings.TrimSuffix(short, "/") {
		return bare
	}
	if bare == "" {
		return label
	}
	return label + " (" + bare + ")"
}

// decodeEntities decodes the three entities that Slack encodes, once.
func decodeEntities(s string) string { return entities.Replace(s) }

var entities = strings.NewReplacer("&amp;", "&", "&lt;", "<", "&gt;", ">")

// markPatterns are bold, italic and struck text: the marks enclose text without blanks at its ends, and stand
// at the borders of words.
var markPatterns = func() (out []*regexp.Regexp) {
	for _, mark := range []string{`*`, `_`, `~`} {
		q, others := regexp.QuoteMeta(mark), strings.ReplaceAll(`*_~`, mark, "")
		out = append(out, regexp.MustCompile(`(^|[\s(\[{"'.,;:!?`+others+`-])`+q+`([^\s`+q+`](?:[^\n`+q+`]*[^\s`+q+`])?)`+q+
			`($|[\s)\]}"'.,;:!?`+others+`-])`))
	}
	return out
}()

// removeMarks removes the marks of bold, italic and struck text outside of code.
func removeMarks(s string) string {
	parts := strings.Split(s, "`")
	for i := 0; i < len(parts); i += 2 {
		for _, p := range markPatterns {
			for range 2 { // a border that two words share is matched with the first
				parts[i] = p.ReplaceAllString(parts[i], "$1$2$3")
			}
		}
	}
	return strings.Join(parts, "`")
}
