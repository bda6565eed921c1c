package slacktest

import (
	"cmp"
	"context"
	"slices"
)

// Messages returns the messages of a channel, oldest first. The id of a user means the direct
// conversation of the bot with that user.
func (s *Server) Messages(channel string) []Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	return copyMessages(s.messages[s.conversationNameLocked(channel)])
}

// conversationNameLocked returns the id of the conversation of a channel, or of the bot with a user.
func (s *Server) conversationNameLocked(channel string) string {
	if u := s.users[channel]; u != nil {
		return s.directMessageLocked(u).ID
	}
	return channel
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
	return s.waitForMessage(ctx, fits, func() (int, error) { return s.revisions[s.conversationNameLocked(channel)], nil }, func() []Message {
		return copyMessages(s.messages[s.conversationNameLocked(channel)])
	})
}

// waitForMessage waits for a message in a list whose changes are counted.
func (s *Server) waitForMessage(ctx context.Context, fits func(Message) bool, changes func() (int, error), list func() []Message) (found Message, err error) {
	err = waitFor(ctx, s, changes, list, func(now []Message) bool {
		i := slices.IndexFunc(now, func(m Message) bool { return fits == nil || fits(m) })
		if i >= 0 {
			found = now[i]
		}
		return i >= 0
	})
	return found, err
}

// waitFor reads a value at first and when its version changed, until fits accepts it. version and read need the lock,
// and fits is called without it.
func waitFor[T any, V comparable](ctx context.Context, s *Server, version func() (V, error), read func() T, fits func(T) bool) error {
	for first, seen := true, *new(V); ; first = false {
		var value T
		var wrong error
		err := s.waitUntil(ctx, func() bool {
			now, err := version()
			if wrong = err; err == nil && (first || now != seen) {
				value, seen = read(), now
				return true
			}
			return err != nil
		})
		if err := cmp.Or(err, wrong); err != nil || fits(value) {
			return err
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
	return s.waitForMessage(ctx, fits, func() (int, error) { return s.revisions[user], nil }, func() []Message {
		return copyMessages(s.ephemerals[user])
	})
}

// VisibleMessages returns the messages of a conversation that the person sees, ephemeral ones
// included, oldest first; none if the person is not a member. ThreadTS of a reply is the ts of the
// first message of the thread.
func (p *Person) VisibleMessages(channel string) []Message {
	p.s.mu.Lock()
	defer p.s.mu.Unlock()
	return p.visibleMessagesLocked(channel)
}

func (p *Person) visibleMessagesLocked(channel string) []Message {
	_, ch, err := p.memberChannelLocked(channel)
	if err != nil {
		return nil
	}
	all := copyMessages(p.s.messages[ch.ID])
	for _, m := range p.s.ephemerals[p.ID] {
		if m.Channel == ch.ID {
			all = append(all, *m)
		}
	}
	slices.SortFunc(all, func(a, b Message) int { return cmp.Compare(a.TS, b.TS) }) // all ts have the same length
	return all
}

// WaitVisible waits until the person sees a message in a conversation that matches fits. A nil fits
// matches every message.
func (p *Person) WaitVisible(ctx context.Context, channel string, fits func(Message) bool) (Message, error) {
	return p.s.waitForMessage(ctx, fits, func() (int, error) {
		_, ch, err := p.memberChannelLocked(channel)
		if err != nil {
			return 0, err
		}
		return p.s.revisions[ch.ID] + p.s.revisions[p.ID], nil
	}, func() []Message { return p.visibleMessagesLocked(channel) })
}
