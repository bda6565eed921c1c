// Package store keeps requests on disk, in NATS JetStream: an embedded server on a directory
// by default, or an existing cluster. It hides JetStream completely.
//
// What it holds:
//
//   - requests: one record for each [request.Request] that has not ended, by its id. A change is a compare-and-set on
//     the revision that was read, so that two processes cannot both make it ([ErrConflict]);
//   - tasks: the submission of each of these requests, and one message for each that has something to do. A task that
//     its worker does not finish is handed out again;
//   - the log of ended requests, without what people entered ([Store.Archive]). The record of a request that follows its
//     incident contains nothing of that either;
//   - drafts: the values of earlier pages of open forms, for a day;
//   - run claims: which request a Port run belongs to, for a day;
//   - a lease, which one process of several holds at a time.
//
// Every write is synced to the disk (fsync) before it succeeds. Accepting a submission
// has priority over other work, because a person waits for it; see [Task.Load].
//
// # Names in JetStream
//
//   - the stream FOGHORN_TASKS: foghorn.task.accepted.<id> carries a submission, foghorn.task.wake.<id>
//     carries nothing, foghorn.task.retry.<id> and foghorn.task.abandon.<id> carry what an operator asked for; its consumer
//     is foghorn-worker;
//   - the bucket foghorn_requests: a request by its id; probe.write is written by [Store.CheckReady];
//   - the stream FOGHORN_ENDED: foghorn.ended.<part> carries requests that have ended; the part is made of the user;
//   - the buckets foghorn_claims, foghorn_drafts and foghorn_leases (in memory).
//
// A record of a later version is not changed and not removed.
package store

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime/debug"
	"sync"
	"time"

	"github.com/gofrs/flock"
	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/sirupsen/logrus"
	"golang.org/x/sync/errgroup"
)

const (
	streamName     = "FOGHORN_TASKS"
	consumerName   = "foghorn-worker"
	endedName      = "FOGHORN_ENDED"
	requestsBucket = "foghorn_requests"
	claimsBucket   = "foghorn_claims"
	draftsBucket   = "foghorn_drafts"
	leasesBucket   = "foghorn_leases"

	subjectAccepted = "foghorn.task.accepted." // + request id; carries the submission
	subjectWake     = "foghorn.task.wake."     // + request id; carries nothing
	subjectRetry    = "foghorn.task.retry."    // + request id; carries a request.Intervention
	subjectAbandon  = "foghorn.task.abandon."  // the same
	subjectEnded    = "foghorn.ended."         // + part of the user; carries ended requests

	probeKey = "probe.write" // in the bucket of requests, and in the one of drafts

	draftTTL = 24 * time.Hour // Slack forgets a view sooner
	claimTTL = 24 * time.Hour
	leaseTTL = 6 * time.Second

	// AckWait is how long a task may be held without Task.KeepAlive before it is handed out
	// again. It is longer than any single call of Slack or Port.
	AckWait = 12 * time.Second

	// maxAckPending bounds the tasks that are held or wait for a retry.
	maxAckPending = 100_000

	// maxRecordSize is the size limit of a record, in bytes. Slack's views are at most 250 KB.
	maxRecordSize = 1 << 20

	connectTimeout = 10 * time.Second // of one attempt to open the store on a cluster
)

// Config configures a Store. Log is required, and Dir or Cluster.
type Config struct {
	Dir     string  // of the embedded store; ignored with a cluster
	Cluster Cluster // the zero value: the embedded store

	Retention time.Duration // of the records of ended requests; 0: DefaultRetention
	Secret    string        // drafts are encrypted with it; another secret than before loses them

	// OnChange, if set, is called after a request of a user has entered another stage, waits for approval or has ended. It
	// must not block.
	OnChange func(user string)

	Log *logrus.Entry
}

// A Store keeps requests, tasks, drafts and leases. Make one with Open; it is safe for
// concurrent use.
type Store struct {
	cfg   Config
	index *Index
	gate  acceptGate
	batch batcher

	erasing  sync.Mutex   // held while a request is erased
	erasures chan erasure // to make later

	dir      string         // absolute; empty with a cluster
	tasksDir os.FileInfo    // of the open store; nil with a cluster
	lock     *flock.Flock   // of the directory; nil with a cluster
	mark     *mark          // nil with a cluster
	server   *server.Server // embedded; nil with a cluster
	health   health         // of the embedded server

	rejected context.Context // ends when the cluster rejects the store; its cause is why
	reject   context.CancelCauseFunc
	limited  bool // the account requires a size limit of each stream

	conn *nats.Conn
	js   jetstream.JetStream

	requests       jetstream.KeyValue
	requestsStream jetstream.Stream // of the bucket
	claims         jetstream.KeyValue
	drafts         jetstream.KeyValue
	leases         jetstream.KeyValue
	tasksStream    jetstream.Stream
	tasks          jetstream.Consumer
	ended          jetstream.Stream
}

// Open opens the store. It waits until ctx ends for a cluster that does not answer. Errors
// that need an operator wrap ErrInUse, ErrUnusable, ErrDamaged or ErrClusterRejected.
func Open(ctx context.Context, cfg Config) (*Store, error) {
	if cfg.Retention == 0 {
		cfg.Retention = DefaultRetention
	}
	for {
		s, err := openOnce(ctx, cfg)
		if err == nil || cfg.Cluster.URL == "" || errors.Is(err, ErrClusterRejected) || ctx.Err() != nil {
			return s, err
		}
		cfg.Log.WithError(err).Warn("failed to open the store at NATS_URL; will retry")
	}
}

func openOnce(ctx context.Context, cfg Config) (_ *Store, err error) {
	s := makeStore(cfg)
	defer func() {
		if err != nil {
			s.Close()
		}
	}()
	if cfg.Cluster.URL != "" {
		err = s.openCluster(ctx)
		return s, err
	}
	if err := s.startEmbedded(ctx, cfg.Dir); err != nil {
		return nil, err
	}
	s.js, err = jetstream.New(s.conn)
	if err == nil {
		err = s.create(ctx, 1)
	}
	if err == nil {
		err = s.rememberDir()
	}
	if err != nil {
		return nil, fmt.Errorf("open store: %w", err)
	}
	return s, nil
}

func makeStore(cfg Config) *Store {
	s := &Store{cfg: cfg, index: newIndex(cfg.OnChange), erasures: make(chan erasure, maxErasures), health: health{changed: make(chan struct{}, 1)}}
	s.index.leftover = s.eraseLeftover
	s.rejected, s.reject = context.WithCancelCause(context.Background())
	return s
}

// Run keeps the index up to date and watches the disk, until ctx ends. It returns an error when the store cannot be used
// until it is opened again; ErrClusterRejected if an operator has to change something first.
func (s *Store) Run(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return s.index.followEnded(ctx, s.ended) })
	group.Go(func() error { return s.index.followOpen(ctx, s.requests) })
	group.Go(func() error { return s.monitorDisk(ctx) })
	group.Go(func() error { return s.eraseLater(ctx) })
	group.Go(func() error { return s.freeStartMemory(ctx) })
	group.Go(func() error { s.serveControl(ctx); return nil })
	group.Go(func() error {
		select {
		case <-ctx.Done():
			return nil
		case <-s.rejected.Done():
			return context.Cause(s.rejected)
		}
	})
	return group.Wait()
}

// freeStartMemory returns to the system what only the start needed, such as the last blocks of the streams. JetStream
// keeps a block for 10 s after its last use; without this, the runtime keeps the memory much longer.
func (s *Store) freeStartMemory(ctx context.Context) error {
	if sleep(ctx, 12*time.Second) {
		debug.FreeOSMemory()
		debug.FreeOSMemory() // the first one leaves what is in a sync.Pool
	}
	return nil
}

// Close closes the store. Run must have returned, and nothing may use the store afterwards.
func (s *Store) Close() {
	if s.conn != nil {
		s.conn.Close()
	}
	if s.server != nil {
		s.server.Shutdown()
		s.server.WaitForShutdown()
	}
	s.mark.close()
	if s.lock != nil {
		_ = s.lock.Unlock()
	}
}

// Index is the store's overview of the requests that have not ended.
func (s *Store) Index() *Index { return s.index }

// Size is how many bytes the store holds; 0 when JetStream does not answer.
func (s *Store) Size() uint64 {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	info, err := s.js.AccountInfo(ctx)
	if err != nil {
		return 0
	}
	return info.Store
}

// CheckReady reports why nothing can be written now.
func (s *Store) CheckReady(ctx context.Context) error {
	if status := s.conn.Status(); status != nats.CONNECTED {
		return fmt.Errorf("the store is %s", status)
	}
	if err := s.checkAccepting(); err != nil {
		return err
	}
	select {
	case <-s.index.Ready():
	default:
		return errors.New("the store is not read yet")
	}
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	if _, err := s.requests.Put(ctx, probeKey, timestamp()); err != nil {
		return fmt.Errorf("the store cannot be written: %w", err)
	}
	return nil
}

// create creates the streams, the consumer and the buckets, where they do not exist.
func (s *Store) create(ctx context.Context, replicas int) (err error) {
	s.tasksStream, err = s.js.CreateOrUpdateStream(ctx, jetstream.StreamConfig{
		Name:               streamName,
		Subjects:           []string{subjectAccepted + "*", subjectWake + "*", subjectRetry + "*", subjectAbandon + "*"},
		MaxMsgsPerSubject:  1, // a request that is woken twice has one task
		MaxBytes:           s.maxBytes(streamName),
		Discard:            jetstream.DiscardNew, // what was accepted is never dropped
		Storage:            jetstream.FileStorage,
		Replicas:           replicas,
		MaxMsgSize:         maxRecordSize,
		AllowDirect:        true,
		AllowAtomicPublish: s.server != nil, // not all versions of a cluster can
		Duplicates:         noDuplicates,
	})
	if err != nil {
		return err
	}
	s.tasks, err = s.tasksStream.CreateOrUpdateConsumer(ctx, jetstream.ConsumerConfig{
		Durable:       consumerName,
		AckPolicy:     jetstream.AckExplicitPolicy,
		AckWait:       AckWait,
		MaxDeliver:    -1,
		MaxAckPending: maxAckPending,
	})
	if err != nil {
		return err
	}
	s.ended, err = s.js.CreateOrUpdateStream(ctx, jetstream.StreamConfig{
		Name:       endedName,
		Subjects:   []string{subjectEnded + "*"},
		Storage:    jetstream.FileStorage,
		Replicas:   replicas,
		MaxMsgSize: maxRecordSize,
		MaxAge:     s.cfg.Retention,
		MaxBytes:   s.maxBytes(endedName),
		Duplicates: noDuplicates,
	})
	if err != nil {
		return err
	}
	for _, bucket := range []struct {
		kv  *jetstream.KeyValue
		cfg jetstream.KeyValueConfig
	}{
		{&s.requests, jetstream.KeyValueConfig{Bucket: requestsBucket, MaxBytes: s.maxBytes(requestsBucket), Storage: jetstream.FileStorage, Replicas: replicas}},
		{&s.claims, jetstream.KeyValueConfig{Bucket: claimsBucket, MaxBytes: s.maxBytes(claimsBucket), Storage: jetstream.FileStorage, Replicas: replicas, TTL: claimTTL}},
		{&s.drafts, jetstream.KeyValueConfig{Bucket: draftsBucket, MaxBytes: s.maxBytes(draftsBucket), Storage: jetstream.FileStorage, Replicas: replicas, TTL: draftTTL}},
		{&s.leases, jetstream.KeyValueConfig{Bucket: leasesBucket, MaxBytes: s.maxBytes(leasesBucket), Storage: jetstream.MemoryStorage, Replicas: replicas, TTL: leaseTTL}},
	} {
		if *bucket.kv, err = s.js.CreateOrUpdateKeyValue(ctx, bucket.cfg); err != nil {
			return err
		}
	}
	s.requestsStream, err = s.js.Stream(ctx, "KV_"+requestsBucket)
	return err
}
