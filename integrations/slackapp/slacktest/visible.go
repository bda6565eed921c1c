package slacktest

import (
	"cmp"
	"context"
	"slices"
)

// VisibleMessages are the messages of a conversation before the person, those for them alone among
// them, in the order of time; none when they are not in it. Replies come after what they
// reply to, with its ts as ThreadTS.
func (p *Person) VisibleMessages(channel string) []Message {
	p.s.mu.Lock()
	defer p.s.mu.Unlock()
	_, ch, err := p.memberChannelLocked(channel)
	if err != nil {
		return nil
	}
	return p.visibleMessagesLocked(ch)
}

// visibleMessagesLocked is Sees for a channel.
func (p *Person) visibleMessagesLocked(ch *Channel) []Message {
	all := p.s.listMessagesLocked(ch.ID)
	for _, m := range p.s.ephemerals[p.ID] {
		if m.Channel == ch.ID {
			all = append(all, m)
		}
	}
	slices.SortFunc(all, func(a, b Message) int { return cmp.Compare(a.TS, b.TS) }) // all are of the same length
	return all
}

// WaitVisible waits until the person sees a message in a conversation that fits; nil fits every message.
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
