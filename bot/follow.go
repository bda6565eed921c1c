package bot

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"golang.org/x/time/rate"

	"foghorn/integrations/port"
	"foghorn/integrations/rest"
)

// How often Port is asked about the runs in flight: the younger the youngest, the more often.
const (
	youngTick = 250 * time.Millisecond // while the youngest is under youngAge
	youngAge  = time.Minute
	slowest   = 15 * time.Second
	ageing    = 240 // an older one is asked about every age/240

	// wokenFor is the least time between two looks at one run by itself.
	wokenFor = time.Second

	// glances is how many runs a second are looked at, in turns, because the list says
	// nothing of them although they had not ended when they were last looked at.
	glances       = 40
	glancesAtOnce = 2 * glances

	// beyondTheList is how many glances one at a run costs while the list is not whole: it
	// holds port.MaxRuns at the most, Port gives no further page, and there may be many
	// thousands behind; or Port is in trouble.
	beyondTheList = 8

	leaseKey   = "follower"
	leaseRenew = leaseTTL / 3
)

// tick is how long to wait before Port is asked again about runs of which the youngest is
// of this age.
func tick(age time.Duration) time.Duration {
	if age < youngAge {
		return youngTick
	}
	return min(age/ageing, slowest)
}

// A follower asks Port about all runs in flight at once, and wakes the requests whose runs
// have ended. What it costs does not grow with the number of runs: one list call a tick,
// and beyond port.MaxRuns a few glances. Of several processes one follows.
type follower struct {
	b      *Bot
	woken  map[string]time.Time // request -> when it was last woken
	glance *rate.Limiter
	rest   time.Time // Port wants no call before

	lease   uint64    // revision of this process's lease; 0: none
	renewed time.Time // when it was taken or renewed
}

func newFollower(b *Bot) *follower {
	return &follower{b: b, woken: map[string]time.Time{}, glance: rate.NewLimiter(glances, glancesAtOnce)}
}

// run follows until ctx ends.
func (f *follower) run(ctx context.Context) {
	select {
	case <-f.b.index.ready:
	case <-ctx.Done():
		return
	}
	defer f.release(ctx)
	f.remind(ctx)
	for {
		flight := f.b.index.at(Running)
		if len(flight) == 0 { // nothing in flight, no call
			clear(f.woken)
			select {
			case <-ctx.Done():
				return
			case <-f.b.index.changed:
			}
			continue
		}
		wait := slowest
		for _, e := range flight {
			wait = min(wait, tick(time.Since(e.since)))
		}
		if f.mine(ctx) {
			f.look(ctx, flight)
		}
		select {
		case <-ctx.Done():
			return
		case <-f.b.index.changed:
			sleep(ctx, youngTick/2) // it has only begun
		case <-time.After(wait):
		}
	}
}

// remind wakes what has rested unfinished for long: an older version may have left it, or
// the stream may have lost its message.
func (f *follower) remind(ctx context.Context) {
	for id, e := range f.b.index.at(Accepted, Asking, Telling, Linking) {
		if time.Since(e.since) < 5*ackWait {
			continue
		}
		if !f.wake(ctx, id) {
			return
		}
	}
}

// look asks Port which of the runs are still active, and wakes the requests of the others.
func (f *follower) look(ctx context.Context, flight map[string]entry) {
	if time.Now().Before(f.rest) {
		return
	}
	maps.DeleteFunc(f.woken, func(id string, _ time.Time) bool { return flight[id].run == "" })
	byAction := map[string][]string{}
	for id, e := range flight {
		byAction[e.action] = append(byAction[e.action], id)
	}
	for action, ids := range byAction {
		active, err := f.active(ctx, action)
		whole := err == nil && len(active) < port.MaxRuns
		if err != nil {
			f.b.cfg.Log.WithError(err).Warn("ask Port about the runs in flight")
			e, ok := errors.AsType[*rest.Error](err)
			whole = ok && e.Refused() // a Port that does not list its runs is asked about each
			if !whole {
				f.rest = time.Now().Add(time.Second)
			}
			if ok && (e.Limited() || e.RetryAfter > 0) {
				f.rest = time.Now().Add(max(time.Second, e.RetryAfter))
				return
			}
		}
		if !f.wakeEnded(ctx, flight, ids, active, whole) {
			return
		}
	}
}

// wakeEnded wakes the requests of runs that are not active any more, or of which there is
// news. In a list that is not whole, runs can be missing that have not ended: these are
// looked at in turns. It reports false when the store is away.
func (f *follower) wakeEnded(ctx context.Context, flight map[string]entry, ids []string, active map[string]port.Run, whole bool) bool {
	var doubtful []string
	for _, id := range ids {
		e := flight[id]
		run, listed := active[e.run]
		switch {
		case listed && !f.news(run, e), time.Since(f.woken[id]) < max(wokenFor, tick(time.Since(e.since))):
		case !listed && (!whole || !f.woken[id].IsZero()):
			doubtful = append(doubtful, id)
		case !f.wake(ctx, id):
			return false
		}
	}
	cost := 1
	if !whole {
		cost = beyondTheList
	}
	slices.SortFunc(doubtful, func(a, b string) int { return f.woken[a].Compare(f.woken[b]) })
	for _, id := range doubtful {
		if !f.glance.AllowN(time.Now(), cost) {
			break
		}
		if !f.wake(ctx, id) {
			return false
		}
	}
	return true
}

// wake wakes a request. It reports false when the store is away.
func (f *follower) wake(ctx context.Context, id string) bool {
	if err := f.b.journal.wake(ctx, id); err != nil {
		f.b.cfg.Log.WithField("request", id).WithError(err).Warn("wake a request")
		return false
	}
	f.woken[id] = time.Now()
	return true
}

// active are the runs of an action that have not ended, by id.
func (f *follower) active(ctx context.Context, action string) (map[string]port.Run, error) {
	runs, err := f.b.port.Runs(ctx, port.RunsQuery{
		Action: action, Active: true, Limit: port.MaxRuns,
		Exclude: []string{"payload", "response", "properties", "rawProperties"},
	})
	active := make(map[string]port.Run, len(runs))
	for _, r := range runs {
		active[r.ID] = r
	}
	return active, err
}

// news reports that there is something to do about a run that the list shows.
func (f *follower) news(run port.Run, e entry) bool {
	if run.Status == port.StatusWaitingForApproval {
		return !e.waiting
	}
	return run.Ended() || time.Since(e.made) > lateAfter && !e.late
}

// mine takes or renews the lease. Without one there is no following: the store is away or
// another process follows.
func (f *follower) mine(ctx context.Context) bool {
	if time.Since(f.renewed) < leaseRenew {
		return true
	}
	var err error
	if f.lease == 0 {
		f.lease, err = f.b.journal.leases.Create(ctx, leaseKey, []byte(f.b.name))
	} else {
		f.lease, err = f.b.journal.leases.Update(ctx, leaseKey, []byte(f.b.name), f.lease)
	}
	if err != nil {
		f.lease = 0
		if !errors.Is(err, jetstream.ErrKeyExists) && !wrongRevision(err) {
			f.b.cfg.Log.WithError(err).Warn("take the lease to follow runs")
		}
		return false
	}
	f.renewed = time.Now()
	return true
}

// release gives the lease to the next process.
func (f *follower) release(ctx context.Context) {
	if f.lease == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	_ = f.b.journal.leases.Delete(ctx, leaseKey, jetstream.LastRevision(f.lease))
}
