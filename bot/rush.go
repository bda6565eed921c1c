package bot

import (
	"context"
	"sync/atomic"
	"time"
)

const (
	// rushFrom is how many submissions at once are a rush. A person who waits for an ack
	// gives up after 3 s; whoever has got one waits for Port anyway.
	rushFrom = 8

	// rushLimit is how long a step gives way to a rush.
	rushLimit = time.Second
)

// A rush counts the submissions that are being written down. In a rush the corridor lets
// them go first: both want the same disk.
type rush struct{ now atomic.Int32 }

func (r *rush) begin() { r.now.Add(1) }
func (r *rush) end()   { r.now.Add(-1) }

// letPass returns when there is no rush, at the latest after rushLimit.
func (r *rush) letPass(ctx context.Context) {
	for waited := time.Duration(0); r.now.Load() >= rushFrom && waited < rushLimit; waited += rushLimit / 100 {
		if !sleep(ctx, rushLimit/100) {
			return
		}
	}
}
