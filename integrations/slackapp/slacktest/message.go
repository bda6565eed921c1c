package slacktest

import (
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// A Message is a message of a channel, or an ephemeral message.
type Message struct {
	Channel     string          `json:"channel"`
	TS          string          `json:"ts"`
	ThreadTS    string          `json:"thread_ts,omitempty"`
	User        string          `json:"user"`         // the author
	To          string          `json:"to,omitempty"` // of an ephemeral message: the user who sees it
	Bot         bool            `json:"bot,omitempty"`
	Text        string          `json:"text"`
	Blocks      json.RawMessage `json:"blocks,omitempty"`
	Attachments json.RawMessage `json:"attachments,omitempty"`
	Metadata    json.RawMessage `json:"metadata,omitempty"`
	UnfurlLinks bool            `json:"unfurl_links"`
	UnfurlMedia bool            `json:"unfurl_media"`
	Username    string          `json:"username,omitempty"`  // with Icon, the author that the app chose
	Icon        string          `json:"icon,omitempty"`      // an emoji or a URL
	Broadcast   bool            `json:"broadcast,omitempty"` // a reply that the channel shows too
	Edited      int             `json:"edited,omitempty"`    // number of changes
	Ephemeral   bool            `json:"ephemeral,omitempty"` // only To sees it
	Via         string          `json:"via,omitempty"`       // "response_url" or "ack"; "" for the Web API

	hasReplies  bool
	editedTS    string           // of the latest edit that Slack shows
	clientMsgID string           // of a message of a person
	forms       map[string]*view // by person: the blocks with the values of their elements; none until the person uses one

	payload map[string]any // of a message that another app or user posted, see AddMessage
}

// Contains reports whether the text, or a text of the blocks and attachments, contains what.
func (m Message) Contains(what string) bool {
	return strings.Contains(m.PlainText(), what)
}

// PlainText returns the text and all texts of the blocks and attachments, one per line.
func (m Message) PlainText() string {
	lines := []string{m.Text}
	for _, part := range []json.RawMessage{m.Blocks, m.Attachments} {
		var v any
		if json.Unmarshal(part, &v) == nil {
			lines = appendTexts(lines, v)
		}
	}
	return strings.Join(lines, "\n")
}

// appendTexts appends the texts and URLs in v, in the order of the blocks.
func appendTexts(lines []string, v any) []string {
	switch v := v.(type) {
	case []any:
		for _, item := range v {
			lines = appendTexts(lines, item)
		}
	case map[string]any:
		keys := make([]string, 0, len(v))
		for k := range v {
			keys = append(keys, k)
		}
		slices.Sort(keys)
		for _, k := range keys {
			if s, ok := v[k].(string); ok {
				if k == "text" || k == "url" || k == "alt_text" {
					lines = append(lines, s)
				}
				continue
			}
			lines = appendTexts(lines, v[k])
		}
	}
	return lines
}

// messageJSONLocked returns a message as the Web API does.
func (s *Server) messageJSONLocked(m *Message, metadata bool) map[string]any {
	out := map[string]any{"type": "message", "user": m.User, "ts": m.TS, "text": m.Text, "team": s.TeamID}
	set := func(name string, v any, ok bool) {
		if ok {
			out[name] = v
		}
	}
	if m.Bot {
		out["bot_id"], out["app_id"] = s.BotID, s.AppID
		out["bot_profile"] = map[string]any{
			"id": s.BotID, "app_id": s.AppID, "user_id": s.BotUser, "name": s.cfg.AppName, "deleted": false, "team_id": s.TeamID,
		}
	}
	if m.clientMsgID != "" {
		out["client_msg_id"], out["blocks"] = m.clientMsgID, []any{richTextOf(m.Text, m.clientMsgID[:5])}
	}
	set("blocks", m.Blocks, m.Blocks != nil)
	set("attachments", m.Attachments, m.Attachments != nil)
	set("thread_ts", m.ThreadTS, m.ThreadTS != "")
	if parent := s.findMessageLocked(m.Channel, m.ThreadTS); parent != nil && parent.TS != m.TS {
		out["parent_user_id"] = parent.User
		if m.Broadcast {
			out["subtype"], out["root"] = "thread_broadcast", s.rootJSONLocked(parent)
		}
	}
	if m.Username != "" || m.Icon != "" {
		out["subtype"] = "bot_message"
		set("username", m.Username, m.Username != "")
		key := "image_48"
		if strings.HasPrefix(m.Icon, ":") {
			key = "emoji"
		}
		set("icons", map[string]any{key: m.Icon}, m.Icon != "")
	}
	if m.hasReplies {
		maps.Copy(out, s.threadLocked(m))
	}
	set("edited", map[string]any{"user": m.User, "ts": m.editedTS}, m.editedTS != "")
	set("metadata", m.Metadata, metadata && m.Metadata != nil)
	maps.Copy(out, m.payload)
	return out
}

// rootJSONLocked returns the first message of a thread as a reply shows it that the channel shows too.
// https://docs.slack.dev/reference/events/message/thread_broadcast
func (s *Server) rootJSONLocked(parent *Message) map[string]any {
	out := map[string]any{}
	maps.Copy(out, s.threadLocked(parent))
	delete(out, "is_locked")
	out["type"], out["ts"], out["text"] = "message", parent.TS, parent.Text
	if out["user"] = parent.User; parent.Bot {
		delete(out, "user")
		out["bot_id"] = s.BotID
	}
	return out
}

// richElement matches what Slack's client turns into an element of a rich text: a mention, a channel, or a URL.
var richElement = regexp.MustCompile(`<@(\w+)>|<#(\w+)(?:\|[^>]*)?>|<?(https?://[^\s>|]+)(?:\|[^>]*)?>?`)

// richTextOf returns the text of a person as the block that Slack's client sends with it. Other formatting is not parsed.
func richTextOf(text, blockID string) map[string]any {
	elements := []any{}
	add := func(kind, name, value string) {
		if value != "" {
			elements = append(elements, map[string]any{"type": kind, name: value})
		}
	}
	at := 0
	for _, m := range richElement.FindAllStringSubmatchIndex(text, -1) {
		part := func(i int) string {
			if m[i] < 0 {
				return ""
			}
			return text[m[i]:m[i+1]]
		}
		add("text", "text", text[at:m[0]])
		add("user", "user_id", part(2))
		add("channel", "channel_id", part(4))
		add("link", "url", part(6))
		at = m[1]
	}
	add("text", "text", text[at:])
	return map[string]any{"type": "rich_text", "block_id": blockID, "elements": []any{
		map[string]any{"type": "rich_text_section", "elements": elements},
	}}
}

// threadLocked returns what the first message of a thread says of its replies.
// https://docs.slack.dev/messaging/retrieving-messages#finding_threads
func (s *Server) threadLocked(parent *Message) map[string]any {
	var users []string
	count, latest := 0, ""
	for _, m := range s.messages {
		if m.ThreadTS != parent.TS || m.Channel != parent.Channel || m.To != "" || m == parent {
			continue
		}
		if count++; !slices.Contains(users, m.User) {
			users = append(users, m.User)
		}
		latest = m.TS
	}
	if count == 0 { // all were deleted
		return nil
	}
	return map[string]any{
		"thread_ts": parent.TS, "reply_count": count, "reply_users": users, "reply_users_count": len(users), "latest_reply": latest,
		"is_locked": false, "subscribed": false,
	}
}

// messagePermalink returns the permalink of a message.
func (s *Server) messagePermalink(channel, ts string) string {
	return s.cfg.Permalinks + "/archives/" + channel + "/p" + strings.Replace(ts, ".", "", 1)
}
