package store

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"
	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
)

// lockTimeout is how long to wait for a process that was stopped a moment ago.
const lockTimeout = 2 * time.Second

var (
	// ErrInUse reports that another process has the state directory open.
	ErrInUse = errors.New("another foghorn uses this state directory")

	// ErrUnusable reports a state directory that cannot be created or written.
	ErrUnusable = errors.New("the state directory cannot be used")
)

// startEmbedded starts a JetStream server in this process, on a directory. It does not listen.
func (s *Store) startEmbedded(ctx context.Context, dir string) error {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return fmt.Errorf("open STATE_DIR: %w", err)
	}
	if err := classifyFSError(os.MkdirAll(dir, 0o700)); err != nil {
		return fmt.Errorf("open STATE_DIR: %w", err)
	}
	if err := s.lockDir(ctx, dir); err != nil {
		return err
	}
	if err := errors.Join(s.checkWritable(), verify(dir)); err != nil {
		return fmt.Errorf("open STATE_DIR %s: %w", dir, err)
	}
	// The consumer is created again. It then hands out all unfinished tasks at once, without
	// waiting for AckWait; its old state is not needed.
	if err := os.RemoveAll(filepath.Join(dir, filepath.FromSlash(streamsDir), streamName, "obs")); err != nil {
		return fmt.Errorf("open STATE_DIR: %w", err)
	}
	s.server, err = server.NewServer(&server.Options{
		ServerName: "foghorn",
		JetStream:  true,
		StoreDir:   dir,
		SyncAlways: true, // fsync before each acknowledgment
		// By default JetStream derives its limit from the free disk space. maxSize is the limit
		// that counts: it leaves space to continue with what was accepted.
		JetStreamMaxStore:  4 * maxSize,
		JetStreamMaxMemory: 64 << 20,
		DontListen:         true,
		NoLog:              true,
		NoSigs:             true,
		MaxPayload:         maxRecordSize,
	})
	if err != nil {
		return fmt.Errorf("open STATE_DIR: %w", err)
	}
	s.server.SetLoggerV2(&s.health, false, false, false)
	started := make(chan struct{})
	go func() { // Start reads all files before it returns, and cannot be canceled
		defer close(started)
		s.server.Start()
	}()
	select {
	case <-started:
	case <-ctx.Done():
		s.server, s.lock = nil, nil // the server may use the directory until the process ends
		return fmt.Errorf("open STATE_DIR %s: the store did not start in time: %w", dir, ctx.Err())
	}
	if !s.server.JetStreamEnabled() {
		return fmt.Errorf("open STATE_DIR %s: the store did not start: %s", dir, s.health.lastError())
	}
	s.conn, err = nats.Connect("", nats.InProcessServer(s.server), nats.Name("foghorn"))
	if err != nil {
		return fmt.Errorf("open store: %w", err)
	}
	return nil
}

// lockDir takes the lock of the directory: two servers on one directory corrupt it, and
// JetStream does not check.
func (s *Store) lockDir(ctx context.Context, dir string) error {
	s.lock = flock.New(filepath.Join(dir, "lock"))
	ctx, cancel := context.WithTimeout(ctx, lockTimeout)
	defer cancel()
	locked, err := s.lock.TryLockContext(ctx, 20*time.Millisecond)
	if err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("lock STATE_DIR: %w", classifyFSError(err))
	}
	if !locked {
		return fmt.Errorf("lock STATE_DIR %s: %w", dir, ErrInUse)
	}
	return nil
}
