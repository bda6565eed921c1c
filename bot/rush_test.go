package bot

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

func TestARushGoesFirstButNotForEver(t *testing.T) {
	const soon = 295 * time.Millisecond // and not at the moment of a look
	for _, c := range []struct {
		name               string
		submissions        int
		lasts, stops, want time.Duration
	}{
		{"a few", rushFrom - 1, time.Hour, time.Hour, 0},
		{"a rush", rushFrom, soon, time.Hour, 300 * time.Millisecond},
		{"a rush without end", rushFrom, time.Hour, time.Hour, rushLimit},
		{"the bot stops", rushFrom, time.Hour, soon, soon},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), c.stops)
				defer cancel()
				var r rush
				for range c.submissions {
					r.begin()
				}
				over := time.AfterFunc(c.lasts, r.end)
				defer over.Stop()
				start := time.Now()
				r.letPass(ctx)
				if got := time.Since(start); got != c.want {
					t.Errorf("it waited %v, want %v", got, c.want)
				}
			})
		})
	}
}
