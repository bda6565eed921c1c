package store

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"foghorn/bot/request"
)

const (
	// inUseTimeout is how long the process that uses the state directory is waited for.
	inUseTimeout = 3 * time.Second

	// endedWindow is how many entries of the log of ended requests are in memory at a time.
	endedWindow = 2048
)

var (
	// ErrNoStore reports that no bot has used the state directory or the cluster yet.
	ErrNoStore = errors.New("there is no store")

	// ErrNoControl reports that the process that uses the state directory does not answer commands.
	ErrNoControl = errors.New("the process that uses the state directory does not answer: it is starting, is another command, or could not open its control socket")

	// ErrPending reports that the same was asked for before, and the bot has not done it yet.
	ErrPending = errors.New("the same was asked for before, and the bot has not done it yet")
)

// Records reads the requests of a store for an operator, while a bot runs or not. It changes no record: what an operator
// asks for is a task for the bot. Make one with OpenRecords.
type Records struct {
	s        *Store
	embedded bool // the store was opened by this process
}

// A Record is one request.
type Record struct {
	*request.Request           // of an unsupported record only what could be read
	Unsupported      string    // why this version cannot read the record; empty: it can
	ArchivedAt       time.Time // zero: it has not ended
}

// OpenRecords opens the records of a cluster, of a running bot or of a directory. Besides the errors of Open it returns
// ErrNoStore and ErrNoControl. It creates no store and changes none.
func OpenRecords(ctx context.Context, cfg Config) (*Records, error) {
	r := &Records{s: makeStore(cfg)}
	err := r.connect(ctx)
	if err == nil {
		r.s.js, err = jetstream.New(r.s.conn)
	}
	if err == nil {
		err = r.s.bind(ctx)
	}
	if err != nil {
		r.Close()
		return nil, fmt.Errorf("open store: %w", err)
	}
	return r, nil
}

func (r *Records) connect(ctx context.Context) error {
	if r.s.cfg.Cluster.URL != "" {
		ctx, cancel := context.WithTimeout(ctx, connectTimeout)
		defer cancel()
		return retryUntilReady(ctx, func(context.Context) error { return r.s.connect() })
	}
	if _, err := os.Stat(filepath.Join(r.s.cfg.Dir, filepath.FromSlash(streamsDir))); errors.Is(err, os.ErrNotExist) {
		return ErrNoStore
	}
	for begun := time.Now(); ; {
		if !IsInUse(r.s.cfg.Dir) {
			if err := checkOwner(r.s.cfg.Dir); err != nil {
				return err
			}
			r.embedded = true
			return r.s.startEmbedded(ctx, r.s.cfg.Dir)
		}
		err := r.s.dialControl()
		if err == nil || errors.Is(err, os.ErrPermission) {
			return classifyFSError(err)
		}
		if time.Since(begun) > inUseTimeout || !sleep(ctx, lockTimeout/20) {
			return fmt.Errorf("%w: %w", ErrNoControl, err)
		}
	}
}

// bind finds the streams and the buckets, and creates none.
func (s *Store) bind(ctx context.Context) (err error) {
	ctx, cancel := context.WithTimeout(ctx, connectTimeout)
	defer cancel()
	for _, stream := range []struct {
		to   *jetstream.Stream
		name string
	}{{&s.tasksStream, streamName}, {&s.ended, endedName}, {&s.requestsStream, "KV_" + requestsBucket}} {
		if *stream.to, err = s.js.Stream(ctx, stream.name); err != nil {
			break
		}
	}
	if err == nil {
		s.requests, err = s.js.KeyValue(ctx, requestsBucket)
	}
	if errors.Is(err, jetstream.ErrStreamNotFound) || errors.Is(err, jetstream.ErrBucketNotFound) {
		return ErrNoStore
	}
	return classifyClusterError(err)
}

// Close closes the store.
func (r *Records) Close() { r.s.Close() }

// IsBotRunning reports whether a bot takes the tasks of the store. In a cluster it waits up to a second for one that takes
// the next task: while a bot works on as many as it may, it takes none.
func (r *Records) IsBotRunning(ctx context.Context) bool {
	if r.s.cfg.Cluster.URL == "" {
		return !r.embedded // the control socket is the bot's
	}
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	for {
		c, err := r.s.tasksStream.Consumer(ctx, consumerName)
		if err == nil && c.CachedInfo().NumWaiting > 0 {
			return true
		}
		if !sleep(ctx, lockTimeout/20) {
			return false
		}
	}
}

// Open lists the requests that have not ended, the newest first, without what was entered. Those that were just accepted
// are part of it.
func (r *Records) Open(ctx context.Context) ([]Record, error) {
	records := map[string]Record{}
	watch, err := r.s.requests.WatchAll(ctx, jetstream.IgnoreDeletes())
	if err != nil {
		return nil, fmt.Errorf("list requests: %w", err)
	}
	defer func() { _ = watch.Stop() }()
	for entry := range watch.Updates() {
		if entry == nil {
			break
		}
		if entry.Key() != probeKey {
			records[entry.Key()] = decodeRecord(entry.Key(), entry.Value(), nil)
		}
	}
	info, err := r.s.tasksStream.Info(ctx, jetstream.WithSubjectFilter(subjectAccepted+"*"))
	if err != nil {
		return nil, fmt.Errorf("list submissions: %w", err)
	}
	for subject := range info.State.Subjects {
		id := strings.TrimPrefix(subject, subjectAccepted)
		if _, saved := records[id]; saved {
			continue
		}
		switch rec, err := r.loadSubmission(ctx, id); {
		case err == nil:
			records[id] = rec
		case !errors.Is(err, ErrNotFound): // else it ended meanwhile
			return nil, err
		}
	}
	r.removeEnded(ctx, records)
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("list requests: %w", err)
	}
	return slices.SortedFunc(maps.Values(records), CompareNewest), nil
}

// removeEnded removes the requests that ended last from the records that were read: the record of one is removed after it
// is in the log, and JetStream shows it again after the process was killed. Without the log, they are listed as open.
func (r *Records) removeEnded(ctx context.Context, records map[string]Record) {
	n := 0
	for rec, err := range r.Ended(ctx) {
		if err != nil {
			return
		}
		delete(records, rec.ID)
		if n++; n == maxEndedAtStart || len(records) == 0 {
			return
		}
	}
}

// CompareNewest sorts the newest request first.
func CompareNewest(a, b Record) int {
	return cmp.Or(b.CreatedAt.Compare(a.CreatedAt), cmp.Compare(a.ID, b.ID))
}

// Load reads a request that has not ended, with what was entered. ErrNotFound: there is none.
func (r *Records) Load(ctx context.Context, id string) (Record, error) {
	submission, err := r.loadSubmission(ctx, id)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return Record{}, err
	}
	entry, getErr := r.s.requests.Get(ctx, id)
	switch {
	case errors.Is(getErr, jetstream.ErrKeyNotFound):
		return submission, err
	case getErr != nil:
		return Record{}, fmt.Errorf("load request: %w", getErr)
	}
	var open func([]byte) ([]byte, error)
	if submission.Request != nil && submission.Key != nil {
		open = func(sealed []byte) ([]byte, error) { return unseal(submission.Key, sealed) }
	}
	return decodeRecord(id, entry.Value(), open), nil
}

// loadSubmission reads the task of a submission.
func (r *Records) loadSubmission(ctx context.Context, id string) (Record, error) {
	msg, err := r.s.tasksStream.GetLastMsgForSubject(ctx, subjectAccepted+id)
	switch {
	case errors.Is(err, jetstream.ErrMsgNotFound):
		return Record{}, ErrNotFound
	case err != nil:
		return Record{}, fmt.Errorf("load submission: %w", err)
	}
	req, err := decodeSubmission(msg.Data)
	if err != nil {
		var sub submission
		_ = json.Unmarshal(msg.Data, &sub)
		return decodeRecord(id, sub.Request, nil), nil
	}
	return Record{Request: req}, nil
}

// decodeRecord decodes a record, as far as this version can.
func decodeRecord(id string, data []byte, open func([]byte) ([]byte, error)) Record {
	req, err := request.Decode(data, open)
	switch {
	case err != nil:
		req = request.DecodePart(data)
		req.ID = cmp.Or(id, req.ID)
		return Record{Request: req, Unsupported: err.Error()}
	case !req.Stage.IsKnown():
		return Record{Request: req, Unsupported: fmt.Sprintf("stage %q is of a later version", string(req.Stage))}
	}
	return Record{Request: req}
}

// Ended lists the requests that have ended, the one that ended last first.
func (r *Records) Ended(ctx context.Context) iter.Seq2[Record, error] {
	return func(yield func(Record, error) bool) {
		state, err := r.endedState(ctx)
		for end := state.LastSeq; err == nil && state.Msgs > 0 && end >= state.FirstSeq && end > 0; {
			start := max(state.FirstSeq, end-min(end, endedWindow)+1)
			var part []Record
			err = r.scan(ctx, start, end, func(rec Record) bool { part = append(part, rec); return true })
			for _, rec := range slices.Backward(part) {
				if err == nil && !yield(rec, nil) {
					return
				}
			}
			end = start - 1
		}
		if err != nil {
			yield(Record{}, err)
		}
	}
}

// AllEnded lists the requests that have ended, the one that ended first first, and keeps none of them in memory.
func (r *Records) AllEnded(ctx context.Context) iter.Seq2[Record, error] {
	return func(yield func(Record, error) bool) {
		state, err := r.endedState(ctx)
		if err == nil && state.Msgs > 0 {
			err = r.scan(ctx, state.FirstSeq, state.LastSeq, func(rec Record) bool { return yield(rec, nil) })
		}
		if err != nil {
			yield(Record{}, err)
		}
	}
}

func (r *Records) endedState(ctx context.Context) (jetstream.StreamState, error) {
	info, err := r.s.ended.Info(ctx)
	if err != nil {
		return jetstream.StreamState{}, fmt.Errorf("read the log of ended requests: %w", err)
	}
	return info.State, nil
}

// scan reads a part of the log of ended requests, until yield returns false. An entry that cannot be read is an error,
// because what follows it would be missing.
func (r *Records) scan(ctx context.Context, start, end uint64, yield func(Record) bool) error {
	consumer, err := r.s.ended.OrderedConsumer(ctx, jetstream.OrderedConsumerConfig{DeliverPolicy: jetstream.DeliverByStartSequencePolicy, OptStartSeq: start})
	if err != nil {
		return fmt.Errorf("read the log of ended requests: %w", err)
	}
	defer r.deleteConsumer(ctx, consumer)
	messages, err := consumer.Messages()
	if err != nil {
		return fmt.Errorf("read the log of ended requests: %w", err)
	}
	defer messages.Stop()
	defer context.AfterFunc(ctx, messages.Stop)()
	for at := start; at <= end; {
		msg, err := messages.Next(jetstream.NextMaxWait(2 * endedReadTimeout))
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if errors.Is(err, nats.ErrTimeout) {
			return fmt.Errorf("read the log of ended requests: %w: record %d or a later one cannot be read", ErrDamaged, at)
		}
		if err != nil {
			return fmt.Errorf("read the log of ended requests: %w", err)
		}
		meta, err := msg.Metadata()
		if err != nil {
			return fmt.Errorf("read the log of ended requests: %w", err)
		}
		if meta.Sequence.Stream > end {
			return nil
		}
		rec := decodeRecord("", msg.Data(), nil)
		rec.ArchivedAt = meta.Timestamp.UTC()
		if !yield(rec) || meta.NumPending == 0 {
			return nil
		}
		at = meta.Sequence.Stream + 1
	}
	return nil
}

// deleteConsumer deletes a consumer of the log. JetStream would keep it for minutes, and keeps few at a time.
func (r *Records) deleteConsumer(ctx context.Context, consumer jetstream.Consumer) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	_ = r.s.ended.DeleteConsumer(ctx, consumer.CachedInfo().Name)
}

// Ask asks the bot to continue or to abandon a request, durably: a bot that does not run does it when it starts. It
// replaces nothing that is not recorded yet: ErrPending. ErrNotFound: the request has ended.
func (r *Records) Ask(ctx context.Context, id string, i request.Intervention) error {
	data, err := json.Marshal(i)
	if err != nil {
		return fmt.Errorf("encode intervention: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, connectTimeout)
	defer cancel()
	subject := subjectRetry + id
	if i.Kind == request.Abandon {
		subject = subjectAbandon + id
	}
	seq, err := r.replaceable(ctx, id, subject)
	if err != nil {
		return err
	}
	ack, err := r.s.js.Publish(ctx, subject, data, jetstream.WithExpectLastSequencePerSubject(seq))
	switch {
	case isConflict(err):
		return ErrPending
	case err != nil:
		return fmt.Errorf("write to the store: %w", err)
	}
	r.s.mark.advance(markTasks, ack.Sequence)
	return nil
}

// replaceable is the sequence of the task with a subject, 0 if there is none. The bot keeps the task of an intervention
// that it has recorded while it waits for the next attempt.
func (r *Records) replaceable(ctx context.Context, id, subject string) (uint64, error) {
	msg, err := r.s.tasksStream.GetLastMsgForSubject(ctx, subject)
	switch {
	case errors.Is(err, jetstream.ErrMsgNotFound):
		return 0, nil
	case err != nil:
		return 0, fmt.Errorf("read the store: %w", err)
	}
	rec, err := r.Load(ctx, id)
	if err != nil {
		return 0, err
	}
	var before request.Intervention
	if err := json.Unmarshal(msg.Data, &before); err == nil && !rec.Has(before) {
		return 0, ErrPending
	}
	return msg.Sequence, nil
}
