package workflow

import (
	"context"
	"maps"
	"slices"
	"time"

	"golang.org/x/time/rate"

	"foghorn/bot/request"
	"foghorn/bot/store"
	"foghorn/integrations/port"
	"foghorn/integrations/rest"
)

// How often Port is asked for the runs in flight: the younger the youngest run, the more often.
const (
	minInterval = 250 * time.Millisecond // while the youngest run is younger than youngAge
	youngAge    = time.Minute
	maxInterval = 10 * time.Second
	ageDivisor  = 240 // an older run is asked for every age/240

	// minRecheckInterval is the least time between two reads of one run.
	minRecheckInterval = time.Second

	// singleRunRate is how many runs a second are read one by one: runs that the list does
	// not show although they had not ended when they were last read.
	singleRunRate  = 40
	singleRunBurst = 2 * singleRunRate

	// truncatedListCost is how many of singleRunRate one read costs while the list is
	// truncated or Port fails: thousands of runs can be missing from the list then, because it
	// shows at most port.MaxRuns and has no further page.
	truncatedListCost = 8

	// errorPause is how long Port is not asked after an error.
	errorPause = time.Second

	leaseName = "poller"
)

// pollInterval is how long to wait before Port is asked again for runs, of which the youngest is this old.
func pollInterval(age time.Duration) time.Duration {
	if age < youngAge {
		return minInterval
	}
	return min(age/ageDivisor, maxInterval)
}

// A poller asks Port for all runs in flight at once, and wakes the requests whose runs have
// ended. The cost does not depend on the number of runs: one list call per interval, and above
// port.MaxRuns a limited number of reads. Of several processes one polls.
type poller struct {
	w           *Workflow
	index       *store.Index
	lease       *store.Lease
	lastWoken   map[string]time.Time // request id -> when it was last woken
	singleRuns  *rate.Limiter
	pausedUntil time.Time // no calls before
}

func newPoller(w *Workflow) *poller {
	return &poller{
		w: w, index: w.cfg.Store.Index(), lease: store.NewLease(w.cfg.Store, leaseName, w.cfg.Process),
		lastWoken: map[string]time.Time{}, singleRuns: rate.NewLimiter(singleRunRate, singleRunBurst),
	}
}

// run polls until ctx ends.
func (p *poller) run(ctx context.Context) {
	select {
	case <-p.index.Ready():
	case <-ctx.Done():
		return
	}
	defer p.lease.Release(ctx)
	p.wakeStale(ctx)
	for {
		inFlight := p.index.InStage(request.Running)
		if len(inFlight) == 0 { // no runs, no calls
			clear(p.lastWoken)
			select {
			case <-ctx.Done():
				return
			case <-p.index.Running():
			}
			continue
		}
		wait := maxInterval
		for _, e := range inFlight {
			wait = min(wait, pollInterval(time.Since(e.StageEnteredAt)))
		}
		if p.holdLease(ctx) {
			p.poll(ctx, inFlight)
		}
		if pause := time.Until(p.pausedUntil); pause > 0 {
			wait = min(wait, pause)
		}
		select {
		case <-ctx.Done():
			return
		case <-p.index.Running():
			sleep(ctx, minInterval/2) // the run has just started
		case <-time.After(wait):
		}
	}
}

// wakeStale wakes requests that have waited for long without an end: the stream may have
// lost their task.
func (p *poller) wakeStale(ctx context.Context) {
	for id, e := range p.index.InStage(request.Accepted, request.CreatingRun, request.Notifying, request.AwaitingChannel, request.Done) {
		if time.Since(e.StageEnteredAt) > 5*store.AckWait && !p.wake(ctx, id) {
			return
		}
	}
	if p.w.cfg.Incidents != nil { // the follower wakes the others
		return
	}
	for id := range p.index.InStage(request.Tracking) { // the key was removed: these end
		if !p.wake(ctx, id) {
			return
		}
	}
}

// holdLease reports whether this process polls.
func (p *poller) holdLease(ctx context.Context) bool {
	held, err := p.lease.Hold(ctx)
	if err != nil && ctx.Err() == nil {
		p.w.cfg.Log.WithError(err).Warn("failed to acquire the lease for polling")
	}
	return held
}

// poll asks Port which runs are active, and wakes the requests of the others.
func (p *poller) poll(ctx context.Context, inFlight map[string]store.Entry) {
	if time.Now().Before(p.pausedUntil) {
		return
	}
	maps.DeleteFunc(p.lastWoken, func(id string, _ time.Time) bool { return inFlight[id].RunID == "" })
	byAction := map[string][]string{}
	for id, e := range inFlight {
		byAction[e.Action] = append(byAction[e.Action], id)
	}
	for action, ids := range byAction {
		active, err := p.listActive(ctx, action)
		complete := err == nil && len(active) < port.MaxRuns
		if err != nil {
			p.w.cfg.Log.WithError(err).Warn("failed to list the runs in flight")
			for _, id := range ids {
				p.w.failures.add(id, err)
			}
			complete = rest.IsRejected(err) // a Port that does not list its runs is asked for each run
			if !complete {
				p.pausedUntil = time.Now().Add(errorPause)
			}
			if rest.IsRateLimited(err) || rest.RetryAfter(err) > 0 {
				p.pausedUntil = time.Now().Add(max(errorPause, rest.RetryAfter(err)))
				return
			}
		}
		if !p.wakeFinished(ctx, inFlight, ids, active, complete) {
			return
		}
	}
}

// listActive returns the runs of an action that have not ended, by id.
func (p *poller) listActive(ctx context.Context, action string) (map[string]port.Run, error) {
	runs, err := p.w.cfg.Port.ListRuns(ctx, port.RunsQuery{
		Action: action, Active: true, Limit: port.MaxRuns,
		Exclude: []string{"payload", "response", "properties", "rawProperties"},
	})
	active := make(map[string]port.Run, len(runs))
	for _, r := range runs {
		active[r.ID] = r
	}
	return active, err
}

// wakeFinished wakes the requests whose runs are no longer active, or need attention. In an
// incomplete list runs can be missing that have not ended: these are read in turns, at a limited
// rate. It reports false if the store is away.
func (p *poller) wakeFinished(ctx context.Context, inFlight map[string]store.Entry, ids []string, active map[string]port.Run, complete bool) bool {
	var missing []string // from the list, although they may be active
	for _, id := range ids {
		e := inFlight[id]
		run, listed := active[e.RunID]
		switch {
		case listed && !needsAttention(run, e), time.Since(p.lastWoken[id]) < max(minRecheckInterval, pollInterval(time.Since(e.StageEnteredAt))):
		case !listed && (!complete || !p.lastWoken[id].IsZero()):
			missing = append(missing, id)
		case !p.wake(ctx, id):
			return false
		}
	}
	cost := 1
	if !complete {
		cost = truncatedListCost
	}
	slices.SortFunc(missing, func(a, b string) int { return p.lastWoken[a].Compare(p.lastWoken[b]) })
	for _, id := range missing {
		if !p.singleRuns.AllowN(time.Now(), cost) {
			break
		}
		if !p.wake(ctx, id) {
			return false
		}
	}
	return true
}

// needsAttention reports that there is something to do about an active run.
func needsAttention(run port.Run, e store.Entry) bool {
	if run.Status == port.StatusWaitingForApproval {
		return !e.ApprovalNotified
	}
	return run.HasEnded() || time.Since(e.CreatedAt) > slowRunNotice && !e.DelayNotified
}

// wake wakes a request. It reports false if the store is away.
func (p *poller) wake(ctx context.Context, id string) bool {
	if err := p.w.cfg.Store.Wake(ctx, id); err != nil {
		p.w.cfg.Log.WithField("request_id", id).WithError(err).Warn("failed to wake the request")
		return false
	}
	p.lastWoken[id] = time.Now()
	return true
}
