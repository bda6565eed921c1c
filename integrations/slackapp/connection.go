package slackapp

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gorilla/websocket"
)

const (
	// maxFrameBytes bounds a frame from Slack. Views have at most 250 KB; this leaves room for their state.
	maxFrameBytes = 2 << 20

	// writeTimeout bounds the writing of an ack.
	writeTimeout = 2 * time.Second

	// closeTimeout is how long a connection is read after Slack has announced its end. Slack closes it about
	// ten seconds after a warning, and at once otherwise.
	// https://docs.slack.dev/apis/events-api/using-socket-mode#disconnect
	closeTimeout = 15 * time.Second

	// resendWindow is how long before the end of a connection an ack may have been written that Slack did not read.
	resendWindow = time.Second
)

var (
	errPingTimeout = errors.New("no ping from Slack in time")
	errPongTimeout = errors.New("no reply from Slack to a ping")
	errClosing     = errors.New("connection is closing")
)

// connection is one Socket Mode connection. It is open once hello is closed. After that it is retired when
// it must be replaced, and ended when nothing more can be read. One goroutine reads, any may write acks.
type connection struct {
	ws          *websocket.Conn
	number      int
	pingTimeout time.Duration

	hello   chan struct{} // closed when Slack has sent hello
	retired chan struct{} // closed when a replacement must be opened
	ended   chan struct{} // closed when reading has ended

	opened       time.Time    // when hello came; valid once hello is closed
	carried      atomic.Bool  // an envelope has arrived
	inFlight     atomic.Int32 // envelopes without a written ack
	lastActivity atomic.Int64 // of frames and acks: Unix time in nanoseconds

	retire func(cause error, grace time.Duration) // only the first call counts; grace: how long to read on
	cause  error                                  // of the first retire; nil: a refresh. Valid once retired is closed

	closed atomic.Bool // no ack can be written any more; set while mu is held, except by end
	mu     sync.Mutex  // guards writing, and recent
	recent []sentAck   // the acks of the latest resendWindow
}

type sentAck struct {
	at    time.Time
	frame []byte
}

func newConnection(ws *websocket.Conn, number int, pingTimeout time.Duration) *connection {
	c := &connection{
		ws: ws, number: number, pingTimeout: pingTimeout,
		hello: make(chan struct{}), retired: make(chan struct{}), ended: make(chan struct{}),
	}
	var once sync.Once
	c.retire = func(err error, grace time.Duration) {
		once.Do(func() {
			c.cause = err
			_ = ws.SetReadDeadline(time.Now().Add(grace)) // fails only if the connection has ended
			close(c.retired)
		})
	}
	return c
}

// read calls receive for each frame until the connection ends. A connection on which nothing arrives for
// pingTimeout is retired, and is read for a little longer.
func (c *connection) read(receive func(frame []byte)) {
	watchdog := time.AfterFunc(c.pingTimeout, func() { c.retire(errPingTimeout, c.pingTimeout/2) })
	defer watchdog.Stop()
	defer c.sendPings()()
	c.ws.SetReadLimit(maxFrameBytes)
	sendPong := c.ws.PingHandler()
	c.ws.SetPingHandler(func(data string) error {
		watchdog.Reset(c.pingTimeout)
		_ = sendPong(data) // an error would end reading, while envelopes may still arrive
		return nil
	})
	for {
		_, frame, err := c.ws.ReadMessage()
		if err != nil {
			c.end(err)
			return
		}
		watchdog.Reset(c.pingTimeout)
		c.touch()
		receive(frame)
	}
}

// pingsPerTimeout is how many pings the client sends in pingTimeout.
const pingsPerTimeout = 8

// sendPings sends pings until stop is called. It retires a connection on which a ping was answered, and then one was
// not until the next: it is dead, which Slack's own pings show much later. Where no ping is answered at all, a proxy
// removes them, and only Slack's count.
func (c *connection) sendPings() (stop func() bool) {
	interval := c.pingTimeout / pingsPerTimeout
	var answering, waiting atomic.Bool
	c.ws.SetPongHandler(func(string) error {
		answering.Store(true)
		waiting.Store(false)
		return nil
	})
	var timer *time.Timer
	timer = time.AfterFunc(time.Hour, func() {
		if isClosed(c.retired) {
			return // Slack is closing it: what arrives after that makes the network discard what was sent before
		}
		if waiting.Swap(true) && answering.Load() {
			c.retire(errPongTimeout, closeReplyTimeout)
			return
		}
		if c.ws.WriteControl(websocket.PingMessage, nil, time.Now().Add(writeTimeout)) == nil {
			timer.Reset(interval)
		}
	})
	timer.Reset(0)
	return timer.Stop
}

// end closes the connection.
func (c *connection) end(err error) {
	expected := c.closed.Swap(true) || websocket.IsCloseError(err, websocket.CloseNormalClosure, websocket.CloseGoingAway)
	_ = c.ws.Close()
	if expected {
		c.retire(nil, 0)
	} else {
		c.retire(fmt.Errorf("read: %w", err), 0)
	}
	close(c.ended)
}

// write writes an ack. If it fails, no further ack can be written.
func (c *connection) write(frame []byte) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed.Load() {
		return errClosing
	}
	now := time.Now()
	_ = c.ws.SetWriteDeadline(now.Add(writeTimeout)) // it never fails
	if err := c.ws.WriteMessage(websocket.TextMessage, frame); err != nil {
		c.closed.Store(true)
		c.retire(fmt.Errorf("write ack: %w", err), closeReplyTimeout) // Slack may have closed it: envelopes can be unread
		return err
	}
	c.touch()
	for len(c.recent) > 0 && now.Sub(c.recent[0].at) > resendWindow {
		c.recent = c.recent[1:]
	}
	c.recent = append(c.recent, sentAck{now, frame})
	return nil
}

// unconfirmed returns the acks that Slack may not have read when the connection ended.
func (c *connection) unconfirmed() (frames [][]byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, ack := range c.recent {
		if time.Since(ack.at) <= resendWindow {
			frames = append(frames, ack.frame)
		}
	}
	return frames
}

// stable reports whether the connection was open for some time or carried an envelope.
func (c *connection) stable() bool {
	return isClosed(c.hello) && (c.carried.Load() || time.Since(c.opened) >= stableAfter)
}

func (c *connection) touch() { c.lastActivity.Store(time.Now().UnixNano()) }

const (
	// idleTime is how long nothing may have arrived for a connection to count as idle. On a connection
	// that is never so quiet minIdleTime is enough in the end.
	idleTime    = 150 * time.Millisecond
	minIdleTime = 5 * time.Millisecond

	// closeReplyTimeout bounds the wait for frames on a connection that is closed or dead.
	closeReplyTimeout = time.Second
)

// drain closes the connection in a moment when no envelope is being handled that came on it, or on the connections that
// were drained before, and reads what Slack sends until it closes its side. budget bounds the wait for that moment.
func (c *connection) drain(ctx context.Context, budget time.Duration, before []*connection) {
	c.waitIdle(ctx, budget, before)
	c.mu.Lock()
	if !c.closed.Swap(true) {
		c.recent = nil // Slack reads them before the close frame
		goodbye := websocket.FormatCloseMessage(websocket.CloseNormalClosure, "")
		_ = c.ws.WriteControl(websocket.CloseMessage, goodbye, time.Now().Add(writeTimeout))
	}
	c.mu.Unlock()
	timeout := time.NewTimer(closeReplyTimeout)
	defer timeout.Stop()
	select {
	case <-c.ended:
	case <-timeout.C:
		_ = c.ws.Close()
	}
}

// waitIdle returns when the connection is idle, at the latest after budget. The less of it is left, the
// shorter the silence that counts as idle.
func (c *connection) waitIdle(ctx context.Context, budget time.Duration, before []*connection) {
	handling := func(c *connection) bool { return c.inFlight.Load() > 0 }
	end := time.Now().Add(budget)
	tick := time.NewTicker(minIdleTime / 5)
	defer tick.Stop()
	for left := budget; left > 0; left = time.Until(end) {
		need := max(minIdleTime, time.Duration(float64(idleTime)*float64(left)/float64(budget)))
		if !handling(c) && !slices.ContainsFunc(before, handling) && time.Since(time.Unix(0, c.lastActivity.Load())) >= need {
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-c.ended:
			return
		case <-tick.C:
		}
	}
}

func isClosed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}
