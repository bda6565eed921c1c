package slacktext

import (
	"bytes"
	"encoding/json"
	"regexp"
	"strings"
)

// A Message is a message of Slack as plain text.
type Message struct {
	Title           string // on one line: of an attachment, else of a header block, else the first line
	Text            string // all text in reading order
	Timestamp       string // id of the message in its channel
	ThreadTimestamp string // id of the message that started the thread; empty outside of threads
}

// ReadMessage reads a message of any app. What it cannot read is left out. Known names of users and
// channels are given by their ids; for other ids the name comes from a label in the message, else the id stands.
func ReadMessage(raw json.RawMessage, known map[string]string) Message {
	m := decode(raw)
	n := names{}
	n.collect(m, 0)
	for id, name := range known {
		if id != "" && name != "" && n[id] == "" {
			n[id] = name
		}
	}
	r := reader{names: n}
	body := r.blocks(m["blocks"])
	if body == "" {
		body = r.mrkdwn(text(m["text"])) // with blocks, text is only their summary
	}
	body = joinLines(body, r.attachments(m["attachments"]), r.files(m["files"]))
	body = strings.TrimSpace(Clean(body))
	title := r.title
	if SingleLine(title) == "" {
		title = r.header
	}
	if SingleLine(title) == "" {
		title, _, _ = strings.Cut(body, "\n")
		title = addressPattern.ReplaceAllString(title, "")
	}
	if plain := emojiCodes.ReplaceAllString(SingleLine(title), ""); plain != "" {
		title = plain // a name with codes is not readable outside of Slack
	}
	return Message{Title: SingleLine(title), Text: body, Timestamp: text(m["ts"]), ThreadTimestamp: text(m["thread_ts"])}
}

// addressPattern is the address behind the label of a link.
var addressPattern = regexp.MustCompile(` \(https?://[^ ]*\)`)

// emojiCodes are the emoji before a title, such as :fire:.
var emojiCodes = regexp.MustCompile(`^(?::[a-z0-9_+'-]*[a-z][a-z0-9_+'-]*:\s*)+`)

// A reader collects the titles of a message while its text is read.
type reader struct {
	names
	title  string // of the first attachment with one
	header string // of the first header block
}

// attachments is the text of attachments, in reading order.
// https://docs.slack.dev/legacy/legacy-messaging/legacy-secondary-message-attachments
func (r *reader) attachments(v any) string {
	var out []string
	for _, item := range list(v) {
		a, ok := item.(map[string]any)
		if !ok {
			continue
		}
		title := r.mrkdwn(text(a["title"]))
		if r.title == "" && !isUnfurl(a) {
			r.title = title
		}
		lines := []string{r.mrkdwn(text(a["pretext"])), r.mrkdwn(text(a["author_name"])), link(text(a["title_link"]), title),
			r.mrkdwn(text(a["text"])), r.blocks(a["blocks"]), r.sharedMessage(a["message_blocks"])}
		for _, item := range list(a["fields"]) {
			if f, ok := item.(map[string]any); ok {
				lines = append(lines, labeled(r.mrkdwn(text(f["title"])), r.mrkdwn(text(f["value"]))))
			}
		}
		lines = append(lines, r.files(a["files"]))
		body := joinLines(lines...)
		if body == "" {
			body = joinLines(r.mrkdwn(text(a["fallback"])))
		}
		out = append(out, joinLines(body, r.mrkdwn(text(a["footer"]))))
	}
	return joinLines(out...)
}

// isUnfurl reports an attachment that Slack added for a link in the text. It is not what the message is about.
func isUnfurl(a map[string]any) bool {
	return firstText(a, "from_url", "original_url", "app_unfurl_url") != ""
}

// sharedMessage is the text of a message that an attachment quotes, if the attachment has it as blocks.
func (r *reader) sharedMessage(v any) string {
	var out []string
	for _, item := range list(v) {
		outer, _ := item.(map[string]any)
		inner, _ := outer["message"].(map[string]any)
		out = append(out, r.blocks(inner["blocks"]))
	}
	return joinLines(out...)
}

// files is the names of files, with their links.
func (r *reader) files(v any) string {
	var out []string
	for _, item := range list(v) {
		f, _ := item.(map[string]any)
		name := text(f["title"])
		if name == "" {
			name = text(f["name"])
		}
		out = append(out, link(firstText(f, "permalink", "url_private"), decodeEntities(name)))
	}
	return joinLines(out...)
}

// labelPattern is a mention of a user, a channel or a group with its name.
var labelPattern = regexp.MustCompile(`<(?:@|#|!subteam\^)([A-Z0-9]+)\|[@#]?([^<>|]+)>`)

// collect collects the names that a message has for ids.
func (n names) collect(v any, depth int) {
	switch v := v.(type) {
	case string:
		for _, m := range labelPattern.FindAllStringSubmatch(v, -1) {
			n[m[1]] = decodeEntities(m[2])
		}
	case []any:
		for _, item := range v {
			if depth < maxDepth {
				n.collect(item, depth+1)
			}
		}
	case map[string]any:
		for _, item := range v {
			if depth < maxDepth {
				n.collect(item, depth+1)
			}
		}
	}
}

// decode decodes JSON; what is not an object is an empty one.
func decode(raw json.RawMessage) map[string]any {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var v map[string]any
	if d.Decode(&v) != nil {
		return nil
	}
	return v
}

// text is a text, a number or the text of a text object; "" for anything else.
func text(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case json.Number:
		return v.String()
	case map[string]any:
		if s, ok := v["text"].(string); ok {
			return s
		}
	}
	return ""
}

func firstText(m map[string]any, keys ...string) string {
	for _, key := range keys {
		if s := text(m[key]); s != "" {
			return s
		}
	}
	return ""
}

// list is an array, or what an object with numbers for keys or a single value stands for.
func list(v any) []any {
	switch v := v.(type) {
	case []any:
		return v
	case map[string]any:
		return []any{v}
	}
	return nil
}

func labeled(label, value string) string {
	label = strings.TrimSpace(label)
	switch {
	case label == "":
		return value
	case strings.TrimSpace(value) == "":
		return label
	case strings.Contains(strings.TrimSpace(value), "\n"):
		return strings.TrimSuffix(label, ":") + ":\n" + value
	}
	return strings.TrimSuffix(label, ":") + ": " + value
}

// joinLines joins the texts that are not blank, each on lines of its own.
func joinLines(texts ...string) string {
	var out []string
	for _, s := range texts {
		if s = strings.Trim(s, "\r\n"); strings.TrimSpace(s) != "" {
			out = append(out, s)
		}
	}
	return strings.Join(out, "\n")
}
