package slacktest

import "time"

// A trigger lets an app open one view.
type trigger struct {
	user string
	made time.Time
	used bool
}

// newTrigger makes a trigger_id for a user. s.mu is held.
func (s *Server) newTrigger(user string) string {
	id := digits(12) + "." + digits(12) + "." + letters(32)
	s.triggers.put(id, &trigger{user: user, made: time.Now()})
	return id
}

// trigger finds one that can still be used. s.mu is held.
func (s *Server) trigger(id string) (*trigger, error) {
	t := s.triggers.get(id)
	switch {
	case t == nil:
		return nil, Error("invalid_trigger_id")
	case t.used:
		return nil, Error("exchanged_trigger_id")
	case time.Since(t.made) > s.cfg.TriggerLife:
		return nil, Error("expired_trigger_id")
	}
	return t, nil
}
