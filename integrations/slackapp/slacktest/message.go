package slacktest

import (
	"encoding/json"
	"maps"
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
	Edited      int             `json:"edited,omitempty"`    // number of edits
	Ephemeral   bool            `json:"ephemeral,omitempty"` // only To sees it
	Via         string          `json:"via,omitempty"`       // "response_url" or "ack"; "" for the Web API

	hasReplies bool

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

// findMessageLocked returns the message with a ts, nil for none.
func (s *Server) findMessageLocked(channel, ts string) *Message {
	for _, m := range s.messages[channel] {
		if m.TS == ts {
			return m
		}
	}
	return nil
}

// messageJSONLocked returns a message as the Web API does.
func (s *Server) messageJSONLocked(m *Message, metadata bool) map[string]any {
	out := map[string]any{"type": "message", "user": m.User, "ts": m.TS, "text": m.Text, "team": s.TeamID}
	if m.Bot {
		out["bot_id"], out["app_id"] = s.BotID, s.AppID
		out["bot_profile"] = map[string]any{
			"id": s.BotID, "app_id": s.AppID, "user_id": s.BotUser, "name": s.cfg.AppName, "deleted": false, "team_id": s.TeamID,
		}
	}
	if m.Blocks != nil {
		out["blocks"] = m.Blocks
	}
	if m.Attachments != nil {
		out["attachments"] = m.Attachments
	}
	if m.ThreadTS != "" {
		out["thread_ts"] = m.ThreadTS
	}
	if m.hasReplies {
		maps.Copy(out, s.threadLocked(m))
	}
	if m.Edited > 0 {
		out["edited"] = map[string]any{"user": m.User, "ts": m.TS}
	}
	if metadata && m.Metadata != nil {
		out["metadata"] = m.Metadata
	}
	maps.Copy(out, m.payload)
	return out
}

// threadLocked returns what the first message of a thread says of its replies.
// https://docs.slack.dev/messaging/retrieving-messages#finding_threads
func (s *Server) threadLocked(parent *Message) map[string]any {
	var users []string
	count, latest := 0, ""
	for _, m := range s.messages[parent.Channel] {
		if m.ThreadTS != parent.TS || m == parent {
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
