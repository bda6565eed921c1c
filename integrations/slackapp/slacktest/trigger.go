package slacktest

import "time"

// A grant lets the app do something for a user: a trigger opens one view, and a response_url accepts some messages.
type grant struct {
	user, channel string
	ts            string // of the message that contained a response_url; "" for none
	createdAt     time.Time
	uses          int
}

// newTriggerLocked returns a new trigger_id for a user.
func (s *Server) newTriggerLocked(user string) string {
	id := randomDigits(12) + "." + randomDigits(12) + "." + randomLetters(32)
	s.grants.put(id, &grant{user: user, createdAt: time.Now()})
	return id
}

// useTriggerLocked returns a trigger that is still valid.
func (s *Server) useTriggerLocked(id string) (*grant, error) {
	t := s.grants.get(id)
	switch {
	case t == nil || t.channel != "":
		return nil, Error("invalid_trigger_id")
	case t.uses > 0:
		return nil, Error("exchanged_trigger_id")
	case time.Since(t.createdAt) > s.cfg.TriggerLife:
		return nil, Error("expired_trigger_id")
	}
	return t, nil
}
