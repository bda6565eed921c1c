package slacktest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/gorilla/websocket"
)

const (
	// MaxSockets is how many sockets an app may have open.
	// https://docs.slack.dev/apis/events-api/using-socket-mode#connections
	MaxConnections = 10

	// MaxFrame is the largest frame, in bytes, that an app may send.
	// https://github.com/slack-go/slack/issues/1196
	MaxFrame = 20480

	// ticketLife is how long the address of a socket can be used, once.
	ticketLife = 30 * time.Second

	// readLimit bounds what is read of a frame that is too large.
	readLimit = 1 << 20

	connectionHost = "applink-emulator-0"
	sendQueueSize  = 1024 // frames that wait for a slow reader
	writeTimeout   = 5 * time.Second
)

// connections are the links with the app. Server.mu guards them.
type connections struct {
	tickets      map[string]time.Time // when they end
	all          map[*connection]bool // all of them
	open         []*connection        // those that envelopes are delivered to
	pending      map[string]*pending  // envelopes without an ack, by id
	acks         []Ack
	pingsOff     bool
	halfOpen     bool
	refuseReason string // a reason: every new socket is told it and closed
	copies       int    // how often each envelope is delivered besides the first time
	redeliver    bool
}

func newConnections() connections {
	return connections{all: map[*connection]bool{}, tickets: map[string]time.Time{}, pending: map[string]*pending{}}
}

// A connection is one link. out is what is to be written; done is closed when the link is cut.
type connection struct {
	conn   *websocket.Conn
	out    chan frame
	done   chan struct{}
	silent bool // half-open: nothing is written any more. Server.mu guards it.
	closed bool // cut. Server.mu guards it.
}

// A frame is what is written to a socket.
type frame struct {
	text []byte
	ping bool
	last bool // close the link after it
}

// closeLocked ends the link without a close frame.
func (k *connection) closeLocked() {
	if !k.closed {
		k.closed = true
		close(k.done)
		_ = k.conn.NetConn().Close()
	}
}

// sendLocked queues a frame; a link whose reader is too slow is cut.
func (k *connection) sendLocked(f frame) {
	if k.silent || k.closed {
		return
	}
	select {
	case k.out <- f:
	default:
		k.closeLocked()
	}
}

// Origin is not looked at: slack-go sends that of api.slack.com. The ticket is what opens.
var upgrader = websocket.Upgrader{CheckOrigin: func(*http.Request) bool { return true }}

// serveConnection turns a request with a ticket into a socket and reads it until it ends.
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
	conn, err := upgrader.Upgrade(unwrapHijacker(w), r, nil)
	if err != nil {
		return // Upgrade has answered
	}
	defer conn.Close()
	conn.SetReadLimit(readLimit)
	life := s.cfg.ConnectionLife
	if r.URL.Query().Get("debug_reconnects") == "true" {
		life = DebugConnectionLife
	}
	k := &connection{conn: conn, out: make(chan frame, sendQueueSize), done: make(chan struct{})}
	if !s.addConnection(k, life) {
		return
	}
	defer s.wg.Done()
	written := make(chan struct{})
	go func() {
		defer close(written)
		s.writeLoop(k, life)
	}()
	s.readLoop(k)
	s.removeConnection(k)
	<-written
}

// addConnection greets a socket and takes it among the open ones. It reports false when the server is closed.
func (s *Server) addConnection(k *connection, life time.Duration) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case <-s.closed:
		return false
	default:
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
			"approximate_connection_time": int(life.Seconds()),
		},
	})
	k.sendLocked(frame{text: hello})
	if s.refuseReason != "" {
		s.disconnectLocked(k, s.refuseReason)
		return true
	}
	k.silent = s.halfOpen
	s.open = append(s.open, k)
	s.emitConnectionsLocked("a socket was opened")
	if s.redeliver {
		for _, p := range s.pending {
			k.sendLocked(frame{text: p.frame})
		}
	}
	s.notifyLocked()
	return true
}

// removeConnection cuts a socket and forgets it.
func (s *Server) removeConnection(k *connection) {
	s.mu.Lock()
	defer s.mu.Unlock()
	k.closeLocked()
	delete(s.all, k)
	s.stopDeliveryLocked(k, "a socket was closed")
}

// stopDeliveryLocked delivers nothing more to a socket.
func (s *Server) stopDeliveryLocked(k *connection, why string) {
	i := slices.Index(s.open, k)
	if i < 0 {
		return
	}
	s.open = slices.Delete(s.open, i, i+1)
	s.emitConnectionsLocked(why)
	s.notifyLocked()
}

// writeLoop sends what is queued, the pings, and the refresh at the end of the socket's life.
func (s *Server) writeLoop(k *connection, life time.Duration) {
	ping := time.NewTicker(s.cfg.PingInterval)
	defer ping.Stop()
	old := time.NewTimer(life)
	defer old.Stop()
	for {
		var f frame
		select {
		case <-k.done:
			return
		case f = <-k.out:
		case <-ping.C:
			s.mu.Lock()
			quiet := s.pingsOff || k.silent
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

// readLoop takes the app's frames until the socket ends.
func (s *Server) readLoop(k *connection) {
	k.conn.SetPingHandler(func(data string) error {
		s.mu.Lock()
		mute := k.silent
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

// disconnectLocked tells one socket to go.
func (s *Server) disconnectLocked(k *connection, reason string) {
	last := reason != "warning"
	if last { // nothing more is delivered to it
		s.stopDeliveryLocked(k, "a socket was told to go: "+reason)
	}
	text, _ := json.Marshal(map[string]any{
		"type":            "disconnect",
		"reason":          reason,
		"num_connections": len(s.open),
		"debug_info":      map[string]any{"host": connectionHost},
		"connection_info": map[string]any{"app_id": s.AppID},
	})
	k.sendLocked(frame{text: text, last: last})
}

// unwrapHijacker finds the writer that gives its connection away: the websocket package does
// not look behind Unwrap.
func unwrapHijacker(w http.ResponseWriter) http.ResponseWriter {
	for {
		if _, ok := w.(http.Hijacker); ok {
			return w
		}
		u, ok := w.(interface{ Unwrap() http.ResponseWriter })
		if !ok {
			return w
		}
		w = u.Unwrap()
	}
}
