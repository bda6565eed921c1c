package workflow

import (
	"context"
	"slices"
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

// severitiesTimeout is shorter than the pauses that incident.io can ask for: the incidents are read meanwhile, as soon as
// it allows, and the lease is kept.
const severitiesTimeout = 10 * time.Second

// severities are those of the organization. They are read in the background when they are used: nothing waits for them.
type severities struct {
	wanted chan struct{} // holds a token when they should be read

	mu      sync.Mutex
	list    []incidentio.Severity
	known   bool // they were read, or the key may not read them
	missing bool // the list lacks a severity that an incident has: it is new
	readAt  time.Time
}

// level returns the level of a severity: 1 for the highest, 2 for the next; 0 for none. It reports false while the
// severities are not known.
func (s *severities) level(id string) (level int, known bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	level = levelIn(s.list, id)
	s.missing = s.missing || level == 0 && id != ""
	if !s.isStaleLocked() {
		return level, s.known
	}
	select {
	case s.wanted <- struct{}{}:
	default:
	}
	return level, s.known && !s.missing
}

func levelIn(list []incidentio.Severity, id string) int {
	n := slices.IndexFunc(list, func(s incidentio.Severity) bool { return s.ID == id })
	if n < 0 {
		return 0
	}
	higher := map[int]bool{}
	for _, other := range list {
		if other.Rank > list[n].Rank {
			higher[other.Rank] = true
		}
	}
	return len(higher) + 1
}

func (s *severities) isStaleLocked() bool {
	if !s.known || s.missing {
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
	ctx, cancel := context.WithTimeout(ctx, severitiesTimeout)
	defer cancel()
	list, err := f.incidents.ListSeverities(ctx)
	s := &f.severities
	s.mu.Lock()
	defer s.mu.Unlock()
	s.readAt, s.missing = time.Now(), false
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
