package slacktext

import (
	"bytes"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
)

// A Message is a message of Slack as plain text.
type Message struct {
	Title           string // on one line: of an attachment, else of a header block, else the first line
	Text            string // all text in reading order
	Timestamp       string // id of the message in its channel
	ThreadTimestamp string // id of the message that started the thread; empty outside of threads
}

// ReadMessage reads a message of any app. What it cannot read is left out. Known names of users and channels are given
// by their ids; for other ids the name comes from the message, else a general term such as @someone stands.
func ReadMessage(raw json.RawMessage, known map[string]string) Message {
	m := decode(raw)
	n := names{}
	n.collect(m, 0)
	for id, name := range known {
		if n[id] == "" && name != "directmessage" && name != "privategroup" { // terms of Slack, not names
			n.add(id, name)
		}
	}
	r := reader{names: n}
	own := r.content(m["blocks"], m["text"])
	body := joinLines(own, r.attachments(m["attachments"]), r.files(m["files"]))
	body = strings.TrimSpace(Clean(body))
	title := chooseTitle(r.title, r.header, own, r.bold, r.other, body)
	return Message{Title: title, Text: body, Timestamp: text(m["ts"]), ThreadTimestamp: text(m["thread_ts"])}
}

// A reader collects what can be the title of a message, or of an attachment, while its text is read.
type reader struct {
	names
	depth  int    // of attachments in shared messages
	title  string // of the first attachment, or the subject of an email
	header string // of the first header block
	bold   string // the first line that is bold as a whole
	other  string // the first line of an attachment without a title, or the name of a file
}

// content is the text of a message. With blocks, text is only their summary.
func (r *reader) content(blocks, summary any) string {
	if s := r.blocks(blocks); s != "" {
		return s
	}
	s := text(summary)
	r.noteBold(s)
	return r.mrkdwn(s)
}

// attachments is the text of attachments, in reading order.
func (r *reader) attachments(v any) string {
	if r.depth > maxDepth {
		return ""
	}
	var out []string
	for _, item := range list(v) {
		a, ok := item.(map[string]any)
		if !ok {
			continue
		}
		part := reader{names: r.names, depth: r.depth + 1}
		s, lines := part.attachment(a)
		if title := chooseTitle(part.title, part.header); r.title == "" && !isUnfurl(a) {
			r.title = title
		}
		if r.other == "" {
			r.other = chooseTitle(append([]string{part.title, part.header, part.bold}, append(lines, part.other)...)...)
		}
		out = append(out, s)
	}
	return joinLines(out...)
}

// attachment is the text of an attachment, and its parts whose first line can be a title. Who wrote a shared message
// stands below it.
// https://docs.slack.dev/legacy/legacy-messaging/legacy-secondary-message-attachments
func (r *reader) attachment(a map[string]any) (body string, parts []string) {
	title := r.mrkdwn(text(a["title"]))
	r.title = title
	r.noteBold(text(a["text"]))
	pretext, author, quoted := r.mrkdwn(text(a["pretext"])), r.mrkdwn(text(a["author_name"])), r.mrkdwn(text(a["text"]))
	inBlocks := joinLines(r.blocks(a["blocks"]), r.sharedMessages(a["message_blocks"]))
	if a["message_blocks"] != nil && inBlocks != "" || strings.Contains(SingleLine(inBlocks), SingleLine(quoted)) {
		quoted = "" // it is a summary of the blocks
	}
	parts = []string{pretext, quoted, inBlocks}
	lines := []string{pretext, author, link(text(a["title_link"]), title), quoted, inBlocks}
	if isShare(a) {
		lines[1] = ""
	}
	for _, item := range list(a["fields"]) {
		if f, ok := item.(map[string]any); ok {
			lines = append(lines, labeled(r.mrkdwn(text(f["title"])), r.mrkdwn(text(f["value"]))))
		}
	}
	lines = append(lines, r.files(a["files"]))
	body = joinLines(lines...)
	if body == "" {
		body = joinLines(r.mrkdwn(text(a["fallback"])))
		parts = append(parts, body)
	}
	if isShare(a) {
		body = joinLines(body, author)
	}
	return joinLines(body, r.mrkdwn(text(a["footer"]))), parts
}

// isUnfurl reports an attachment that Slack added for a link or a shared message. The text above it is what the message
// is about, if there is one.
func isUnfurl(a map[string]any) bool {
	return isShare(a) || firstText(a, "from_url", "original_url", "app_unfurl_url") != ""
}

// isShare reports an attachment that quotes another message of Slack.
func isShare(a map[string]any) bool {
	return a["is_share"] == true || a["is_msg_unfurl"] == true || a["message_blocks"] != nil
}

// sharedMessages is the text of the messages that an attachment quotes, if it has them as blocks.
func (r *reader) sharedMessages(v any) string {
	var out []string
	for _, item := range list(v) {
		outer, _ := item.(map[string]any)
		inner, _ := outer["message"].(map[string]any)
		out = append(out, r.content(inner["blocks"], inner["text"]), r.attachments(inner["attachments"]), r.files(inner["files"]))
	}
	return joinLines(out...)
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

// list is an array, the values of an object with numbers for keys in their order, or a single object.
func list(v any) []any {
	switch v := v.(type) {
	case []any:
		return v
	case map[string]any:
		var keys []int
		byKey := map[int]any{}
		for key, value := range v {
			n, err := strconv.Atoi(key)
			if _, twice := byKey[n]; err != nil || twice {
				return []any{v}
			}
			keys, byKey[n] = append(keys, n), value
		}
		slices.Sort(keys)
		var out []any
		for _, key := range keys {
			out = append(out, byKey[key])
		}
		return out
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
