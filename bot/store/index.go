package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"foghorn/bot/request"
)

const (
	// maxEnded is how many of the requests that ended last are known to Accept and to the Index. A second submission of
	// a view comes within seconds, because Slack closes the view.
	maxEnded = 10_000

	// maxEndedAtStart is how many of them are read from the log at the start.
	maxEndedAtStart = 1_000

	// endedReadTimeout is how long the start waits for the next of them: what is damaged in the log is not delivered, and
	// no request depends on it.
	endedReadTimeout = 2 * time.Second
)

// An Index is an overview in memory, updated from the store, of the open requests and of those that ended last. It can be a moment behind the store: use it to wake and count requests, not to decide.
type Index struct {
	ready     chan struct{} // closed when the store has been read once
	readEnded chan struct{} // closed when the end of the log has been read once
	endedOnce sync.Once
	running   chan struct{} // holds a token after a request entered Running
	tracking  chan struct{} // the same for Tracking
	changed   func(user string)
	leftover  func(id string) // called at the start with a record of a request that has ended

	mu        sync.Mutex
	open      map[string]Entry  // requests that are not archived, by id
	ended     map[string]bool   // ids
	endedList []endedEntry      // the same, the oldest first
	since     time.Time         // all requests that ended later are known
	holders   map[string]string // run id -> request id, of both
}

type endedEntry struct {
	id, run string
	at      time.Time
}

// An Entry is one open request.
type Entry struct {
	User             string // Slack id of the reporter
	Stage            request.Stage
	StageEnteredAt   time.Time
	CreatedAt        time.Time
	Action           string
	RunID            string
	ApprovalNotified bool // the reporter was informed that the run waits for approval
	DelayNotified    bool // the reporter was informed that the run takes long

	Incident   string    // id of the incident that was declared; empty: none yet
	DeclaredAt time.Time // about when
	State      string    // request.Tracked.State
}

func newIndex(changed func(user string)) *Index {
	if changed == nil {
		changed = func(string) {}
	}
	return &Index{
		ready: make(chan struct{}), readEnded: make(chan struct{}), running: make(chan struct{}, 1), tracking: make(chan struct{}, 1), changed: changed,
		open: map[string]Entry{}, ended: map[string]bool{}, holders: map[string]string{},
	}
}

// Ready is closed when the index has read the whole store.
func (x *Index) Ready() <-chan struct{} { return x.ready }

// Running receives a token after requests entered the stage Running.
func (x *Index) Running() <-chan struct{} { return x.running }

// Tracking receives a token after requests entered the stage Tracking.
func (x *Index) Tracking() <-chan struct{} { return x.tracking }

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

// openOf lists the open requests of a user whose result is not delivered yet, or those that follow an incident, the newest
// first.
func (x *Index) openOf(user string, tracking bool) (ids []string) {
	x.mu.Lock()
	defer x.mu.Unlock()
	for id, e := range x.open {
		if e.User == user && e.Stage != request.Done && (e.Stage == request.Tracking) == tracking {
			ids = append(ids, id)
		}
	}
	slices.SortFunc(ids, func(a, b string) int {
		return cmp.Or(x.open[b].CreatedAt.Compare(x.open[a].CreatedAt), cmp.Compare(a, b))
	})
	return ids
}

// Stage is the stage of an open request; "" when the request is not known or has ended.
func (x *Index) Stage(id string) request.Stage {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.open[id].Stage
}

// Count is the number of requests whose result is not delivered yet.
func (x *Index) Count() int { return len(x.InStage(request.OpenStages...)) }

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

// RequestForRun is the id of the request that a run belongs to, if it is open or ended after KnownSince.
func (x *Index) RequestForRun(runID string) (id string, ok bool) {
	x.mu.Lock()
	defer x.mu.Unlock()
	id, ok = x.holders[runID]
	return id, ok
}

// Reporter is the Slack id of who declared an incident, if its request is open.
func (x *Index) Reporter(incident string) string {
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, e := range x.open {
		if e.Incident == incident && incident != "" {
			return e.User
		}
	}
	return ""
}

// KnownSince is the time after which no request ended that is not known. It is zero if all are known.
func (x *Index) KnownSince() time.Time {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.since
}

// hasEnded reports whether a request has ended, if it is one of the last.
func (x *Index) hasEnded(id string) bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.ended[id]
}

// followEnded reads the end of the log of ended requests, and all that is added to it, until ctx ends.
func (x *Index) followEnded(ctx context.Context, log jetstream.Stream) error {
	for ctx.Err() == nil {
		err := classifyClusterError(x.readEndedLog(ctx, log))
		if errors.Is(err, ErrClusterRejected) {
			return fmt.Errorf("read the log of ended requests: %w", err)
		}
		if err != nil && !sleep(ctx, time.Second) {
			return nil // the store is away
		}
	}
	return nil
}

func (x *Index) readEndedLog(ctx context.Context, log jetstream.Stream) error {
	info, err := log.Info(ctx)
	if err != nil {
		return err
	}
	from := max(info.State.FirstSeq, info.State.LastSeq-min(info.State.LastSeq, maxEndedAtStart)+1)
	if from <= 1 {
		x.setSince(time.Time{})
	}
	consumer, err := log.OrderedConsumer(ctx, jetstream.OrderedConsumerConfig{DeliverPolicy: jetstream.DeliverByStartSequencePolicy, OptStartSeq: from})
	if err != nil {
		return err
	}
	messages, err := consumer.Messages()
	if err != nil {
		return err
	}
	stop := context.AfterFunc(ctx, messages.Stop)
	defer stop()
	wait := []jetstream.NextOpt{jetstream.NextMaxWait(endedReadTimeout)}
	if from > info.State.LastSeq {
		x.setEndedRead()
		wait = nil
	}
	for {
		msg, err := messages.Next(wait...)
		if errors.Is(err, nats.ErrTimeout) && wait != nil { // what is left is damaged
			x.setEndedRead()
			wait = nil
			continue
		}
		if err != nil {
			return err
		}
		meta, err := msg.Metadata()
		if err != nil {
			return err
		}
		if meta.Sequence.Stream == from && from > 1 {
			x.setSince(meta.Timestamp)
		}
		if r, err := request.Decode(msg.Data(), nil); err == nil {
			x.addEnded(endedEntry{r.ID, r.RunID, meta.Timestamp}, r.User)
		}
		if meta.Sequence.Stream >= info.State.LastSeq {
			x.setEndedRead()
			wait = nil
		}
	}
}

func (x *Index) setSince(t time.Time) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.since = t
}

func (x *Index) setEndedRead() { x.endedOnce.Do(func() { close(x.readEnded) }) }

// addEnded adds a request that has ended, and removes the oldest above maxEnded.
func (x *Index) addEnded(e endedEntry, user string) {
	if x.insertEnded(e) {
		x.changed(user)
	}
}

// insertEnded reports false if the request was known to have ended.
func (x *Index) insertEnded(e endedEntry) bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	delete(x.open, e.id)
	if x.ended[e.id] {
		return false
	}
	x.ended[e.id] = true
	if e.run != "" {
		x.holders[e.run] = e.id
	}
	x.endedList = append(x.endedList, e)
	if len(x.endedList) > maxEnded {
		oldest := x.endedList[0]
		delete(x.ended, oldest.id)
		delete(x.holders, oldest.run)
		x.endedList, x.since = x.endedList[1:], oldest.at
	}
	return true
}

// followOpen reads the bucket of requests, and all changes to it, until ctx ends.
func (x *Index) followOpen(ctx context.Context, requests jetstream.KeyValue) error {
	select {
	case <-x.readEnded:
	case <-ctx.Done():
		return nil
	}
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
		if err = classifyClusterError(err); errors.Is(err, ErrClusterRejected) {
			return fmt.Errorf("watch requests: %w", err)
		}
		if err != nil && !errors.Is(err, jetstream.ErrNoKeysFound) {
			if !sleep(ctx, time.Second) { // the store is away
				return fmt.Errorf("watch requests: %w", err)
			}
		}
	}
}

// apply applies the updates of a watch until it ends. It calls caughtUp after the initial ones. Records are removed
// without an update: the log of ended requests says which.
func (x *Index) apply(ctx context.Context, watch jetstream.KeyWatcher, caughtUp func()) {
	initial, leftovers := true, []string(nil)
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
				for _, id := range leftovers { // not earlier: the watch would wait for them
					x.leftover(id)
				}
				initial, leftovers = false, nil
			case kv.Key() == probeKey || kv.Operation() != jetstream.KeyValuePut:
			case initial && x.hasEnded(kv.Key()):
				leftovers = append(leftovers, kv.Key())
			default:
				x.update(kv.Key(), kv.Value())
			}
		}
	}
}

func (x *Index) update(id string, record []byte) {
	r, err := request.Decode(record, nil)
	if err != nil {
		return // of a later version: the worker reports it
	}
	if x.insertOpen(id, r) {
		x.changed(r.User)
	}
}

// insertOpen reports whether the request has changed in what an Entry says.
func (x *Index) insertOpen(id string, r *request.Request) bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.ended[id] { // the log was read before the record
		return false
	}
	if r.RunID != "" {
		x.holders[r.RunID] = id
	}
	before := x.open[id]
	e := Entry{
		User: r.User, Stage: r.Stage, StageEnteredAt: r.StageEnteredAt, CreatedAt: r.CreatedAt, Action: r.Action, RunID: r.RunID,
		ApprovalNotified: r.Deliveries[request.AwaitingApproval].Completed(), DelayNotified: r.Deliveries[request.Delayed].Completed(),
	}
	if r.Outcome != nil && r.Outcome.Incident != nil {
		e.Incident, e.DeclaredAt = r.Outcome.Incident.ID, r.Outcome.EndedAt
	}
	if r.Tracked != nil {
		e.State = r.Tracked.State
	}
	x.open[id] = e
	for stage, entered := range map[request.Stage]chan struct{}{request.Running: x.running, request.Tracking: x.tracking} {
		if r.Stage != stage || before.Stage == stage {
			continue
		}
		select {
		case entered <- struct{}{}:
		default:
		}
	}
	return x.open[id] != before
}
