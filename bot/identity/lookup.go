package identity

import (
	"context"
	"time"

	"github.com/patrickmn/go-cache"
	"golang.org/x/sync/singleflight"
)

// A lookup reads values by key and remembers them. Simultaneous callers share one read.
type lookup[T any] struct {
	read    func(ctx context.Context, key string) (T, error)
	answers *cache.Cache // key -> answer[T]
	reads   singleflight.Group
}

type answer[T any] struct {
	value T
	asOf  time.Time // when the read began
}

// newLookup makes a lookup that forgets values after a time; 0: never.
func newLookup[T any](forgetAfter time.Duration, read func(context.Context, string) (T, error)) *lookup[T] {
	return &lookup[T]{read: read, answers: cache.New(forgetAfter, 0)}
}

// cached returns a value that is at most maxAge old, if it is known.
func (l *lookup[T]) cached(key string, maxAge time.Duration) (value T, ok bool) {
	v, ok := l.answers.Get(key)
	if !ok || time.Since(v.(answer[T]).asOf) > maxAge {
		return value, false
	}
	return v.(answer[T]).value, true
}

// get returns a value that is at most maxAge old. It reads the value if need be; errors are not remembered.
func (l *lookup[T]) get(ctx context.Context, key string, maxAge time.Duration) (T, error) {
	if value, ok := l.cached(key, maxAge); ok {
		return value, nil
	}
	reading := l.reads.DoChan(key, func() (any, error) {
		asOf := time.Now()
		value, err := l.read(context.WithoutCancel(ctx), key) // others may wait for it; the clients bound it
		if err == nil {
			l.answers.SetDefault(key, answer[T]{value, asOf})
		}
		return value, err
	})
	select {
	case <-ctx.Done():
		var none T
		return none, ctx.Err()
	case result := <-reading:
		return result.Val.(T), result.Err
	}
}

// removeOld forgets what is too old for every use.
func (l *lookup[T]) removeOld() { l.answers.DeleteExpired() }
