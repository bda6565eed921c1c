package bot

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

func TestARushGoesFirstButNotForEver(t *testing.T) {
	const begun = 300 * time.Millisecond
	for _, c := range []struct {
		name               string
		submissions        int
		lasts, stops, want time.Duration
	}{
		{"a few", rushFrom - 1, time.Hour, time.Hour, 0},
		{"a rush", rushFrom, begun, time.Hour, begun},
		{"a rush without end", rushFrom, time.Hour, time.Hour, rushLimit},
		{"the bot stops", rushFrom, time.Hour, begun, begun},
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
				if got := time.Since(start).Round(rushLimit / 50); got != c.want {
					t.Errorf("it waited %v, want %v", got, c.want)
				}
			})
		})
	}
}
