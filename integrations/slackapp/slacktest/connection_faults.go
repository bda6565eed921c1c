package slacktest

import (
	"context"
	"slices"
	"time"
)

// Connections is the number of open sockets.
func (s *Server) Connections() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.open)
}

// WaitConnections returns when n sockets are open.
func (s *Server) WaitConnections(ctx context.Context, n int) error {
	return s.waitUntil(ctx, func() bool { return len(s.open) == n })
}

// Disconnect tells every open socket to go, for one of Slack's reasons: "warning" goes on
// delivering for the WarningPeriod and then refreshes; "refresh_requested", "link_disabled"
// and "too_many_websockets" close at once.
func (s *Server) Disconnect(reason string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, k := range slices.Clone(s.open) {
		s.disconnectLocked(k, reason)
	}
	if reason != "warning" {
		return
	}
	select {
	case <-s.closed:
		return
	default:
	}
	warned := slices.Clone(s.open)
	s.wg.Go(func() {
		select {
		case <-s.closed:
			return
		case <-time.After(s.cfg.WarningPeriod):
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		for _, k := range warned {
			s.disconnectLocked(k, "refresh_requested")
		}
	})
}

// DisconnectOldest is Disconnect for the socket alone that has been open for the longest. A
// "warning" is not followed by a refresh.
func (s *Server) DisconnectOldest(reason string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.open) > 0 {
		s.disconnectLocked(s.open[0], reason)
	}
}

// RefuseConnections makes every new socket hear hello and then disconnect with a reason, until
// it is called with "".
func (s *Server) RefuseConnections(reason string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refuseReason = reason
}

// DropConnections cuts every socket without a word, as a network does.
func (s *Server) DropConnections() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for k := range s.all {
		k.closeLocked()
		s.stopDeliveryLocked(k, "a socket was cut")
	}
}

// SetHalfOpen makes the open sockets, and new ones while it is on, silent: they stay open, but
// neither pings nor envelopes arrive, though Slack believes they do. Off brings them back.
func (s *Server) SetHalfOpen(on bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.setHalfOpenLocked(on)
}

func (s *Server) setHalfOpenLocked(on bool) {
	s.halfOpen = on
	for _, k := range s.open {
		k.silent = on
	}
}

// SetPings switches the pings of the sockets. They are on at the start.
func (s *Server) SetPings(on bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pingsOff = !on
}

// SendRaw sends a text frame to every open socket, whatever it is.
func (s *Server) SendRaw(text []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, k := range slices.Clone(s.open) {
		k.sendLocked(frame{text: slices.Clone(text)})
	}
}

// maxCopies bounds Duplicate.
const maxCopies = 10

// SetDuplicates makes every envelope from now on arrive n times more than once, at most ten.
func (s *Server) SetDuplicates(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.copies = min(max(n, 0), maxCopies)
}

// SetRedeliverOnConnect makes each new socket receive again, from now on, the envelopes that were
// never acknowledged. Slack has been seen to do so.
// https://docs.slack.dev/apis/events-api/using-socket-mode
func (s *Server) SetRedeliverOnConnect(on bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.redeliver = on
}
