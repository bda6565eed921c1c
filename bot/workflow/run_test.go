package workflow

import (
	"testing"

	"foghorn/bot/request"
)

func TestCheckRun_RunRemoved(t *testing.T) {
	f := &fakes{}
	w, j := newWorkflow(f)
	advanceUntilWait(t, w, j)
	f.runs = nil
	advanceUntilWait(t, w, j)
	if j.Outcome != nil {
		t.Errorf("a new run is missing for a moment, and the request ended: %+v", j.Outcome)
	}
	j.StageEnteredAt = j.StageEnteredAt.Add(-newRunTimeout)
	advanceUntilWait(t, w, j)
	if j.Outcome == nil || j.Outcome.Status != request.Unknown {
		t.Errorf("%+v", j.Outcome)
	}
}
