package slacktest

import (
	"context"
	"net/url"
	"slices"
	"strings"
	"time"
)

func (s *Server) appsConnectionsOpen(*call) (reply, error) {
	now := time.Now()
	for t, end := range s.tickets {
		if now.After(end) {
			delete(s.tickets, t)
		}
	}
	ticket := randomLetters(36)
	s.tickets[ticket] = now.Add(ticketLife)
	q := url.Values{"ticket": {ticket}, "app_id": {s.AppID}}
	return reply{"url": "ws" + strings.TrimPrefix(s.Server.URL, "http") + "/link/?" + q.Encode()}, nil
}

// Connections returns the number of open connections.
func (s *Server) Connections() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.open)
}

// WaitConnections waits until exactly n connections are open.
func (s *Server) WaitConnections(ctx context.Context, n int) error {
	return s.waitOpen(ctx, func(open int) bool { return open == n })
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
	if reason != "warning" || s.ctx.Err() != nil {
		return
	}
	warned := slices.Clone(s.open)
	s.wg.Go(func() {
		select {
		case <-s.ctx.Done():
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

// SendRaw sends a text frame, valid or not, to every open connection.
func (s *Server) SendRaw(text []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, k := range slices.Clone(s.open) {
		s.sendLocked(k, frame{text: slices.Clone(text)})
	}
}
