package slacktest

import (
	"cmp"
	"context"
	"slices"
)

// A messageList is a list of messages that changes.
type messageList struct {
	s *Server
	// read returns the messages, oldest first, and their version, which differs after every change. It needs the lock.
	read func() ([]*Message, int, error)
}

func (l messageList) messages() ([]Message, error) {
	l.s.mu.Lock()
	defer l.s.mu.Unlock()
	all, _, err := l.read()
	return copyMessages(all), err
}

func copyMessages(all []*Message) []Message {
	out := make([]Message, 0, len(all))
	for _, m := range all {
		out = append(out, *m)
	}
	return out
}

// wait waits for a message that matches fits. A nil fits matches every message.
func (l messageList) wait(ctx context.Context, fits func(Message) bool) (found Message, err error) {
	seen := -1
	read := func() ([]Message, error) {
		all, version, err := l.read()
		if err != nil || version == seen {
			return nil, err
		}
		seen = version
		return copyMessages(all), nil
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
	return messageList{s, func() ([]*Message, int, error) {
		ch, ok := s.conversationLocked(channel)
		if !ok {
			return nil, 0, Error("channel_not_found")
		}
		return s.messages[ch.ID], s.revisions[ch.ID], nil
	}}
}

// ephemeralList is the ephemeral messages of a user, including the responses to commands.
func (s *Server) ephemeralList(user string) messageList {
	return messageList{s, func() ([]*Message, int, error) { return s.ephemerals[user], s.revisions[user], nil }}
}

// visibleList is the messages of a conversation that the person sees, ephemeral ones included.
func (p *Person) visibleList(channel string) messageList {
	return messageList{p.s, func() ([]*Message, int, error) {
		_, ch, err := p.memberChannelLocked(channel)
		if err != nil {
			return nil, 0, err
		}
		all := slices.Clone(p.s.messages[ch.ID])
		for _, m := range p.s.ephemerals[p.ID] {
			if m.Channel == ch.ID {
				all = append(all, m)
			}
		}
		slices.SortFunc(all, func(a, b *Message) int { return cmp.Compare(a.TS, b.TS) }) // all ts have the same length
		return all, p.s.revisions[ch.ID] + p.s.revisions[p.ID], nil
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

// messagesChangedLocked wakes the functions that wait for messages of a channel, or for ephemeral
// messages of a user.
func (s *Server) messagesChangedLocked(id string) {
	s.revisions[id]++
	s.notifyLocked()
}
