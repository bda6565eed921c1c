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
	return s.waitForMessage(ctx, fits, func() ([]Message, int, error) {
		id := s.conversationNameLocked(channel)
		return copyMessages(s.messages[id]), s.revisions[id], nil
	})
}

// waitForMessage waits for a message in a list whose changes are counted. fits is called without the lock.
func (s *Server) waitForMessage(ctx context.Context, fits func(Message) bool, list func() (all []Message, changes int, err error)) (Message, error) {
	for seen := -1; ; {
		var now []Message
		var wrong error
		err := s.waitUntil(ctx, func() bool {
			all, changes, err := list()
			unseen := changes != seen
			now, seen, wrong = all, changes, err
			return unseen || err != nil
		})
		if err := cmp.Or(err, wrong); err != nil {
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
	return s.waitForMessage(ctx, fits, func() ([]Message, int, error) { return copyMessages(s.ephemerals[user]), s.revisions[user], nil })
}

// VisibleMessages returns the messages of a conversation that the person sees, ephemeral ones
// included, oldest first; none if the person is not a member. ThreadTS of a reply is the ts of the
// first message of the thread.
func (p *Person) VisibleMessages(channel string) []Message {
	p.s.mu.Lock()
	defer p.s.mu.Unlock()
	all, _, _ := p.visibleMessagesLocked(channel)
	return all
}

// visibleMessagesLocked is VisibleMessages with the number of changes.
func (p *Person) visibleMessagesLocked(channel string) (all []Message, changes int, err error) {
	s := p.s
	_, ch, err := p.memberChannelLocked(channel)
	if err != nil {
		return nil, 0, err
	}
	all = copyMessages(s.messages[ch.ID])
	for _, m := range s.ephemerals[p.ID] {
		if m.Channel == ch.ID {
			all = append(all, *m)
		}
	}
	slices.SortFunc(all, func(a, b Message) int { return cmp.Compare(a.TS, b.TS) }) // all ts have the same length
	return all, s.revisions[ch.ID] + s.revisions[p.ID], nil
}

// WaitVisible waits until the person sees a message in a conversation that matches fits. A nil fits
// matches every message.
func (p *Person) WaitVisible(ctx context.Context, channel string, fits func(Message) bool) (Message, error) {
	return p.s.waitForMessage(ctx, fits, func() ([]Message, int, error) { return p.visibleMessagesLocked(channel) })
}
