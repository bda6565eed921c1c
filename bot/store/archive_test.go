package store

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"foghorn/bot/request"
)

// TestArchive_AfterKill kills a store after requests have ended. JetStream then shows earlier revisions of their records
// again. They do not count as open, and are removed.
func TestArchive_AfterKill(t *testing.T) {
	dir := t.TempDir()
	s, err := openTestStore(t, dir)
	if err != nil {
		t.Fatal(err)
	}
	stop := runTestStore(t, s)
	var open []string
	for i := range 6 {
		r := acceptTestRequest(t, s, fmt.Sprint("V", i))
		r.Enter(request.Running)
		err := s.Save(t.Context(), r)
		if i%2 == 0 {
			open = append(open, r.ID)
		} else {
			r.Finish(request.Outcome{Status: request.Success})
			err = errors.Join(err, s.Save(t.Context(), r), s.Archive(t.Context(), r))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	killed := t.TempDir()
	if err := copyState(killed, dir); err != nil {
		t.Fatal(err)
	}
	stop()
	records, err := OpenRecords(t.Context(), Config{Dir: killed, Log: testLog(t)})
	if err != nil {
		t.Fatal(err)
	}
	if list, err := records.Open(t.Context()); err != nil || len(list) != len(open) {
		t.Errorf("an operator reads %d open requests, %v", len(list), err)
	}
	if info, err := records.s.ended.Info(t.Context()); err != nil || info.State.Consumers > 0 {
		t.Errorf("what read the log left %d consumers, %v", info.State.Consumers, err)
	}
	records.Close()
	s, err = openTestStore(t, killed)
	if err != nil {
		t.Fatal(err)
	}
	runTestStore(t, s)
	<-s.Index().Ready()
	if n := s.Index().Count(); n != len(open) {
		t.Errorf("%d requests are open", n)
	}
	deadline := time.Now().Add(10 * time.Second)
	for i := range 6 {
		id := fmt.Sprint("V", i)
		for slices.Contains(open, id) != hasRecord(t, s, id) {
			if time.Now().After(deadline) {
				t.Fatalf("%s has a record: %v", id, hasRecord(t, s, id))
			}
			time.Sleep(time.Millisecond)
		}
	}
}

// TestStore_ErasesAtNextStart starts after a process that was killed before it erased a request that is in the log.
func TestStore_ErasesAtNextStart(t *testing.T) {
	dir := t.TempDir()
	s, err := openTestStore(t, dir)
	if err != nil {
		t.Fatal(err)
	}
	stop := runTestStore(t, s)
	r := acceptTestRequest(t, s, "V1")
	r.Finish(request.Outcome{Status: request.Success})
	r.Enter(request.Done)
	entry, err := r.Ended().Encode(nil)
	if err := errors.Join(err, s.Save(t.Context(), r)); err != nil {
		t.Fatal(err)
	}
	if _, err := s.js.Publish(t.Context(), endedSubject(r.User), entry); err != nil {
		t.Fatal(err)
	}
	stop()
	if s, err = openTestStore(t, dir); err != nil {
		t.Fatal(err)
	}
	runTestStore(t, s)
	again, err := nextTask(t, s).Load(t.Context())
	if err != nil || again.Stage != request.Done {
		t.Fatalf("loaded %+v, %v", again, err)
	}
	if err := s.Archive(t.Context(), again); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(10 * time.Second); len(filesContaining(t, dir, "what was typed")) > 0; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("it was not erased")
		}
	}
	if info, err := s.ended.Info(t.Context()); err != nil || info.State.Msgs != 1 {
		t.Errorf("the log has %d entries, %v", info.State.Msgs, err)
	}
}

func hasRecord(t *testing.T, s *Store, id string) bool {
	t.Helper()
	_, err := s.requests.Get(t.Context(), id)
	if err != nil && !errors.Is(err, jetstream.ErrKeyNotFound) {
		t.Fatal(err)
	}
	return err == nil
}
