package port

import (
	"context"
	"errors"
	"sync"
	"time"

	"foghorn/integrations/rest"
)

// A tokenSource shares one access token among its callers. At most one of them asks for
// another at a time; the others wait for what comes of it.
type tokenSource struct {
	fetch func(ctx context.Context) (token string, life time.Duration, err error)
	sem   chan struct{} // full while somebody asks: a lock that a context can leave

	mu        sync.Mutex
	token     string    // the token; "": none yet
	refreshAt time.Time // when to ask for another
	expiry    time.Time // when it is of no use any more

	attempts       int       // how often was asked
	err            error     // what came of the last time
	failures       int       // in a row
	retryAt        time.Time // nobody asks before
	unchangedUntil time.Time // Port gave the refused token again, and would until then
}

func newTokenSource(ask func(context.Context) (string, time.Duration, error)) *tokenSource {
	return &tokenSource{fetch: ask, sem: make(chan struct{}, 1)}
}

// get is a token to use. refused, if not empty, is one that Port no longer takes; it is
// returned again when Port has no other.
func (k *tokenSource) get(ctx context.Context, refused string) (string, error) {
	token, asked := k.cachedToken(refused)
	if token != "" {
		return token, nil
	}
	select {
	case k.sem <- struct{}{}:
		defer func() { <-k.sem }()
	case <-ctx.Done():
		return "", ctx.Err()
	}
	if token, err, ok := k.cachedResult(refused, asked); ok {
		return token, err
	}
	token, life, err := k.refresh(ctx)
	if err == nil && token == refused && life <= expirySlack {
		// Port gives a token until its last moment. Outlive it, and ask again.
		select {
		case <-time.After(max(life, minRefresh)):
		case <-ctx.Done():
			return "", ctx.Err()
		}
		token, _, err = k.refresh(ctx)
	}
	if err == nil && token == refused {
		k.mu.Lock()
		k.unchangedUntil = time.Now().Add(minRefresh)
		k.mu.Unlock()
	}
	if err != nil {
		return k.tokenOrErr(refused, err)
	}
	return token, nil
}

// cachedToken is the token in hand, or "" when another is wanted.
func (k *tokenSource) cachedToken(refused string) (token string, asked int) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if !k.validLocked(refused) {
		return "", k.attempts
	}
	return k.token, k.attempts
}

// validLocked reports that the token in hand will do. It is called with the lock.
func (k *tokenSource) validLocked(refused string) bool {
	now := time.Now()
	if k.token == refused {
		return k.token != "" && now.Before(k.unchangedUntil)
	}
	return now.Before(k.refreshAt)
}

// cachedResult tells one whose turn it is what came of it while others had theirs, if anything
// did since they had asked so often; and what to do while nobody may ask.
func (k *tokenSource) cachedResult(refused string, asked int) (token string, err error, ok bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	switch {
	case k.validLocked(refused):
		return k.token, nil, true
	case k.err != nil && (k.attempts != asked || time.Now().Before(k.retryAt)):
		token, err := k.tokenOrErrLocked(refused, k.err)
		return token, err, true
	}
	return "", nil, false
}

// tokenOrErr is what to use after asking failed.
func (k *tokenSource) tokenOrErr(refused string, err error) (string, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.tokenOrErrLocked(refused, err)
}

// tokenOrErrLocked is the old token while it serves, else the error. It is called with the lock.
func (k *tokenSource) tokenOrErrLocked(refused string, err error) (string, error) {
	if k.token != refused && time.Now().Before(k.expiry) {
		return k.token, nil
	}
	return "", err
}

// refresh asks for a token and keeps what comes of it. The lock is not held meanwhile.
func (k *tokenSource) refresh(ctx context.Context) (string, time.Duration, error) {
	begun := time.Now() // a token's life counts from before the call
	bounded, cancel := context.WithTimeout(ctx, tokenTimeout)
	defer cancel()
	token, life, err := k.fetch(bounded)
	if err == nil {
		k.store(begun, token, life)
		return token, life, nil
	}
	if ctx.Err() == nil { // else it is the caller's own trouble: the next one asks anew
		k.recordFailure(err)
	}
	return "", 0, err
}

func (k *tokenSource) store(begun time.Time, token string, life time.Duration) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.attempts++
	k.err, k.failures = nil, 0
	k.token, k.expiry = token, begun.Add(life)
	// Shortly before its end Port gives the same token again and again, and the hold
	// halves each time: a few calls, not one with each request.
	k.refreshAt = begun.Add(max(life-min(refreshBefore, life/2), minRefresh))
}

func (k *tokenSource) recordFailure(err error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.attempts++
	k.err = err
	quiet := min(minBackoff<<min(k.failures, 8), maxBackoff)
	k.failures++
	if e, ok := errors.AsType[*rest.Error](err); ok {
		quiet = max(quiet, e.RetryAfter)
	}
	k.retryAt = time.Now().Add(quiet)
}
