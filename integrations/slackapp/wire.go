package slackapp

import (
	"context"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// A link is left when nothing has moved on it for silence. On one that is never so
	// quiet less will do, in the end leastSilence: it is longer than what was read needs to
	// reach a handler, and an ack to be written, which slack-go does not tell.
	silence      = 150 * time.Millisecond
	leastSilence = 5 * time.Millisecond
)

// partTime is how long Slack may take to close its side of a link that was left.
const partTime = time.Second

// A wire watches the connections of one link: when something moved, and how many envelopes
// are in hand. It also ends the last of them, which takes care: Slack has no word for "send
// me no more", and what it sends while a link closes comes nowhere else.
type wire struct {
	moved  atomic.Int64 // Unix time, in nanoseconds
	inHand atomic.Int32
	conn   atomic.Pointer[watched] // the latest
	left   atomic.Bool
	parted chan struct{} // closed by part
	part   func()        // Slack has closed its side of a link that was left
}

func newWire() *wire {
	w := &wire{parted: make(chan struct{})}
	w.part = sync.OnceFunc(func() { close(w.parted) })
	return w
}

// dial opens a connection that is watched. There is none behind one that was left.
func (w *wire) dial(ctx context.Context, network, addr string) (net.Conn, error) {
	if w.left.Load() {
		return nil, net.ErrClosed
	}
	conn, err := (&net.Dialer{}).DialContext(ctx, network, addr)
	if err != nil {
		return nil, err
	}
	c := &watched{Conn: conn, wire: w, closed: make(chan struct{})}
	w.conn.Store(c)
	return c, nil
}

// gone notes that slack-go has lost the connection.
func (w *wire) gone() {
	if w.left.Load() {
		w.part()
	}
}

// begin and end are called around the handling of an envelope. At the end its ack is queued.
func (w *wire) begin() { w.inHand.Add(1) }

func (w *wire) end() {
	w.move()
	w.inHand.Add(-1)
}

func (w *wire) move() { w.moved.Store(time.Now().UnixNano()) }

// leave ends the link. In a quiet moment it stops to write, which Slack hears, and reads on
// until Slack has stopped too: what crossed is still handled, though it cannot be acked.
func (w *wire) leave(ctx context.Context) {
	w.quiet(ctx, silence)
	c := w.conn.Load()
	if c == nil {
		return
	}
	half, ok := c.Conn.(interface{ CloseWrite() error })
	if w.left.Store(true); !ok || half.CloseWrite() != nil {
		return
	}
	timer := time.NewTimer(partTime)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	case <-w.parted:
		w.quiet(ctx, leastSilence)
	}
}

// quiet returns in a moment when nothing is under way, at the latest after drainTimeout.
func (w *wire) quiet(ctx context.Context, silence time.Duration) {
	end := time.Now().Add(drainTimeout)
	tick := time.NewTicker(leastSilence / 5)
	defer tick.Stop()
	for left := drainTimeout; left > 0; left = time.Until(end) {
		need := max(leastSilence, time.Duration(float64(silence)*left.Seconds()/drainTimeout.Seconds()))
		if w.inHand.Load() == 0 && time.Since(time.Unix(0, w.moved.Load())) >= need {
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// watched is a connection whose traffic moves a wire.
type watched struct {
	net.Conn
	wire    *wire
	closing sync.Once
	closed  chan struct{}
}

// Read does not tell of the end of a link that was left before it is closed here: slack-go
// would drop what it has read and not handed over yet. TLS can tell of it all the same, in
// words of its own; then slack-go wants a new link, and parted says so.
func (c *watched) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	c.wire.move()
	if err != nil && c.wire.left.Load() {
		c.wire.part()
		<-c.closed
	}
	return n, err
}

func (c *watched) Write(b []byte) (int, error) {
	n, err := c.Conn.Write(b)
	c.wire.move()
	return n, err
}

func (c *watched) Close() error {
	c.closing.Do(func() { close(c.closed) })
	return c.Conn.Close()
}
