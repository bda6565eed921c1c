package slackapp

import (
	"net/http"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"
)

const (
	// openTimeout bounds one apps.connections.open, its wait at the gate not counted.
	openTimeout = 10 * time.Second

	// A link that lived this long after it was opened is replaced at once.
	livedLong = 3 * time.Second

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
	free  atomic.Int32 // passes left by links that lived long
}

func newGate(next http.RoundTripper) *gate {
	return &gate{next: next, young: rate.NewLimiter(rate.Every(openEvery), openBurst)}
}

// lost tells the gate that a link ended which had been alive for d.
func (g *gate) lost(d time.Duration) {
	if d >= livedLong {
		g.free.Add(1)
	}
}

// RoundTrip waits for its turn. The wait ends with the request's context.
func (g *gate) RoundTrip(r *http.Request) (*http.Response, error) {
	if !g.pass() {
		if err := g.young.Wait(r.Context()); err != nil {
			return nil, err
		}
	}
	return g.next.RoundTrip(r)
}

// pass takes a free pass if there is one.
func (g *gate) pass() bool {
	for n := g.free.Load(); n > 0; n = g.free.Load() {
		if g.free.CompareAndSwap(n, n-1) {
			return true
		}
	}
	return false
}
