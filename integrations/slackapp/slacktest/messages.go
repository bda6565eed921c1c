package slacktest

import (
	"context"
	"slices"
)

// Messages are the messages of a channel, oldest first. The id of a user means the direct
// conversation of the bot with that user.
func (s *Server) Messages(channel string) []Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.listMessagesLocked(s.conversationNameLocked(channel))
}

// conversationNameLocked is the id under which the messages of a channel, or of the direct conversation
// with a user, are kept.
func (s *Server) conversationNameLocked(channel string) string {
	if u := s.users[channel]; u != nil {
		return s.directMessageLocked(u).ID
	}
	return channel
}

// listMessagesLocked copies the messages of a channel.
func (s *Server) listMessagesLocked(channel string) []Message {
	out := make([]Message, 0, len(s.messages[channel]))
	for _, m := range s.messages[channel] {
		out = append(out, *m)
	}
	return out
}

// WaitMessage waits for the first message of a channel that fits; nil fits every message.
func (s *Server) WaitMessage(ctx context.Context, channel string, fits func(Message) bool) (Message, error) {
	s.mu.Lock()
	id := s.conversationNameLocked(channel)
	s.mu.Unlock()
	return s.waitForMessage(ctx, id, func() []Message { return s.listMessagesLocked(id) }, fits)
}

// waitForMessage waits for a message in a list that has a revision. fits is called unlocked.
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

// messagesChangedLocked tells those who wait that the messages of a channel, or those that only one user
// sees, have changed.
func (s *Server) messagesChangedLocked(id string) {
	s.revisions[id]++
	s.notifyLocked()
}

// Ephemerals are the messages that only one user saw, oldest first, also those that answered a command.
func (s *Server) Ephemerals(user string) []Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.ephemerals[user])
}

// WaitEphemeral waits for the first message that only a user sees and that fits; nil fits every message.
func (s *Server) WaitEphemeral(ctx context.Context, user string, fits func(Message) bool) (Message, error) {
	return s.waitForMessage(ctx, user, func() []Message { return slices.Clone(s.ephemerals[user]) }, fits)
}
