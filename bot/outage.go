package bot

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"time"

	"foghorn/integrations/rest"
)

// An outage is the calls of a service that failed since the last one that it answered. The zero value is none.
type outage struct {
	mu       sync.Mutex
	failures int
	since    time.Time // when the first of them was sent
	err      error     // of the last one
}

// observe records a call of Port.
func (o *outage) observe(took time.Duration, err error) { o.record(took, isAnswer(err), err) }

func (o *outage) record(took time.Duration, answered bool, err error) {
	if errors.Is(err, context.Canceled) { // it says nothing about the service
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	switch {
	case answered:
		o.failures, o.err = 0, nil
		return
	case o.failures == 0:
		o.since = time.Now().Add(-took)
	}
	o.failures++
	o.err = err
}

// isAnswer reports that Port itself answered, also if it refused the call.
func isAnswer(err error) bool {
	status := rest.Status(err)
	return err == nil || status >= http.StatusBadRequest && status < http.StatusInternalServerError && !rest.IsForeign(err)
}

// check returns the error of the last call if calls fail for longer than the grace period. One failed call is no outage:
// it may be the last one for long.
func (o *outage) check(grace time.Duration) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.failures > 1 && time.Since(o.since) > grace {
		return o.err
	}
	return nil
}
