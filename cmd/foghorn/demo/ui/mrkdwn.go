package ui

import (
	"cmp"
	"html"
	"html/template"
	"net/url"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/kyokomi/emoji/v2"
)

// names resolve IDs to names, as the viewer sees them; "" for an unknown ID.
type names struct {
	user    func(id string) string
	channel func(id string) string
}

// unknownNames know no ID.
var unknownNames = names{
	user:    func(string) string { return "" },
	channel: func(string) string { return "" },
}

const (
	maxStyleDepth = 8    // styles within styles
	maxStyleBytes = 3000 // of the text with a style
)

// renderText renders a text object, or a string.
func renderText(names names, v any) template.HTML {
	text, ok := v.(object)
	if !ok {
		return renderPlainText(stringValue(v))
	}
	if text["type"] == "mrkdwn" {
		return renderMrkdwn(names, stringValue(text["text"]))
	}
	return renderPlainText(stringValue(text["text"]))
}

// renderMrkdwn renders Slack's markup as HTML.
// https://docs.slack.dev/messaging/formatting-message-text
func renderMrkdwn(names names, text string) template.HTML {
	w := mrkdwnWriter{names: names}
	parts := strings.Split(text, "```")
	for i, part := range parts {
		isCode := i%2 == 1
		switch {
		case isCode && i+1 < len(parts):
			w.out.WriteString("<pre>" + escapeMrkdwn(strings.Trim(part, "\n")) + "</pre>")
		case isCode:
			w.writeLines("```" + part)
		default:
			w.writeLines(part)
		}
	}
	return w.html()
}

// renderPlainText renders a plain text with its emoji.
func renderPlainText(text string) template.HTML {
	var w mrkdwnWriter
	for text != "" {
		if name := emojiPattern.FindString(text); name != "" {
			w.writeEmoji(name)
			text = text[len(name):]
			continue
		}
		_, size := utf8.DecodeRuneInString(text)
		w.out.WriteString(escapeHTML(text[:size]))
		text = text[size:]
	}
	return w.html()
}

// A mrkdwnWriter writes HTML. It escapes every text and writes only the elements that are named in its methods.
type mrkdwnWriter struct {
	names names
	out   strings.Builder
}

func (w *mrkdwnWriter) html() template.HTML {
	return template.HTML(w.out.String()) // #nosec: every text is escaped
}

// writeLines writes lines; those that begin with > are quotes.
func (w *mrkdwnWriter) writeLines(text string) {
	inQuote := false
	for i, line := range strings.Split(text, "\n") {
		line, isQuote := strings.CutPrefix(line, ">")
		switch {
		case isQuote && !inQuote:
			w.out.WriteString("<blockquote>")
		case !isQuote && inQuote:
			w.out.WriteString("</blockquote>")
		case i > 0:
			w.out.WriteString("<br>")
		}
		inQuote = isQuote
		w.writeLine(line, 0)
	}
	if inQuote {
		w.out.WriteString("</blockquote>")
	}
}

// writeLine writes one line. The depth is the number of styles around it.
func (w *mrkdwnWriter) writeLine(line string, depth int) {
	for i := 0; i < len(line); {
		size := w.writeMarkup(line, i, depth)
		if size == 0 {
			size = characterSize(line[i:])
			w.out.WriteString(escapeMrkdwn(line[i : i+size]))
		}
		i += size
	}
}

var (
	styleTags    = map[byte]string{'*': "strong", '_': "em", '~': "s"}
	emojiPattern = regexp.MustCompile(`^:([a-z0-9_+'-]{1,60}):`)
)

// writeMarkup writes the markup at position i and returns its size in the line; 0 when there is none.
func (w *mrkdwnWriter) writeMarkup(line string, i, depth int) int {
	rest := line[i:]
	switch rest[0] {
	case '`':
		if end := strings.IndexByte(rest[1:], '`'); end > 0 {
			w.out.WriteString("<code>" + escapeMrkdwn(rest[1:1+end]) + "</code>")
			return end + 2
		}
	case '<':
		if end := strings.IndexByte(rest, '>'); end > 0 {
			w.writeReference(rest[1:end])
			return end + 1
		}
	case ':':
		name := emojiPattern.FindString(rest)
		w.writeEmoji(name)
		return len(name)
	case '*', '_', '~':
		if depth == maxStyleDepth || !canOpenStyle(line, i) {
			return 0
		}
		if end := findStyleEnd(line, i); end > 0 {
			tag := styleTags[rest[0]]
			w.out.WriteString("<" + tag + ">")
			w.writeLine(line[i+1:end], depth+1)
			w.out.WriteString("</" + tag + ">")
			return end + 1 - i
		}
	}
	return 0
}

// characterSize returns the size of the first character of a text, or of an entity such as &amp;.
func characterSize(text string) int {
	for _, entity := range []string{"&amp;", "&lt;", "&gt;"} {
		if strings.HasPrefix(text, entity) {
			return len(entity)
		}
	}
	_, size := utf8.DecodeRuneInString(text)
	return size
}

// canOpenStyle says whether a style may begin at i: not within a word, and directly before a character.
func canOpenStyle(line string, i int) bool {
	before, _ := utf8.DecodeLastRuneInString(line[:i])
	after, _ := utf8.DecodeRuneInString(line[i+1:])
	return (i == 0 || !isWordCharacter(before)) && i+1 < len(line) && !unicode.IsSpace(after) && after != rune(line[i])
}

// findStyleEnd returns where the style that begins at i ends; -1 when it does not end.
func findStyleEnd(line string, i int) int {
	for j := i + 2; j < min(len(line), i+maxStyleBytes); j++ {
		if line[j] != line[i] {
			continue
		}
		before, _ := utf8.DecodeLastRuneInString(line[:j])
		after, _ := utf8.DecodeRuneInString(line[j+1:])
		if !unicode.IsSpace(before) && (j+1 == len(line) || !isWordCharacter(after)) {
			return j
		}
	}
	return -1
}

func isWordCharacter(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }

// writeReference writes what is between < and >: a link, a mention, a channel or a date.
func (w *mrkdwnWriter) writeReference(reference string) {
	target, label, hasLabel := strings.Cut(reference, "|")
	plainLabel := mrkdwnUnescaper.Replace(label)
	switch {
	case strings.HasPrefix(target, "@"):
		w.writeMention("@", cmp.Or(w.names.user(target[1:]), plainLabel, target[1:]))
	case strings.HasPrefix(target, "#"):
		w.writeMention("#", cmp.Or(w.names.channel(target[1:]), plainLabel, target[1:]))
	case strings.HasPrefix(target, "!date^"):
		w.out.WriteString(escapeMrkdwn(label))
	case strings.HasPrefix(target, "!"):
		w.writeMention("@", cmp.Or(plainLabel, target[1:]))
	default:
		if !hasLabel {
			label = strings.TrimPrefix(target, "mailto:")
		}
		w.writeLink(mrkdwnUnescaper.Replace(target), escapeMrkdwn(label))
	}
}

func (w *mrkdwnWriter) writeMention(prefix, name string) {
	w.out.WriteString(`<span class="mention">` + prefix + escapeHTML(name) + `</span>`)
}

// writeLink writes a link, or only its label if the address has another scheme. The label is HTML.
func (w *mrkdwnWriter) writeLink(address, label string) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" && u.Scheme != "mailto" {
		w.out.WriteString(label)
		return
	}
	const attributes = ` target="_blank" rel="noopener noreferrer"`
	w.out.WriteString(`<a href="` + escapeHTML(localURL(address)) + `"` + attributes + `>` + label + `</a>`)
}

// writeEmoji writes :name: as an emoji. It writes an unknown name as it is.
func (w *mrkdwnWriter) writeEmoji(name string) {
	character := strings.TrimSpace(emoji.CodeMap()[name])
	if character == "" {
		w.out.WriteString(escapeHTML(name))
		return
	}
	label := strings.ReplaceAll(strings.Trim(name, ":"), "_", " ")
	w.out.WriteString(`<span role="img" aria-label="` + escapeHTML(label) + `">` + escapeHTML(character) + `</span>`)
}

var mrkdwnUnescaper = strings.NewReplacer("&lt;", "<", "&gt;", ">", "&amp;", "&")

// escapeMrkdwn escapes a text of mrkdwn, in which &, < and > are entities already.
func escapeMrkdwn(text string) string { return escapeHTML(mrkdwnUnescaper.Replace(text)) }

func escapeHTML(text string) string { return html.EscapeString(strings.ToValidUTF8(text, "\uFFFD")) }

func isWebURL(address string) bool {
	u, err := url.Parse(address)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != ""
}
