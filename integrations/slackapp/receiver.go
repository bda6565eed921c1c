package slackapp

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/semaphore"
)

const (
	// maxHandlers bounds the envelopes that are handled at a time. Beyond it, nothing is read.
	maxHandlers = 512

	// ackTimeout bounds the wait for a connection that an ack can be written to. Slack waits 3 s for an ack.
	ackTimeout = 3 * time.Second

	// answerTTL is how long the answer to an envelope is kept, to answer another delivery of it.
	answerTTL = 10 * time.Minute
)

var errNoConnection = errors.New("no connection to write the ack to")

// receiver is one call of Run: its connections and what arrives on them.
type receiver struct {
	client     *Client
	handler    Handler
	limit      *semaphore.Weighted // of handlers
	background sync.WaitGroup      // readers, handlers, and the sweep of the caches

	mu       sync.Mutex    // guards the fields below
	conns    []*connection // from hello until reading has ended
	draining bool          // no connection will be opened any more
	changed  chan struct{} // closed and replaced when conns or draining changes
}

func newReceiver(c *Client, h Handler) *receiver {
	return &receiver{client: c, handler: h, limit: semaphore.NewWeighted(maxHandlers), changed: make(chan struct{})}
}

// answer is the ack of an envelope, which all its deliveries share.
type answer struct {
	done  chan struct{} // closed when frame is valid
	frame []byte        // nil: no ack can be written, as the handler panicked or returned too much
}

// read reads a connection until it ends. Then it sends the acks again that Slack may not have read.
func (r *receiver) read(ctx context.Context, c *connection) {
	c.read(func(frame []byte) { r.receive(ctx, c, frame) })
	r.update(func() { r.conns = slices.DeleteFunc(r.conns, func(o *connection) bool { return o == c }) })
	for _, frame := range c.unconfirmed() {
		if r.writeAck(ctx, nil, frame) != nil { // not an error: Slack may have read it before
			return
		}
	}
}

func (r *receiver) receive(ctx context.Context, c *connection, frame []byte) {
	e, err := decodeEnvelope(frame)
	switch {
	case e.ID != "":
		c.carried.Store(true)
		r.dispatch(ctx, c, e, err)
	case err != nil:
		r.reportFrame(c, err)
	case e.Type == typeHello && !isClosed(c.hello):
		c.opened = time.Now()
		r.update(func() { r.conns = append(r.conns, c) })
		r.client.connects.Add(1)
		close(c.hello)
	case e.Type == typeDisconnect:
		c.retire(disconnectCause(e.Reason), closeTimeout)
	}
}

// disconnectCause returns the *DisconnectError that a disconnect means; nil for a refresh.
func disconnectCause(reason string) error {
	switch reason {
	case "warning", "refresh_requested":
		return nil
	}
	return &DisconnectError{Reason: sanitize(reason)}
}

// DisconnectError reports that Slack does not accept a connection.
type DisconnectError struct {
	Reason string // such as link_disabled (Socket Mode is off) or too_many_websockets
}

func (e *DisconnectError) Error() string { return "disconnected by Slack: " + e.Reason }

// dispatch handles an envelope and acks it, in a goroutine. Another delivery of the same envelope, also on
// another connection, waits for the answer of the first.
func (r *receiver) dispatch(ctx context.Context, c *connection, e envelope, decodeErr error) {
	if r.limit.Acquire(ctx, 1) != nil {
		return
	}
	c.inFlight.Add(1)
	r.background.Go(func() {
		defer r.limit.Release(1)
		defer c.inFlight.Add(-1)
		a := &answer{done: make(chan struct{})}
		if r.client.answers.Add(e.ID, a, 0) == nil {
			r.answer(ctx, c, e, decodeErr, a)
		} else if first, ok := r.client.answers.Get(e.ID); ok {
			a = first.(*answer)
		}
		select {
		case <-a.done:
		case <-ctx.Done():
			return
		}
		if a.frame == nil {
			return
		}
		if err := r.writeAck(ctx, c, a.frame); err != nil {
			r.client.reportError(ConnectionError{Connection: c.number, Kind: "write", Err: fmt.Errorf("ack %s: %w", e.Type, err)})
		}
	})
}

// answer computes the answer to an envelope.
func (r *receiver) answer(ctx context.Context, c *connection, e envelope, decodeErr error, a *answer) {
	defer close(a.done)
	defer func() {
		if p := recover(); p != nil {
			err := fmt.Errorf("handle %s: %v\n%s", e.Type, p, debug.Stack())
			r.client.reportError(ConnectionError{Connection: c.number, Kind: "panic", Err: err})
		}
	}()
	var payload any
	if decodeErr == nil {
		payload, decodeErr = e.handle(ctx, r.handler)
	}
	if decodeErr != nil {
		r.reportFrame(c, decodeErr)
	}
	frame, err := encodeAck(e.ID, payload)
	if err != nil {
		r.client.reportError(ConnectionError{Connection: c.number, Kind: "write", Err: fmt.Errorf("ack %s: %w", e.Type, err)})
		return
	}
	a.frame = frame
}

// writeAck writes an ack to the connection on which the envelope came, or to another one if that is about to
// end: Slack knows an ack by its envelope. It waits for a connection if there is none.
func (r *receiver) writeAck(ctx context.Context, preferred *connection, frame []byte) error {
	ctx, cancel := context.WithTimeout(ctx, ackTimeout)
	defer cancel()
	for {
		c, changed, final := r.connectionFor(preferred)
		switch {
		case c != nil:
			if c.write(frame) == nil {
				return nil
			}
		case final:
			return errNoConnection
		default:
			select {
			case <-changed:
			case <-ctx.Done():
				return errNoConnection
			}
		}
	}
}

// connectionFor returns a connection to which an ack can be written, or nil, a channel that is closed when
// the next call may give another result, and whether no connection will come any more.
func (r *receiver) connectionFor(preferred *connection) (c *connection, changed <-chan struct{}, final bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if preferred != nil && !preferred.closed.Load() {
		if c = preferred; !isClosed(c.retired) {
			return c, nil, false
		}
	}
	for _, other := range r.conns {
		switch {
		case other.closed.Load():
		case !isClosed(other.retired):
			return other, nil, false
		case c == nil:
			c = other
		}
	}
	return c, r.changed, r.draining
}

// countOpen returns how many connections are open and not about to be replaced.
func (r *receiver) countOpen() (n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, c := range r.conns {
		if !isClosed(c.retired) {
			n++
		}
	}
	return n
}

// update changes the fields that mu guards.
func (r *receiver) update(change func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	change()
	close(r.changed)
	r.changed = make(chan struct{})
}

// drain closes the connections one after the other, so that what arrives on one that is closing can be acked
// on the next.
func (r *receiver) drain(ctx context.Context) {
	var conns []*connection
	r.update(func() { r.draining, conns = true, slices.Clone(r.conns) })
	end := time.Now().Add(drainTimeout)
	for i, c := range conns {
		c.drain(ctx, time.Until(end)/time.Duration(len(conns)-i), conns[:i])
	}
}

// waitHandlers returns when no envelope is being handled, at the latest after d.
func (r *receiver) waitHandlers(d time.Duration) {
	ctx, cancel := context.WithTimeout(context.Background(), d)
	defer cancel()
	if r.limit.Acquire(ctx, maxHandlers) == nil {
		r.limit.Release(maxHandlers)
	}
}

func (r *receiver) reportFrame(c *connection, err error) {
	r.client.reportError(ConnectionError{Connection: c.number, Kind: "frame", Err: fmt.Errorf("decode frame: %w", err)})
}
