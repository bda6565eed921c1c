package ui

import (
	"html"
	"html/template"
	"net/url"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/kyokomi/emoji/v2"
)

// names say what ids stand for, in the eyes of the person who reads.
type names struct {
	user    func(id string) string // "" when there is no such user
	channel func(id string) string
	link    func(address string) string // where a link of a vendor leads on this page; the address itself for others
}

// A mrkdwnWriter makes HTML of mrkdwn, Slack's own markup. All text is escaped; only elements
// that are written here come out.
// https://docs.slack.dev/messaging/formatting-message-text
type mrkdwnWriter struct {
	names
	out strings.Builder
}

const (
	maxStyleDepth = 8    // styles within styles
	maxStyleBytes = 3000 // bytes within a style
)

// mrkdwn renders a text.
func (n names) mrkdwn(text string) template.HTML {
	m := mrkdwnWriter{names: n}
	parts := strings.Split(text, "```")
	for i, part := range parts {
		if i%2 == 1 && i+1 < len(parts) {
			m.out.WriteString("<pre>" + m.plain(strings.Trim(part, "\n")) + "</pre>")
			continue
		}
		if i%2 == 1 {
			part = "```" + part
		}
		m.lines(part)
	}
	return template.HTML(m.out.String()) // #nosec: every text went through escape
}

// lines renders lines, those that begin with > as quotes.
func (m *mrkdwnWriter) lines(text string) {
	quoted := false
	for i, line := range strings.Split(text, "\n") {
		line, quote := strings.CutPrefix(line, ">")
		switch {
		case quote && !quoted:
			m.out.WriteString("<blockquote>")
		case !quote && quoted:
			m.out.WriteString("</blockquote>")
		case i > 0:
			m.out.WriteString("<br>")
		}
		quoted = quote
		m.inline(line, 0)
	}
	if quoted {
		m.out.WriteString("</blockquote>")
	}
}

var (
	styleTags    = map[byte]string{'*': "strong", '_': "em", '~': "s"}
	emojiPattern = regexp.MustCompile(`^:([a-z0-9_+'-]{1,60}):`)
)

// inline renders one line.
func (m *mrkdwnWriter) inline(line string, depth int) {
	for i := 0; i < len(line); {
		rest := line[i:]
		tag, styled := styleTags[rest[0]]
		switch {
		case rest[0] == '`':
			if end := strings.IndexByte(rest[1:], '`'); end > 0 {
				m.out.WriteString("<code>" + m.plain(rest[1:1+end]) + "</code>")
				i += end + 2
				continue
			}
		case rest[0] == '<':
			if end := strings.IndexByte(rest, '>'); end > 0 {
				m.reference(rest[1:end])
				i += end + 1
				continue
			}
		case rest[0] == ':':
			if found := emojiPattern.FindString(rest); found != "" {
				m.emoji(found)
				i += len(found)
				continue
			}
		case styled && depth < maxStyleDepth && canOpenStyle(line, i):
			if end := findStyleEnd(line, i); end > 0 {
				m.out.WriteString("<" + tag + ">")
				m.inline(line[i+1:end], depth+1)
				m.out.WriteString("</" + tag + ">")
				i = end + 1
				continue
			}
		}
		_, size := utf8.DecodeRuneInString(rest)
		if rest[0] == '&' {
			for _, entity := range []string{"&amp;", "&lt;", "&gt;"} {
				if strings.HasPrefix(rest, entity) {
					size = len(entity)
				}
			}
		}
		m.out.WriteString(m.plain(rest[:size]))
		i += size
	}
}

// plain escapes text in which Slack wants &, < and > escaped already.
func (m *mrkdwnWriter) plain(text string) string { return escapeHTML(mrkdwnUnescaper.Replace(text)) }

var mrkdwnUnescaper = strings.NewReplacer("&lt;", "<", "&gt;", ">", "&amp;", "&")

func escapeHTML(text string) string { return html.EscapeString(strings.ToValidUTF8(text, "\uFFFD")) }

// canOpenStyle says whether a style may begin at i: behind a blank or a mark, before a letter.
func canOpenStyle(line string, i int) bool {
	before, _ := utf8.DecodeLastRuneInString(line[:i])
	after, _ := utf8.DecodeRuneInString(line[i+1:])
	return (i == 0 || !unicode.IsLetter(before) && !unicode.IsDigit(before)) && i+1 < len(line) && !unicode.IsSpace(after) && after != rune(line[i])
}

// findStyleEnd is where the style that begins at i ends, -1 for nowhere.
func findStyleEnd(line string, i int) int {
	for j := i + 2; j < min(len(line), i+maxStyleBytes); j++ {
		if line[j] != line[i] {
			continue
		}
		before, _ := utf8.DecodeLastRuneInString(line[:j])
		after, _ := utf8.DecodeRuneInString(line[j+1:])
		if !unicode.IsSpace(before) && (j+1 == len(line) || !unicode.IsLetter(after) && !unicode.IsDigit(after)) {
			return j
		}
	}
	return -1
}

// reference renders what is between < and >: a link, a mention, a channel, a date.
func (m *mrkdwnWriter) reference(what string) {
	target, label, labelled := strings.Cut(what, "|")
	mention := func(sign, name string) {
		m.out.WriteString(`<span class="mention">` + sign + escapeHTML(name) + `</span>`)
	}
	switch {
	case strings.HasPrefix(target, "@"):
		mention("@", firstNonEmpty(m.user(target[1:]), mrkdwnUnescaper.Replace(label), target[1:]))
	case strings.HasPrefix(target, "#"):
		mention("#", firstNonEmpty(m.channel(target[1:]), mrkdwnUnescaper.Replace(label), target[1:]))
	case strings.HasPrefix(target, "!date^"):
		m.out.WriteString(m.plain(label))
	case strings.HasPrefix(target, "!"):
		mention("@", firstNonEmpty(mrkdwnUnescaper.Replace(label), target[1:]))
	default:
		if !labelled {
			label = strings.TrimPrefix(target, "mailto:")
		}
		m.anchor(mrkdwnUnescaper.Replace(target), m.plain(label))
	}
}

// anchor renders a link, or its label alone when the address is none to be followed.
func (m *mrkdwnWriter) anchor(address, label string) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" && u.Scheme != "mailto" {
		m.out.WriteString(label)
		return
	}
	m.out.WriteString(`<a href="` + escapeHTML(m.link(address)) + `" target="_blank" rel="noopener noreferrer">` + label + `</a>`)
}

// emoji renders :name:, which stays as it is when nobody knows it.
func (m *mrkdwnWriter) emoji(name string) {
	sign := strings.TrimSpace(emoji.CodeMap()[name])
	if sign == "" {
		m.out.WriteString(escapeHTML(name))
		return
	}
	m.out.WriteString(`<span role="img" aria-label="` + escapeHTML(strings.ReplaceAll(strings.Trim(name, ":"), "_", " ")) + `">` + escapeHTML(sign) + `</span>`)
}

// emojis is a plain text with its emoji.
func (n names) emojis(text string) template.HTML {
	m := mrkdwnWriter{names: n}
	for text != "" {
		if found := emojiPattern.FindString(text); found != "" {
			m.emoji(found)
			text = text[len(found):]
			continue
		}
		_, size := utf8.DecodeRuneInString(text)
		m.out.WriteString(escapeHTML(text[:size]))
		text = text[size:]
	}
	return template.HTML(m.out.String()) // #nosec: every text went through escape
}

// firstNonEmpty is the first text that is not empty.
func firstNonEmpty(texts ...string) string {
	for _, t := range texts {
		if t != "" {
			return t
		}
	}
	return ""
}
