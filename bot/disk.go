package bot

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"
)

const (
	// maxStored is how large, in bytes, the store may become. A record is some 2 KB, so
	// this is a million incidents in STATE_RETENTION. Then no more are accepted, and what
	// was accepted goes on: a store that takes nothing at all could not be emptied either.
	// Records that were replaced or removed free their room a little later.
	maxStored = 4 << 30

	sizeEvery = time.Minute // how often the size is looked at
	roomEvery = time.Second // how often a full disk is
	roomLeast = 1 << 20     // bytes that the disk must take to count as one with room
)

// errFull says that the store has become as large as it may.
var errFull = errors.New("the store is as large as it may become; a shorter STATE_RETENTION makes room")

// A condition is what is wrong with an open store.
type condition struct {
	mu    sync.Mutex
	wrong error         // nothing new is accepted; nil: all is well
	heard string        // the server's last word of an error
	news  chan struct{} // a token when there is one
}

// trouble is why the store accepts nothing; nil when it does.
func (c *condition) trouble() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.wrong
}

func (c *condition) set(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.wrong = err
}

// last is the server's last word of an error, or the empty string.
func (c *condition) last() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.heard
}

// Errorf and the next methods make a condition the logger of the embedded server, which
// tells of a disk that cannot be written nowhere else.
func (c *condition) Errorf(format string, v ...any) {
	c.mu.Lock()
	c.heard = fmt.Sprintf(format, v...)
	c.mu.Unlock()
	select {
	case c.news <- struct{}{}:
	default:
	}
}

// Fatalf is of a server that does not start.
func (c *condition) Fatalf(format string, v ...any) { c.Errorf(format, v...) }

func (*condition) Warnf(string, ...any)   {}
func (*condition) Noticef(string, ...any) {}
func (*condition) Debugf(string, ...any)  {}
func (*condition) Tracef(string, ...any)  {}

// watch looks after the store until ctx ends. After a write that failed JetStream takes
// no more, not even when the disk has room again, until it is opened anew. So watch returns
// an error as soon as that would help: the process ends, and its supervisor starts it again.
//
// A cluster is looked after by those who run it.
func (s *store) watch(ctx context.Context) error {
	if s.server == nil {
		return nil
	}
	sizes := time.NewTicker(sizeEvery)
	defer sizes.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-sizes.C:
			s.limit(maxStored)
		case <-s.condition.news:
			if s.takes(ctx) || ctx.Err() != nil {
				continue
			}
			err := fmt.Errorf("STATE_DIR cannot be written: %s", s.condition.last())
			s.condition.set(err)
			for s.room() != nil {
				if !sleep(ctx, roomEvery) {
					return nil
				}
			}
			return fmt.Errorf("%w; there is room now, and the next start goes on", err)
		}
	}
}

// limit has the store accept nothing while it holds more than some bytes.
func (s *store) limit(most uint64) {
	s.condition.set(nil)
	if s.size() > most {
		s.condition.set(errFull)
	}
}

// takes reports that every stream takes a write.
func (s *store) takes(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	_, work := s.js.Publish(ctx, subjectWake+"probe", nil) // of no request: the corridor drops it
	_, journal := s.requests.Put(ctx, probeKey, now())
	_, drafts := s.drafts.Put(ctx, probeKey, now())
	return errors.Join(work, journal, drafts) == nil
}

// room reports why the state directory takes no file. It keeps none.
func (s *store) room() (err error) {
	path := filepath.Join(filepath.Dir(s.lock.Path()), "room.probe") // one name: a crash leaves one file at most
	f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return unusable(err)
	}
	_, err = f.Write(make([]byte, roomLeast))
	return unusable(errors.Join(err, f.Sync(), f.Close(), os.Remove(path)))
}

// unusable makes an error of the file system ErrStateUnusable, unless it is one that goes
// away by itself or by making room.
func unusable(err error) error {
	for _, passing := range []error{syscall.ENOSPC, syscall.EDQUOT, syscall.EFBIG, syscall.EIO} {
		if errors.Is(err, passing) {
			return err
		}
	}
	if err != nil {
		return fmt.Errorf("%w: %w", ErrStateUnusable, err)
	}
	return nil
}

func now() []byte { return []byte(time.Now().UTC().Format(time.RFC3339)) }
