package slacktest

import (
	"slices"
	"strconv"
)

// readable finds a channel whose messages the bot may read: it must be a member. s.mu is held.
func (s *Server) readable(c *call) (*Channel, error) {
	ch, err := s.seen(c, ":history")
	if err != nil {
		return nil, err
	}
	if !ch.BotIsMember {
		return nil, Error("not_in_channel")
	}
	return ch, nil
}

func (s *Server) conversationsHistory(c *call) (reply, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	ch, err := s.readable(c)
	if err != nil {
		return nil, err
	}
	within, err := span(c)
	if err != nil {
		return nil, err
	}
	var all []*Message
	for _, m := range s.messages[ch.ID] {
		if within(m.TS) && (m.ThreadTS == "" || m.ThreadTS == m.TS) {
			all = append(all, m)
		}
	}
	slices.Reverse(all) // the latest first
	return s.pageOfMessages(c, all)
}

func (s *Server) conversationsReplies(c *call) (reply, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	ch, err := s.readable(c)
	if err != nil {
		return nil, err
	}
	ts := c.args.text("ts")
	if s.messageAt(ch.ID, ts) == nil {
		return nil, Error("thread_not_found")
	}
	within, err := span(c)
	if err != nil {
		return nil, err
	}
	var all []*Message
	for _, m := range s.messages[ch.ID] {
		if m.TS == ts || m.ThreadTS == ts && within(m.TS) {
			all = append(all, m)
		}
	}
	return s.pageOfMessages(c, all)
}

func (s *Server) pageOfMessages(c *call, all []*Message) (reply, error) {
	part, next, err := page(c, all)
	if err != nil {
		return nil, err
	}
	out := []any{}
	for _, m := range part {
		out = append(out, raw(s.messageJSON(m, c.args.flag("include_all_metadata"))))
	}
	return reply{"messages": out, "has_more": next["next_cursor"] != "", "response_metadata": next}, nil
}

// span reads oldest, latest and inclusive.
func span(c *call) (func(ts string) bool, error) {
	oldest, err := micros(c.args.text("oldest"), 0)
	if err != nil {
		return nil, Error("invalid_ts_oldest")
	}
	latest, err := micros(c.args.text("latest"), 1<<62)
	if err != nil {
		return nil, Error("invalid_ts_latest")
	}
	inclusive := c.args.flag("inclusive")
	return func(ts string) bool {
		at, _ := micros(ts, 0)
		return at > oldest && at < latest || inclusive && (at == oldest || at == latest)
	}, nil
}

// micros is a ts in microseconds.
func micros(ts string, def int64) (int64, error) {
	if ts == "" {
		return def, nil
	}
	sec, err := strconv.ParseFloat(ts, 64)
	if err != nil || sec < 0 || sec > 1e12 {
		return 0, Error("invalid_ts")
	}
	return int64(sec*1e6 + 0.5), nil
}

func (s *Server) getPermalink(c *call) (reply, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	ch, ok := s.conversation(c.args.text("channel"))
	if !ok || ch.Private && !ch.BotIsMember {
		return nil, Error("channel_not_found")
	}
	ts := c.args.text("message_ts")
	if s.messageAt(ch.ID, ts) == nil {
		return nil, Error("message_not_found")
	}
	return reply{"channel": ch.ID, "permalink": s.permalink(ch.ID, ts)}, nil
}
