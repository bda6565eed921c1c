package slacktest

import (
	"net/url"
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
