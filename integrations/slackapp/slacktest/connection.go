package slacktest

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"slices"
	"time"

	"github.com/gorilla/websocket"
)

const (
	// MaxConnections is the maximum number of open connections of an app.
	// https://docs.slack.dev/apis/events-api/using-socket-mode#connections
	MaxConnections = 10

	// MaxFrame is the maximum size of a frame of the app, in bytes.
	// https://github.com/slack-go/slack/issues/1196
	MaxFrame = 20480

	// ticketLife is how long the address of a connection is valid. It can be used once.
	ticketLife = 30 * time.Second

	// readLimit is the maximum that is read of a frame that is too large, in bytes.
	readLimit = 1 << 20

	connectionHost = "applink-emulator-0"
	sendQueueSize  = 1024 // frames that can wait for a slow reader
	writeTimeout   = 5 * time.Second
)

// connections are the Socket Mode connections of the app. Server.mu guards them.
type connections struct {
	tickets map[string]time.Time // time of expiry
	all     map[*connection]bool // all of them
	open    []*connection        // envelopes are delivered to these
	pending map[string]*pending  // by envelope_id
	acks    []Ack
}

func newConnections() connections {
	return connections{all: map[*connection]bool{}, tickets: map[string]time.Time{}, pending: map[string]*pending{}}
}

// A connection is one Socket Mode connection. out has the frames to write; done is closed when the
// connection is closed.
type connection struct {
	conn   *websocket.Conn
	out    chan frame
	done   chan struct{}
	closed bool // Server.mu guards it
}

// A frame is a message to write to a connection.
type frame struct {
	text []byte
	ping bool
	last bool // close the connection after it
}

// closeLocked closes the connection without a close frame.
func (k *connection) closeLocked() {
	if !k.closed {
		k.closed = true
		close(k.done)
		_ = k.conn.NetConn().Close()
	}
}

// sendLocked queues a frame, unless connections are half-open.
func (s *Server) sendLocked(k *connection, f frame) {
	if !s.settings.HalfOpen {
		k.queueLocked(f)
	}
}

// queueLocked queues a frame. A connection whose queue is full is closed.
func (k *connection) queueLocked(f frame) {
	if k.closed {
		return
	}
	select {
	case k.out <- f:
	default:
		k.closeLocked()
	}
}

// The Origin header is ignored, because slack-go sends that of api.slack.com. The ticket authorizes
// the connection.
var upgrader = websocket.Upgrader{CheckOrigin: func(*http.Request) bool { return true }}

// serveConnection upgrades a request with a valid ticket to a connection, and serves it until it ends.
func (s *Server) serveConnection(w http.ResponseWriter, r *http.Request) {
	ticket := r.URL.Query().Get("ticket")
	s.mu.Lock()
	end, ok := s.tickets[ticket]
	delete(s.tickets, ticket)
	s.mu.Unlock()
	if !ok || time.Now().After(end) {
		http.Error(w, "invalid ticket", http.StatusForbidden)
		return
	}
	conn, err := upgrader.Upgrade(hijackable{w}, r, nil)
	if err != nil {
		return // Upgrade has responded
	}
	defer conn.Close()
	conn.SetReadLimit(readLimit)
	k := &connection{conn: conn, out: make(chan frame, sendQueueSize), done: make(chan struct{})}
	if !s.addConnection(k) {
		return
	}
	defer s.wg.Done()
	written := make(chan struct{})
	go func() {
		defer close(written)
		s.writeLoop(k)
	}()
	s.readLoop(k)
	s.removeConnection(k)
	<-written
}

// addConnection sends hello and adds the connection to the open ones. It reports false when the server
// is closed.
func (s *Server) addConnection(k *connection) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ctx.Err() != nil {
		return false
	}
	s.wg.Add(1)
	s.all[k] = true
	if len(s.open) >= MaxConnections {
		s.disconnectLocked(k, "too_many_websockets")
		return true
	}
	hello, _ := json.Marshal(map[string]any{
		"type":            "hello",
		"num_connections": len(s.open) + 1,
		"connection_info": map[string]any{"app_id": s.AppID},
		"debug_info": map[string]any{
			"host":                        connectionHost,
			"build_number":                54,
			"started":                     time.Now().UTC().Format("2006-01-02 15:04:05.000"),
			"approximate_connection_time": int(connectionLife.Seconds()),
		},
	})
	k.queueLocked(frame{text: hello})
	if s.settings.RefuseReason != "" {
		s.disconnectLocked(k, s.settings.RefuseReason)
		return true
	}
	s.open = append(s.open, k)
	s.emitConnectionsLocked("a connection was opened")
	if s.settings.Redeliver {
		for _, p := range s.pending {
			s.sendLocked(k, frame{text: p.frame})
		}
	}
	s.notifyLocked()
	return true
}

// removeConnection closes and removes a connection.
func (s *Server) removeConnection(k *connection) {
	s.mu.Lock()
	defer s.mu.Unlock()
	k.closeLocked()
	delete(s.all, k)
	s.stopDeliveryLocked(k, "a connection was closed")
}

// stopDeliveryLocked removes a connection from the open ones, so that no envelope is delivered to it.
func (s *Server) stopDeliveryLocked(k *connection, why string) {
	i := slices.Index(s.open, k)
	if i < 0 {
		return
	}
	s.open = slices.Delete(s.open, i, i+1)
	s.emitConnectionsLocked(why)
	s.notifyLocked()
}

// writeLoop writes the queued frames and the pings. At the end of the connection's life, it sends a
// refresh.
func (s *Server) writeLoop(k *connection) {
	ping := time.NewTicker(s.cfg.PingInterval)
	defer ping.Stop()
	old := time.NewTimer(connectionLife)
	defer old.Stop()
	for {
		var f frame
		select {
		case <-k.done:
			return
		case f = <-k.out:
		case <-ping.C:
			s.mu.Lock()
			quiet := s.settings.NoPings || s.settings.HalfOpen
			s.mu.Unlock()
			if quiet {
				continue
			}
			f = frame{text: []byte("Ping from " + connectionHost), ping: true}
		case <-old.C:
			s.mu.Lock()
			s.disconnectLocked(k, "refresh_requested")
			s.mu.Unlock()
			continue
		}
		_ = k.conn.SetWriteDeadline(time.Now().Add(writeTimeout))
		kind := websocket.TextMessage
		if f.ping {
			kind = websocket.PingMessage
		}
		err := k.conn.WriteMessage(kind, f.text)
		if f.last && err == nil {
			bye := websocket.FormatCloseMessage(websocket.CloseNormalClosure, "")
			_ = k.conn.WriteControl(websocket.CloseMessage, bye, time.Now().Add(writeTimeout))
		}
		if f.last || err != nil {
			s.removeConnection(k)
			return
		}
	}
}

// readLoop reads the frames of the app until the connection ends.
func (s *Server) readLoop(k *connection) {
	k.conn.SetPingHandler(func(data string) error {
		s.mu.Lock()
		mute := s.settings.HalfOpen
		s.mu.Unlock()
		if mute {
			return nil
		}
		return k.conn.WriteControl(websocket.PongMessage, []byte(data), time.Now().Add(writeTimeout))
	})
	for {
		_, text, err := k.conn.ReadMessage()
		if err != nil {
			return
		}
		if len(text) > MaxFrame {
			why := websocket.FormatCloseMessage(websocket.CloseMessageTooBig, fmt.Sprintf("Max frame length of %d has been exceeded", MaxFrame))
			_ = k.conn.WriteControl(websocket.CloseMessage, why, time.Now().Add(writeTimeout))
			s.emit("slack", s.appLabel(), "disconnect", fmt.Sprintf("1009: a frame of %d bytes", len(text)), nil)
			return
		}
		s.acknowledge(text)
	}
}

// disconnectLocked sends a disconnect frame. Unless reason is warning, the connection is closed after
// it.
func (s *Server) disconnectLocked(k *connection, reason string) {
	last := reason != "warning"
	if last { // no more envelopes
		s.stopDeliveryLocked(k, "a connection was asked to disconnect: "+reason)
	}
	text, _ := json.Marshal(map[string]any{
		"type":            "disconnect",
		"reason":          reason,
		"num_connections": len(s.open),
		"debug_info":      map[string]any{"host": connectionHost},
		"connection_info": map[string]any{"app_id": s.AppID},
	})
	s.sendLocked(k, frame{text: text, last: last})
}

// A hijackable writer is an http.Hijacker if one that it wraps is. The websocket package does not call Unwrap.
type hijackable struct{ http.ResponseWriter }

func (w hijackable) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	return http.NewResponseController(w.ResponseWriter).Hijack()
}
