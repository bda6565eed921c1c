package slacktest

import "time"

// A trigger lets an app open one view.
type trigger struct {
	user   string
	made   time.Time
	used   bool
	inView string // the view it came from; "" for none
}

// MaxTriggers is how many triggers, the latest ones, are told apart as expired or unknown.
const MaxTriggers = 10_000

// newTrigger makes a trigger_id for a user. s.mu is held.
func (s *Server) newTrigger(user, inView string) string {
	if len(s.triggers) >= MaxTriggers {
		for id, t := range s.triggers {
			if time.Since(t.made) > s.cfg.TriggerLife {
				delete(s.triggers, id)
			}
		}
	}
	id := digits(12) + "." + digits(12) + "." + letters(32)
	s.triggers[id] = &trigger{user: user, made: time.Now(), inView: inView}
	return id
}

// trigger finds one that can still be used. s.mu is held.
func (s *Server) trigger(id string) (*trigger, error) {
	t := s.triggers[id]
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
