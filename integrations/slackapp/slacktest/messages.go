package slacktest

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
)

// A messageList is some of the messages.
type messageList struct {
	s *Server
	// filter returns what selects a message. It needs the lock.
	filter func() (keep func(*Message) bool, err error)
}

// messages returns the messages, oldest first.
func (l messageList) messages() ([]Message, error) {
	l.s.mu.Lock()
	defer l.s.mu.Unlock()
	return l.messagesLocked()
}

func (l messageList) messagesLocked() ([]Message, error) {
	keep, err := l.filter()
	if err != nil {
		return nil, err
	}
	out := []Message{}
	for _, m := range l.s.messages {
		if keep(m) {
			out = append(out, *m)
		}
	}
	return out, nil
}

// wait waits for a message that matches fits. A nil fits matches every message.
func (l messageList) wait(ctx context.Context, fits func(Message) bool) (found Message, err error) {
	seen := -1
	read := func() ([]Message, error) {
		if l.s.messageChanges == seen {
			return nil, nil
		}
		seen = l.s.messageChanges
		return l.messagesLocked()
	}
	err = waitFor(ctx, l.s, read, func(now []Message) bool {
		i := slices.IndexFunc(now, func(m Message) bool { return fits == nil || fits(m) })
		if i >= 0 {
			found = now[i]
		}
		return i >= 0
	})
	return found, err
}

// messageList is the messages of a channel, or of the direct conversation of the bot with a user.
func (s *Server) messageList(channel string) messageList {
	return messageList{s, func() (func(*Message) bool, error) {
		ch, ok := s.conversationLocked(channel)
		if !ok {
			return nil, Error("channel_not_found")
		}
		return func(m *Message) bool { return m.Channel == ch.ID && m.To == "" }, nil
	}}
}

// ephemeralList is the ephemeral messages of a user, including the responses to commands.
func (s *Server) ephemeralList(user string) messageList {
	return messageList{s, func() (func(*Message) bool, error) {
		return func(m *Message) bool { return m.To == user && user != "" }, nil
	}}
}

// visibleList is the messages of a conversation that the person sees, ephemeral ones included.
func (p *Person) visibleList(channel string) messageList {
	return messageList{p.s, func() (func(*Message) bool, error) {
		_, ch, err := p.memberChannelLocked(channel)
		if err != nil {
			return nil, err
		}
		return func(m *Message) bool { return m.Channel == ch.ID && (m.To == "" || m.To == p.ID) }, nil
	}}
}

// Messages returns the messages of a channel, oldest first. The id of a user means the direct
// conversation of the bot with that user.
func (s *Server) Messages(channel string) []Message {
	all, _ := s.messageList(channel).messages()
	return all
}

// WaitMessage waits for a message of a channel that matches fits. A nil fits matches every message.
func (s *Server) WaitMessage(ctx context.Context, channel string, fits func(Message) bool) (Message, error) {
	return s.messageList(channel).wait(ctx, fits)
}

// Ephemerals returns the ephemeral messages of a user, oldest first, including the responses to commands.
func (s *Server) Ephemerals(user string) []Message {
	all, _ := s.ephemeralList(user).messages()
	return all
}

// WaitEphemeral waits for an ephemeral message of a user that matches fits. A nil fits matches every message.
func (s *Server) WaitEphemeral(ctx context.Context, user string, fits func(Message) bool) (Message, error) {
	return s.ephemeralList(user).wait(ctx, fits)
}

// VisibleMessages returns the messages of a conversation that the person sees, ephemeral ones
// included, oldest first; none if the person is not a member. ThreadTS of a reply is the ts of the
// first message of the thread.
func (p *Person) VisibleMessages(channel string) []Message {
	all, _ := p.visibleList(channel).messages()
	return all
}

// WaitVisible waits until the person sees a message in a conversation that matches fits. A nil fits
// matches every message.
func (p *Person) WaitVisible(ctx context.Context, channel string, fits func(Message) bool) (Message, error) {
	return p.visibleList(channel).wait(ctx, fits)
}

// addLocked adds a message with a new ts.
func (s *Server) addLocked(m *Message) {
	m.TS = s.newTimestampLocked()
	s.messages = append(s.messages, m)
	s.messagesChangedLocked()
}

// messagesChangedLocked wakes the functions that wait for messages.
func (s *Server) messagesChangedLocked() {
	s.messageChanges++
	s.notifyLocked()
}

// findMessageLocked returns the message of a channel with a ts, nil for none.
func (s *Server) findMessageLocked(channel, ts string) *Message {
	return s.findVisibleLocked(channel, ts, "")
}

// findVisibleLocked is findMessageLocked that also finds the ephemeral messages of a user.
func (s *Server) findVisibleLocked(channel, ts, user string) *Message {
	return find(s.messages, func(m *Message) bool {
		return m.TS == ts && m.Channel == channel && (m.To == "" || m.To == user)
	})
}

// AddMessage adds a message of another app or user to a channel, and returns its ts. The members of the payload
// appear as they are wherever Slack shows the message, also those that are not of the documented type: Slack
// checks attachments less strictly than its documents say.
// https://docs.slack.dev/reference/interaction-payloads/shortcuts-interaction-payload
func (s *Server) AddMessage(channel string, payload json.RawMessage) (ts string, err error) {
	members := map[string]any{}
	var own map[string]json.RawMessage
	if err := json.Unmarshal(payload, &own); err != nil {
		return "", fmt.Errorf("decode message: %w", err)
	}
	for name, value := range own {
		members[name] = value
	}
	m := &Message{Channel: channel, Bot: own["bot_id"] != nil, Blocks: own["blocks"], Attachments: own["attachments"], payload: members}
	_ = json.Unmarshal(own["text"], &m.Text) // a message can be without text
	_ = json.Unmarshal(own["user"], &m.User)
	_ = json.Unmarshal(own["thread_ts"], &m.ThreadTS)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.addLocked(m)
	members["ts"] = m.TS
	s.sendMessageEventLocked(s.channelLocked(channel), s.messageJSONLocked(m, true))
	return m.TS, nil
}
