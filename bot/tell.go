package bot

import (
	"context"
	"errors"
	"time"

	"github.com/patrickmn/go-cache"
	"golang.org/x/time/rate"

	"foghorn/bot/card"
	"foghorn/integrations/slackapp"
)

// postEvery is how often Slack takes a message for one channel.
// https://docs.slack.dev/apis/web-api/rate-limits
const postEvery = time.Second

// deliver sends one message, once. It is written down before it is sent and after; what is
// found begun but not done is looked for in the channel first, where the app may read it.
//
// One thing can double: a message whose answer was lost, in a channel whose history the
// app may not read. It is sent again, because a message too many is better than none.
func (b *Bot) deliver(ctx context.Context, r *Request, d card.Delivery) (wait time.Duration, err error) {
	d.Message.Mark = slackapp.Mark{EventType: card.MarkType, Key: r.ID + "." + d.Key}
	if r.Posts == nil {
		r.Posts = map[string]*Post{}
	}
	p := r.Posts[d.Key]
	if p != nil {
		if early := time.Until(p.Begun.Add(slackapp.CallTimeout + settle)); early > 0 {
			return early, nil
		}
		ts, found, err := b.slack.FindPost(ctx, d.To, d.Message, p.Begun.Add(-skew))
		e, ok := errors.AsType[*slackapp.Error](err)
		if err != nil && (!ok || !e.Refused()) {
			return b.backoff(r), err
		}
		if found {
			p.TS = ts
			return 0, b.write(ctx, r)
		}
	}
	if wait := b.pace.turn(d.To, d.Message.Mark.Key); wait > 0 {
		return wait, nil
	}
	p = &Post{Begun: time.Now().UTC()}
	r.Posts[d.Key] = p
	if err := b.write(ctx, r); err != nil {
		return 0, err
	}
	b.edge("before telling " + d.Key)
	ts, err := b.slack.Post(ctx, d.To, d.Message)
	b.edge("after telling " + d.Key)
	if err == nil {
		p.TS = ts
		if d.Key == card.ToChannel && !r.Outcome.Ended.IsZero() {
			b.cfg.Metrics.told.Observe(time.Since(r.Outcome.Ended).Seconds())
		}
		return 0, b.write(ctx, r)
	}
	e, ok := errors.AsType[*slackapp.Error](err)
	switch {
	case ok && e.Refused():
		p.Refused = e.Code
		b.log(r).WithError(err).WithField("to", d.Key).Warn("a message cannot be delivered")
		if d.Last {
			b.whisper(ctx, r, d.Message)
		}
		return 0, b.write(ctx, r)
	case ok && (e.Limited() || e.NotSent()): // Slack has not posted it
		delete(r.Posts, d.Key)
		return max(b.backoff(r), e.RetryAfter), errors.Join(err, b.write(ctx, r))
	}
	return slackapp.CallTimeout + settle, err // it may be there: look before sending again
}

// edit puts what has become known into the messages that are in channels. To change a
// message twice does no harm, and one that cannot be changed is still true.
func (b *Bot) edit(ctx context.Context, r *Request) {
	for _, d := range b.room.End(r.facts()) {
		p := r.Posts[d.Key]
		if p == nil || p.TS == "" || d.To == r.User {
			continue
		}
		if err := b.slack.Update(ctx, d.To, p.TS, d.Message); err != nil {
			b.log(r).WithError(err).Warn("a message could not be changed")
		}
	}
}

// whisper shows the reporter a message where the command was typed. It is the last resort,
// and the way to say at once what needs no proof of having been read.
func (b *Bot) whisper(ctx context.Context, r *Request, m slackapp.Message) {
	if r.Channel == "" {
		return
	}
	if err := b.slack.PostEphemeral(ctx, r.Channel, r.User, m); err != nil {
		b.log(r).WithError(err).Warn("the reporter could not be told in the channel")
	}
}

// begun gives what tells the reporter at once, privately, that it is under way. It looks at
// the request no more, which goes on meanwhile. Nothing is written down: said twice it does
// no harm.
func (b *Bot) begun(r *Request) (tell func(context.Context)) {
	m, channel, user, log := card.Begun(r.facts()), r.Channel, r.User, b.log(r)
	return func(ctx context.Context) {
		if channel != "" {
			if err := b.slack.PostEphemeral(ctx, channel, user, m); err == nil {
				return
			}
		}
		if _, err := b.slack.Post(ctx, user, m); err != nil {
			log.WithError(err).Warn("the reporter could not be told that it is under way")
		}
	}
}

// A pacer gives out turns to post: one a second for each channel, in the order of asking.
// Who has to wait leaves and comes back for the same turn.
type pacer struct {
	limits *cache.Cache // channel -> *rate.Limiter
	turns  *cache.Cache // message -> time.Time
}

// turnTTL is longer than any queue for a channel that is worth keeping.
const turnTTL = 2 * time.Hour

func newPacer() *pacer {
	return &pacer{limits: cache.New(turnTTL, 0), turns: cache.New(turnTTL, 0)}
}

// turn is how long to wait before a message may be posted to a channel; 0: now.
func (p *pacer) turn(channel, message string) time.Duration {
	now := time.Now()
	if at, ok := p.turns.Get(message); ok {
		if wait := at.(time.Time).Sub(now); wait > 0 {
			return wait
		}
		p.turns.Delete(message)
		return 0
	}
	_ = p.limits.Add(channel, rate.NewLimiter(rate.Every(postEvery), 1), cache.DefaultExpiration)
	limit, ok := p.limits.Get(channel)
	if !ok { // it expired between the two lines
		return 0
	}
	wait := limit.(*rate.Limiter).ReserveN(now, 1).DelayFrom(now)
	if wait > 0 {
		p.turns.SetDefault(message, now.Add(wait))
	}
	return wait
}

// forget drops what has expired.
func (p *pacer) forget() {
	p.limits.DeleteExpired()
	p.turns.DeleteExpired()
}
