package slacktest

import (
	"cmp"
	"regexp"
	"slices"
	"strconv"
)

// readMessagesLocked returns the messages of the channel of a call that keep accepts. The bot must be a member. known is
// the ts of a message that must exist, "" for none.
func (s *Server) readMessagesLocked(c *call, known string, keep func(m *Message, inRange bool) bool) ([]*Message, error) {
	ch, err := s.visibleChannelLocked(c, ":history")
	switch {
	case err != nil:
		return nil, err
	case !ch.BotIsMember:
		return nil, Error("not_in_channel")
	case known != "" && s.findMessageLocked(ch.ID, known) == nil:
		return nil, Error("thread_not_found")
	}
	within, err := timeRange(c)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(slices.Clone(s.messages), func(m *Message) bool {
		return m.Channel != ch.ID || m.To != "" || !keep(m, within(m.TS))
	}), nil
}

func (s *Server) conversationsHistory(c *call) (reply, error) {
	all, err := s.readMessagesLocked(c, "", func(m *Message, inRange bool) bool {
		return inRange && (m.ThreadTS == "" || m.ThreadTS == m.TS || m.Broadcast)
	})
	if err != nil {
		return nil, err
	}
	slices.Reverse(all) // newest first
	return s.messagePageLocked(c, all, func(ts, from string) bool { return ts <= from })
}

func (s *Server) conversationsReplies(c *call) (reply, error) {
	ts := c.args.stringArg("ts")
	all, err := s.readMessagesLocked(c, cmp.Or(ts, "none"), func(m *Message, inRange bool) bool {
		return m.TS == ts || m.ThreadTS == ts && inRange
	})
	if err != nil {
		return nil, err
	}
	return s.messagePageLocked(c, all, func(ts, from string) bool { return ts >= from })
}

func (s *Server) messagePageLocked(c *call, all []*Message, reached func(ts, from string) bool) (reply, error) {
	key := func(m *Message) string { return m.TS }
	toJSON := func(m *Message) any {
		return marshalJSON(s.messageJSONLocked(m, c.args.boolArg("include_all_metadata")))
	}
	out, err := pages[*Message]{
		all: all, most: s.settings.HistoryLimit, prefix: "next_ts:", key: key, reached: reached, toJSON: toJSON,
	}.reply(c, "messages")
	if err != nil {
		return nil, err
	}
	out["has_more"] = out["response_metadata"].(map[string]any)["next_cursor"] != ""
	return out, nil
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
	if !timestamp.MatchString(ts) {
		return 0, Error("invalid_ts")
	}
	sec, err := strconv.ParseFloat(ts, 64)
	return int64(sec*1e6 + 0.5), err
}

// timestamp matches a ts, and a time in seconds.
var timestamp = regexp.MustCompile(`^\d{1,12}(\.\d{0,6})?$`)
