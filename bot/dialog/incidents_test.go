package dialog

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"foghorn/bot/slacktext"
	"foghorn/integrations/incidentio"
	"foghorn/integrations/rest"
)

// fakeIncidents lists incidents, or fails.
type fakeIncidents struct {
	list  []incidentio.Incident
	err   error
	calls int
}

func (f *fakeIncidents) ListIncidents(context.Context, incidentio.IncidentsQuery) (incidentio.IncidentPage, error) {
	f.calls++
	return incidentio.IncidentPage{Incidents: append([]incidentio.Incident(nil), f.list...)}, f.err
}

func noReporter(string) string { return "" }

func newIncident(n int, created time.Time) incidentio.Incident {
	return incidentio.Incident{Reference: fmt.Sprintf("INC-%d", n), Visibility: "public", Mode: "standard", CreatedAt: created}
}

// TestIncidentList_Filter shows what is public, real and at most an hour old.
func TestIncidentList_Filter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source := &fakeIncidents{}
		for n, edit := range []func(*incidentio.Incident){
			func(*incidentio.Incident) {},
			func(i *incidentio.Incident) { i.Visibility = "private" },
			func(i *incidentio.Incident) { i.Visibility = "" },
			func(i *incidentio.Incident) { i.Mode = "test" },
			func(i *incidentio.Incident) { i.Mode = "tutorial" },
			func(i *incidentio.Incident) { i.CreatedAt = i.CreatedAt.Add(-time.Hour) },
			func(i *incidentio.Incident) { i.CreatedAt = time.Time{} },
			func(i *incidentio.Incident) { i.CreatedAt = i.CreatedAt.Add(time.Minute) }, // by a clock that is ahead
		} {
			i := newIncident(n, time.Now())
			edit(&i)
			source.list = append(source.list, i)
		}
		l := newIncidentList(source, noReporter, func(err error) { t.Error(err) })
		if len(l.get().list) > 0 {
			t.Error("a list that was not read is not empty")
		}
		l.refresh(t.Context())
		got := l.get().list
		if len(got) != 2 || got[0].Reference != "INC-0" || got[1].Reference != "INC-7" {
			t.Errorf("%+v", got)
		}
		rendered := l.get().until
		time.Sleep(59 * time.Second)
		if again := l.get(); !again.until.Equal(rendered) || again.list[0].Age != 0 {
			t.Errorf("rendered again, although no age differs: %+v", again)
		}
		time.Sleep(time.Second)
		if again := l.get(); again.list[0].Age != time.Minute {
			t.Errorf("after a minute the form shows %+v", again)
		}
		time.Sleep(incidentsMaxAge - time.Minute + time.Second)
		if got := l.get().list; len(got) > 0 {
			t.Errorf("an old list shows %+v", got)
		}
	})
}

// TestIncidentList_Calls counts the calls of an hour: none without forms, 60 for one form, at most 260 for many.
func TestIncidentList_Calls(t *testing.T) {
	for name, test := range map[string]struct {
		forms    int
		interval time.Duration
		min, max int
	}{
		"no form": {0, time.Hour, 1, 1}, "one form": {1, time.Hour, 60, 62}, "many forms": {3600, time.Second, 240, 261},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				source := &fakeIncidents{}
				l := newIncidentList(source, noReporter, func(err error) { t.Error(err) })
				ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
				defer cancel()
				go l.run(ctx)
				synctest.Wait()
				for range test.forms {
					l.use()
					l.refresh(ctx)
					time.Sleep(test.interval)
				}
				<-ctx.Done()
				synctest.Wait()
				if source.calls < test.min || source.calls > test.max {
					t.Errorf("%d calls", source.calls)
				}
			})
		})
	}
}

// TestIncidentList_Failure reports an outage once, keeps the list for five minutes, and respects Retry-After.
func TestIncidentList_Failure(t *testing.T) {
	for name, test := range map[string]struct {
		err   error
		calls int // in five minutes
	}{
		"away":         {errors.New("timeout"), 32},
		"rate limited": {&rest.Error{Status: http.StatusTooManyRequests, RetryAfter: 10 * time.Minute}, 2},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				source, reported := &fakeIncidents{list: []incidentio.Incident{newIncident(1, time.Now())}}, 0
				l := newIncidentList(source, noReporter, func(error) { reported++ })
				l.refresh(t.Context())
				source.err = test.err
				for start := time.Now(); time.Since(start) < incidentsMaxAge; time.Sleep(time.Second) {
					l.refresh(t.Context())
					if len(l.get().list) != 1 {
						t.Fatal("the list is gone")
					}
				}
				time.Sleep(time.Second)
				if len(l.get().list) > 0 || reported != 1 || source.calls > test.calls {
					t.Errorf("%v; reported %d times, %d calls", l.get().list, reported, source.calls)
				}
				time.Sleep(10 * time.Minute)
				source.err, source.list = nil, []incidentio.Incident{newIncident(2, time.Now())}
				l.refresh(t.Context())
				if got := l.get().list; len(got) != 1 || got[0].Reference != "INC-2" {
					t.Errorf("after the outage: %v", got)
				}
			})
		})
	}
}

func TestWhoText(t *testing.T) {
	ana, rob := incidentio.Person{Name: "Ana", SlackUserID: "U0ANA"}, incidentio.Person{Name: "Rob\u202e <!here>", SlackUserID: "<!here>"}
	for _, test := range []struct {
		reporter, lead incidentio.Person
		want           string
	}{
		{incidentio.Person{}, incidentio.Person{}, ""},
		{ana, rob, "declared by <@U0ANA>"},
		{incidentio.Person{}, ana, "led by <@U0ANA>"},
		{rob, ana, "declared by Rob &lt;!here&gt;"},
	} {
		if got := whoText(incidentio.Incident{Reporter: test.reporter, Lead: test.lead}); got.Mrkdwn() != test.want {
			t.Errorf("%q, want %q", got.Mrkdwn(), test.want)
		}
	}
	if got := severityName(nil); got != "" {
		t.Error(got)
	}
	for _, url := range []string{"javascript:alert(1)", "https://x|y", "https://x>", "", "https:///path"} {
		if got := slacktext.ValidURL(url, maxIncidentURL); got != "" {
			t.Error(slacktext.Literal(got))
		}
	}
}
