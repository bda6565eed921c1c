package store

import (
	"fmt"
	"sync"
	"testing"

	"foghorn/bot/request"
)

// TestStore_AcceptAtOnce accepts many requests at the same time, some of them twice and some that were accepted before.
func TestStore_AcceptAtOnce(t *testing.T) {
	const n, earlier = 600, 5
	dir := t.TempDir()
	s, err := openTestStore(t, dir)
	if err != nil {
		t.Fatal(err)
	}
	stop := runTestStore(t, s)
	for i := range earlier {
		acceptTestRequest(t, s, fmt.Sprintf("V%d", i))
	}
	var accepting sync.WaitGroup
	for i := range n {
		for range 1 + i%10/9 {
			accepting.Go(func() {
				if err := s.Accept(t.Context(), &request.Request{ID: fmt.Sprintf("V%d", i), Stage: request.Accepted}); err != nil {
					t.Error(err)
				}
			})
		}
	}
	accepting.Wait()
	for range 2 { // the second time after a new start
		info, err := s.tasksStream.Info(t.Context())
		if err != nil || info.State.Msgs != n {
			t.Errorf("%d tasks, %v", info.State.Msgs, err)
		}
		for i := range n {
			if _, err := s.tasksStream.GetLastMsgForSubject(t.Context(), fmt.Sprintf("%sV%d", subjectAccepted, i)); err != nil {
				t.Errorf("request %d: %v", i, err)
			}
		}
		stop()
		if s, err = openTestStore(t, dir); err != nil {
			t.Fatal(err)
		}
		stop = runTestStore(t, s)
	}
}
