package slacktest

import (
	"cmp"
	"slices"
	"strconv"
)

// readableChannelLocked returns a channel whose messages the bot can read: the bot must be a member.
func (s *Server) readableChannelLocked(c *call) (*Channel, error) {
	ch, err := s.visibleChannelLocked(c, ":history")
	if err != nil {
		return nil, err
	}
	if !ch.BotIsMember {
		return nil, Error("not_in_channel")
	}
	return ch, nil
}

func (s *Server) conversationsHistory(c *call) (reply, error) {
	ch, err := s.readableChannelLocked(c)
	if err != nil {
		return nil, err
	}
	within, err := timeRange(c)
	if err != nil {
		return nil, err
	}
	var all []*Message
	for _, m := range s.messages[ch.ID] {
		if within(m.TS) && (m.ThreadTS == "" || m.ThreadTS == m.TS || m.Broadcast) {
			all = append(all, m)
		}
	}
	slices.Reverse(all) // newest first
	return s.messagePageLocked(c, all, func(ts, from string) bool { return ts <= from })
}

func (s *Server) conversationsReplies(c *call) (reply, error) {
	ch, err := s.readableChannelLocked(c)
	if err != nil {
		return nil, err
	}
	ts := c.args.stringArg("ts")
	if s.findMessageLocked(ch.ID, ts) == nil {
		return nil, Error("thread_not_found")
	}
	within, err := timeRange(c)
	if err != nil {
		return nil, err
	}
	var all []*Message
	for _, m := range s.messages[ch.ID] {
		if m.TS == ts || m.ThreadTS == ts && within(m.TS) {
			all = append(all, m)
		}
	}
	return s.messagePageLocked(c, all, func(ts, from string) bool { return ts >= from })
}

func (s *Server) messagePageLocked(c *call, all []*Message, reached func(ts, from string) bool) (reply, error) {
	part, next, err := pages[*Message]{
		all: all, most: cmp.Or(s.historyLimit, maxPageSize), prefix: "next_ts:", key: func(m *Message) string { return m.TS }, reached: reached,
	}.paginate(c)
	if err != nil {
		return nil, err
	}
	out := []any{}
	for _, m := range part {
		out = append(out, marshalJSON(s.messageJSONLocked(m, c.args.boolArg("include_all_metadata"))))
	}
	return reply{"messages": out, "has_more": next["next_cursor"] != "", "response_metadata": next}, nil
}

// timeRange returns the filter of the arguments oldest, latest and inclusive.
func timeRange(c *call) (func(ts string) bool, error) {
	oldest, err := parseTS(c.args.stringArg("oldest"), 0)
	if err != nil {
		return nil, Error("invalid_ts_oldest")
	}
	latest, err := parseTS(c.args.stringArg("latest"), 1<<62)
	if err != nil {
		return nil, Error("invalid_ts_latest")
	}
	inclusive := c.args.boolArg("inclusive")
	return func(ts string) bool {
		at, _ := parseTS(ts, 0)
		return at > oldest && at < latest || inclusive && (at == oldest || at == latest)
	}, nil
}

// parseTS returns a ts in microseconds.
func parseTS(ts string, def int64) (int64, error) {
	if ts == "" {
		return def, nil
	}
	sec, err := strconv.ParseFloat(ts, 64)
	if err != nil || sec < 0 || sec > 1e12 {
		return 0, Error("invalid_ts")
	}
	return int64(sec*1e6 + 0.5), nil
}
