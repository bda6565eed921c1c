package store

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

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

// progressInterval is how often the log says that the store is still being opened.
const progressInterval = 5 * time.Second

// startEmbedded starts a JetStream server in this process, on a directory. It does not listen. It has no time limit,
// because a large store on a slow disk is read for minutes.
func (s *Store) startEmbedded(ctx context.Context, dir string) (err error) {
	if s.dir, err = filepath.Abs(dir); err != nil {
		return fmt.Errorf("open STATE_DIR: %w", err)
	}
	if err := classifyFSError(os.MkdirAll(s.dir, 0o700)); err != nil {
		return fmt.Errorf("open STATE_DIR: %w", err)
	}
	if err := s.lockDir(ctx); err != nil {
		return err
	}
	if err := errors.Join(s.checkWritable(), verify(s.dir)); err != nil {
		return fmt.Errorf("open STATE_DIR %s: %w", s.dir, err)
	}
	if s.mark, err = openMark(s.dir); err != nil {
		return fmt.Errorf("open STATE_DIR: %w", err)
	}
	// The consumer is created again. It then hands out all unfinished tasks at once, without
	// waiting for AckWait; its old state is not needed.
	if err := os.RemoveAll(filepath.Join(s.streamDir(streamName), "obs")); err != nil {
		return fmt.Errorf("open STATE_DIR: %w", err)
	}
	s.server, err = server.NewServer(&server.Options{
		ServerName: "foghorn",
		JetStream:  true,
		StoreDir:   s.dir,
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
	if !s.waitStarted(ctx) {
		s.server, s.lock = nil, nil // the server may use the directory until the process ends
		return fmt.Errorf("open STATE_DIR %s: %w", s.dir, ctx.Err())
	}
	if !s.server.JetStreamEnabled() {
		return fmt.Errorf("open STATE_DIR %s: the store did not start: %s", s.dir, s.health.lastError())
	}
	s.conn, err = nats.Connect("", nats.InProcessServer(s.server), nats.Name("foghorn"))
	if err != nil {
		return fmt.Errorf("open store: %w", err)
	}
	return nil
}

// waitStarted starts the server, which reads its files before it returns and cannot be canceled. It reports false if
// ctx ended first.
func (s *Store) waitStarted(ctx context.Context) bool {
	started, srv := make(chan struct{}), s.server
	go func() {
		defer close(started)
		srv.Start()
	}()
	progress := time.NewTicker(progressInterval)
	defer progress.Stop()
	for begin := time.Now(); ; {
		select {
		case <-started:
			return true
		case <-ctx.Done():
			return false
		case <-progress.C:
			s.cfg.Log.WithField("elapsed", time.Since(begin).Round(time.Second).String()).Info("still reading the store")
		}
	}
}

// streamDir is the directory of a stream.
func (s *Store) streamDir(name string) string {
	return filepath.Join(s.dir, filepath.FromSlash(streamsDir), name)
}

// lockDir takes the lock of the directory: two servers on one directory corrupt it, and
// JetStream does not check.
func (s *Store) lockDir(ctx context.Context) error {
	s.lock = newLock(s.dir)
	ctx, cancel := context.WithTimeout(ctx, lockTimeout)
	defer cancel()
	locked, err := s.lock.TryLockContext(ctx, 20*time.Millisecond)
	if err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("lock STATE_DIR: %w", classifyFSError(err))
	}
	if !locked {
		return fmt.Errorf("lock STATE_DIR %s: %w", s.dir, ErrInUse)
	}
	return nil
}

var errDirReplaced = errors.New("STATE_DIR was removed, moved or replaced while it is in use, or files in it were; restart the bot")

// rememberDir remembers which directory the tasks are in.
func (s *Store) rememberDir() (err error) {
	s.tasksDir, err = os.Stat(filepath.Join(s.streamDir(streamName), "msgs"))
	return err
}

// checkDir reports that the path of the store leads to other files than those that are open: what is written to
// them is lost at the end of the process.
func (s *Store) checkDir() error {
	if s.tasksDir == nil { // a cluster
		return nil
	}
	now, err := os.Stat(filepath.Join(s.streamDir(streamName), "msgs"))
	if err != nil || !os.SameFile(now, s.tasksDir) {
		return errDirReplaced
	}
	for i, name := range markedStreams {
		if s.mark.isWritten(i) && !hasBlock(filepath.Join(s.streamDir(name), "msgs")) {
			return errDirReplaced
		}
	}
	return nil
}

// hasBlock reports that a directory has a file of records. A stream that was written always has one: JetStream creates
// the next file before it removes the last one.
func hasBlock(dir string) bool {
	files, err := os.ReadDir(dir)
	return err == nil && slices.ContainsFunc(files, func(f os.DirEntry) bool { return blockNumber(f.Name()) > 0 })
}
