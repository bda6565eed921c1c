package bot

import (
	"errors"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

func TestPruningKeepsWhatHasNotEnded(t *testing.T) {
	j := newJournal(t)
	for _, s := range []Stage{Accepted, Asking, Running, Telling, Linking, Told} {
		if err := j.save(t.Context(), &Request{ID: string(s), Stage: s}); err != nil {
			t.Fatal(err)
		}
	}
	if n, err := j.prune(t.Context(), time.Now().Add(-time.Hour)); n != 0 || err != nil {
		t.Errorf("removed %d young records: %v", n, err)
	}
	if n, err := j.prune(t.Context(), time.Now().Add(time.Hour)); n != 1 || err != nil {
		t.Errorf("removed %d records: %v", n, err)
	}
	for _, s := range []Stage{Accepted, Asking, Running, Telling, Linking} {
		if _, err := j.load(t.Context(), string(s)); err != nil {
			t.Errorf("the request at %s: %v", s, err)
		}
	}
	if _, err := j.load(t.Context(), string(Told)); !errors.Is(err, jetstream.ErrKeyNotFound) {
		t.Errorf("the told one gives %v", err)
	}
}
