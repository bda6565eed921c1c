package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"foghorn/bot/request"
)

// An Index is an overview of the requests in memory, updated from the store. It can be a
// moment behind the store: use it to wake and count requests, not to decide.
type Index struct {
	ready   chan struct{} // closed when the store has been read once
	running chan struct{} // holds a token after a request entered Running

	mu      sync.Mutex
	open    map[string]Entry  // requests that have not ended, by id
	holders map[string]string // run id -> request id, of all requests
	runs    map[string]string // request id -> run id, the reverse of holders
}

// An Entry is one open request.
type Entry struct {
	Stage            request.Stage
	StageEnteredAt   time.Time
	CreatedAt        time.Time
	Action           string
	RunID            string
	ApprovalNotified bool // the reporter was informed that the run waits for approval
	DelayNotified    bool // the reporter was informed that the run takes long
}

func newIndex() *Index {
	return &Index{
		ready: make(chan struct{}), running: make(chan struct{}, 1),
		open: map[string]Entry{}, holders: map[string]string{}, runs: map[string]string{},
	}
}

// Ready is closed when the index has read the whole store.
func (x *Index) Ready() <-chan struct{} { return x.ready }

// Running receives a token after requests entered the stage Running.
func (x *Index) Running() <-chan struct{} { return x.running }

// InStage lists the open requests in one of the stages, by id.
func (x *Index) InStage(stages ...request.Stage) map[string]Entry {
	x.mu.Lock()
	defer x.mu.Unlock()
	out := map[string]Entry{}
	for id, e := range x.open {
		if slices.Contains(stages, e.Stage) {
			out[id] = e
		}
	}
	return out
}

// Stage is the stage of an open request; "" when the request is not known or has ended.
func (x *Index) Stage(id string) request.Stage {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.open[id].Stage
}

// Count is the number of open requests.
func (x *Index) Count() int {
	x.mu.Lock()
	defer x.mu.Unlock()
	return len(x.open)
}

// OldestAge is the age of the oldest open request in one of the stages; 0 when there is none.
func (x *Index) OldestAge(stages ...request.Stage) time.Duration {
	x.mu.Lock()
	defer x.mu.Unlock()
	var age time.Duration
	for _, e := range x.open {
		if slices.Contains(stages, e.Stage) {
			age = max(age, time.Since(e.CreatedAt))
		}
	}
	return age
}

// RequestForRun is the id of the request that a run belongs to.
func (x *Index) RequestForRun(runID string) (id string, ok bool) {
	x.mu.Lock()
	defer x.mu.Unlock()
	id, ok = x.holders[runID]
	return id, ok
}

// follow reads the bucket of requests, and all changes to it, until ctx ends.
func (x *Index) follow(ctx context.Context, requests jetstream.KeyValue) error {
	var once sync.Once
	for {
		watch, err := requests.WatchAll(ctx)
		if err == nil {
			x.apply(ctx, watch, func() { once.Do(func() { close(x.ready) }) })
			_ = watch.Stop()
		}
		if ctx.Err() != nil {
			return nil
		}
		if err != nil && !errors.Is(err, jetstream.ErrNoKeysFound) {
			if !sleep(ctx, time.Second) { // the store is away
				return fmt.Errorf("watch requests: %w", err)
			}
		}
	}
}

// apply applies the updates of a watch until it ends. It calls caughtUp after the initial ones.
func (x *Index) apply(ctx context.Context, watch jetstream.KeyWatcher, caughtUp func()) {
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
				x.remove(kv.Key())
			default:
				x.update(kv.Key(), kv.Value())
			}
		}
	}
}

func (x *Index) update(id string, record []byte) {
	r, err := request.Decode(record)
	if err != nil {
		return // of a later version: the worker reports it
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	if r.RunID != "" {
		x.holders[r.RunID], x.runs[id] = id, r.RunID
	}
	if r.Stage == request.Done {
		delete(x.open, id)
		return
	}
	before := x.open[id].Stage
	x.open[id] = Entry{
		Stage: r.Stage, StageEnteredAt: r.StageEnteredAt, CreatedAt: r.CreatedAt, Action: r.Action, RunID: r.RunID,
		ApprovalNotified: r.Deliveries[request.AwaitingApproval].Completed(), DelayNotified: r.Deliveries[request.Delayed].Completed(),
	}
	if r.Stage == request.Running && before != request.Running {
		select {
		case x.running <- struct{}{}:
		default:
		}
	}
}

func (x *Index) remove(id string) {
	x.mu.Lock()
	defer x.mu.Unlock()
	delete(x.open, id)
	delete(x.holders, x.runs[id])
	delete(x.runs, id)
}
