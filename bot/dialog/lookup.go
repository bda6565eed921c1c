package dialog

import (
	"context"
	"time"

	"github.com/patrickmn/go-cache"
	"golang.org/x/sync/singleflight"
)

// lookupTTL is how long an answer of Port is kept: for as long as a user types in a field.
const lookupTTL = 10 * time.Second

// A lookup keeps answers of Port for seconds, because each key stroke in a field asks for them again.
type lookup[T any] struct {
	read    func(ctx context.Context, key string) (T, error)
	answers *cache.Cache // by key
	reads   singleflight.Group
}

func newLookup[T any](read func(ctx context.Context, key string) (T, error)) *lookup[T] {
	return &lookup[T]{read: read, answers: cache.New(lookupTTL, 0)}
}

// get returns the answer for a key. Simultaneous callers share one call; errors are not kept.
func (l *lookup[T]) get(ctx context.Context, key string) (T, error) {
	if answer, ok := l.answers.Get(key); ok {
		return answer.(T), nil
	}
	reading := l.reads.DoChan(key, func() (any, error) {
		answer, err := l.read(context.WithoutCancel(ctx), key) // others may wait for it
		if err == nil {
			l.answers.DeleteExpired()
			l.answers.SetDefault(key, answer)
		}
		return answer, err
	})
	select {
	case <-ctx.Done():
		var none T
		return none, ctx.Err()
	case result := <-reading:
		return result.Val.(T), result.Err
	}
}
