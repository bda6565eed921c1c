package slacktest

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strings"
)

// A Message is one message of a channel, or one that only a single person sees.
type Message struct {
	Channel     string          `json:"channel"`
	TS          string          `json:"ts"`
	ThreadTS    string          `json:"thread_ts,omitempty"`
	User        string          `json:"user"`         // who wrote it
	To          string          `json:"to,omitempty"` // who alone sees it, of an ephemeral one
	Bot         bool            `json:"bot,omitempty"`
	Text        string          `json:"text"`
	Blocks      json.RawMessage `json:"blocks,omitempty"`
	Attachments json.RawMessage `json:"attachments,omitempty"`
	Metadata    json.RawMessage `json:"metadata,omitempty"`
	UnfurlLinks bool            `json:"unfurl_links"`
	UnfurlMedia bool            `json:"unfurl_media"`
	Edited      int             `json:"edited,omitempty"`    // how often
	Ephemeral   bool            `json:"ephemeral,omitempty"` // only one person sees it
	Via         string          `json:"via,omitempty"`       // "response_url" or "ack" when it was not chat.*

	payload map[string]any // of a message that another app or user posted: see AddMessage
}

// Shows says whether the text, or any text of the blocks and attachments, holds what.
func (m Message) Shows(what string) bool {
	return strings.Contains(m.Plain(), what)
}

// Plain is the text and all texts of the blocks and attachments, one a line.
func (m Message) Plain() string {
	lines := []string{m.Text}
	for _, part := range []json.RawMessage{m.Blocks, m.Attachments} {
		var v any
		if json.Unmarshal(part, &v) == nil {
			lines = texts(lines, v)
		}
	}
	return strings.Join(lines, "\n")
}

// texts appends what is under a key "text", and the addresses, in the order of the blocks.
func texts(lines []string, v any) []string {
	switch v := v.(type) {
	case []any:
		for _, item := range v {
			lines = texts(lines, item)
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
			lines = texts(lines, v[k])
		}
	}
	return lines
}

// Messages are the messages of a channel, oldest first. The id of a user means the direct
// conversation of the bot with that user.
func (s *Server) Messages(channel string) []Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.list(s.inbox(channel))
}

// inbox is the id under which the messages of a channel, or of the direct conversation
// with a user, are kept. s.mu is held.
func (s *Server) inbox(channel string) string {
	if u := s.users[channel]; u != nil {
		return s.directWith(u).ID
	}
	return channel
}

// list copies the messages of a channel. s.mu is held.
func (s *Server) list(channel string) []Message {
	out := make([]Message, 0, len(s.messages[channel]))
	for _, m := range s.messages[channel] {
		out = append(out, *m)
	}
	return out
}

// WaitMessage waits for the first message of a channel that fits; nil fits every message.
func (s *Server) WaitMessage(ctx context.Context, channel string, fits func(Message) bool) (Message, error) {
	s.mu.Lock()
	id := s.inbox(channel)
	s.mu.Unlock()
	return s.waitIn(ctx, id, func() []Message { return s.list(id) }, fits)
}

// waitIn waits for a message in a list that has a revision. fits is called unlocked.
func (s *Server) waitIn(ctx context.Context, id string, all func() []Message, fits func(Message) bool) (Message, error) {
	for seen := -1; ; {
		var now []Message
		err := s.await(ctx, func() bool {
			if s.revisions[id] == seen {
				return false
			}
			seen, now = s.revisions[id], all()
			return true
		})
		if err != nil {
			return Message{}, err
		}
		if i := slices.IndexFunc(now, func(m Message) bool { return fits == nil || fits(m) }); i >= 0 {
			return now[i], nil
		}
	}
}

// said tells those who wait that the messages of a channel, or those that only one user
// sees, have changed. s.mu is held.
func (s *Server) said(id string) {
	s.revisions[id]++
	s.touch()
}

// Ephemerals are the messages that only one user saw, oldest first, also those that answered a command.
func (s *Server) Ephemerals(user string) []Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.ephemerals[user])
}

// WaitEphemeral waits for the first message that only a user sees and that fits; nil fits every message.
func (s *Server) WaitEphemeral(ctx context.Context, user string, fits func(Message) bool) (Message, error) {
	return s.waitIn(ctx, user, func() []Message { return slices.Clone(s.ephemerals[user]) }, fits)
}

// messageAt finds a message by its ts. s.mu is held.
func (s *Server) messageAt(channel, ts string) *Message {
	for _, m := range s.messages[channel] {
		if m.TS == ts {
			return m
		}
	}
	return nil
}

// messageJSON is a message as Slack shows it. s.mu is held.
func (s *Server) messageJSON(m *Message, metadata bool) map[string]any {
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
	if m.Edited > 0 {
		out["edited"] = map[string]any{"user": m.User, "ts": m.TS}
	}
	if metadata && m.Metadata != nil {
		out["metadata"] = m.Metadata
	}
	maps.Copy(out, m.payload)
	return out
}

// permalink is the address of a message.
func (s *Server) permalink(channel, ts string) string {
	return s.cfg.Permalinks + "/archives/" + channel + "/p" + strings.Replace(ts, ".", "", 1)
}
