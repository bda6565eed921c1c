package workflow

import (
	"slices"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"foghorn/bot/request"
	"foghorn/integrations/incidentio"
	"foghorn/integrations/port"
)

func TestWorkflow_Stages(t *testing.T) {
	f := &fakes{channel: "C0INC"}
	w, j := newWorkflow(f)
	if n := advanceUntilWait(t, w, j); n != onEvent() || j.Stage != request.Running || j.Email != "alice@example.com" {
		t.Fatalf("the run was not created: %+v, %+v", n, j.Request)
	}
	f.endRun(port.StatusSuccess)
	if n := advanceUntilWait(t, w, j); n != onEvent() {
		t.Fatalf("the request waits: %+v", n)
	}
	want := []request.Stage{
		request.CreatingRun, request.Running, request.Notifying, request.Notifying, request.Notifying, request.AwaitingChannel,
		request.Tracking, request.Tracking, request.Tracking, request.Tracking,
	}
	if diff := gocmp.Diff(want, f.saved); diff != "" {
		t.Errorf("saved stages (-want +got):\n%s", diff)
	}
	if !slices.Equal(f.posts, []string{"C1"}) || !slices.Equal(f.updates, []string{"C1"}) {
		t.Errorf("posted to %v, updated in %v", f.posts, f.updates)
	}
	if !slices.Equal(f.erased, []string{j.ID}) || j.Properties != nil {
		t.Errorf("erased %v; the request has the input %v", f.erased, j.Properties)
	}
	setIncident(w, f, func(i *incidentio.Incident) { i.Status.Category = "closed" })
	advanceUntilWait(t, w, j)
	if !slices.Equal(f.archived, []string{j.ID}) {
		t.Errorf("archived %v", f.archived)
	}
}

func TestWorkflow_UnknownStage(t *testing.T) {
	f := &fakes{}
	w, j := newWorkflow(f)
	j.Stage = "pondering"
	if n, err := w.advance(t.Context(), j); n != onEvent() || err == nil || len(f.saved) > 0 {
		t.Errorf("an unknown stage: %+v, %v, saved %v", n, err, f.saved)
	}
}

func BenchmarkWorkflow(b *testing.B) {
	for b.Loop() {
		f := &fakes{channel: "C0INC"}
		w, j := newWorkflow(f)
		for j.Stage != request.Tracking {
			if j.Stage == request.Running {
				f.endRun(port.StatusSuccess)
			}
			if _, err := w.advance(b.Context(), j); err != nil {
				b.Fatal(err)
			}
		}
	}
}
