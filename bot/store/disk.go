package store

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"
)

const (
	// The size limit of the embedded store, in bytes, is half of its disk, but at least minSize and at most maxSize. Above
	// it nothing new is accepted, and what was accepted continues: a store without free space could not remove
	// records either. The log of ended requests takes at most half of it; a record there takes about 500 bytes.
	minSize = 64 << 20
	maxSize = 4 << 30

	sizeInterval      = time.Minute // between two checks of the size
	diskRetryInterval = time.Second // between two checks of a full disk
	probeSize         = 1 << 20     // bytes that the disk must take to count as writable
)

// errFull reports that the store has reached its size limit.
var errFull = errors.New("the store has reached its size limit, which is half of its disk and at most 4 GiB")

// sizeLimit is the size limit of the embedded store, in bytes.
func (s *Store) sizeLimit() uint64 {
	total, err := diskSize(s.dir)
	if err != nil {
		return maxSize
	}
	return min(max(total/2, minSize), maxSize)
}

// maxBytes is the size limit of a stream or a bucket, in bytes; -1 if it has none.
func (s *Store) maxBytes(name string) int64 {
	switch {
	case s.limited:
		return limitedSizes[name]
	case s.dir != "" && name == endedName:
		return int64(s.sizeLimit() / 2)
	}
	return -1
}

// checkAccepting reports why nothing new is accepted; nil: it is.
func (s *Store) checkAccepting() error {
	if err := s.health.current(); err != nil {
		return err
	}
	return s.checkDir()
}

// health is why the embedded store accepts nothing. It is the logger of the embedded
// server, because JetStream reports a failed write only there.
type health struct {
	mu              sync.Mutex
	err             error // nil: new requests are accepted
	lastServerError string
	changed         chan struct{} // holds a token after the server logged an error
}

// current is why nothing new is accepted; nil: it is accepted.
func (h *health) current() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.err
}

func (h *health) set(err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.err = err
}

// lastError is the last error that the server logged, or "".
func (h *health) lastError() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.lastServerError
}

// Errorf records an error of the server.
func (h *health) Errorf(format string, v ...any) {
	h.mu.Lock()
	h.lastServerError = fmt.Sprintf(format, v...)
	h.mu.Unlock()
	select {
	case h.changed <- struct{}{}:
	default:
	}
}

// Fatalf records an error of a server that does not start.
func (h *health) Fatalf(format string, v ...any) { h.Errorf(format, v...) }

func (*health) Warnf(string, ...any)   {}
func (*health) Noticef(string, ...any) {}
func (*health) Debugf(string, ...any)  {}
func (*health) Tracef(string, ...any)  {}

// monitorDisk checks the embedded store until ctx ends. After a failed write JetStream
// accepts nothing until it is opened again, even when the disk has space. So monitorDisk
// returns an error as soon as a restart would help; a supervisor starts the process again.
//
// A cluster is monitored by its operators.
func (s *Store) monitorDisk(ctx context.Context) error {
	if s.server == nil {
		return nil
	}
	sizes := time.NewTicker(sizeInterval)
	defer sizes.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-sizes.C:
			s.enforceMaxSize(s.sizeLimit())
		case <-s.health.changed:
			if s.probeWrites(ctx) || ctx.Err() != nil {
				continue
			}
			err := fmt.Errorf("STATE_DIR cannot be written: %s", s.health.lastError())
			s.health.set(err)
			for s.checkWritable() != nil {
				if !sleep(ctx, diskRetryInterval) {
					return nil
				}
			}
			return fmt.Errorf("%w; there is free space again, and a restart continues the work", err)
		}
	}
}

// enforceMaxSize stops or allows accepting, by the size of the store in bytes.
func (s *Store) enforceMaxSize(limit uint64) {
	if s.Size() > limit {
		s.health.set(errFull)
	} else {
		s.health.set(nil)
	}
}

// probeWrites reports whether every stream accepts a write.
func (s *Store) probeWrites(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	_, tasks := s.js.Publish(ctx, subjectWake+"probe", nil) // of no request: the worker drops it
	_, requests := s.requests.Put(ctx, probeKey, timestamp())
	_, drafts := s.drafts.Put(ctx, probeKey, timestamp())
	return errors.Join(tasks, requests, drafts) == nil
}

// checkWritable reports why the state directory accepts no file. It leaves none behind.
func (s *Store) checkWritable() (err error) {
	path := filepath.Join(s.dir, "write.probe") // one name: a crash leaves at most one file
	f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return classifyFSError(err)
	}
	_, err = f.Write(make([]byte, probeSize))
	return classifyFSError(errors.Join(err, f.Sync(), f.Close(), os.Remove(path)))
}

// classifyFSError wraps an error of the file system in ErrUnusable, except for errors that end
// by themselves or when space is freed.
func classifyFSError(err error) error {
	for _, temporary := range temporaryErrors {
		if errors.Is(err, temporary) {
			return err
		}
	}
	if err != nil {
		return fmt.Errorf("%w: %w", ErrUnusable, err)
	}
	return nil
}

func timestamp() []byte { return []byte(time.Now().UTC().Format(time.RFC3339)) }
