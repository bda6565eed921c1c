package slacktest

import (
	"cmp"
	"context"
	"slices"
)

// VisibleMessages returns the messages of a conversation that the person sees, ephemeral ones
// included, oldest first; none if the person is not a member. ThreadTS of a reply is the ts of the
// first message of the thread.
func (p *Person) VisibleMessages(channel string) []Message {
	p.s.mu.Lock()
	defer p.s.mu.Unlock()
	_, ch, err := p.memberChannelLocked(channel)
	if err != nil {
		return nil
	}
	return p.visibleMessagesLocked(ch)
}

// visibleMessagesLocked is VisibleMessages for a channel.
func (p *Person) visibleMessagesLocked(ch *Channel) []Message {
	all := p.s.listMessagesLocked(ch.ID)
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
	s := p.s
	for seen := -1; ; {
		var now []Message
		var wrong error
		err := s.waitUntil(ctx, func() bool {
			_, ch, err := p.memberChannelLocked(channel)
			if err != nil {
				wrong = err
				return true
			}
			changes := s.revisions[ch.ID] + s.revisions[p.ID]
			if changes == seen {
				return false
			}
			seen, now = changes, p.visibleMessagesLocked(ch)
			return true
		})
		if err := cmp.Or(err, wrong); err != nil {
			return Message{}, err
		}
		if i := slices.IndexFunc(now, func(m Message) bool { return fits == nil || fits(m) }); i >= 0 {
			return now[i], nil
		}
	}
}
