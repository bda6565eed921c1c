package workflow

import (
	"context"
	"sync"
	"time"

	"foghorn/integrations/incidentio"
	"foghorn/integrations/rest"
)

// How often the severities of the organization are read, while they are used; after an error earlier.
const (
	severitiesInterval      = 30 * time.Minute
	severitiesRetryInterval = time.Minute
)

// severities are those of the organization. They are read in the background when they are used: nothing waits for them.
type severities struct {
	wanted chan struct{} // holds a token when they should be read

	mu     sync.Mutex
	list   []incidentio.Severity
	known  bool // they were read, or the key may not read them
	readAt time.Time
}

// level returns the level of a severity: 1 for the highest, 2 for the next; 0 for none. It reports false while the
// severities are not known.
func (s *severities) level(id string) (level int, known bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.isStaleLocked() {
		select {
		case s.wanted <- struct{}{}:
		default:
		}
	}
	for _, own := range s.list {
		if own.ID != id {
			continue
		}
		higher := map[int]bool{}
		for _, other := range s.list {
			if other.Rank > own.Rank {
				higher[other.Rank] = true
			}
		}
		return len(higher) + 1, true
	}
	return 0, s.known
}

func (s *severities) isStaleLocked() bool {
	if !s.known {
		return time.Since(s.readAt) > severitiesRetryInterval
	}
	return time.Since(s.readAt) > severitiesInterval
}

func (s *severities) isStale() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.isStaleLocked()
}

// refreshSeverities reads the severities if they are stale. A key that may not read them is no error.
func (f *follower) refreshSeverities(ctx context.Context) error {
	if !f.severities.isStale() || time.Now().Before(f.pausedUntil) || !f.limiter.Allow() {
		return nil
	}
	list, err := f.incidents.ListSeverities(ctx)
	s := &f.severities
	s.mu.Lock()
	defer s.mu.Unlock()
	s.readAt = time.Now()
	switch {
	case err == nil:
		s.list, s.known = list, true
	case rest.IsRejected(err) && !rest.IsUnauthorized(err):
		f.log.WithError(err).Warn("failed to read the severities; messages do not show their order")
		s.known = true
	default:
		return err
	}
	return nil
}
