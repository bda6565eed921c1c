package workflow

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sirupsen/logrus"

	"foghorn/bot/request"
	"foghorn/bot/store"
	"foghorn/integrations/incidentio"
	"foghorn/integrations/rest"
)

// An index is what a follower needs of a store: the requests, its lease and their wake-ups.
type index struct {
	entries  map[string]store.Entry
	ready    chan struct{}
	tracking chan struct{}
	woken    []string
	other    bool // another process holds the lease
	young    bool // all incidents are declared now
}

func (x *index) Ready() <-chan struct{}             { return x.ready }
func (x *index) Tracking() <-chan struct{}          { return x.tracking }
func (x *index) Release(context.Context)            {}
func (x *index) Hold(context.Context) (bool, error) { return !x.other, nil }

func (x *index) InStage(...request.Stage) map[string]store.Entry {
	for id, e := range x.entries {
		if x.young {
			e.DeclaredAt = time.Now()
			x.entries[id] = e
		}
	}
	return x.entries
}

func (x *index) wake(_ context.Context, id string) error {
	x.woken = append(x.woken, id)
	return nil
}

// newFollowerTest makes a follower of n incidents of an age, which are four pages of a list for 1,000.
func newFollowerTest(f *fakes, n int, age time.Duration) (*follower, *index) {
	log := logrus.New()
	log.SetOutput(io.Discard)
	x := &index{entries: map[string]store.Entry{}, ready: make(chan struct{}), tracking: make(chan struct{}, 1)}
	close(x.ready)
	follower := newFollower(Config{Incidents: f, Metrics: f, Log: logrus.NewEntry(log), FollowInterval: minFollowInterval})
	follower.index, follower.lease, follower.wake = x, x, x.wake
	for i := range n {
		id, declaredAt := fmt.Sprintf("01-%04d", i), time.Now().Add(-age)
		incident := incidentio.Incident{ID: id, Name: id, Visibility: "public", CreatedAt: declaredAt}
		f.listed = append(f.listed, incident)
		x.entries["V"+id] = store.Entry{
			Stage: request.Tracking, StageEnteredAt: declaredAt, CreatedAt: declaredAt, DeclaredAt: declaredAt, Incident: id, State: stateOf(describe(incident)),
		}
	}
	return follower, x
}

// tracked is a job with an incident.
func tracked(id string) *job {
	return &job{Request: &request.Request{Outcome: &request.Outcome{Incident: &request.Incident{ID: id}}}}
}

// runFor runs a follower for a while, on the clock of synctest.
func runFor(t *testing.T, f *follower, d time.Duration) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), d)
	defer cancel()
	f.run(ctx)
}

// TestFollower_Calls counts the calls of the busiest hour: with incidents that are declared all the time, which are read at
// the shortest interval, at most 240; with old ones at most 60.
func TestFollower_Calls(t *testing.T) {
	for _, c := range []struct {
		name         string
		incidents    int
		age          time.Duration
		young        bool // at all times
		least, limit int
	}{
		{"none", 0, 0, false, 0, 0},
		{"one young", 1, 0, false, 60, 240},
		{"1,000 always young", 1000, 0, true, 200, 240},
		{"1,000 of a day", 1000, 24 * time.Hour, false, 48, 60},
		{"one of a day", 1, 24 * time.Hour, false, 12, 60},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := &fakes{}
				follower, x := newFollowerTest(f, c.incidents, c.age)
				x.young = c.young
				runFor(t, follower, 70*time.Minute)
				busiest := 0
				for i, at := range f.calls {
					later := slices.IndexFunc(f.calls[i:], func(other time.Time) bool { return other.Sub(at) > time.Hour })
					if later < 0 {
						later = len(f.calls) - i
					}
					busiest = max(busiest, later)
				}
				if busiest < c.least || busiest > c.limit {
					t.Errorf("%d calls in the busiest hour, %d in all", busiest, len(f.calls))
				}
				if !c.young && len(x.woken) > 0 {
					t.Errorf("woke %v, although nothing changed", x.woken)
				}
			})
		})
	}
}

// TestFollower_ManyEnd has 300 of 1,000 incidents close, and ten more become private, which then can be read in no way. That
// takes a constant number of calls besides one for each that is private.
func TestFollower_ManyEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fakes{}
		follower, x := newFollowerTest(f, 1000, 7*24*time.Hour)
		runFor(t, follower, time.Minute)
		for i := range 300 {
			f.listed[i*3].Status.Category, f.listed[i*3].UpdatedAt = "closed", time.Now()
		}
		f.listed = slices.Delete(f.listed, 990, 1000)
		f.unreadable = &rest.Error{Status: http.StatusNotFound}
		before := len(f.calls)
		runFor(t, follower, maxFollowInterval+3*time.Minute)
		slices.Sort(x.woken)                                                                                     // an incident is woken again until its request shows the state
		if calls, woken := len(f.calls)-before, slices.Compact(x.woken); len(woken) != 310 || calls > 4+2+10+1 { // and the severities
			t.Errorf("%d woken after %d calls", len(woken), calls)
		}
	})
}

// TestFollower_WakesChanged changes an incident, and has another one leave the list of open incidents.
func TestFollower_WakesChanged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fakes{}
		follower, x := newFollowerTest(f, 600, 0)
		f.listed[599].Name = "renamed"
		f.listed = slices.Delete(f.listed, 10, 11)
		f.incident = func(i *incidentio.Incident) { i.Status.Category = "closed" }
		runFor(t, follower, 40*time.Second)
		slices.Sort(x.woken)
		if want := []string{"V01-0010", "V01-0599"}; !slices.Equal(x.woken, want) {
			t.Errorf("woke %v, want %v", x.woken, want)
		}
		if s, ok, _, err := follower.read(t.Context(), tracked("01-0010")); !ok || err != nil || !s.incident.HasEnded() {
			t.Errorf("the closed incident is %+v, %v", s, err)
		}
	})
}

// TestFollower_NotListed follows an incident that lists do not contain: it is read by itself, at the same interval.
func TestFollower_NotListed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fakes{}
		follower, x := newFollowerTest(f, 1, 24*time.Hour)
		unlisted := f.listed[0]
		f.listed, f.incident = nil, func(i *incidentio.Incident) { *i = unlisted }
		runFor(t, follower, time.Hour)
		if n := len(f.calls); n < 12 || n > 20 || len(x.woken) > 0 {
			t.Errorf("%d calls, woke %v", n, x.woken)
		}
	})
}

// TestFollower_Outage has calls fail: incident.io is asked rarely, nothing is woken, and all continues afterwards.
func TestFollower_Outage(t *testing.T) {
	for name, err := range map[string]error{
		"key revoked": &rest.Error{Status: http.StatusUnauthorized}, "no response": errors.New("timeout"),
		"too many calls": &rest.Error{Status: http.StatusTooManyRequests, RetryAfter: 2 * time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := &fakes{incidentErr: err}
				follower, x := newFollowerTest(f, 100, 0)
				runFor(t, follower, 10*time.Minute)
				if len(x.woken) > 0 || f.polled == nil || len(f.calls) > 60 {
					t.Errorf("%d calls, woke %v, reported %v", len(f.calls), x.woken, f.polled)
				}
				pause := max(minFollowInterval, rest.RetryAfter(err))
				for i := range f.calls[1:] {
					if gap := f.calls[i+1].Sub(f.calls[i]); gap > 0 && gap < pause {
						t.Errorf("asked again after %v", gap)
					}
				}
				f.incidentErr = nil
				f.listed[0].Name = "renamed"
				runFor(t, follower, 5*time.Minute)
				if !slices.Contains(x.woken, "V01-0000") || f.polled != nil {
					t.Errorf("afterwards: woke %v, reported %v", x.woken, f.polled)
				}
			})
		})
	}
}

// TestFollower_OneProcessPolls checks that a process without the lease makes no calls, and reads what a request of its
// own needs.
func TestFollower_OneProcessPolls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fakes{}
		follower, x := newFollowerTest(f, 10, 0)
		x.other = true
		runFor(t, follower, time.Hour)
		if len(f.calls) > 0 {
			t.Errorf("%d calls", len(f.calls))
		}
		j := tracked("01-0001")
		for range 2 {
			if s, ok, _, err := follower.read(t.Context(), j); !ok || err != nil || s.incident.ID != "01-0001" {
				t.Errorf("read %+v, %v", s, err)
			}
		}
		if len(f.calls) != 1 {
			t.Errorf("%d calls for one request", len(f.calls))
		}
	})
}
