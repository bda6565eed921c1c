package slacktest

import (
	"slices"
	"strings"
)

// Limits of messages.
// https://docs.slack.dev/reference/methods/chat.postMessage
const (
	MaxText            = 40_000 // code points
	MaxMessageBlocks   = 50
	MaxAttachments     = 100
	MaxMetadataPayload = 16 << 10 // bytes of JSON
)

// postableChannelLocked returns the channel of a call if the bot can post in it.
func (s *Server) postableChannelLocked(id string) (*Channel, error) {
	c, ok := s.seenChannelLocked(id)
	switch {
	case !ok:
		return nil, Error("channel_not_found")
	case c.Archived:
		return nil, Error("is_archived")
	case !c.BotIsMember && !s.hasScopeLocked("chat:write.public"):
		return nil, Error("not_in_channel")
	case c.PostError != "":
		return nil, Error(c.PostError)
	}
	return c, nil
}

// newMessageLocked returns the content of a call, and the channel in which the bot can post it.
func (s *Server) newMessageLocked(c *call) (*Channel, Message, error) {
	m, err := readMessage(c.args)
	if err == nil && m.isEmpty() {
		err = Error("no_text")
	}
	if err != nil {
		return nil, m, err
	}
	ch, err := s.postableChannelLocked(c.args.stringArg("channel"))
	if err != nil {
		return nil, m, err
	}
	if !s.hasScopeLocked("chat:write.customize") {
		m.Username, m.Icon = "", ""
	}
	m.ThreadTS = c.args.stringArg("thread_ts")
	return ch, m, nil
}

func (s *Server) chatPostMessage(c *call) (reply, error) {
	ch, m, err := s.newMessageLocked(c)
	if err != nil {
		return nil, err
	}
	m.Broadcast = m.ThreadTS != "" && c.args.boolArg("reply_broadcast")
	kept, err := s.postMessageLocked(ch, m)
	if err != nil {
		return nil, err
	}
	return reply{"channel": ch.ID, "ts": kept.TS, "message": s.messageJSONLocked(kept, true)}, nil
}

// postMessageLocked posts a message of the bot in a channel.
func (s *Server) postMessageLocked(ch *Channel, m Message) (*Message, error) {
	m.User, m.Bot = s.BotUser, true
	kept, err := s.addMessageLocked(ch, m)
	if err != nil {
		return nil, err
	}
	s.emit(s.appLabel(), "slack", "message", "#"+ch.Name+": "+firstLine(kept.Text), *kept)
	s.sendMessageEventLocked(ch, s.messageJSONLocked(kept, true))
	return kept, nil
}

// addMessageLocked adds a message to a channel, or to one of its threads.
func (s *Server) addMessageLocked(ch *Channel, m Message) (*Message, error) {
	if m.ThreadTS != "" {
		parent := s.findMessageLocked(ch.ID, m.ThreadTS)
		if parent == nil {
			return nil, Error("thread_not_found")
		}
		parent.hasReplies = true
	}
	m.Channel = ch.ID
	s.addLocked(&m)
	return &m, nil
}

func (s *Server) chatPostEphemeral(c *call) (reply, error) {
	ch, m, err := s.newMessageLocked(c)
	if err != nil {
		return nil, err
	}
	user := c.args.stringArg("user")
	if u := s.userLocked(user); u == nil || u.Bot || u.Deleted || !ch.hasMemberLocked(user) {
		return nil, Error("user_not_in_channel")
	}
	m.Channel = ch.ID
	return reply{"message_ts": s.postEphemeralLocked(user, m).TS}, nil
}

// postEphemeralLocked posts a message of the bot that only one user sees.
func (s *Server) postEphemeralLocked(user string, m Message) Message {
	m.User, m.To, m.Bot, m.Ephemeral = s.BotUser, user, true, true
	s.addLocked(&m)
	s.emit(s.appLabel(), "slack", "ephemeral", "@"+s.userLocked(user).Name+": "+firstLine(m.Text), m)
	return m
}

// ownMessageLocked returns the message of the bot that a call changes. refused is the error for a
// message of a user.
func (s *Server) ownMessageLocked(c *call, refused Error) (*Channel, *Message, error) {
	id := c.args.stringArg("channel")
	ch, ok := s.seenChannelLocked(id)
	if !ok || s.userLocked(id) != nil { // a user's id is accepted for new messages only
		return nil, nil, Error("channel_not_found")
	}
	m := s.findMessageLocked(ch.ID, c.args.stringArg("ts"))
	if m == nil || m.User == slackbot {
		return nil, nil, Error("message_not_found")
	}
	if !m.Bot {
		return nil, nil, refused
	}
	return ch, m, nil
}

// chatUpdate changes a message. Blocks and attachments that are not in the call stay; empty lists remove them.
// https://docs.slack.dev/reference/methods/chat.update
func (s *Server) chatUpdate(c *call) (reply, error) {
	m, err := readMessage(c.args)
	if err != nil {
		return nil, err
	}
	ch, kept, err := s.ownMessageLocked(c, "cant_update_message")
	if err != nil {
		return nil, err
	}
	if m.isEmpty() {
		return nil, Error("no_text")
	}
	onlyText := m.Blocks == nil && m.Attachments == nil
	if c.args["attachments"] == nil {
		m.Attachments = kept.Attachments
	}
	if c.args["blocks"] == nil && m.Blocks == nil {
		m.Blocks = kept.Blocks
	}
	s.editMessageLocked(kept, m, onlyText)
	message := s.messageJSONLocked(kept, true)
	for key := range s.threadLocked(kept) { // the answer of this method has none, by the types of Slack's client
		delete(message, key)
	}
	delete(message, "ts") // only the outer object has it
	return reply{"channel": ch.ID, "ts": kept.TS, "text": kept.Text, "message": message}, nil
}

// editMessageLocked replaces the content of a message. Slack shows that a message was edited only if its text alone was.
// https://docs.slack.dev/messaging/modifying-messages
func (s *Server) editMessageLocked(kept *Message, m Message, onlyText bool) {
	before := s.messageJSONLocked(kept, true)
	kept.Text, kept.Blocks, kept.Attachments = m.Text, m.Blocks, m.Attachments
	if m.Metadata != nil {
		kept.Metadata = m.Metadata
	}
	kept.Edited++
	if onlyText {
		kept.editedTS = s.newTimestampLocked()
	}
	for _, form := range kept.forms {
		form.replaceBody(kept.formBody())
	}
	s.messagesChangedLocked()
	s.emit(s.appLabel(), "slack", "message", "edited: "+firstLine(kept.Text), *kept)
	s.sendMessageEventLocked(s.channelLocked(kept.Channel), map[string]any{
		"type": "message", "subtype": "message_changed", "hidden": true, "ts": s.newTimestampLocked(),
		"message": s.messageJSONLocked(kept, true), "previous_message": before,
	})
}

func (s *Server) chatDelete(c *call) (reply, error) {
	ch, kept, err := s.ownMessageLocked(c, "cant_delete_message")
	if err != nil {
		return nil, err
	}
	s.deleteMessageLocked(kept)
	return reply{"channel": ch.ID, "ts": kept.TS}, nil
}

// slackbot is the author of the message that replaces the deleted first message of a thread.
const slackbot = "USLACKBOT"

// deleteMessageLocked removes a message. Of a thread with replies, Slack shows that the first message was deleted.
func (s *Server) deleteMessageLocked(gone *Message) {
	i := slices.Index(s.messages, gone)
	if s.threadLocked(gone) == nil {
		s.messages = slices.Delete(s.messages, i, i+1)
	} else {
		s.messages[i] = &Message{
			Channel: gone.Channel, TS: gone.TS, User: slackbot, Text: "This message was deleted.", hasReplies: true,
			payload: map[string]any{"subtype": "tombstone", "hidden": true},
		}
	}
	s.messagesChangedLocked()
	if gone.Ephemeral {
		s.emit(s.appLabel(), "slack", "ephemeral", "deleted: "+firstLine(gone.Text), *gone)
		return
	}
	s.emit(s.appLabel(), "slack", "message", "deleted: "+firstLine(gone.Text), *gone)
	s.sendMessageEventLocked(s.channelLocked(gone.Channel), map[string]any{
		"type": "message", "subtype": "message_deleted", "hidden": true, "ts": s.newTimestampLocked(), "deleted_ts": gone.TS,
		"previous_message": s.messageJSONLocked(gone, true),
	})
}

// firstLine returns the first line of a text, at most 120 characters.
func firstLine(text string) string {
	text, _, _ = strings.Cut(text, "\n")
	const most = 120
	if r := []rune(text); len(r) > most {
		return string(r[:most]) + "…"
	}
	return text
}

func (s *Server) chatGetPermalink(c *call) (reply, error) {
	ch, ok := s.seenChannelLocked(c.args.stringArg("channel"))
	if !ok {
		return nil, Error("channel_not_found")
	}
	ts := c.args.stringArg("message_ts")
	if s.findMessageLocked(ch.ID, ts) == nil {
		return nil, Error("message_not_found")
	}
	return reply{"channel": ch.ID, "permalink": s.messagePermalink(ch.ID, ts)}, nil
}
