package slackapp

import (
	"context"
	"net/http"
	"time"

	"golang.org/x/time/rate"
)

const (
	// openTimeout bounds one apps.connections.open, its wait at the gate not counted.
	openTimeout = 10 * time.Second

	// A link that lived this long after it was opened, or that carried an envelope, is
	// replaced at once.
	livedLong = 150 * time.Millisecond

	// Links that die younger draw from a bucket: openBurst at once, then one every
	// openEvery, so that at most ten calls are made in any minute. slack-go alone
	// would ask hundreds of times a second when a server says hello and then disconnect.
	openBurst = 8
	openEvery = 30 * time.Second
)

// A gate spaces the calls that open links.
type gate struct {
	next  http.RoundTripper
	young *rate.Limiter
	free  chan struct{} // a pass for each link that lived long and has not been replaced yet
}

func newGate(next http.RoundTripper) *gate {
	// Slack allows ten links: more passes are of no use.
	return &gate{next: next, young: rate.NewLimiter(rate.Every(openEvery), openBurst), free: make(chan struct{}, 10)}
}

// lost tells the gate that a link ended which had been alive for d.
func (g *gate) lost(d time.Duration, carried bool) {
	if d < livedLong && !carried {
		return
	}
	select {
	case g.free <- struct{}{}:
	default:
	}
}

// RoundTrip waits for its turn. The wait ends with the request's context.
func (g *gate) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := g.wait(r.Context()); err != nil {
		return nil, err
	}
	return g.next.RoundTrip(r)
}

// grace is how long a pass is waited for: slack-go asks for a link a moment before it is
// known here that the one before lived long.
const grace = 50 * time.Millisecond

// wait takes a pass or, after that, the turn of a link that died young.
func (g *gate) wait(ctx context.Context) error {
	passes, cancel := context.WithTimeout(ctx, grace)
	defer cancel()
	select {
	case <-g.free:
		return nil
	case <-passes.Done():
	}
	turn := g.young.Reserve()
	timer := time.NewTimer(turn.Delay())
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-g.free:
	case <-ctx.Done():
	}
	turn.Cancel()
	return ctx.Err()
}
