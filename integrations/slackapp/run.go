package slackapp

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/slack-go/slack"
	"golang.org/x/sync/errgroup"
)

const (
	// connectionCount is how many connections are kept open, so that one can be refreshed while the other
	// receives. Slack allows ten for all processes of an app.
	connectionCount = 2

	// openTimeout bounds one attempt to open a connection. Together with maxRetryDelay it keeps the time
	// between the end of an outage and the next connection below 15 s.
	openTimeout = 6 * time.Second

	// Failed attempts are repeated after a random delay of at most minRetryDelay, which doubles up to
	// maxRetryDelay, or when Slack says in Retry-After.
	minRetryDelay = 100 * time.Millisecond
	maxRetryDelay = 7 * time.Second

	// A connection that was open for stableAfter or carried an envelope is replaced at once. The others
	// share a budget of ten replacements in a minute, for a Slack that sends hello and then disconnects.
	stableAfter    = time.Second
	reopenBurst    = 5
	reopenInterval = 12 * time.Second

	// rejectedTimeout is how long Slack must reject the app token, without a break, to end Run; before a connection was
	// open, firstRejectedTimeout is. Slack rejects valid tokens for a moment.
	rejectedTimeout      = 5 * time.Minute
	firstRejectedTimeout = 3 * time.Second

	// drainTimeout is how long Run waits, after its context ended, for handlers to return.
	drainTimeout = 2500 * time.Millisecond
)

// Handler answers commands and interactions. The return value is the payload of the ack; nil for an empty
// one. Slack waits 3 s for it. Handlers run concurrently and return soon after their context has ended.
//
// HomeOpened has no answer. The event is acked when it returns, so it must not wait for anything. Slack can deliver an
// event more than once.
type Handler interface {
	Command(ctx context.Context, cmd slack.SlashCommand) any
	Interaction(ctx context.Context, cb Interaction) any
	HomeOpened(ctx context.Context, e HomeOpened)
}

// Run keeps two connections open and passes each envelope to h until ctx ends. Then it drains the
// connections, one after the other, and waits for the handlers. It returns an error only if Slack rejects
// the app token without a break: for 3 seconds at the start, or for 5 minutes later. The package comment says
// what is guaranteed for envelopes.
func (c *Client) Run(ctx context.Context, h Handler) error {
	work, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	r := newReceiver(c, h)
	c.receiver.Store(r)
	r.background.Go(func() { c.sweepCaches(work) })

	slots, open := errgroup.WithContext(ctx)
	for i := range connectionCount {
		slots.Go(func() error { return r.keepOpen(open, work, i) })
	}
	err := slots.Wait()

	r.drain(work)
	r.waitHandlers(drainTimeout)
	stop()
	r.background.Wait()
	return err
}

// keepOpen opens a connection, and another one whenever the latest is retired, until ctx ends. The retired
// one is read until Slack closes it. work is the context of handlers.
func (r *receiver) keepOpen(ctx, work context.Context, number int) error {
	var rejectedSince time.Time
	for failures := 0; ; {
		conn, err := r.open(ctx, work, number)
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			r.client.reportError(ConnectionError{Connection: number, Kind: "open", Err: err})
			switch limit := r.rejectionLimit(); {
			case !IsFatal(err):
				rejectedSince = time.Time{}
			case rejectedSince.IsZero():
				rejectedSince = time.Now()
			case time.Since(rejectedSince) >= limit:
				return err
			}
			if !sleep(ctx, retryDelay(failures, err)) {
				return nil
			}
			failures++
			continue
		}
		failures, rejectedSince = 0, time.Time{}
		select {
		case <-ctx.Done():
			return nil
		case <-conn.retired:
		}
		if conn.cause != nil {
			r.client.reportError(ConnectionError{Connection: number, Kind: "read", Err: conn.cause})
		}
		if !conn.stable() && r.client.reopens.Wait(ctx) != nil {
			return nil
		}
	}
}

// rejectionLimit returns how long Slack must reject the app token now to end Run.
func (r *receiver) rejectionLimit() time.Duration {
	if r.client.connects.Load() == 0 {
		return firstRejectedTimeout
	}
	return rejectedTimeout
}

// open opens a connection and returns when Slack has sent hello, or retires the connection before that.
func (r *receiver) open(ctx, work context.Context, number int) (*connection, error) {
	ctx, cancel := context.WithTimeout(ctx, openTimeout)
	defer cancel()
	address, err := r.client.requestConnectionURL(ctx)
	if err != nil {
		return nil, err
	}
	ws, err := r.client.dialer.dialWebSocket(ctx, address)
	if err != nil {
		return nil, err
	}
	conn := newConnection(ws, number, r.client.cfg.PingTimeout+time.Duration(number)*r.client.cfg.PingTimeout/4)
	r.background.Go(func() { r.read(work, conn) })
	select {
	case <-conn.hello:
		return conn, nil
	case <-conn.retired:
		return conn, nil
	case <-ctx.Done():
		conn.drain(work, 0, nil) // Slack may have opened it
		return nil, fmt.Errorf("wait for hello: %w", ctx.Err())
	}
}

// retryDelay is how long to wait after a number of failed attempts.
func retryDelay(failures int, err error) time.Duration {
	limit := min(maxRetryDelay, minRetryDelay<<min(failures, 10))
	return max(rand.N(limit), RetryAfter(err))
}

// sleep waits for d. It reports false if ctx ended first.
func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}
