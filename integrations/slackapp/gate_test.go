package slackapp

import (
	"net/http"
	"testing"
	"testing/synctest"
	"time"
)

// answered is a far side that answers at once.
type answered struct{ times []time.Time }

func (a *answered) RoundTrip(*http.Request) (*http.Response, error) {
	a.times = append(a.times, time.Now())
	return &http.Response{StatusCode: http.StatusOK, Body: http.NoBody}, nil
}

// TestTheGateCounts opens links that die young for an hour: in no minute are more than ten
// asked for. One that lived long is replaced at once.
func TestTheGateCounts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		far := &answered{}
		g := newGate(far)
		open := func() time.Duration {
			begun := time.Now()
			r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "https://slack.com/api/apps.connections.open", nil)
			if err != nil {
				t.Fatal(err)
			}
			answer, err := g.RoundTrip(r)
			if err != nil {
				t.Fatal(err)
			}
			_ = answer.Body.Close()
			return time.Since(begun)
		}
		for begun := time.Now(); time.Since(begun) < time.Hour; {
			open()
			g.lost(livedLong/2, false)
		}
		for i, first := range far.times {
			if i+10 < len(far.times) && far.times[i+10].Sub(first) <= time.Minute {
				t.Fatalf("eleven calls between %s and %s", first, far.times[i+10])
			}
		}
		t.Logf("%d calls in an hour", len(far.times))
		if len(far.times) < 60 {
			t.Errorf("only %d calls in an hour", len(far.times))
		}
		g.lost(time.Hour, false)
		if took := open(); took != 0 {
			t.Errorf("a link that lived for an hour is replaced after %s", took)
		}
		g.lost(livedLong/2, true)
		if took := open(); took != 0 {
			t.Errorf("a link that carried an envelope is replaced after %s", took)
		}
	})
}
