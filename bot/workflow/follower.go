package workflow

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/sirupsen/logrus"
	"golang.org/x/time/rate"

	"foghorn/bot/request"
	"foghorn/bot/store"
	"foghorn/integrations/incidentio"
	"foghorn/integrations/rest"
)

// How often an incident is read: the younger, the more often.
const (
	minFollowInterval = 15 * time.Second
	maxFollowInterval = 5 * time.Minute
	followAgeDivisor  = 20 // an incident is read every age/20

	// The calls of the follower are at most 240 in an hour: the burst, and one in callInterval.
	incidentCallBurst = 8
	callInterval      = time.Hour / (240 - incidentCallBurst)

	// rewakeInterval is when a request is woken again that has not shown the state of its incident.
	rewakeInterval = time.Minute

	// followTick is more often than the lease has to be renewed.
	followTick = 2 * time.Second

	// repeatedLogInterval is when an error is logged again that has not changed.
	repeatedLogInterval = 10 * time.Minute

	followerLease = "follower"
)

// interval is how often an incident of this age is read.
func (f *follower) interval(age time.Duration) time.Duration {
	return min(max(age/followAgeDivisor, f.minInterval), maxFollowInterval)
}

// A follower reads the incidents of the requests in Tracking, and wakes the requests whose incident differs from what
// their record last showed. A poll reads pages of the open incidents, newest first, as far as the oldest incident that is
// due: the cost depends on the number of pages. If the pages lack several, those that ended lately are read in the same way.
// What both lack, such as an incident that became private, is read by itself. Of several processes one polls.
type follower struct {
	incidents   Incidents
	minInterval time.Duration

	index      trackingIndex
	lease      lease
	wake       func(ctx context.Context, id string) error
	metrics    Metrics
	log        *logrus.Entry
	limiter    *rate.Limiter
	severities severities

	mu     sync.Mutex
	polls  bool                // this process holds the lease
	latest map[string]snapshot // by the id of the incident

	pausedUntil time.Time // no calls before
	comparedAt  time.Time // when the records were compared with what was read
	woken       map[string]wakeUp
	logged      wakeUp // the latest error that was logged
}

// trackingIndex lists the requests in Tracking. A *store.Index is one.
type trackingIndex interface {
	Ready() <-chan struct{}
	Tracking() <-chan struct{}
	InStage(stages ...request.Stage) map[string]store.Entry
}

// lease is held by one process at a time. A *store.Lease is one.
type lease interface {
	Hold(ctx context.Context) (bool, error)
	Release(ctx context.Context)
}

// A wakeUp is what was done about a state, and when.
type wakeUp struct {
	state string
	at    time.Time
}

func newFollower(cfg Config) *follower {
	f := &follower{
		incidents: cfg.Incidents, minInterval: cfg.FollowInterval, metrics: cfg.Metrics, log: cfg.Log,
		limiter:    rate.NewLimiter(rate.Every(cfg.scale(callInterval)), incidentCallBurst),
		severities: severities{wanted: make(chan struct{}, 1)}, latest: map[string]snapshot{}, woken: map[string]wakeUp{},
	}
	if cfg.Store != nil {
		f.index, f.wake, f.lease = cfg.Store.Index(), cfg.Store.Wake, store.NewLease(cfg.Store, followerLease, cfg.Process)
	}
	return f
}

// run follows incidents until ctx ends.
func (f *follower) run(ctx context.Context) {
	select {
	case <-f.index.Ready():
	case <-ctx.Done():
		return
	}
	defer func() { f.lease.Release(ctx) }()
	for ctx.Err() == nil {
		followed := f.index.InStage(request.Tracking)
		var tick <-chan time.Time // no incidents, no calls
		if len(followed) > 0 {
			if f.holdLease(ctx) && (f.poll(ctx, followed) || time.Since(f.comparedAt) >= f.minInterval) {
				f.comparedAt = time.Now()
				f.wakeChanged(ctx, followed)
				f.forget(followed)
			}
			tick = time.After(min(followTick, f.minInterval))
		} else {
			f.clearReport()
			f.forget(followed)
		}
		select {
		case <-ctx.Done():
		case <-f.index.Tracking():
		case <-f.severities.wanted:
			if err := f.refreshSeverities(ctx); err != nil && ctx.Err() == nil {
				f.report(err)
			}
		case <-tick:
		}
	}
}

// holdLease reports whether this process polls.
func (f *follower) holdLease(ctx context.Context) bool {
	held, err := f.lease.Hold(ctx)
	if err != nil && ctx.Err() == nil {
		f.log.WithError(err).Warn("failed to acquire the lease for following incidents")
	}
	f.mu.Lock()
	f.polls = held
	if !held { // what another process reads is newer
		clear(f.latest)
	}
	f.mu.Unlock()
	if !held {
		f.clearReport()
	}
	return held
}

// forget removes incidents that are no longer followed.
func (f *follower) forget(followed map[string]store.Entry) {
	ids := make(map[string]bool, len(followed))
	for _, e := range followed {
		ids[e.Incident] = true
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	maps.DeleteFunc(f.latest, func(id string, s snapshot) bool { return !ids[id] && time.Since(s.at) > f.minInterval })
	maps.DeleteFunc(f.woken, func(id string, _ wakeUp) bool { return followed[id].Stage == "" })
}

// poll reads the incidents that are due. It reports false if none is.
func (f *follower) poll(ctx context.Context, followed map[string]store.Entry) bool {
	due := f.due(followed)
	if len(due) == 0 || time.Now().Before(f.pausedUntil) {
		return false
	}
	err := f.refreshSeverities(ctx)
	complete := false
	if err == nil {
		complete, err = f.readPages(ctx, followed, due, incidentio.IncidentsQuery{Categories: incidentio.OpenCategories()}, 0)
	}
	if err == nil && complete { // what the list lacks has ended, or cannot be read
		query := incidentio.IncidentsQuery{Categories: incidentio.EndedCategories(), UpdatedSince: f.oldestRead(due)}
		if _, err = f.readPages(ctx, followed, due, query, 1); rest.IsRejected(err) && !rest.IsUnauthorized(err) {
			err = nil // without this list they are read one by one
		}
	}
	if err == nil {
		err = f.readSingles(ctx, due)
	}
	if ctx.Err() == nil {
		f.report(err)
	}
	return true
}

// due returns the incidents to read, with the time of their declaration. If one is due, those that will be soon are too,
// so that they are read together.
func (f *follower) due(followed map[string]store.Entry) map[string]time.Time {
	f.mu.Lock()
	defer f.mu.Unlock()
	due, isDue := map[string]time.Time{}, false
	for _, e := range followed {
		interval, since := f.interval(time.Since(e.DeclaredAt)), time.Since(f.latest[e.Incident].at)
		isDue = isDue || since >= interval
		if since >= interval*3/4 && e.Incident != "" {
			due[e.Incident] = e.DeclaredAt
		}
	}
	if !isDue {
		return nil
	}
	return due
}

// oldestRead is when the incident was read that was not read for the longest time.
func (f *follower) oldestRead(due map[string]time.Time) time.Time {
	oldest := time.Now()
	for id, declaredAt := range due {
		s, known := f.get(id)
		if !known {
			s.at = declaredAt
		}
		oldest = minTime(oldest, s.at.Add(-MaxClockSkew))
	}
	return oldest
}

// readPages reads pages of a list, and removes what they contain from due. It ends where to read what is left one by one is
// cheaper, also if fewer incidents are left than atLeast, and then reports false.
func (f *follower) readPages(ctx context.Context, followed map[string]store.Entry, due map[string]time.Time, query incidentio.IncidentsQuery, atLeast int) (complete bool, err error) {
	ids := map[string]bool{}
	for _, e := range followed {
		ids[e.Incident] = true
	}
	oldest, left := time.Now(), 0
	for id, declaredAt := range due {
		if s, _ := f.get(id); !s.single {
			left++
			oldest = minTime(oldest, declaredAt.Add(-MaxClockSkew))
		}
	}
	for pages := atLeast; left > pages; pages++ {
		if !f.takeCall(ctx) {
			return false, nil
		}
		page, err := f.incidents.ListIncidents(ctx, query)
		if err != nil {
			return false, err
		}
		for _, i := range page.Incidents {
			if !ids[i.ID] {
				continue
			}
			if s, _ := f.get(i.ID); !due[i.ID].IsZero() && !s.single {
				left--
			}
			delete(due, i.ID)
			f.remember(i.ID, snapshot{incident: describe(i)})
		}
		if n := len(page.Incidents); page.After == "" || n == 0 || page.Incidents[n-1].CreatedAt.Before(oldest) {
			return true, nil
		}
		query.After = page.After
	}
	return false, nil
}

// readSingles reads incidents one by one, the longest unread first, while calls are left; at least one.
func (f *follower) readSingles(ctx context.Context, due map[string]time.Time) error {
	f.markSingle(due)
	ids := slices.SortedFunc(maps.Keys(due), func(a, b string) int {
		first, _ := f.get(a)
		second, _ := f.get(b)
		return cmp.Or(first.at.Compare(second.at), cmp.Compare(a, b))
	})
	for n, id := range ids {
		if n == 0 && !f.takeCall(ctx) || n > 0 && !f.limiter.Allow() {
			return nil
		}
		if _, err := f.readIncident(ctx, id); err != nil {
			return err
		}
	}
	return nil
}

// takeCall waits until a call may be made. It reports false if ctx ended or another process polls.
func (f *follower) takeCall(ctx context.Context) bool {
	for !f.limiter.Allow() {
		if !sleep(ctx, min(time.Second, f.minInterval)) || !f.holdLease(ctx) {
			return false
		}
	}
	return true
}

// wakeChanged wakes the requests that do not show the state of their incident, or have followed it for long enough.
func (f *follower) wakeChanged(ctx context.Context, followed map[string]store.Entry) {
	for id, e := range followed {
		s, known := f.get(e.Incident)
		expired := time.Since(e.StageEnteredAt) > maxTracking || e.Incident == ""
		if !expired && (!known || s.state == e.State) {
			delete(f.woken, id)
			continue
		}
		if last := f.woken[id]; last.state == s.state && time.Since(last.at) < rewakeInterval {
			continue
		}
		if err := f.wake(ctx, id); err != nil {
			f.log.WithField("request_id", id).WithError(err).Warn("failed to wake the request")
			return
		}
		f.woken[id] = wakeUp{s.state, time.Now()}
	}
}

// report records how a poll ended. After an error incident.io is not asked for a while.
func (f *follower) report(err error) {
	if err == nil {
		if f.logged != (wakeUp{}) {
			f.log.Info("incidents can be read again")
		}
		f.clearReport()
		return
	}
	f.metrics.IncidentsPolled(err)
	f.pausedUntil = time.Now().Add(max(f.minInterval, rest.RetryAfter(err)))
	if text := rest.ErrorText(err); text != f.logged.state || time.Since(f.logged.at) > repeatedLogInterval {
		f.logged = wakeUp{text, time.Now()}
		f.log.WithError(err).Warn("failed to read incidents; their messages are not updated, will retry")
	}
}

// clearReport reports no error: incidents can be read, or this process does not read them.
func (f *follower) clearReport() {
	f.metrics.IncidentsPolled(nil)
	f.logged = wakeUp{}
}

func minTime(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}
