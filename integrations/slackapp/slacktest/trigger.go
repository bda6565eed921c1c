package slacktest

import "time"

// A trigger allows the app to open one view.
type trigger struct {
	user      string
	createdAt time.Time
	used      bool
}

// newTriggerLocked returns a new trigger_id for a user.
func (s *Server) newTriggerLocked(user string) string {
	id := randomDigits(12) + "." + randomDigits(12) + "." + randomLetters(32)
	s.triggers.put(id, &trigger{user: user, createdAt: time.Now()})
	return id
}

// useTriggerLocked returns a trigger that is still valid.
func (s *Server) useTriggerLocked(id string) (*trigger, error) {
	t := s.triggers.get(id)
	switch {
	case t == nil:
		return nil, Error("invalid_trigger_id")
	case t.used:
		return nil, Error("exchanged_trigger_id")
	case time.Since(t.createdAt) > s.cfg.TriggerLife:
		return nil, Error("expired_trigger_id")
	}
	return t, nil
}
