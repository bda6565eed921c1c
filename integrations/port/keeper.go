package port

import (
	"context"
	"errors"
	"sync"
	"time"

	"foghorn/integrations/rest"
)

// A keeper shares one access token among its callers. At most one of them asks for
// another at a time; the others wait for what comes of it.
type keeper struct {
	ask  func(ctx context.Context) (token string, life time.Duration, err error)
	turn chan struct{} // full while somebody asks: a lock that a context can leave

	mu    sync.Mutex
	held  string    // the token; "": none yet
	until time.Time // when to ask for another
	ends  time.Time // when it is of no use any more

	asked    int       // how often was asked
	err      error     // what came of the last time
	failures int       // in a row
	quiet    time.Time // nobody asks before
	barren   time.Time // Port gave the refused token again, and would until then
}

func newKeeper(ask func(context.Context) (string, time.Duration, error)) *keeper {
	return &keeper{ask: ask, turn: make(chan struct{}, 1)}
}

// token is a token to use. refused, if not empty, is one that Port no longer takes; it is
// returned again when Port has no other.
func (k *keeper) token(ctx context.Context, refused string) (string, error) {
	token, asked := k.current(refused)
	if token != "" {
		return token, nil
	}
	select {
	case k.turn <- struct{}{}:
		defer func() { <-k.turn }()
	case <-ctx.Done():
		return "", ctx.Err()
	}
	if token, err, ok := k.settled(refused, asked); ok {
		return token, err
	}
	token, life, err := k.renew(ctx)
	if err == nil && token == refused && life <= endingSoon {
		// Port gives a token until its last moment. Outlive it, and ask again.
		select {
		case <-time.After(max(life, shortestHold)):
		case <-ctx.Done():
			return "", ctx.Err()
		}
		token, _, err = k.renew(ctx)
	}
	if err == nil && token == refused {
		k.mu.Lock()
		k.barren = time.Now().Add(shortestHold)
		k.mu.Unlock()
	}
	if err != nil {
		return k.fallback(refused, err)
	}
	return token, nil
}

// current is the token in hand, or "" when another is wanted.
func (k *keeper) current(refused string) (token string, asked int) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if !k.good(refused) {
		return "", k.asked
	}
	return k.held, k.asked
}

// good reports that the token in hand will do. It is called with the lock.
func (k *keeper) good(refused string) bool {
	now := time.Now()
	if k.held == refused {
		return k.held != "" && now.Before(k.barren)
	}
	return now.Before(k.until)
}

// settled tells one whose turn it is what came of it while others had theirs, if anything
// did since they had asked so often; and what to do while nobody may ask.
func (k *keeper) settled(refused string, asked int) (token string, err error, ok bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	switch {
	case k.good(refused):
		return k.held, nil, true
	case k.err != nil && (k.asked != asked || time.Now().Before(k.quiet)):
		token, err := k.instead(refused, k.err)
		return token, err, true
	}
	return "", nil, false
}

// fallback is what to use after asking failed.
func (k *keeper) fallback(refused string, err error) (string, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.instead(refused, err)
}

// instead is the old token while it serves, else the error. It is called with the lock.
func (k *keeper) instead(refused string, err error) (string, error) {
	if k.held != refused && time.Now().Before(k.ends) {
		return k.held, nil
	}
	return "", err
}

// renew asks for a token and keeps what comes of it. The lock is not held meanwhile.
func (k *keeper) renew(ctx context.Context) (string, time.Duration, error) {
	begun := time.Now() // a token's life counts from before the call
	bounded, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	token, life, err := k.ask(bounded)
	if err == nil {
		k.store(begun, token, life)
		return token, life, nil
	}
	if ctx.Err() == nil { // else it is the caller's own trouble: the next one asks anew
		k.fail(err)
	}
	return "", 0, err
}

func (k *keeper) store(begun time.Time, token string, life time.Duration) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.asked++
	k.err, k.failures = nil, 0
	k.held, k.ends = token, begun.Add(life)
	// Shortly before its end Port gives the same token again and again, and the hold
	// halves each time: a few calls, not one with each request.
	k.until = begun.Add(max(life-min(renewBefore, life/2), shortestHold))
}

func (k *keeper) fail(err error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.asked++
	k.err = err
	quiet := min(firstQuiet<<min(k.failures, 8), longestQuiet)
	k.failures++
	if e, ok := errors.AsType[*rest.Error](err); ok {
		quiet = max(quiet, e.RetryAfter)
	}
	k.quiet = time.Now().Add(quiet)
}
