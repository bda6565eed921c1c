// Package store keeps requests on disk, in NATS JetStream: an embedded server on a directory
// by default, or an existing cluster. It hides JetStream completely.
//
// What it holds:
//
//   - requests: one record for each [request.Request], by its id. A change is a compare-and-set on
//     the revision that was read, so that two processes cannot both make it ([ErrConflict]);
//   - tasks: one message for each request that has something to do. A task that its worker
//     does not finish is handed out again;
//   - drafts: the values of earlier pages of open forms, for a day;
//   - run claims: which request a Port run belongs to;
//   - a lease, which one process of several holds at a time.
//
// Every write is synced to the disk (fsync) before it succeeds. Accepting a submission
// has priority over other work, because a person waits for it; see [Task.Load].
//
// # Names in JetStream
//
//   - the stream FOGHORN: foghorn.task.accepted.<id> carries a new request, foghorn.task.wake.<id>
//     carries nothing; its consumer is foghorn-worker;
//   - the bucket foghorn_requests: a request by its id, run.<run id> is a claim, probe.write is written by
//     [Store.CheckReady];
//   - the buckets foghorn_drafts and foghorn_leases (in memory).
//
// A record of a later version is not changed and not removed.
package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/gofrs/flock"
	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/sirupsen/logrus"
	"golang.org/x/sync/errgroup"
)

const (
	streamName     = "FOGHORN"
	consumerName   = "foghorn-worker"
	requestsBucket = "foghorn_requests"
	draftsBucket   = "foghorn_drafts"
	leasesBucket   = "foghorn_leases"

	subjectAccepted = "foghorn.task.accepted." // + request id; carries the request
	subjectWake     = "foghorn.task.wake."     // + request id; carries nothing

	claimPrefix = "run."        // + run id; in the bucket of requests
	probeKey    = "probe.write" // in the bucket of requests, and in the one of drafts

	// dedupWindow is how long the stream drops a second submission of the same view. Later
	// ones find the record of the request.
	dedupWindow = time.Hour

	draftTTL = 24 * time.Hour // Slack forgets a view sooner
	leaseTTL = 6 * time.Second

	// AckWait is how long a task may be held without Task.KeepAlive before it is handed out
	// again. It is longer than any single call of Slack or Port.
	AckWait = 12 * time.Second

	// maxAckPending bounds the tasks that are held or wait for a retry.
	maxAckPending = 100_000

	// maxRecordSize is the size limit of a record, in bytes. Slack's views are at most 250 KB.
	maxRecordSize = 1 << 20

	openTimeout    = 30 * time.Second
	connectTimeout = 10 * time.Second // of one attempt to open the store on a cluster
)

// Config configures a Store. Log is required, and Dir or NATSURL.
type Config struct {
	Dir     string // of the embedded store; ignored when NATSURL is set
	NATSURL string // of a JetStream cluster; empty: the embedded store

	Retention time.Duration // of the records of ended requests; 0: DefaultRetention

	Log *logrus.Entry
}

// A Store keeps requests, tasks, drafts and leases. Make one with Open; it is safe for
// concurrent use.
type Store struct {
	cfg   Config
	index *Index
	gate  acceptGate

	lock   *flock.Flock   // of the directory; nil with a cluster
	server *server.Server // embedded; nil with a cluster
	health health         // of the embedded server

	conn *nats.Conn
	js   jetstream.JetStream

	requests jetstream.KeyValue
	drafts   jetstream.KeyValue
	leases   jetstream.KeyValue
	tasks    jetstream.Consumer
}

// Open opens the store. It waits until ctx ends for a cluster that does not answer. Errors
// that need an operator wrap ErrInUse, ErrUnusable, ErrDamaged or ErrClusterRejected.
func Open(ctx context.Context, cfg Config) (*Store, error) {
	if cfg.Retention == 0 {
		cfg.Retention = DefaultRetention
	}
	for {
		s, err := openOnce(ctx, cfg)
		if err == nil || cfg.NATSURL == "" || errors.Is(err, ErrClusterRejected) || ctx.Err() != nil {
			return s, err
		}
		cfg.Log.WithError(err).Warn("failed to open the store at NATS_URL; will retry")
	}
}

func openOnce(ctx context.Context, cfg Config) (_ *Store, err error) {
	ctx, cancel := context.WithTimeout(ctx, openTimeout)
	defer cancel()
	s := &Store{cfg: cfg, index: newIndex(), health: health{changed: make(chan struct{}, 1)}}
	defer func() {
		if err != nil {
			s.Close()
		}
	}()
	if cfg.NATSURL == "" {
		err = s.startEmbedded(ctx, cfg.Dir)
	} else {
		ctx, cancel = context.WithTimeout(ctx, connectTimeout)
		defer cancel()
		err = s.connectCluster(ctx, cfg.NATSURL)
	}
	if err != nil {
		return nil, err
	}
	if s.js, err = jetstream.New(s.conn); err != nil {
		return nil, fmt.Errorf("open store: %w", err)
	}
	if s.server != nil {
		err = s.create(ctx, 1)
	} else {
		err = retryUntilReady(ctx, s.createReplicated)
	}
	if err != nil {
		return nil, fmt.Errorf("open store: %w", err)
	}
	return s, nil
}

// Run keeps the index up to date, watches the disk and removes expired records, until ctx
// ends. It returns an error when the store cannot be used until it is opened again.
func (s *Store) Run(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return s.index.follow(ctx, s.requests) })
	group.Go(func() error { return s.monitorDisk(ctx) })
	group.Go(func() error { s.removeExpired(ctx); return nil })
	return group.Wait()
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
	if s.lock != nil {
		_ = s.lock.Unlock()
	}
}

// Index is the store's overview of all requests.
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
	if err := s.health.current(); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	if _, err := s.requests.Put(ctx, probeKey, timestamp()); err != nil {
		return fmt.Errorf("the store cannot be written: %w", err)
	}
	return nil
}

// create creates the stream, the consumer and the buckets, where they do not exist.
func (s *Store) create(ctx context.Context, replicas int) error {
	stream, err := s.js.CreateOrUpdateStream(ctx, jetstream.StreamConfig{
		Name:       streamName,
		Subjects:   []string{subjectAccepted + "*", subjectWake + "*"},
		Retention:  jetstream.WorkQueuePolicy,
		Storage:    jetstream.FileStorage,
		Duplicates: dedupWindow,
		Replicas:   replicas,
		MaxMsgSize: maxRecordSize,
	})
	if err != nil {
		return err
	}
	s.tasks, err = stream.CreateOrUpdateConsumer(ctx, jetstream.ConsumerConfig{
		Durable:       consumerName,
		AckPolicy:     jetstream.AckExplicitPolicy,
		AckWait:       AckWait,
		MaxDeliver:    -1,
		MaxAckPending: maxAckPending,
	})
	if err != nil {
		return err
	}
	for _, bucket := range []struct {
		kv  *jetstream.KeyValue
		cfg jetstream.KeyValueConfig
	}{
		{&s.requests, jetstream.KeyValueConfig{Bucket: requestsBucket, Storage: jetstream.FileStorage, Replicas: replicas}},
		{&s.drafts, jetstream.KeyValueConfig{Bucket: draftsBucket, Storage: jetstream.FileStorage, Replicas: replicas, TTL: draftTTL}},
		{&s.leases, jetstream.KeyValueConfig{Bucket: leasesBucket, Storage: jetstream.MemoryStorage, Replicas: replicas, TTL: leaseTTL}},
	} {
		if *bucket.kv, err = s.js.CreateOrUpdateKeyValue(ctx, bucket.cfg); err != nil {
			return err
		}
	}
	return nil
}
