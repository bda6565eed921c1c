package slacktest

import (
	"context"
	"slices"
)

// Messages returns the messages of a channel, oldest first. The id of a user means the direct
// conversation of the bot with that user.
func (s *Server) Messages(channel string) []Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.listMessagesLocked(s.conversationNameLocked(channel))
}

// conversationNameLocked returns the id of the conversation of a channel, or of the bot with a user.
func (s *Server) conversationNameLocked(channel string) string {
	if u := s.users[channel]; u != nil {
		return s.directMessageLocked(u).ID
	}
	return channel
}

func (s *Server) conversationName(channel string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.conversationNameLocked(channel)
}

// listMessagesLocked returns copies of the messages of a channel.
func (s *Server) listMessagesLocked(channel string) []Message {
	return copyMessages(s.messages[channel])
}

func copyMessages(all []*Message) []Message {
	out := make([]Message, 0, len(all))
	for _, m := range all {
		out = append(out, *m)
	}
	return out
}

// WaitMessage waits for a message of a channel that matches fits. A nil fits matches every message.
func (s *Server) WaitMessage(ctx context.Context, channel string, fits func(Message) bool) (Message, error) {
	id := s.conversationName(channel)
	return s.waitForMessage(ctx, id, func() []Message { return s.listMessagesLocked(id) }, fits)
}

// waitForMessage waits for a message in a list whose revision is counted. fits is called without the
// lock.
func (s *Server) waitForMessage(ctx context.Context, id string, all func() []Message, fits func(Message) bool) (Message, error) {
	for seen := -1; ; {
		var now []Message
		err := s.waitUntil(ctx, func() bool {
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

// messagesChangedLocked wakes the functions that wait for messages of a channel, or for ephemeral
// messages of a user.
func (s *Server) messagesChangedLocked(id string) {
	s.revisions[id]++
	s.notifyLocked()
}

// Ephemerals returns the ephemeral messages of a user, oldest first, including the responses to
// commands.
func (s *Server) Ephemerals(user string) []Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	return copyMessages(s.ephemerals[user])
}

// WaitEphemeral waits for an ephemeral message of a user that matches fits. A nil fits matches every
// message.
func (s *Server) WaitEphemeral(ctx context.Context, user string, fits func(Message) bool) (Message, error) {
	return s.waitForMessage(ctx, user, func() []Message { return copyMessages(s.ephemerals[user]) }, fits)
}
