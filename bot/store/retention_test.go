package store

import (
	"errors"
	"testing"
	"time"

	"foghorn/bot/request"
)

func TestStore_Prune(t *testing.T) {
	j := newStore(t)
	for _, s := range []request.Stage{request.Accepted, request.CreatingRun, request.Running, request.Notifying, request.AwaitingChannel, request.Done} {
		if err := j.Save(t.Context(), &request.Request{ID: string(s), Stage: s}); err != nil {
			t.Fatal(err)
		}
	}
	if n, err := j.prune(t.Context(), time.Now().Add(-time.Hour)); n != 0 || err != nil {
		t.Errorf("removed %d young records: %v", n, err)
	}
	if n, err := j.prune(t.Context(), time.Now().Add(time.Hour)); n != 1 || err != nil {
		t.Errorf("removed %d records: %v", n, err)
	}
	for _, s := range []request.Stage{request.Accepted, request.CreatingRun, request.Running, request.Notifying, request.AwaitingChannel} {
		if _, err := j.load(t.Context(), string(s)); err != nil {
			t.Errorf("the request at %s: %v", s, err)
		}
	}
	if _, err := j.load(t.Context(), string(request.Done)); !errors.Is(err, ErrNotFound) {
		t.Errorf("the ended request: %v", err)
	}
}
