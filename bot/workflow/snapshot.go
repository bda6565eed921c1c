package workflow

import (
	"context"
	"net/http"
	"time"

	"foghorn/bot/request"
	"foghorn/integrations/rest"
)

// A snapshot is an incident as it was read last.
type snapshot struct {
	known    bool // it was read once
	incident request.Incident
	gone     bool      // the key cannot read it
	single   bool      // pages lack it
	state    string    // digest of what messages show of it
	at       time.Time // of the latest attempt
}

// read returns the latest state of the incident of a request. If this process polls, that is the one that was read last;
// otherwise the incident is read now. It reports false if there is none yet: the request is woken once there is, or tries
// again after the delay.
func (f *follower) read(ctx context.Context, j *job) (s snapshot, ok bool, n next, err error) {
	id := j.Outcome.Incident.ID
	s, ok = f.get(id)
	f.mu.Lock()
	polls := f.polls
	f.mu.Unlock()
	switch {
	case ok && polls:
		return s, true, next{}, nil
	case j.incident != nil:
		return *j.incident, true, next{}, nil
	case polls: // the request is woken by the poll that reads it
		return s, false, onEvent(), nil
	case !f.limiter.Allow():
		return s, false, after(f.minInterval), nil
	}
	if s, err = f.readIncident(ctx, id); err != nil {
		return s, false, after(max(f.minInterval, rest.RetryAfter(err))), err
	}
	j.incident = &s
	return s, true, next{}, nil
}

// readIncident reads one incident.
func (f *follower) readIncident(ctx context.Context, id string) (snapshot, error) {
	i, err := f.incidents.GetIncident(ctx, id)
	if err != nil && !isUnreadable(err) {
		s, _ := f.get(id)
		s.single, s.at = true, time.Now() // others come first
		f.put(id, s)
		return snapshot{}, err
	}
	return f.remember(id, snapshot{incident: describe(i), gone: err != nil, single: true}), nil
}

// isUnreadable reports that incident.io has no such incident, or does not show it to the key.
func isUnreadable(err error) bool {
	return rest.IsRejected(err) && !rest.IsUnauthorized(err) && rest.Status(err) != http.StatusForbidden
}

// remember keeps an incident that was read.
func (f *follower) remember(id string, s snapshot) snapshot {
	s.known, s.at, s.state = true, time.Now(), stateGone
	if !s.gone {
		s.state = stateOf(s.incident)
	}
	f.put(id, s)
	return s
}

func (f *follower) put(id string, s snapshot) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.latest[id] = s
}

// get returns what is known of an incident. It reports false if that was never read.
func (f *follower) get(id string) (snapshot, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	s := f.latest[id]
	return s, s.known
}

// markSingle remembers that pages lack these incidents.
func (f *follower) markSingle(ids map[string]time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for id := range ids {
		s := f.latest[id]
		s.single = true
		f.latest[id] = s
	}
}
