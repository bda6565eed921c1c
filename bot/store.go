package bot

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/gofrs/flock"
	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

const (
	streamName   = "FOGHORN"          // work to do
	requestsName = "foghorn_requests" // the journal
	draftsName   = "foghorn_drafts"   // values of earlier steps of open forms
	leasesName   = "foghorn_leases"   // who follows the runs
	corridorName = "corridor"         // the consumer of the work

	probeKey = "probe.write" // written by /readyz

	subjectAccepted = "foghorn.work.accepted." // + request id; carries the request
	subjectWake     = "foghorn.work.wake."     // + request id; carries nothing

	dedupWindow = time.Hour      // how long a second press of the same submit is dropped by the stream; the journal drops later ones
	draftTTL    = 24 * time.Hour // Slack forgets a view sooner
	leaseTTL    = 6 * time.Second

	// ackWait is how long a step may go without a sign of life before another process
	// takes it. It is longer than any single call.
	ackWait = 12 * time.Second

	// maxWaiting bounds the work that is under way or waiting at once.
	maxWaiting = 100_000

	// maxRecord is the largest record, in bytes. Slack's views are at most 250 KB.
	maxRecord = 1 << 20

	storeTimeout = 30 * time.Second // to open the store
	joinTimeout  = 10 * time.Second // to open it on a cluster, before that is tried again
	lockTimeout  = 2 * time.Second  // to wait for the process before to be gone
)

var (
	// ErrStateInUse says that another process has the state directory open.
	ErrStateInUse = errors.New("another foghorn uses this state directory")

	// ErrStateUnusable says that the state directory cannot be made, or not be written to.
	ErrStateUnusable = errors.New("the state directory cannot be used")

	// ErrClusterRefuses says that the cluster does not let this process in, or has no JetStream.
	ErrClusterRefuses = errors.New("the cluster refuses this process")
)

// A store is the JetStream that the journal lives in: an embedded server on a directory, or
// a cluster. Both are used in the same way.
type store struct {
	lock   *flock.Flock   // of the directory; nil with a cluster
	server *server.Server // embedded; nil with a cluster

	condition condition // of the embedded server

	conn *nats.Conn
	js   jetstream.JetStream

	requests jetstream.KeyValue
	drafts   jetstream.KeyValue
	leases   jetstream.KeyValue
	corridor jetstream.Consumer
}

// openStore opens the store on a directory or, with a url, on a cluster.
func openStore(ctx context.Context, dir, url string) (_ *store, err error) {
	ctx, cancel := context.WithTimeout(ctx, storeTimeout)
	defer cancel()
	s := &store{condition: condition{news: make(chan struct{}, 1)}}
	defer func() {
		if err != nil {
			s.close()
		}
	}()
	if url == "" {
		err = s.embed(ctx, dir)
	} else {
		ctx, cancel = context.WithTimeout(ctx, joinTimeout)
		defer cancel()
		err = s.join(ctx, url)
	}
	if err != nil {
		return nil, err
	}
	if s.js, err = jetstream.New(s.conn); err != nil {
		return nil, fmt.Errorf("open store: %w", err)
	}
	if s.server != nil {
		err = s.create(ctx)
	} else {
		err = untilUp(ctx, s.create)
	}
	if err != nil {
		return nil, fmt.Errorf("open store: %w", err)
	}
	return s, nil
}

// join connects to a cluster.
func (s *store) join(ctx context.Context, url string) error {
	err := untilUp(ctx, func(context.Context) (err error) {
		s.conn, err = nats.Connect(url, nats.Name("foghorn"), nats.MaxReconnects(-1), nats.ReconnectWait(250*time.Millisecond))
		return err
	})
	if err != nil {
		return fmt.Errorf("connect to NATS_URL: %w", err)
	}
	return nil
}

// untilUp tries again until ctx ends: a cluster may be starting, or choosing a leader, and
// then it does not answer at all.
func untilUp(ctx context.Context, try func(context.Context) error) error {
	for {
		once, cancel := context.WithTimeout(ctx, storeTimeout/10)
		err := try(once)
		cancel()
		for _, final := range []error{nats.ErrAuthorization, nats.ErrAuthExpired, nats.ErrAuthRevoked, jetstream.ErrJetStreamNotEnabled, jetstream.ErrJetStreamNotEnabledForAccount} {
			if errors.Is(err, final) {
				return fmt.Errorf("%w: %w", ErrClusterRefuses, err)
			}
		}
		if err == nil || !sleep(ctx, 250*time.Millisecond) {
			return err
		}
	}
}

// CheckCluster reports why the bot could not work on a JetStream cluster. It changes nothing.
func CheckCluster(ctx context.Context, url string) error {
	conn, err := nats.Connect(url, nats.Name("foghorn"))
	if err != nil {
		return fmt.Errorf("connect to NATS_URL: %w", err)
	}
	defer conn.Close()
	js, err := jetstream.New(conn)
	if err == nil {
		_, err = js.AccountInfo(ctx)
	}
	if err != nil {
		return fmt.Errorf("ask NATS_URL for JetStream: %w", err)
	}
	return nil
}

// embed starts a JetStream server of this process's own. It listens nowhere.
func (s *store) embed(ctx context.Context, dir string) error {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return fmt.Errorf("open STATE_DIR: %w", err)
	}
	if err := unusable(os.MkdirAll(dir, 0o700)); err != nil {
		return fmt.Errorf("open STATE_DIR: %w", err)
	}
	// Two servers on one directory corrupt it, and JetStream does not look.
	s.lock = flock.New(filepath.Join(dir, "lock"))
	// A process that was killed a moment ago may not be gone yet.
	waiting, cancel := context.WithTimeout(ctx, lockTimeout)
	defer cancel()
	locked, err := s.lock.TryLockContext(waiting, 20*time.Millisecond)
	if err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("lock STATE_DIR: %w", unusable(err))
	}
	if !locked {
		return fmt.Errorf("lock STATE_DIR %s: %w", dir, ErrStateInUse)
	}
	if err := errors.Join(s.room(), examine(dir)); err != nil {
		return fmt.Errorf("open STATE_DIR %s: %w", dir, err)
	}
	// The consumer is made anew below, and hands out at once what the last process left
	// unfinished, without waiting for ackWait. What it had written is of no use.
	if err := os.RemoveAll(filepath.Join(dir, filepath.FromSlash(streamsDir), streamName, "obs")); err != nil {
		return fmt.Errorf("open STATE_DIR: %w", err)
	}
	s.server, err = server.NewServer(&server.Options{
		ServerName: "foghorn",
		JetStream:  true,
		StoreDir:   dir,
		SyncAlways: true, // what is acknowledged has been fsynced
		// JetStream would go by what the disk has free now. These only stand behind
		// maxStored, which keeps room for what was accepted.
		JetStreamMaxStore:  4 * maxStored,
		JetStreamMaxMemory: 64 << 20,
		DontListen:         true,
		NoLog:              true,
		NoSigs:             true,
		MaxPayload:         maxRecord,
	})
	if err != nil {
		return fmt.Errorf("open STATE_DIR: %w", err)
	}
	s.server.SetLoggerV2(&s.condition, false, false, false)
	started := make(chan struct{})
	go func() { // Start reads all files before it returns, and cannot be stopped
		defer close(started)
		s.server.Start()
	}()
	select {
	case <-started:
	case <-ctx.Done():
		s.server, s.lock = nil, nil // it may be at work there until the process ends
		return fmt.Errorf("open STATE_DIR %s: the store did not start in time: %w", dir, ctx.Err())
	}
	if !s.server.JetStreamEnabled() {
		return fmt.Errorf("open STATE_DIR %s: the store did not start: %s", dir, s.condition.last())
	}
	s.conn, err = nats.Connect("", nats.InProcessServer(s.server), nats.Name("foghorn"))
	if err != nil {
		return fmt.Errorf("open store: %w", err)
	}
	return nil
}

// create makes the stream, the buckets and the consumer, where they are not there yet.
func (s *store) create(ctx context.Context) error {
	if s.server != nil {
		return s.createWith(ctx, 1)
	}
	// What is there keeps its number of copies: with a server down for a moment, three
	// must not become one.
	if known, err := s.js.Stream(ctx, streamName); err == nil {
		return s.createWith(ctx, known.CachedInfo().Config.Replicas)
	} else if !errors.Is(err, jetstream.ErrStreamNotFound) {
		return err
	}
	err := s.createWith(ctx, 3)
	if tooFewServers(err) {
		err = s.createWith(ctx, 1)
	}
	return err
}

// tooFewServers reports that JetStream cannot keep three copies.
func tooFewServers(err error) bool {
	if api, ok := errors.AsType[*jetstream.APIError](err); ok {
		return api.ErrorCode == 10074 || api.ErrorCode == 10005 || strings.Contains(api.Description, "insufficient")
	}
	return false
}

func (s *store) createWith(ctx context.Context, replicas int) error {
	stream, err := s.js.CreateOrUpdateStream(ctx, jetstream.StreamConfig{
		Name:       streamName,
		Subjects:   []string{subjectAccepted + "*", subjectWake + "*"},
		Retention:  jetstream.WorkQueuePolicy,
		Storage:    jetstream.FileStorage,
		Duplicates: dedupWindow,
		Replicas:   replicas,
		MaxMsgSize: maxRecord,
	})
	if err != nil {
		return err
	}
	s.corridor, err = stream.CreateOrUpdateConsumer(ctx, jetstream.ConsumerConfig{
		Durable:       corridorName,
		AckPolicy:     jetstream.AckExplicitPolicy,
		AckWait:       ackWait,
		MaxDeliver:    -1,
		MaxAckPending: maxWaiting,
	})
	if err != nil {
		return err
	}
	for _, bucket := range []struct {
		kv  *jetstream.KeyValue
		cfg jetstream.KeyValueConfig
	}{
		{&s.requests, jetstream.KeyValueConfig{Bucket: requestsName, Storage: jetstream.FileStorage, Replicas: replicas}},
		{&s.drafts, jetstream.KeyValueConfig{Bucket: draftsName, Storage: jetstream.FileStorage, Replicas: replicas, TTL: draftTTL}},
		{&s.leases, jetstream.KeyValueConfig{Bucket: leasesName, Storage: jetstream.MemoryStorage, Replicas: replicas, TTL: leaseTTL}},
	} {
		if *bucket.kv, err = s.js.CreateOrUpdateKeyValue(ctx, bucket.cfg); err != nil {
			return err
		}
	}
	return nil
}

// close stops the store. Nothing may use it afterwards.
func (s *store) close() {
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

// size is how many bytes the store holds; 0 when it cannot be asked.
func (s *store) size() uint64 {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	info, err := s.js.AccountInfo(ctx)
	if err != nil {
		return 0
	}
	return info.Store
}

// writable reports why nothing can be written.
func (s *store) writable() error {
	if err := s.condition.trouble(); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	if _, err := s.requests.Put(ctx, probeKey, now()); err != nil {
		return fmt.Errorf("the store cannot be written: %w", err)
	}
	return nil
}
