package slacktest

import (
	"context"
	"slices"
	"time"
)

// Connections returns the number of open connections.
func (s *Server) Connections() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.open)
}

// WaitConnections waits until exactly n connections are open.
func (s *Server) WaitConnections(ctx context.Context, n int) error {
	return s.waitUntil(ctx, func() bool { return len(s.open) == n })
}

// Disconnect sends a disconnect frame with one of Slack's reasons to every open connection. After
// "warning", the connection receives envelopes for Config.WarningPeriod and is then refreshed. After
// "refresh_requested", "link_disabled" and "too_many_websockets", it is closed at once.
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

// DisconnectOldest is Disconnect for the oldest open connection only. After a "warning", no refresh
// follows.
func (s *Server) DisconnectOldest(reason string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.open) > 0 {
		s.disconnectLocked(s.open[0], reason)
	}
}

// RefuseConnections sends hello and then a disconnect frame with a reason to every new connection,
// until it is called with "".
func (s *Server) RefuseConnections(reason string) { s.locked(func() { s.refuseReason = reason }) }

// DropConnections closes every connection without a disconnect or close frame, as a network failure
// does.
func (s *Server) DropConnections() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for k := range s.all {
		k.closeLocked()
		s.stopDeliveryLocked(k, "a connection was dropped")
	}
}

// SetHalfOpen makes connections half-open: they stay open, but pings and envelopes are discarded,
// while Slack assumes that they are delivered. It applies to the open connections, and to new ones
// while it is on.
func (s *Server) SetHalfOpen(on bool) { s.locked(func() { s.setHalfOpenLocked(on) }) }

func (s *Server) setHalfOpenLocked(on bool) {
	s.halfOpen = on
	for _, k := range s.open {
		k.silent = on
	}
}

// SetPings switches the pings on or off. They are on at the start.
func (s *Server) SetPings(on bool) { s.locked(func() { s.pingsOff = !on }) }

// SendRaw sends a text frame, valid or not, to every open connection.
func (s *Server) SendRaw(text []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, k := range slices.Clone(s.open) {
		k.sendLocked(frame{text: slices.Clone(text)})
	}
}

// maxCopies is the maximum of SetDuplicates.
const maxCopies = 10

// SetDuplicates makes every later envelope arrive n additional times, at most ten.
func (s *Server) SetDuplicates(n int) { s.locked(func() { s.copies = min(max(n, 0), maxCopies) }) }

// SetRedeliverOnConnect makes each new connection receive the envelopes that were not acknowledged.
// Slack was observed to do so.
// https://docs.slack.dev/apis/events-api/using-socket-mode
func (s *Server) SetRedeliverOnConnect(on bool) { s.locked(func() { s.redeliver = on }) }
