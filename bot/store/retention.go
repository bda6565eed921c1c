package store

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"foghorn/bot/request"
)

const (
	// DefaultRetention is how long the records of ended requests are kept.
	DefaultRetention = 30 * 24 * time.Hour

	pruneInterval = 6 * time.Hour
)

// removeExpired removes the records of requests that ended before the retention, until ctx ends.
func (s *Store) removeExpired(ctx context.Context) {
	for {
		n, err := s.prune(ctx, time.Now().Add(-s.cfg.Retention))
		if err != nil && ctx.Err() == nil {
			s.cfg.Log.WithError(err).Warn("failed to remove expired records")
		} else if n > 0 {
			s.cfg.Log.WithField("records", n).Info("removed expired records")
		}
		if !sleep(ctx, pruneInterval) {
			return
		}
	}
}

// prune removes the records of requests that ended before a time, and returns how many. It
// keeps requests that have not ended, however old, and records that this version cannot read.
func (s *Store) prune(ctx context.Context, before time.Time) (int, error) {
	watch, err := s.requests.WatchAll(ctx, jetstream.MetaOnly(), jetstream.IgnoreDeletes())
	if err != nil {
		return 0, fmt.Errorf("list records: %w", err)
	}
	defer func() { _ = watch.Stop() }()
	removed := 0
	for {
		var kv jetstream.KeyValueEntry
		select {
		case <-ctx.Done():
			return removed, ctx.Err()
		case kv = <-watch.Updates():
		}
		if kv == nil { // the end of the list
			if err := s.requests.PurgeDeletes(ctx); err != nil {
				return removed, fmt.Errorf("remove delete markers: %w", err)
			}
			return removed, nil
		}
		if kv.Created().After(before) || kv.Key() == probeKey {
			continue
		}
		if !strings.HasPrefix(kv.Key(), claimPrefix) {
			r, err := s.load(ctx, kv.Key())
			if errors.Is(err, request.ErrUnsupportedRecord) || err == nil && r.Stage != request.Done {
				continue
			}
			if err != nil {
				return removed, err
			}
		}
		if err := s.requests.Purge(ctx, kv.Key(), jetstream.LastRevision(kv.Revision())); err != nil {
			return removed, fmt.Errorf("remove record: %w", err)
		}
		removed++
	}
}
