package store

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/sirupsen/logrus"
)

const (
	absentKey = "probe.absent" // of nothing

	// What CheckCluster creates and removes.
	probeStream  = "FOGHORN_DOCTOR"
	probeSubject = "foghorn.doctor"
	probeBucket  = "foghorn_doctor"
	probeMaxSize = 1 << 20 // bytes, where the account requires a limit

	probeTimeout = 2 * time.Second // of the removal
)

// checkAccess reports what the account may not do with the streams and buckets of the store. It changes nothing: what it
// writes is rejected, and what it removes does not exist.
func (s *Store) checkAccess(ctx context.Context) error {
	if err := s.checkPublish(ctx); err != nil {
		return err
	}
	for _, bucket := range []jetstream.KeyValue{s.requests, s.claims, s.drafts} {
		if _, err := bucket.Get(ctx, absentKey); err != nil && !errors.Is(err, jetstream.ErrKeyNotFound) {
			return fmt.Errorf("read from the bucket %s: %w", bucket.Bucket(), err)
		}
	}
	if err := s.eraseTask(ctx, subjectAccepted+absentKey); err != nil {
		return fmt.Errorf("read from the stream %s: %w", streamName, err)
	}
	if err := s.tasksStream.DeleteMsg(ctx, math.MaxUint64); err != nil && !isAnswer(err) {
		return fmt.Errorf("remove from the stream %s: %w", streamName, err)
	}
	if err := s.requestsStream.Purge(ctx, jetstream.WithPurgeSubject(recordSubject(absentKey))); err != nil {
		return fmt.Errorf("remove from the bucket %s: %w", requestsBucket, err)
	}
	return nil
}

// checkPublish publishes to the subjects of the store what no stream takes.
func (s *Store) checkPublish(ctx context.Context) error {
	subjects := []string{subjectAccepted + "probe", subjectWake + "probe", subjectEnded + "probe"}
	for _, bucket := range []string{requestsBucket, claimsBucket, draftsBucket, leasesBucket} {
		subjects = append(subjects, "$KV."+bucket+"."+probeKey)
	}
	for _, subject := range subjects {
		_, err := s.js.Publish(ctx, subject, nil, jetstream.WithExpectStream("none"), jetstream.WithRetryAttempts(0))
		if apiErrorCode(err) != errCodeNotMatched && !errors.Is(err, jetstream.ErrNoStreamResponse) {
			return fmt.Errorf("publish to %s: %w", subject, err)
		}
	}
	return nil
}

// isAnswer reports that JetStream answered, with an error.
func isAnswer(err error) bool {
	return apiErrorCode(err) != 0 || errors.Is(err, jetstream.ErrMsgDeleteUnsuccessful)
}

// CheckCluster reports why the store could not be opened on a cluster. It creates, uses and removes a stream and a
// bucket of its own. An error that waiting does not change wraps ErrClusterRejected.
func CheckCluster(ctx context.Context, cluster Cluster, log *logrus.Entry) error {
	s := makeStore(Config{Cluster: cluster, Log: log})
	defer s.Close()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(s.rejected, cancel)()
	err := s.connect()
	if err == nil {
		err = s.checkJetStream(ctx)
	}
	if cause := context.Cause(s.rejected); cause != nil {
		return cause
	}
	return classifyClusterError(err)
}

func (s *Store) checkJetStream(ctx context.Context) error {
	info, err := s.js.AccountInfo(ctx)
	if err != nil {
		return fmt.Errorf("query JetStream of NATS_URL: %w", err)
	}
	_, err = s.js.Stream(ctx, streamName)
	exists := err == nil
	if err != nil && !errors.Is(err, jetstream.ErrStreamNotFound) {
		return fmt.Errorf("query the stream %s: %w", streamName, err)
	}
	if free := info.Limits.MaxStreams - info.Streams; !exists && info.Limits.MaxStreams > 0 && free < len(limitedSizes) {
		return fmt.Errorf("%w: the account has %d of its %d streams left", errTooFewStreams, max(free, 0), info.Limits.MaxStreams)
	}
	err = s.probeStream(ctx, exists)
	if err == nil {
		err = s.probeBucket(ctx)
	}
	if err != nil && (!exists || apiHints[apiErrorCode(err)] == "") { // a running bot can use all that the account may have
		return err
	}
	return s.checkPublish(ctx)
}

// createProbe creates a stream for a moment. Where the account requires size limits, it reserves what the store would,
// unless the store exists.
func (s *Store) createProbe(ctx context.Context, exists bool) (stream jetstream.Stream, err error) {
	sizes := []int64{-1, diskSizes(), limitedSizes[streamName]} // the last one if the account limits each stream
	if exists {
		sizes = []int64{-1, probeMaxSize}
	}
	for _, size := range sizes {
		cfg := jetstream.StreamConfig{Name: probeStream, Subjects: []string{probeSubject}, Replicas: s.maxReplicas(), MaxBytes: size}
		stream, err = s.js.CreateOrUpdateStream(ctx, cfg)
		if hasTooFewServers(err) {
			cfg.Replicas = 1
			stream, err = s.js.CreateOrUpdateStream(ctx, cfg)
		}
		if code := apiErrorCode(err); code != errCodeMaxBytesRequired && code != errCodeMaxStreamBytes {
			break
		}
	}
	return stream, err
}

// diskSizes is the sum of limitedSizes on disk.
func diskSizes() (sum int64) {
	for name, size := range limitedSizes {
		if name != leasesBucket {
			sum += size
		}
	}
	return sum
}

// probeStream writes to a stream and reads from it.
func (s *Store) probeStream(ctx context.Context, exists bool) (err error) {
	stream, err := s.createProbe(ctx, exists)
	if err != nil {
		return fmt.Errorf("create a stream: %w", err)
	}
	defer func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), probeTimeout)
		defer cancel()
		if removed := s.js.DeleteStream(ctx, probeStream); removed != nil && err == nil {
			err = fmt.Errorf("remove a stream: %w", removed)
		}
	}()
	if _, err := s.js.Publish(ctx, probeSubject, timestamp()); err != nil {
		return fmt.Errorf("publish to a stream: %w", err)
	}
	consumer, err := stream.CreateOrUpdateConsumer(ctx, jetstream.ConsumerConfig{AckPolicy: jetstream.AckExplicitPolicy})
	if err != nil {
		return fmt.Errorf("create a consumer: %w", err)
	}
	msg, err := consumer.Next(jetstream.FetchContext(ctx))
	if err == nil {
		err = msg.DoubleAck(ctx)
	}
	if err != nil {
		return fmt.Errorf("read from a stream: %w", err)
	}
	return nil
}

// probeBucket writes to a bucket and reads from it.
func (s *Store) probeBucket(ctx context.Context) (err error) {
	bucket, err := s.js.CreateOrUpdateKeyValue(ctx, jetstream.KeyValueConfig{Bucket: probeBucket, MaxBytes: probeMaxSize})
	if err != nil {
		return fmt.Errorf("create a bucket: %w", err)
	}
	defer func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), probeTimeout)
		defer cancel()
		if removed := s.js.DeleteKeyValue(ctx, probeBucket); removed != nil && err == nil {
			err = fmt.Errorf("remove a bucket: %w", removed)
		}
	}()
	if _, err := bucket.Put(ctx, probeKey, timestamp()); err != nil {
		return fmt.Errorf("write to a bucket: %w", err)
	}
	if _, err := bucket.Get(ctx, probeKey); err != nil {
		return fmt.Errorf("read from a bucket: %w", err)
	}
	return nil
}
