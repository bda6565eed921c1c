package store

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

func TestAcceptGate_Yield(t *testing.T) {
	const soon = 295 * time.Millisecond // and not at the moment of a look
	for _, c := range []struct {
		name               string
		submissions        int
		lasts, stops, want time.Duration
	}{
		{"a few", burstThreshold - 1, time.Hour, time.Hour, 0},
		{"a rush", burstThreshold, soon, time.Hour, 300 * time.Millisecond},
		{"a rush without end", burstThreshold, time.Hour, time.Hour, maxYield},
		{"the bot stops", burstThreshold, time.Hour, soon, soon},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), c.stops)
				defer cancel()
				var g acceptGate
				for range c.submissions {
					g.begin()
				}
				over := time.AfterFunc(c.lasts, g.end)
				defer over.Stop()
				start := time.Now()
				g.yield(ctx)
				if got := time.Since(start); got != c.want {
					t.Errorf("it waited %v, want %v", got, c.want)
				}
			})
		})
	}
}
