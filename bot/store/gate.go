package store

import (
	"context"
	"sync/atomic"
	"time"
)

const (
	// burstThreshold is how many submissions at the same time are a burst.
	burstThreshold = 8

	// maxYield is how long a task yields to a burst.
	maxYield = time.Second
)

// An acceptGate counts the submissions that are being accepted. During a burst tasks yield to
// them, because both fsync to the same disk and Slack waits only 3 s for an ack.
type acceptGate struct{ accepting atomic.Int32 }

func (g *acceptGate) begin() { g.accepting.Add(1) }
func (g *acceptGate) end()   { g.accepting.Add(-1) }

// yield returns when there is no burst, when maxYield has passed or when ctx ends.
func (g *acceptGate) yield(ctx context.Context) {
	const step = maxYield / 100
	for waited := time.Duration(0); g.accepting.Load() >= burstThreshold && waited < maxYield; waited += step {
		if !sleep(ctx, step) {
			return
		}
	}
}
