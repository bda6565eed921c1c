package slackapp

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"runtime/debug"
	"sync"
	"time"

	"github.com/slack-go/slack"
	"github.com/slack-go/slack/socketmode"
	"golang.org/x/sync/errgroup"
	"golang.org/x/sync/semaphore"
)

const (
	// maxEnvelope is the largest frame, in bytes, that is read from a link. Views are at
	// most 250 KB; this leaves room for their state.
	maxEnvelope = 2 << 20

	// maxInHand is how many envelopes are handled at a time.
	maxInHand = 512

	// ackTimeout bounds the wait for room in the queue of acks.
	ackTimeout = 2 * time.Second

	// drainTimeout is how long Run waits, after its context ended, for handlers to ack.
	drainTimeout = 3 * time.Second

	// linger keeps the links a moment longer, because slack-go does not say when a
	// queued ack has been written.
	linger = 150 * time.Millisecond

	// DefaultPingPatience is Config.PingPatience when that is 0. Slack pings every ten
	// seconds or so, and slack-go's own patience is the same.
	DefaultPingPatience = 30 * time.Second

	// seenTTL is how long an envelope is remembered, to answer a second delivery alike.
	seenTTL = 10 * time.Minute
)

// A Handler answers what arrives. The return value is the payload of the ack: nil for an
// empty one. Slack waits 3 s for it. Handlers run concurrently; their context ends when
// the process must stop, not when Run is told to.
type Handler interface {
	Command(ctx context.Context, cmd slack.SlashCommand) any
	Interaction(ctx context.Context, cb slack.InteractionCallback) any
}

// Run keeps the links open and hands every envelope to h, until ctx ends: then it waits for
// the handlers at work to ack, and closes the links. It returns an error only for a token
// that can never work; everything else is tried again for ever.
func (a *App) Run(ctx context.Context, h Handler) error {
	// The links outlive ctx by the time it takes to ack what is in hand.
	run, stop := context.WithCancel(context.WithoutCancel(ctx))
	hands := hands{semaphore.NewWeighted(maxInHand)}
	var sweeping sync.WaitGroup
	defer sweeping.Wait()
	defer stop()
	sweeping.Go(func() { a.sweep(run) })

	links, linked := errgroup.WithContext(run)
	for i := range a.cfg.Links {
		links.Go(func() error { return a.keep(linked, i, h, hands) })
	}
	go func() { // ends with run
		select {
		case <-ctx.Done():
			hands.wait(drainTimeout)
			pause(run, linger)
			stop()
		case <-linked.Done():
			stop()
		}
	}()
	err := links.Wait()
	hands.wait(drainTimeout)
	if ctx.Err() != nil && errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

// keep runs one link. It returns when ctx ends or the token can never work.
func (a *App) keep(ctx context.Context, n int, h Handler, hands hands) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	client := socketmode.New(a.opener,
		socketmode.OptionReadLimit(maxEnvelope),
		socketmode.OptionPingInterval(a.cfg.PingPatience+time.Duration(n)*a.cfg.PingPatience/4),
		socketmode.OptionLog(log.New(io.Discard, "", 0)))

	var reading sync.WaitGroup
	reading.Go(func() { a.read(ctx, cancel, n, client, h, hands) })
	err := client.RunContext(ctx)
	cause := context.Cause(ctx)
	cancel(nil)
	reading.Wait()
	if fatal, ok := errors.AsType[*Error](cause); ok {
		return fatal
	}
	return wrap("apps.connections.open", err)
}

// read takes events off a link until ctx ends.
func (a *App) read(ctx context.Context, cancel context.CancelCauseFunc, n int, client *socketmode.Client, h Handler, hands hands) {
	var since time.Time // when the link came up; zero while it is down
	carried := false    // an envelope, since then
	down := func() {
		if !since.IsZero() {
			a.live.Add(-1)
			a.gate.lost(time.Since(since), carried)
			since, carried = time.Time{}, false
		}
	}
	defer down()
	for {
		var evt socketmode.Event
		select {
		case <-ctx.Done():
			return
		case evt = <-client.Events:
		}
		switch evt.Type {
		case socketmode.EventTypeConnecting:
			down()
		case socketmode.EventTypeConnected:
			since = time.Now()
			a.live.Add(1)
			a.opened.Add(1)
		case socketmode.EventTypeConnectionError:
			e, ok := evt.Data.(*slack.ConnectionErrorEvent)
			if !ok {
				continue
			}
			err := wrap("apps.connections.open", e.ErrorObj)
			a.trouble(Trouble{Link: n, Kind: "open", Err: err})
			if refused, ok := errors.AsType[*Error](err); ok && refused.Fatal() {
				cancel(refused)
			}
		case socketmode.EventTypeErrorBadMessage:
			if e, ok := evt.Data.(*socketmode.ErrorBadMessage); ok {
				a.trouble(Trouble{Link: n, Kind: "frame", Err: fmt.Errorf("read frame of %d bytes: %w", len(e.Message), e.Cause)})
			}
		case socketmode.EventTypeErrorWriteFailed:
			if e, ok := evt.Data.(*socketmode.ErrorWriteFailed); ok {
				a.trouble(Trouble{Link: n, Kind: "write", Err: fmt.Errorf("write ack: %w", e.Cause)})
			}
		case socketmode.EventTypeSlashCommand, socketmode.EventTypeInteractive, socketmode.EventTypeEventsAPI:
			carried = true
			a.hand(ctx, n, client, evt, h, hands)
		}
	}
}

// hand gives one envelope to the handler, in a goroutine that hands knows of.
func (a *App) hand(ctx context.Context, n int, client *socketmode.Client, evt socketmode.Event, h Handler, hands hands) {
	if evt.Request == nil || evt.Request.EnvelopeID == "" || !hands.take(ctx) {
		return
	}
	id := evt.Request.EnvelopeID
	go func() { // hands waits for it
		defer hands.give()
		defer func() {
			if p := recover(); p != nil {
				a.trouble(Trouble{Link: n, Kind: "panic", Err: fmt.Errorf("handle %s: %v\n%s", evt.Type, p, debug.Stack())})
			}
		}()
		payload, again := a.seen.Get(id)
		if !again {
			switch data := evt.Data.(type) {
			case slack.SlashCommand:
				payload = h.Command(ctx, data)
			case slack.InteractionCallback:
				payload = h.Interaction(ctx, data)
			}
			a.seen.SetDefault(id, payload)
		}
		ctx, cancel := context.WithTimeout(ctx, ackTimeout)
		defer cancel()
		if err := client.AckCtx(ctx, id, payload); err != nil {
			a.trouble(Trouble{Link: n, Kind: "write", Err: fmt.Errorf("ack %s: %w", evt.Type, err)})
		}
	}()
}

// hands bounds the envelopes in hand, and knows when there are none.
type hands struct{ free *semaphore.Weighted }

// take waits for room. It reports false when ctx ended first.
func (h hands) take(ctx context.Context) bool { return h.free.Acquire(ctx, 1) == nil }

func (h hands) give() { h.free.Release(1) }

// wait returns when nothing is in hand, at the latest after d.
func (h hands) wait(d time.Duration) {
	ctx, cancel := context.WithTimeout(context.Background(), d)
	defer cancel()
	if h.free.Acquire(ctx, maxInHand) == nil {
		h.free.Release(maxInHand)
	}
}

// sweep drops what the caches hold beyond its time, until ctx ends.
func (a *App) sweep(ctx context.Context) {
	tick := time.NewTicker(time.Minute)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			a.seen.DeleteExpired()
			a.people.DeleteExpired()
		}
	}
}

func pause(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}
