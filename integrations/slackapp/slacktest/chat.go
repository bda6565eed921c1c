package slacktest

import (
	"encoding/json"
	"strings"
	"unicode/utf8"
)

// Limits of messages.
// https://docs.slack.dev/reference/methods/chat.postMessage
const (
	MaxText            = 40_000 // code points
	MaxMessageBlocks   = 50
	MaxAttachments     = 100
	MaxMetadataPayload = 16 << 10 // bytes of JSON
)

// readMessage reads text, blocks, attachments, metadata and flags of a message.
func readMessage(a args) (Message, error) {
	m := Message{Text: a.stringArg("text"), UnfurlLinks: true, UnfurlMedia: true}
	if a["unfurl_links"] != nil {
		m.UnfurlLinks = a.boolArg("unfurl_links")
	}
	if a["unfurl_media"] != nil {
		m.UnfurlMedia = a.boolArg("unfurl_media")
	}
	if utf8.RuneCountInString(m.Text) > MaxText {
		return m, Error("msg_too_long")
	}
	var err error
	if m.Blocks, err = readBlocks(a); err != nil {
		return m, err
	}
	if m.Attachments, err = readAttachments(a); err != nil {
		return m, err
	}
	if m.Metadata, err = readMetadata(a); err != nil {
		return m, err
	}
	if m.Text == "" && m.Blocks == nil && m.Attachments == nil {
		return m, Error("no_text")
	}
	return m, nil
}

func readBlocks(a args) (json.RawMessage, error) {
	v, ok := a.jsonArg("blocks")
	if !ok {
		return nil, Error("invalid_blocks_format")
	}
	if v == nil {
		return nil, nil
	}
	blocks, ok := v.([]any)
	if !ok {
		return nil, Error("invalid_blocks_format")
	}
	if len(blocks) == 0 {
		return nil, nil
	}
	if problems := validateMessageBlocks(blocks, "/blocks"); len(problems) > 0 {
		return nil, invalidBlocks(problems)
	}
	normalizeBlocks(blocks)
	return marshalJSON(blocks), nil
}

func readAttachments(a args) (json.RawMessage, error) {
	v, ok := a.jsonArg("attachments")
	list, isList := v.([]any)
	switch {
	case !ok || v != nil && !isList:
		return nil, Error("invalid_attachments")
	case len(list) == 0:
		return nil, nil
	case len(list) > MaxAttachments:
		return nil, Error("too_many_attachments")
	}
	if problems := validateAttachments(list, "/attachments"); len(problems) > 0 {
		return nil, invalidBlocks(problems)
	}
	return marshalJSON(list), nil
}

// readMetadata checks that metadata is {"event_type": string, "event_payload": object}.
// https://docs.slack.dev/messaging/message-metadata
func readMetadata(a args) (json.RawMessage, error) {
	v, ok := a.jsonArg("metadata")
	if !ok {
		return nil, Error("invalid_metadata_format")
	}
	if v == nil {
		return nil, nil
	}
	m, ok := v.(map[string]any)
	if !ok {
		return nil, Error("invalid_metadata_format")
	}
	event, _ := m["event_type"].(string)
	payload, isObject := m["event_payload"].(map[string]any)
	if event == "" || !isObject {
		return nil, Error("invalid_metadata_schema")
	}
	if len(marshalJSON(payload)) > MaxMetadataPayload {
		return nil, Error("metadata_too_large")
	}
	return marshalJSON(m), nil
}

// writableChannelLocked finds the channel of a call in which the bot may post.
func (s *Server) writableChannelLocked(id string) (*Channel, error) {
	c, ok := s.findChannelLocked(id)
	switch {
	case !ok, c.Private && !c.BotIsMember:
		return nil, Error("channel_not_found")
	case c.Archived:
		return nil, Error("is_archived")
	case !c.BotIsMember && !s.hasScopeLocked("chat:write.public"):
		return nil, Error("not_in_channel")
	}
	return c, nil
}

func (s *Server) chatPostMessage(c *call) (reply, error) {
	m, err := readMessage(c.args)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	ch, err := s.writableChannelLocked(c.args.stringArg("channel"))
	if err != nil {
		return nil, err
	}
	if thread := c.args.stringArg("thread_ts"); thread != "" {
		if s.findMessageLocked(ch.ID, thread) == nil {
			return nil, Error("thread_not_found")
		}
		m.ThreadTS = thread
	}
	kept := s.postMessageLocked(ch, m)
	return reply{"channel": ch.ID, "ts": kept.TS, "message": s.messageJSONLocked(kept, true)}, nil
}

// postMessageLocked puts a message of the bot in a channel.
func (s *Server) postMessageLocked(ch *Channel, m Message) *Message {
	m.Channel, m.TS, m.User, m.Bot = ch.ID, s.newTSLocked(), s.BotUser, true
	s.messages[ch.ID] = append(s.messages[ch.ID], &m)
	s.messagesChangedLocked(ch.ID)
	s.emit(s.appLabel(), "slack", "message", "#"+ch.Name+": "+firstLine(m.Text), m)
	return &m
}

func (s *Server) chatPostEphemeral(c *call) (reply, error) {
	m, err := readMessage(c.args)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	ch, err := s.writableChannelLocked(c.args.stringArg("channel"))
	if err != nil {
		return nil, err
	}
	user := c.args.stringArg("user")
	if s.users[user] == nil || !ch.hasMember(user) {
		return nil, Error("user_not_in_channel")
	}
	m.Channel, m.ThreadTS, m.Metadata = ch.ID, c.args.stringArg("thread_ts"), nil
	return reply{"message_ts": s.postEphemeralLocked(user, m).TS}, nil
}

// postEphemeralLocked shows a message of the bot to one user.
func (s *Server) postEphemeralLocked(user string, m Message) Message {
	m.TS, m.User, m.To, m.Bot, m.Ephemeral = s.newTSLocked(), s.BotUser, user, true, true
	s.ephemerals[user] = append(s.ephemerals[user], m)
	s.messagesChangedLocked(user)
	s.emit(s.appLabel(), "slack", "ephemeral", "@"+s.users[user].Name+": "+firstLine(m.Text), m)
	return m
}

// ownMessageLocked finds a message of the bot that a call wants to change.
func (s *Server) ownMessageLocked(c *call, refused Error) (*Channel, *Message, error) {
	ch, ok := s.findChannelLocked(c.args.stringArg("channel"))
	if !ok || ch.Private && !ch.BotIsMember {
		return nil, nil, Error("channel_not_found")
	}
	m := s.findMessageLocked(ch.ID, c.args.stringArg("ts"))
	if m == nil {
		return nil, nil, Error("message_not_found")
	}
	if !m.Bot {
		return nil, nil, refused
	}
	return ch, m, nil
}

func (s *Server) chatUpdate(c *call) (reply, error) {
	m, err := readMessage(c.args)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	ch, kept, err := s.ownMessageLocked(c, "cant_update_message")
	if err != nil {
		return nil, err
	}
	s.updateMessageLocked(kept, m)
	shown := s.messageJSONLocked(kept, true)
	delete(shown, "ts") // it stands beside the message alone
	return reply{"channel": ch.ID, "ts": kept.TS, "text": kept.Text, "message": shown}, nil
}

// updateMessageLocked replaces what a message says.
func (s *Server) updateMessageLocked(kept *Message, m Message) {
	kept.Text, kept.Blocks, kept.Attachments = m.Text, m.Blocks, m.Attachments
	if m.Metadata != nil {
		kept.Metadata = m.Metadata
	}
	kept.Edited++
	s.messagesChangedLocked(kept.Channel)
	s.emit(s.appLabel(), "slack", "message", "edited: "+firstLine(kept.Text), *kept)
}

func (s *Server) chatDelete(c *call) (reply, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	ch, kept, err := s.ownMessageLocked(c, "cant_delete_message")
	if err != nil {
		return nil, err
	}
	s.deleteMessageLocked(ch.ID, kept)
	return reply{"channel": ch.ID, "ts": kept.TS}, nil
}

// deleteMessageLocked removes a message.
func (s *Server) deleteMessageLocked(channel string, gone *Message) {
	kept := s.messages[channel][:0:0]
	for _, m := range s.messages[channel] {
		if m != gone {
			kept = append(kept, m)
		}
	}
	s.messages[channel] = kept
	s.messagesChangedLocked(channel)
	s.emit(s.appLabel(), "slack", "message", "deleted: "+firstLine(gone.Text), *gone)
}

// firstLine is the first line of a text, short enough for an event.
func firstLine(text string) string {
	text, _, _ = strings.Cut(text, "\n")
	const most = 120
	if r := []rune(text); len(r) > most {
		return string(r[:most]) + "…"
	}
	return text
}
