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

// tokenIssuer gives tokens as Port does: the same one until it ends.
type tokenIssuer struct {
	lifetime time.Duration
	latency  time.Duration // how long it takes to answer
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
	return i.token(), time.Until(i.expiry).Truncate(time.Second), nil
}

func (i *tokenIssuer) token() string { return fmt.Sprintf("token-%d", i.issued) }

// accepts reports that the service behind would take a token now.
func (i *tokenIssuer) accepts(token string) bool {
	i.mu.Lock()
	defer i.mu.Unlock()
	return token == i.token() && time.Now().Before(i.expiry)
}

func TestTokenSource_OneFetchForAllCallers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		i := &tokenIssuer{lifetime: 3 * time.Hour, latency: time.Second}
		k := newTokenSource(i.fetch)
		var callers sync.WaitGroup
		for range 200 {
			callers.Go(func() {
				if token, err := k.get(t.Context(), ""); token != "token-1" || err != nil {
					t.Errorf("got %q, %v", token, err)
				}
			})
		}
		callers.Wait()
		// All of them are refused at once, and one asks for the next.
		i.expiry = time.Time{}
		for range 200 {
			callers.Go(func() {
				if token, err := k.get(t.Context(), "token-1"); token != "token-2" || err != nil {
					t.Errorf("after a refusal got %q, %v", token, err)
				}
			})
		}
		callers.Wait()
		// A refusal of the one before is no reason to ask.
		if token, err := k.get(t.Context(), "token-1"); token != "token-2" || err != nil {
			t.Errorf("got %q, %v", token, err)
		}
		if i.fetches != 2 {
			t.Errorf("asked %d times", i.fetches)
		}
	})
}

// A steady stream of calls over the life of many tokens, by someone who is refused with
// each token that has ended: no call fails and few ask for a token.
func TestTokenSource_RefreshesBeforeExpiry(t *testing.T) {
	for _, life := range []time.Duration{time.Second, 2 * time.Second, 20 * time.Second, time.Minute, time.Hour} {
		synctest.Test(t, func(t *testing.T) {
			i := &tokenIssuer{lifetime: life, latency: 150 * time.Millisecond}
			k := newTokenSource(i.fetch)
			calls, begun := 0, time.Now()
			for time.Since(begun) < 10*life {
				time.Sleep(life / 300)
				calls++
				token, err := k.get(t.Context(), "")
				if err == nil && !i.accepts(token) {
					token, err = k.get(t.Context(), token)
				}
				if err != nil || !i.accepts(token) {
					t.Fatalf("life %v: call %d is left with %q, %v", life, calls, token, err)
				}
			}
			t.Logf("life %v: %d calls, asked %d times for %d tokens", life, calls, i.fetches, i.issued)
			if i.fetches > 8*i.issued {
				t.Errorf("life %v: asked %d times for %d tokens", life, i.fetches, i.issued)
			}
		})
	}
}

// Port gives a token with no life left in it, which is refused: the next one is waited for.
func TestTokenSource_WaitsForExpiryOfRejectedToken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		i := &tokenIssuer{lifetime: time.Hour}
		k := newTokenSource(i.fetch)
		if _, err := k.get(t.Context(), ""); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Until(i.expiry) - 500*time.Millisecond) // the service's clock is ahead
		token, err := k.get(t.Context(), "token-1")
		if token != "token-2" || err != nil {
			t.Errorf("got %q, %v", token, err)
		}
	})
}

// The service refuses a token that Port goes on giving: calls fail, and no storm follows.
func TestTokenSource_SameTokenAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		i := &tokenIssuer{lifetime: time.Hour}
		k := newTokenSource(i.fetch)
		for range 1000 {
			token, err := k.get(t.Context(), "token-1")
			if token != "token-1" || err != nil {
				t.Fatalf("got %q, %v", token, err)
			}
			time.Sleep(10 * time.Millisecond)
		}
		if i.fetches > 12 {
			t.Errorf("asked %d times in 10 s", i.fetches)
		}
	})
}

func TestTokenSource_FetchFails(t *testing.T) {
	down := &rest.Error{Op: "get an access token", Status: 500}
	t.Run("few ask", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			i := &tokenIssuer{err: down}
			k := newTokenSource(i.fetch)
			for range 30_000 { // 5 minutes
				if _, err := k.get(t.Context(), ""); !errors.Is(err, down) {
					t.Fatal(err)
				}
				time.Sleep(10 * time.Millisecond)
			}
			if i.fetches > 110 {
				t.Errorf("asked %d times in 5 minutes; Port allows 100", i.fetches)
			}
			i.err, i.lifetime = nil, time.Hour
			time.Sleep(maxBackoff)
			if _, err := k.get(t.Context(), ""); err != nil {
				t.Errorf("after it is up again: %v", err)
			}
		})
	})
	t.Run("waits as told", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			i := &tokenIssuer{err: &rest.Error{Status: 429, RetryAfter: time.Minute}}
			k := newTokenSource(i.fetch)
			for range 59 {
				_, _ = k.get(t.Context(), "")
				time.Sleep(time.Second)
			}
			if i.fetches != 1 {
				t.Errorf("asked %d times", i.fetches)
			}
		})
	})
	t.Run("the old token serves to its end", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			i := &tokenIssuer{lifetime: time.Hour}
			k := newTokenSource(i.fetch)
			_, _ = k.get(t.Context(), "")
			i.err = ErrCredentials
			time.Sleep(time.Hour - time.Second)
			if token, err := k.get(t.Context(), ""); token != "token-1" || err != nil {
				t.Errorf("got %q, %v", token, err)
			}
			if _, err := k.get(t.Context(), "token-1"); !errors.Is(err, ErrCredentials) {
				t.Errorf("after a refusal: %v", err)
			}
			time.Sleep(time.Second)
			if _, err := k.get(t.Context(), ""); !errors.Is(err, ErrCredentials) {
				t.Errorf("after its end: %v", err)
			}
		})
	})
	t.Run("one caller's haste is not another's failure", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			i := &tokenIssuer{lifetime: time.Hour, latency: 2 * time.Second}
			k := newTokenSource(i.fetch)
			hasty, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			var callers sync.WaitGroup
			callers.Go(func() {
				if _, err := k.get(hasty, ""); !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("the hasty one got %v", err)
				}
			})
			synctest.Wait()
			callers.Go(func() {
				if _, err := k.get(hasty, ""); !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("the hasty one in the queue got %v", err)
				}
			})
			callers.Go(func() {
				if token, err := k.get(t.Context(), ""); token != "token-1" || err != nil {
					t.Errorf("the patient one got %q, %v", token, err)
				}
			})
			callers.Wait()
		})
	})
	t.Run("hangs", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			i := &tokenIssuer{latency: time.Hour}
			k := newTokenSource(i.fetch)
			begun := time.Now()
			var callers sync.WaitGroup
			for range 50 {
				callers.Go(func() {
					if _, err := k.get(t.Context(), ""); !errors.Is(err, context.DeadlineExceeded) {
						t.Error(err)
					}
				})
			}
			callers.Wait()
			if took := time.Since(begun); took > tokenTimeout {
				t.Errorf("50 callers waited %v in all", took)
			}
		})
	})
}
