package store

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

const (
	reconnectWait  = 250 * time.Millisecond
	attemptTimeout = 3 * time.Second // of one attempt in retryUntilReady

	clusterReplicas = 3 // where the cluster has enough servers
)

// ErrClusterRejected reports that the cluster rejected the credentials, or has no JetStream.
var ErrClusterRejected = errors.New("the cluster rejected the connection")

// permanentErrors are answers of a cluster that waiting does not change.
var permanentErrors = []error{
	nats.ErrAuthorization, nats.ErrAuthExpired, nats.ErrAuthRevoked,
	jetstream.ErrJetStreamNotEnabled, jetstream.ErrJetStreamNotEnabledForAccount,
}

func (s *Store) connectCluster(ctx context.Context, url string) error {
	err := retryUntilReady(ctx, func(context.Context) (err error) {
		s.conn, err = nats.Connect(url, nats.Name("foghorn"), nats.MaxReconnects(-1), nats.ReconnectWait(reconnectWait))
		return err
	})
	if err != nil {
		return fmt.Errorf("connect to NATS_URL: %w", err)
	}
	return nil
}

// retryUntilReady calls attempt until it succeeds, fails permanently or ctx ends. A
// cluster that starts or elects a leader does not answer at all.
func retryUntilReady(ctx context.Context, attempt func(context.Context) error) error {
	for {
		once, cancel := context.WithTimeout(ctx, attemptTimeout)
		err := attempt(once)
		cancel()
		for _, permanent := range permanentErrors {
			if errors.Is(err, permanent) {
				return fmt.Errorf("%w: %w", ErrClusterRejected, err)
			}
		}
		if err == nil || !sleep(ctx, reconnectWait) {
			return err
		}
	}
}

// createReplicated creates the stream and the buckets on a cluster. What exists keeps its
// number of replicas: while one server is down, three must not become one.
func (s *Store) createReplicated(ctx context.Context) error {
	if stream, err := s.js.Stream(ctx, streamName); err == nil {
		return s.create(ctx, stream.CachedInfo().Config.Replicas)
	} else if !errors.Is(err, jetstream.ErrStreamNotFound) {
		return err
	}
	err := s.create(ctx, clusterReplicas)
	if hasTooFewServers(err) {
		err = s.create(ctx, 1)
	}
	return err
}

// hasTooFewServers reports that the cluster cannot keep clusterReplicas copies.
func hasTooFewServers(err error) bool {
	const noSuitablePeers, insufficientResources = 10005, 10074
	if api, ok := errors.AsType[*jetstream.APIError](err); ok {
		return api.ErrorCode == noSuitablePeers || api.ErrorCode == insufficientResources || strings.Contains(api.Description, "insufficient")
	}
	return false
}

// CheckCluster reports why the store could not be opened on a JetStream cluster. It changes nothing.
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
		return fmt.Errorf("query JetStream of NATS_URL: %w", err)
	}
	return nil
}

// sleep waits. It reports false if ctx ended first.
func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}
