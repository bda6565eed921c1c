package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
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

// A Cluster is an existing JetStream cluster. The files are optional. They are read again for each connection, so that
// they can be renewed.
type Cluster struct {
	URL       string // of its servers, separated by commas; empty: no cluster
	Creds     string // file with the credentials of a user (.creds), or with the seed of an nkey
	CA        string // PEM file with the certificate authorities; empty: those of the system
	Cert, Key string // PEM files with a client certificate and its key
}

// options are those of a connection.
func (c Cluster) options() ([]nats.Option, error) {
	options := []nats.Option{nats.Name("foghorn"), nats.MaxReconnects(-1), nats.ReconnectWait(reconnectWait)}
	if c.CA != "" {
		options = append(options, nats.RootCAs(c.CA))
	}
	if c.Cert != "" {
		options = append(options, nats.ClientCert(c.Cert, c.Key))
	}
	if c.Creds == "" {
		return options, nil
	}
	data, err := os.ReadFile(c.Creds)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errCreds, err)
	}
	if bytes.Contains(data, []byte("BEGIN NATS USER JWT")) {
		return append(options, nats.UserCredentials(c.Creds)), nil
	}
	seed, err := nats.NkeyOptionFromSeed(c.Creds)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errCreds, err)
	}
	return append(options, seed), nil
}

// openCluster connects to the cluster, and creates what the store needs there.
func (s *Store) openCluster(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, connectTimeout)
	defer cancel()
	defer context.AfterFunc(s.rejected, cancel)()
	err := retryUntilReady(ctx, func(context.Context) error { return s.connect() })
	if err == nil {
		err = retryUntilReady(ctx, s.createReplicated)
	}
	if err == nil {
		err = retryUntilReady(ctx, s.checkAccess)
	}
	if cause := context.Cause(s.rejected); cause != nil {
		err = cause
	}
	if err != nil {
		return fmt.Errorf("open store: %w", err)
	}
	return nil
}

// connect connects to the cluster once.
func (s *Store) connect() error {
	options, err := s.cfg.Cluster.options()
	if err == nil {
		s.conn, err = nats.Connect(s.cfg.Cluster.URL, append(options, nats.ErrorHandler(s.handleError))...)
	}
	if err == nil {
		s.conn.SetClosedHandler(s.handleClosed)
		s.js, err = jetstream.New(s.conn)
	}
	if err != nil {
		return fmt.Errorf("connect to NATS_URL: %w", err)
	}
	return nil
}

// handleError receives what the cluster reports outside of an answer. It does not answer a request that is not permitted.
func (s *Store) handleError(_ *nats.Conn, _ *nats.Subscription, err error) {
	if errors.Is(err, nats.ErrPermissionViolation) {
		s.reject(fmt.Errorf("%w: %w", ErrClusterRejected, err))
		return
	}
	s.cfg.Log.WithError(err).Warn("the connection to NATS_URL reports an error")
}

// handleClosed is called when the client gives up: the cluster has rejected its credentials twice.
func (s *Store) handleClosed(conn *nats.Conn) {
	err := conn.LastError()
	if err == nil {
		err = nats.ErrConnectionClosed
	}
	s.reject(fmt.Errorf("%w: %w: %w", ErrClusterRejected, errRejectedTwice, err))
}

// retryUntilReady calls attempt until it succeeds, fails permanently or ctx ends. A
// cluster that starts or elects a leader does not answer at all.
func retryUntilReady(ctx context.Context, attempt func(context.Context) error) error {
	for {
		once, cancel := context.WithTimeout(ctx, attemptTimeout)
		err := classifyClusterError(attempt(once))
		cancel()
		if err == nil || errors.Is(err, ErrClusterRejected) || !sleep(ctx, reconnectWait) {
			return err
		}
	}
}

// createReplicated creates the streams and the buckets on a cluster. What exists keeps its
// number of replicas: while one server is down, three must not become one.
func (s *Store) createReplicated(ctx context.Context) error {
	stream, err := s.js.Stream(ctx, streamName)
	if err == nil {
		return s.createLimited(ctx, stream.CachedInfo().Config.Replicas)
	}
	if !errors.Is(err, jetstream.ErrStreamNotFound) {
		return err
	}
	err = s.createLimited(ctx, s.maxReplicas())
	if hasTooFewServers(err) {
		err = s.createLimited(ctx, 1)
	}
	return err
}

// maxReplicas is how many replicas a stream should have. A single server checks the storage of three before it says that
// it cannot have them.
func (s *Store) maxReplicas() int {
	if s.conn.ConnectedClusterName() == "" {
		return 1
	}
	return clusterReplicas
}

// createLimited is create. Where the account requires it, what it creates has a size limit.
func (s *Store) createLimited(ctx context.Context, replicas int) error {
	err := s.create(ctx, replicas)
	if apiErrorCode(err) == errCodeMaxBytesRequired {
		s.limited = true
		err = s.create(ctx, replicas)
	}
	return err
}

// hasTooFewServers reports that the cluster cannot keep clusterReplicas copies. Too little storage is not a reason to
// keep fewer.
func hasTooFewServers(err error) bool {
	switch apiErrorCode(err) {
	case errCodeReplicasNotSupported, errCodeInsufficientResources, errCodeNoLimits:
		return true
	case errCodeNoPeers:
		return !strings.Contains(err.Error(), "insufficient storage")
	}
	return false
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
