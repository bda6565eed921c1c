package port

import (
	"context"
	"sync/atomic"
	"time"

	"foghorn/integrations/rest"
)

const (
	// refreshBefore is how long before its expiry a token is replaced.
	refreshBefore = 30 * time.Second

	// minRefresh is the shortest time between two fetches that succeed. Port returns the same token until it expires,
	// also in its last second.
	minRefresh = time.Second

	// expirySlack is the remaining lifetime of a rejected token up to which its expiry is waited for. The clocks of
	// Port and of this machine may differ a little.
	expirySlack = 2 * time.Second

	// minBackoff is the delay before the next fetch after one failed. It doubles with each further failure, up to
	// maxBackoff: Port allows 100 unauthenticated requests in 5 minutes.
	// https://docs.port.io/api-reference/rate-limits
	minBackoff = 100 * time.Millisecond
	maxBackoff = 3 * time.Second

	// tokenTimeout bounds one fetch, so that the call that needs the token has time left.
	tokenTimeout = 5 * time.Second

	// maxTokenLifetime is the longest time that a token is used. Port's tokens live for 3 hours.
	maxTokenLifetime = 24 * time.Hour
)

// A tokenSource shares one access token among the callers of a Client. One caller at a time fetches a token; the others
// wait for the result, each no longer than its own context allows. Only one token of an organization is valid at Port.
type tokenSource struct {
	fetch func(ctx context.Context) (token string, lifetime time.Duration, err error)
	sem   chan struct{}              // full while a token is fetched: a lock whose waiters can give up
	state atomic.Pointer[tokenState] // replaced only by the holder of sem
}

// A tokenState is the result of the last fetch. It is not changed once it is stored.
type tokenState struct {
	token     string    // "": none yet
	expiry    time.Time // when the token ends
	refreshAt time.Time // when to fetch another one
	retryAt   time.Time // no fetch before: the last one failed, or returned the token that Port had rejected
	err       error     // of the last fetch
	failures  int       // in a row
}

func newTokenSource(fetch func(context.Context) (string, time.Duration, error)) *tokenSource {
	s := &tokenSource{fetch: fetch, sem: make(chan struct{}, 1)}
	s.state.Store(&tokenState{})
	return s
}

// get returns a token. rejected, if not empty, is a token that Port no longer accepts; get returns it again if Port has
// no other.
func (s *tokenSource) get(ctx context.Context, rejected string) (string, error) {
	if state := s.state.Load(); state.isSettled(rejected) {
		return state.result(rejected)
	}
	if err := s.lock(ctx); err != nil {
		return "", err
	}
	defer s.unlock()
	if state := s.state.Load(); state.isSettled(rejected) { // another caller has fetched meanwhile
		return state.result(rejected)
	}
	state := s.refresh(ctx, rejected)
	if left := time.Until(state.expiry); state.isUnchanged(rejected) && left <= expirySlack {
		select {
		case <-time.After(max(left, minRefresh)):
		case <-ctx.Done():
			return "", ctx.Err()
		}
		state = s.refresh(ctx, rejected)
	}
	return state.result(rejected)
}

// check fetches a token, also if the current one is valid.
func (s *tokenSource) check(ctx context.Context) error {
	if err := s.lock(ctx); err != nil {
		return err
	}
	defer s.unlock()
	return s.refresh(ctx, "").err
}

func (s *tokenSource) lock(ctx context.Context) error {
	select {
	case s.sem <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (s *tokenSource) unlock() { <-s.sem }

// refresh fetches a token and stores the result. It does not store a failure that is due to the end of the caller's
// ctx: the next caller fetches again. The caller holds sem.
func (s *tokenSource) refresh(ctx context.Context, rejected string) *tokenState {
	begun := time.Now() // the lifetime counts from before the call
	bounded, cancel := context.WithTimeout(ctx, tokenTimeout)
	defer cancel()
	token, lifetime, err := s.fetch(bounded)
	state := s.state.Load().next(begun, token, lifetime, err)
	if state.isUnchanged(rejected) {
		state.retryAt = time.Now().Add(minRefresh)
	}
	if err == nil || ctx.Err() == nil {
		s.state.Store(state)
	}
	return state
}

// next returns the state after a fetch.
func (s *tokenState) next(begun time.Time, token string, lifetime time.Duration, err error) *tokenState {
	now := time.Now()
	if err != nil {
		delay := max(min(minBackoff<<min(s.failures, 8), maxBackoff), rest.RetryAfter(err))
		return &tokenState{
			token: s.token, expiry: s.expiry, refreshAt: s.refreshAt,
			retryAt: now.Add(delay), err: err, failures: s.failures + 1,
		}
	}
	refreshAt := begun.Add(lifetime - min(refreshBefore, lifetime/2))
	if earliest := now.Add(minRefresh); refreshAt.Before(earliest) {
		refreshAt = earliest
	}
	return &tokenState{token: token, expiry: begun.Add(lifetime), refreshAt: refreshAt}
}

// isSettled reports that result gives the answer without a fetch: the token is good, or it is too early for a fetch.
func (s *tokenState) isSettled(rejected string) bool {
	now := time.Now()
	return s.token != rejected && now.Before(s.refreshAt) || now.Before(s.retryAt)
}

// isUnchanged reports that the last fetch returned the token that Port had rejected.
func (s *tokenState) isUnchanged(rejected string) bool {
	return s.err == nil && s.token != "" && s.token == rejected
}

// result returns the token, or the error of the last fetch if that failed and the token has expired or was rejected.
func (s *tokenState) result(rejected string) (string, error) {
	if s.err == nil || s.token != rejected && time.Now().Before(s.expiry) {
		return s.token, nil
	}
	return "", s.err
}
