package bot

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"foghorn/bot/card"
)

// An index is what a process remembers of all requests, kept up to date by the journal
// itself. It can be a moment behind: it wakes requests and counts them, and decides nothing
// that the journal does not check.
type index struct {
	ready chan struct{} // closed when the journal has been read once

	mu      sync.Mutex
	open    map[string]entry  // requests that are not told, by id
	holders map[string]string // run id -> request id, of all requests
	changed chan struct{}     // a token when a request began to run
}

// An entry is one open request.
type entry struct {
	stage   Stage
	since   time.Time
	made    time.Time
	action  string
	run     string
	waiting bool // the reporter knows that it waits for approval
	late    bool // the reporter knows that it is late
}

func newIndex() *index {
	return &index{
		ready: make(chan struct{}), open: map[string]entry{}, holders: map[string]string{},
		changed: make(chan struct{}, 1),
	}
}

// follow reads the journal, and all that is written to it until ctx ends.
func (x *index) follow(ctx context.Context, j journal) error {
	var once sync.Once
	for {
		watch, err := j.requests.WatchAll(ctx)
		if err == nil {
			x.read(ctx, watch, func() { once.Do(func() { close(x.ready) }) })
			_ = watch.Stop()
		}
		if ctx.Err() != nil {
			return nil
		}
		if err != nil && !errors.Is(err, jetstream.ErrNoKeysFound) {
			if !sleep(ctx, time.Second) { // the store is away
				return fmt.Errorf("watch the journal: %w", err)
			}
		}
	}
}

func (x *index) read(ctx context.Context, watch jetstream.KeyWatcher, caughtUp func()) {
	for {
		select {
		case <-ctx.Done():
			return
		case kv, ok := <-watch.Updates():
			switch {
			case !ok:
				return
			case kv == nil:
				caughtUp()
			case strings.Contains(kv.Key(), "."): // a claim or a probe
			case kv.Operation() != jetstream.KeyValuePut:
				x.forget(kv.Key())
			default:
				x.put(kv.Key(), kv.Value())
			}
		}
	}
}

func (x *index) put(id string, record []byte) {
	r, err := decode(record)
	if err != nil {
		return // a later version's: the corridor says so
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	if r.RunID != "" {
		x.holders[r.RunID] = id
	}
	if r.Stage == Told {
		delete(x.open, id)
		return
	}
	was := x.open[id].stage
	x.open[id] = entry{
		stage: r.Stage, since: r.Since, made: r.Made, action: r.Action, run: r.RunID,
		waiting: r.Posts[card.Waiting].done(), late: r.Posts[card.Late].done(),
	}
	if r.Stage == Running && was != Running {
		select {
		case x.changed <- struct{}{}:
		default:
		}
	}
}

func (x *index) forget(id string) {
	x.mu.Lock()
	defer x.mu.Unlock()
	delete(x.open, id)
	for run, holder := range x.holders {
		if holder == id {
			delete(x.holders, run)
		}
	}
}

// holds reports that a run is another request's than id.
func (x *index) holds(run, id string) bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	holder, ok := x.holders[run]
	return ok && holder != id
}

// of is the request that a run belongs to.
func (x *index) of(run string) (id string, ok bool) {
	x.mu.Lock()
	defer x.mu.Unlock()
	id, ok = x.holders[run]
	return id, ok
}

// at lists the open requests in one of the stages.
func (x *index) at(stages ...Stage) map[string]entry {
	x.mu.Lock()
	defer x.mu.Unlock()
	out := map[string]entry{}
	for id, e := range x.open {
		for _, s := range stages {
			if e.stage == s {
				out[id] = e
			}
		}
	}
	return out
}

// count is how many requests are open.
func (x *index) count() int {
	x.mu.Lock()
	defer x.mu.Unlock()
	return len(x.open)
}

// stage is how far an open request has come; "" when it is not known, or told.
func (x *index) stage(id string) Stage {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.open[id].stage
}

// oldest is the age of the oldest open request in one of the stages; 0 when there is none.
func (x *index) oldest(stages ...Stage) time.Duration {
	x.mu.Lock()
	defer x.mu.Unlock()
	var age time.Duration
	for _, e := range x.open {
		if slices.Contains(stages, e.stage) {
			age = max(age, time.Since(e.made))
		}
	}
	return age
}
