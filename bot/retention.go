package bot

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

const (
	// DefaultRetention is how long the records of ended requests are kept.
	DefaultRetention = 30 * 24 * time.Hour

	pruneEvery = 6 * time.Hour
)

// keepHouse drops what has served its time, until ctx ends.
func (b *Bot) keepHouse(ctx context.Context) {
	for next := time.Now(); ; {
		if time.Now().After(next) {
			next = time.Now().Add(pruneEvery)
			if n, err := b.journal.prune(ctx, time.Now().Add(-b.cfg.Retention)); err != nil && ctx.Err() == nil {
				b.cfg.Log.WithError(err).Warn("remove old records")
			} else if n > 0 {
				b.cfg.Log.WithField("records", n).Info("removed old records")
			}
		}
		b.pace.forget()
		if !sleep(ctx, time.Minute) {
			return
		}
	}
}

// prune removes the records of requests that were told before a time, and says how many.
// What has not ended is kept, however old, and so is what this version cannot read.
func (j journal) prune(ctx context.Context, before time.Time) (int, error) {
	watch, err := j.requests.WatchAll(ctx, jetstream.MetaOnly(), jetstream.IgnoreDeletes())
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
		if kv == nil { // all that there was
			if err := j.requests.PurgeDeletes(ctx); err != nil {
				return removed, fmt.Errorf("remove the marks of records: %w", err)
			}
			return removed, nil
		}
		if kv.Created().After(before) || kv.Key() == probeKey {
			continue
		}
		if !strings.HasPrefix(kv.Key(), claimPrefix) {
			r, err := j.load(ctx, kv.Key())
			if errors.Is(err, errNotOurs) || err == nil && r.Stage != Told {
				continue
			}
			if err != nil {
				return removed, err
			}
		}
		if err := j.requests.Purge(ctx, kv.Key(), jetstream.LastRevision(kv.Revision())); err != nil {
			return removed, fmt.Errorf("remove record: %w", err)
		}
		removed++
	}
}
