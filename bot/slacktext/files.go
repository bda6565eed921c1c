package slacktext

import (
	"html"
	"regexp"
	"slices"
	"strings"
)

// maxPreview is how much of a file's text is taken, in UTF-16 code units. No field of a form takes more.
const maxPreview = 3000

// files is the names of files with their links, and the text that Slack shows of them: of emails, snippets, posts and
// canvases. https://docs.slack.dev/reference/objects/file-object
func (r *reader) files(v any) string {
	var out []string
	for _, item := range list(v) {
		f, _ := item.(map[string]any)
		isEmail := text(f["filetype"]) == "email" || text(f["mode"]) == "email"
		name := decodeEntities(firstText(f, "title", "name"))
		if subject := decodeEntities(text(f["subject"])); isEmail && !IsBlank(subject) {
			name = subject
		}
		preview := Truncate(strings.TrimSpace(previewText(f)), maxPreview)
		if isEmail && r.title == "" {
			r.title = chooseTitle(name)
		}
		if r.other == "" {
			r.other = chooseTitle(name, preview)
		}
		out = append(out, link(firstText(f, "permalink", "url_private"), name))
		if from := senders(f["from"]); isEmail && from != "" {
			out = append(out, "From: "+from)
		}
		out = append(out, preview)
	}
	return joinLines(out...)
}

// previewText is the text of a file as far as Slack sends it. A snippet is code, which stays as it is.
func previewText(f map[string]any) string {
	if s := firstText(f, "plain_text", "preview_plain_text"); !IsBlank(s) {
		return decodeEntities(s)
	}
	s := text(f["preview"])
	if text(f["mode"]) == "snippet" {
		return s
	}
	if htmlTag.MatchString(s) {
		s = anyTag.ReplaceAllString(lineEndTag.ReplaceAllString(hiddenText.ReplaceAllString(s, ""), "\n"), "")
	}
	return html.UnescapeString(s)
}

var (
	htmlTag    = regexp.MustCompile(`(?i)</?(?:html|body|div|p|br|span|h[1-6]|ul|ol|li|table|b|i|a)(?:\s[^<>]*)?/?>`)
	hiddenText = regexp.MustCompile(`(?is)<(?:style|script|title)(?:\s[^<>]*)?>.*?</(?:style|script|title)>`)
	lineEndTag = regexp.MustCompile(`(?i)<br\s*/?>|</(?:p|div|h[1-6]|li|tr)>`)
	anyTag     = regexp.MustCompile(`<[^<>]*>`)
)

// senders is who sent an email: the original form of each address, else its name and address.
func senders(v any) string {
	out := []string{text(v)}
	for _, item := range list(v) {
		from, _ := item.(map[string]any)
		s := firstText(from, "original", "name", "address")
		if address := text(from["address"]); text(from["original"]) == "" && s != address && address != "" {
			s += " <" + address + ">"
		}
		out = append(out, s)
	}
	out = slices.DeleteFunc(out, IsBlank)
	return SingleLine(decodeEntities(strings.Join(out, ", ")))
}
