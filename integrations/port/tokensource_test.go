package port

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"foghorn/integrations/rest"
)

// A tokenIssuer issues tokens as Port does: the same one until it expires.
type tokenIssuer struct {
	lifetime time.Duration
	latency  time.Duration // of each response
	err      error

	mu      sync.Mutex
	fetches int
	issued  int
	expiry  time.Time
}

func (i *tokenIssuer) fetch(ctx context.Context) (string, time.Duration, error) {
	select {
	case <-time.After(i.latency):
	case <-ctx.Done():
		return "", 0, ctx.Err()
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	i.fetches++
	if i.err != nil {
		return "", 0, i.err
	}
	if !time.Now().Before(i.expiry) {
		i.issued++
		i.expiry = time.Now().Add(i.lifetime)
	}
	return i.tokenLocked(), time.Until(i.expiry).Truncate(time.Second), nil
}

func (i *tokenIssuer) tokenLocked() string { return fmt.Sprintf("token-%d", i.issued) }

// accepts reports that Port would accept the token now.
func (i *tokenIssuer) accepts(token string) bool {
	i.mu.Lock()
	defer i.mu.Unlock()
	return token == i.tokenLocked() && time.Now().Before(i.expiry)
}

// expectToken calls get and checks the result.
func expectToken(t *testing.T, s *tokenSource, rejected, want string) {
	t.Helper()
	if token, err := s.get(t.Context(), rejected); token != want || err != nil {
		t.Errorf("got %q, %v, want %s", token, err, want)
	}
}

// expectError calls get and checks the error.
func expectError(t *testing.T, s *tokenSource, rejected string, want error) {
	t.Helper()
	if token, err := s.get(t.Context(), rejected); !errors.Is(err, want) {
		t.Errorf("got %q, %v, want %v", token, err, want)
	}
}

func TestTokenSource_OneFetchForAllCallers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		i := &tokenIssuer{lifetime: 3 * time.Hour, latency: time.Second}
		s := newTokenSource(i.fetch)
		var callers sync.WaitGroup
		for range 200 {
			callers.Go(func() { expectToken(t, s, "", "token-1") })
		}
		callers.Wait()
		i.expiry = time.Time{}
		for range 200 { // the token of all of them is rejected at the same time
			callers.Go(func() { expectToken(t, s, "token-1", "token-2") })
		}
		callers.Wait()
		expectToken(t, s, "token-1", "token-2") // the rejection of an older token is no reason for a fetch
		if i.fetches != 2 {
			t.Errorf("%d fetches, want 2", i.fetches)
		}
	})
}

// TestTokenSource_RefreshesBeforeExpiry: many calls over the lifetime of many tokens never fail, and few of them fetch.
func TestTokenSource_RefreshesBeforeExpiry(t *testing.T) {
	for _, lifetime := range []time.Duration{time.Second, 2 * time.Second, 20 * time.Second, time.Minute, time.Hour} {
		t.Run(lifetime.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				i := &tokenIssuer{lifetime: lifetime, latency: 150 * time.Millisecond}
				s := newTokenSource(i.fetch)
				for begun := time.Now(); time.Since(begun) < 10*lifetime; time.Sleep(lifetime / 300) {
					token, err := s.get(t.Context(), "")
					if err == nil && !i.accepts(token) {
						token, err = s.get(t.Context(), token)
					}
					if err != nil || !i.accepts(token) {
						t.Fatalf("after %v: %q, %v", time.Since(begun), token, err)
					}
				}
				if i.fetches > 8*i.issued {
					t.Errorf("%d fetches for %d tokens", i.fetches, i.issued)
				}
			})
		})
	}
}

// TestTokenSource_WaitsForExpiryOfRejectedToken: Port returns a token in its last second and rejects it.
func TestTokenSource_WaitsForExpiryOfRejectedToken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		i := &tokenIssuer{lifetime: time.Hour}
		s := newTokenSource(i.fetch)
		expectToken(t, s, "", "token-1")
		time.Sleep(time.Until(i.expiry) - 500*time.Millisecond)
		expectToken(t, s, "token-1", "token-2")
	})
}

// TestTokenSource_SameTokenAgain: Port keeps returning a token that it rejects. Calls fail, but do not fetch each time.
func TestTokenSource_SameTokenAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		i := &tokenIssuer{lifetime: time.Hour}
		s := newTokenSource(i.fetch)
		for begun := time.Now(); time.Since(begun) < 10*time.Second; time.Sleep(10 * time.Millisecond) {
			expectToken(t, s, "token-1", "token-1")
		}
		if i.fetches > 12 {
			t.Errorf("%d fetches in 10 s", i.fetches)
		}
	})
}

// TestTokenSource_RejectedDuringRefresh: a caller whose token was rejected waits for a refresh that another caller has
// begun. If that returns the same token, it fetches itself, until the token has expired.
func TestTokenSource_RejectedDuringRefresh(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		i := &tokenIssuer{lifetime: time.Hour, latency: 100 * time.Millisecond}
		s := newTokenSource(i.fetch)
		expectToken(t, s, "", "token-1")
		time.Sleep(time.Until(i.expiry) - time.Second)
		var callers sync.WaitGroup
		callers.Go(func() { expectToken(t, s, "", "token-1") })
		synctest.Wait()
		callers.Go(func() { expectToken(t, s, "token-1", "token-2") })
		callers.Wait()
	})
}

func TestTokenSource_BackoffWhilePortIsDown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		down := &rest.Error{Op: "get an access token", Status: 500}
		i := &tokenIssuer{err: down}
		s := newTokenSource(i.fetch)
		for begun := time.Now(); time.Since(begun) < 5*time.Minute; time.Sleep(10 * time.Millisecond) {
			expectError(t, s, "", down)
		}
		if i.fetches > 110 {
			t.Errorf("%d fetches in 5 minutes; Port allows 100", i.fetches)
		}
		i.err, i.lifetime = nil, time.Hour
		time.Sleep(maxBackoff)
		expectToken(t, s, "", "token-1")
	})
}

func TestTokenSource_BackoffAsPortAsks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		i := &tokenIssuer{err: &rest.Error{Status: 429, RetryAfter: time.Minute}}
		s := newTokenSource(i.fetch)
		for range 59 {
			expectError(t, s, "", i.err)
			time.Sleep(time.Second)
		}
		if i.fetches != 1 {
			t.Errorf("%d fetches, want 1", i.fetches)
		}
	})
}

func TestTokenSource_FetchFailsWhileTokenIsValid(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		i := &tokenIssuer{lifetime: time.Hour}
		s := newTokenSource(i.fetch)
		expectToken(t, s, "", "token-1")
		i.err = ErrCredentials
		time.Sleep(time.Hour - time.Second)
		expectToken(t, s, "", "token-1")
		expectError(t, s, "token-1", ErrCredentials)
		time.Sleep(time.Second) // the token has expired
		expectError(t, s, "", ErrCredentials)
	})
}

// TestTokenSource_CallerGivesUp: the end of one caller's context is not a failure for the others.
func TestTokenSource_CallerGivesUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		i := &tokenIssuer{lifetime: time.Hour, latency: 2 * time.Second}
		s := newTokenSource(i.fetch)
		short, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		var callers sync.WaitGroup
		for range 2 { // the first one fetches, the second one waits
			callers.Go(func() {
				if _, err := s.get(short, ""); !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("got %v, want the end of the context", err)
				}
			})
			synctest.Wait()
		}
		callers.Go(func() { expectToken(t, s, "", "token-1") })
		callers.Wait()
	})
}

func TestTokenSource_PortDoesNotRespond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		i := &tokenIssuer{latency: time.Hour}
		s := newTokenSource(i.fetch)
		begun := time.Now()
		var callers sync.WaitGroup
		for range 50 {
			callers.Go(func() { expectError(t, s, "", context.DeadlineExceeded) })
		}
		callers.Wait()
		if took := time.Since(begun); took > tokenTimeout {
			t.Errorf("50 callers waited %v in all", took)
		}
	})
}

func TestTokenSource_CheckFetchesAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		i := &tokenIssuer{lifetime: time.Hour}
		s := newTokenSource(i.fetch)
		expectToken(t, s, "", "token-1")
		i.err = ErrCredentials
		if err := s.check(t.Context()); !errors.Is(err, ErrCredentials) {
			t.Errorf("got %v", err)
		}
		expectToken(t, s, "", "token-1")
	})
}
