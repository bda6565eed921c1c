package slackapp

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"runtime/debug"
	"sync"
	"time"

	"github.com/gorilla/websocket"
	"github.com/slack-go/slack"
	"github.com/slack-go/slack/socketmode"
	"golang.org/x/sync/errgroup"
	"golang.org/x/sync/semaphore"
)

const (
	// maxEnvelope is the largest frame, in bytes, that is read from a link. Views are at
	// most 250 KB; this leaves room for their state.
	maxEnvelope = 2 << 20

	// maxAck is what a frame of an ack can hold, in bytes. Slack takes 20,480, and none that
	// comes in parts, as frames do that are larger than the buffer.
	// https://github.com/slack-go/slack/issues/1196
	maxAck = 32 << 10

	// maxInHand is how many envelopes are handled at a time.
	maxInHand = 512

	// ackTimeout bounds the wait for room in the queue of acks.
	ackTimeout = 2 * time.Second

	// drainTimeout is how long Run waits, after its context ended, for handlers to ack.
	drainTimeout = 2500 * time.Millisecond

	// DefaultPingPatience is Config.PingPatience when that is 0. Slack pings every ten
	// seconds or so, and slack-go's own patience is the same.
	DefaultPingTimeout = 30 * time.Second

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

// Run keeps the links open and hands every envelope to h, until ctx ends: then it closes each
// link in a moment when nothing is under way on it. It returns an error only for a token that
// can never work; everything else is tried again for ever.
//
// An envelope that crosses with the end of its link is handled and cannot be acked: the form
// opens, or what was submitted is kept, and yet Slack says that the app did not answer.
func (a *Client) Run(ctx context.Context, h Handler) error {
	run, stop := context.WithCancel(context.WithoutCancel(ctx)) // of the handlers
	hands := hands{semaphore.NewWeighted(maxInHand)}
	var sweeping sync.WaitGroup
	defer sweeping.Wait()
	defer stop()
	sweeping.Go(func() { a.sweep(run) })

	links, linked := errgroup.WithContext(run)
	for i := range a.cfg.Connections {
		links.Go(func() error { return a.keep(linked, run, ctx.Done(), i, h, hands) })
	}
	err := links.Wait()
	hands.wait(drainTimeout)
	if ctx.Err() != nil && errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

// keep runs one link. It returns when ctx ends, a while after leave was closed, or when the
// token can never work. What it hands over may go on until run ends.
func (a *Client) keep(ctx, run context.Context, leave <-chan struct{}, n int, h Handler, hands hands) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	w := newWire()
	client := socketmode.New(a.appClient,
		socketmode.OptionReadLimit(maxEnvelope),
		socketmode.OptionPingInterval(a.cfg.PingTimeout+time.Duration(n)*a.cfg.PingTimeout/4),
		socketmode.OptionDialer(&websocket.Dialer{
			Proxy: http.ProxyFromEnvironment, HandshakeTimeout: openTimeout, NetDialContext: w.dial, WriteBufferSize: maxAck,
		}),
		socketmode.OptionLog(log.New(io.Discard, "", 0)))

	var reading sync.WaitGroup
	reading.Go(func() { a.read(ctx, run, cancel, n, client, w, h, hands) })
	reading.Go(func() {
		select {
		case <-ctx.Done():
		case <-leave:
			w.leave(ctx)
			cancel(nil)
		}
	})
	err := client.RunContext(ctx)
	cause := context.Cause(ctx)
	cancel(nil)
	reading.Wait()
	if fatal, ok := errors.AsType[*Error](cause); ok {
		return fatal
	}
	select {
	case <-leave:
		return nil
	default:
	}
	return wrapError("apps.connections.open", err)
}

// read takes events off a link until ctx ends. What it hands over may go on until run ends.
func (a *Client) read(ctx, run context.Context, cancel context.CancelCauseFunc, n int, client *socketmode.Client, w *wire, h Handler, hands hands) {
	var since time.Time // when the link came up; zero while it is down
	carried := false    // an envelope, since then
	down := func() {
		if !since.IsZero() {
			a.openConnections.Add(-1)
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
			w.gone()
		case socketmode.EventTypeConnected:
			since = time.Now()
			a.openConnections.Add(1)
			a.connects.Add(1)
		case socketmode.EventTypeConnectionError:
			e, ok := evt.Data.(*slack.ConnectionErrorEvent)
			if !ok {
				continue
			}
			err := wrapError("apps.connections.open", e.ErrorObj)
			a.reportError(ConnectionError{Connection: n, Kind: "open", Err: err})
			if refused, ok := errors.AsType[*Error](err); ok && refused.Fatal() {
				cancel(refused)
			}
		case socketmode.EventTypeErrorBadMessage:
			if e, ok := evt.Data.(*socketmode.ErrorBadMessage); ok {
				a.reportError(ConnectionError{Connection: n, Kind: "frame", Err: fmt.Errorf("read frame of %d bytes: %w", len(e.Message), e.Cause)})
			}
		case socketmode.EventTypeErrorWriteFailed:
			if e, ok := evt.Data.(*socketmode.ErrorWriteFailed); ok {
				a.reportError(ConnectionError{Connection: n, Kind: "write", Err: fmt.Errorf("write ack: %w", e.Cause)})
			}
		case socketmode.EventTypeSlashCommand, socketmode.EventTypeInteractive, socketmode.EventTypeEventsAPI:
			carried = true
			a.hand(run, n, client, w, evt, h, hands)
		}
	}
}

// hand gives one envelope to the handler, in a goroutine that hands knows of.
func (a *Client) hand(ctx context.Context, n int, client *socketmode.Client, w *wire, evt socketmode.Event, h Handler, hands hands) {
	if evt.Request == nil || evt.Request.EnvelopeID == "" || !hands.take(ctx) {
		return
	}
	id := evt.Request.EnvelopeID
	w.begin()
	go func() { // hands waits for it
		defer hands.give()
		defer w.end()
		defer func() {
			if p := recover(); p != nil {
				a.reportError(ConnectionError{Connection: n, Kind: "panic", Err: fmt.Errorf("handle %s: %v\n%s", evt.Type, p, debug.Stack())})
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
			a.reportError(ConnectionError{Connection: n, Kind: "write", Err: fmt.Errorf("ack %s: %w", evt.Type, err)})
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
func (a *Client) sweep(ctx context.Context) {
	tick := time.NewTicker(time.Minute)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			a.seen.DeleteExpired()
			a.users.DeleteExpired()
		}
	}
}
