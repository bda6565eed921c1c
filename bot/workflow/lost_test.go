package workflow

import (
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"foghorn/bot/request"
	"foghorn/integrations/port"
)

// withRequestID makes the action of a request one with an input for its id.
func withRequestID(_ *fakes, j *job) {
	j.HasRequestIDInput, j.Properties["request_id"] = true, j.RunInputID()
}

func TestFindLostRun_OnlyOwnRuns(t *testing.T) {
	mine := map[string]any{"name": "API is slow", "defaulted": true}
	for _, c := range []struct {
		name string
		run  port.Run
		edit func(*fakes, *job)
		want bool
	}{
		{"equal properties", port.Run{Properties: mine}, nil, true},
		{"other properties", port.Run{Properties: map[string]any{"name": "another"}}, nil, false},
		{"another action", port.Run{Action: "restart", Properties: mine}, nil, false},
		{"created before the request", port.Run{Properties: mine, CreatedAt: time.Now().Add(-time.Minute)}, nil, false},
		{"of another request", port.Run{Properties: mine}, func(f *fakes, _ *job) { f.claims["r_9"] = "V2" }, false},
		{"identified by its request id", port.Run{Properties: map[string]any{"request_id": "foghorn-V1"}, CreatedAt: time.Now().Add(-time.Minute)}, withRequestID, true},
		{"with the request id of another request", port.Run{Properties: map[string]any{"name": "API is slow", "request_id": "foghorn-V2"}}, withRequestID, false},
		{"without a request id, such as one from Port's page", port.Run{Properties: mine}, withRequestID, false},
		{"older, of which Port shows no inputs", port.Run{CreatedAt: time.Now().Add(-time.Minute)}, withRequestID, false},
		{"the record has no request id", port.Run{Properties: map[string]any{"name": "another"}}, func(_ *fakes, j *job) { j.HasRequestIDInput = true }, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.run.ID = "r_9"
			f := &fakes{runs: []port.Run{c.run}}
			w, j := newWorkflow(f)
			if c.edit != nil {
				c.edit(f, j)
			}
			run, err := w.findLostRun(t.Context(), j)
			if err != nil || (run != nil) != c.want {
				t.Errorf("found %+v, %v", run, err)
			}
		})
	}
}

// TestFindLostRun_OldRequest looks for the run of a request that is older than what is known of ended requests: the
// run that it finds can belong to one of them.
func TestFindLostRun_OldRequest(t *testing.T) {
	f := &fakes{knownSince: time.Now(), runs: []port.Run{{ID: "r_9", Properties: map[string]any{"name": "API is slow"}}}}
	w, j := newWorkflow(f)
	j.CreatedAt = f.knownSince.Add(-time.Minute)
	if run, err := w.findLostRun(t.Context(), j); run != nil || !errors.Is(err, errUnproven) {
		t.Errorf("found %+v, %v", run, err)
	}
	withRequestID(f, j)
	if run, err := w.findLostRun(t.Context(), j); run != nil || err != nil {
		t.Errorf("without its id: found %+v, %v", run, err)
	}
	f.runs[0].Properties["request_id"] = j.RunInputID()
	if run, err := w.findLostRun(t.Context(), j); run == nil || err != nil {
		t.Errorf("with its id: found %+v, %v", run, err)
	}
	f.runs[0].Properties = nil
	if run, err := w.findLostRun(t.Context(), j); run != nil || !errors.Is(err, errUnproven) {
		t.Errorf("of a run without inputs: found %+v, %v", run, err)
	}
}

func TestFindLostRun_AbsenceIsProven(t *testing.T) {
	now := time.Now()
	list := func(n int, step time.Duration) []port.Run { // the first run is now, the others earlier (or, with a negative step, later)
		runs := make([]port.Run, n)
		for i := range runs {
			runs[i].CreatedAt = now.Add(-time.Duration(i) * step)
		}
		return runs
	}
	shuffled := list(port.MaxRuns, time.Second)
	shuffled[0], shuffled[500] = shuffled[500], shuffled[0]
	for _, c := range []struct {
		name string
		runs []port.Run
		want bool
	}{
		{"no runs", nil, true},
		{"complete", list(port.MaxRuns-1, time.Millisecond), true},
		{"newest first, reaches back", list(port.MaxRuns, time.Second), true},
		{"newest first, does not reach back", list(port.MaxRuns, time.Millisecond), false},
		{"oldest first", list(port.MaxRuns, -time.Second), false},
		{"no order", shuffled, false},
		{"without times", make([]port.Run, port.MaxRuns), false},
	} {
		if got := provesAbsence(c.runs, now.Add(-time.Minute)); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
}

func TestRecoverRun_AbsenceNotProven(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fakes{createErr: errors.New("timeout"), runs: make([]port.Run, port.MaxRuns)}
		w, j := newWorkflow(f)
		advanceToEnd(t, w, j)
		if len(f.runs) != port.MaxRuns || j.Outcome.Status != request.Unknown {
			t.Errorf("%d runs, %+v", len(f.runs), j.Outcome)
		}
		if !slices.Equal(f.posts, []string{"U1"}) {
			t.Errorf("posted to %v", f.posts)
		}
	})
}

func TestRecoverRun_GivesUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fakes{createErr: errors.New("timeout"), listErr: errors.New("timeout")}
		w, j := newWorkflow(f)
		advanceToEnd(t, w, j)
		if j.Outcome == nil || j.Outcome.Status != request.Unknown || j.Stage != request.Done {
			t.Errorf("%+v", j.Request)
		}
		if age := time.Since(j.CreatedAt); age < createRunDeadline {
			t.Errorf("gave up after %v", age)
		}
		if !slices.Equal(f.posts, []string{"U1", "U1"}) { // the delay, and the result
			t.Errorf("posted to %v", f.posts)
		}
	})
}
