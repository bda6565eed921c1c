package workflow

import (
	"context"
	"time"

	"github.com/patrickmn/go-cache"
	"golang.org/x/time/rate"
)

const (
	// postInterval is how often Slack accepts a message in one channel.
	// https://docs.slack.dev/apis/web-api/rate-limits
	postInterval = time.Second

	// editInterval is how often Slack accepts edits, in all channels together. It accepts bursts.
	// https://docs.slack.dev/reference/methods/chat.update
	editInterval = 1200 * time.Millisecond
	editBurst    = 100

	// reservationTTL is longer than any useful queue of messages for one channel.
	reservationTTL = 2 * time.Hour
)

// A postLimiter spaces the messages of each channel. A message that has to wait keeps its
// reservation, and comes back for it.
type postLimiter struct {
	interval time.Duration
	burst    int

	channels     *cache.Cache // channel -> *rate.Limiter
	reservations *cache.Cache // message key -> time.Time
}

func newPostLimiter(interval time.Duration, burst int) *postLimiter {
	return &postLimiter{interval: interval, burst: burst, channels: cache.New(reservationTTL, 0), reservations: cache.New(reservationTTL, 0)}
}

// reserve returns how long to wait before the message may be posted; 0: post it now.
func (l *postLimiter) reserve(channel, message string) time.Duration {
	now := time.Now()
	if at, ok := l.reservations.Get(message); ok {
		if wait := at.(time.Time).Sub(now); wait > 0 {
			return wait
		}
		l.reservations.Delete(message)
		return 0
	}
	_ = l.channels.Add(channel, rate.NewLimiter(rate.Every(l.interval), l.burst), cache.DefaultExpiration)
	limiter, ok := l.channels.Get(channel)
	if !ok { // it expired between the two calls
		return 0
	}
	wait := limiter.(*rate.Limiter).ReserveN(now, 1).DelayFrom(now)
	if wait > 0 {
		l.reservations.SetDefault(message, now.Add(wait))
	}
	return wait
}

// removeExpired removes expired entries every minute, until ctx ends.
func (l *postLimiter) removeExpired(ctx context.Context) {
	for sleep(ctx, time.Minute) {
		l.channels.DeleteExpired()
		l.reservations.DeleteExpired()
	}
}
