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

// issuer gives tokens as Port does: the same one until it ends.
type issuer struct {
	life time.Duration
	slow time.Duration // how long it takes to answer
	err  error

	mu    sync.Mutex
	asked int
	n     int
	ends  time.Time
}

func (i *issuer) ask(ctx context.Context) (string, time.Duration, error) {
	select {
	case <-time.After(i.slow):
	case <-ctx.Done():
		return "", 0, ctx.Err()
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	i.asked++
	if i.err != nil {
		return "", 0, i.err
	}
	if !time.Now().Before(i.ends) {
		i.n++
		i.ends = time.Now().Add(i.life)
	}
	return i.token(), time.Until(i.ends).Truncate(time.Second), nil
}

func (i *issuer) token() string { return fmt.Sprintf("token-%d", i.n) }

// good reports that the service behind would take a token now.
func (i *issuer) good(token string) bool {
	i.mu.Lock()
	defer i.mu.Unlock()
	return token == i.token() && time.Now().Before(i.ends)
}

func TestKeeperAsksOnceForAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		i := &issuer{life: 3 * time.Hour, slow: time.Second}
		k := newKeeper(i.ask)
		var callers sync.WaitGroup
		for range 200 {
			callers.Go(func() {
				if token, err := k.token(t.Context(), ""); token != "token-1" || err != nil {
					t.Errorf("got %q, %v", token, err)
				}
			})
		}
		callers.Wait()
		// All of them are refused at once, and one asks for the next.
		i.ends = time.Time{}
		for range 200 {
			callers.Go(func() {
				if token, err := k.token(t.Context(), "token-1"); token != "token-2" || err != nil {
					t.Errorf("after a refusal got %q, %v", token, err)
				}
			})
		}
		callers.Wait()
		// A refusal of the one before is no reason to ask.
		if token, err := k.token(t.Context(), "token-1"); token != "token-2" || err != nil {
			t.Errorf("got %q, %v", token, err)
		}
		if i.asked != 2 {
			t.Errorf("asked %d times", i.asked)
		}
	})
}

// A steady stream of calls over the life of many tokens, by someone who is refused with
// each token that has ended: no call fails and few ask for a token.
func TestKeeperOverManyLives(t *testing.T) {
	for _, life := range []time.Duration{time.Second, 2 * time.Second, 20 * time.Second, time.Minute, time.Hour} {
		synctest.Test(t, func(t *testing.T) {
			i := &issuer{life: life, slow: 150 * time.Millisecond}
			k := newKeeper(i.ask)
			calls, begun := 0, time.Now()
			for time.Since(begun) < 10*life {
				time.Sleep(life / 300)
				calls++
				token, err := k.token(t.Context(), "")
				if err == nil && !i.good(token) {
					token, err = k.token(t.Context(), token)
				}
				if err != nil || !i.good(token) {
					t.Fatalf("life %v: call %d is left with %q, %v", life, calls, token, err)
				}
			}
			t.Logf("life %v: %d calls, asked %d times for %d tokens", life, calls, i.asked, i.n)
			if i.asked > 8*i.n {
				t.Errorf("life %v: asked %d times for %d tokens", life, i.asked, i.n)
			}
		})
	}
}

// Port gives a token with no life left in it, which is refused: the next one is waited for.
func TestKeeperOutlivesTheOldToken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		i := &issuer{life: time.Hour}
		k := newKeeper(i.ask)
		if _, err := k.token(t.Context(), ""); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Until(i.ends) - 500*time.Millisecond) // the service's clock is ahead
		token, err := k.token(t.Context(), "token-1")
		if token != "token-2" || err != nil {
			t.Errorf("got %q, %v", token, err)
		}
	})
}

// The service refuses a token that Port goes on giving: calls fail, and no storm follows.
func TestKeeperWithoutAnother(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		i := &issuer{life: time.Hour}
		k := newKeeper(i.ask)
		for range 1000 {
			token, err := k.token(t.Context(), "token-1")
			if token != "token-1" || err != nil {
				t.Fatalf("got %q, %v", token, err)
			}
			time.Sleep(10 * time.Millisecond)
		}
		if i.asked > 12 {
			t.Errorf("asked %d times in 10 s", i.asked)
		}
	})
}

func TestKeeperWhenAskingFails(t *testing.T) {
	down := &rest.Error{Op: "get an access token", Status: 500}
	t.Run("few ask", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			i := &issuer{err: down}
			k := newKeeper(i.ask)
			for range 30_000 { // 5 minutes
				if _, err := k.token(t.Context(), ""); !errors.Is(err, down) {
					t.Fatal(err)
				}
				time.Sleep(10 * time.Millisecond)
			}
			if i.asked > 110 {
				t.Errorf("asked %d times in 5 minutes; Port allows 100", i.asked)
			}
			i.err, i.life = nil, time.Hour
			time.Sleep(longestQuiet)
			if _, err := k.token(t.Context(), ""); err != nil {
				t.Errorf("after it is up again: %v", err)
			}
		})
	})
	t.Run("waits as told", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			i := &issuer{err: &rest.Error{Status: 429, RetryAfter: time.Minute}}
			k := newKeeper(i.ask)
			for range 59 {
				_, _ = k.token(t.Context(), "")
				time.Sleep(time.Second)
			}
			if i.asked != 1 {
				t.Errorf("asked %d times", i.asked)
			}
		})
	})
	t.Run("the old token serves to its end", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			i := &issuer{life: time.Hour}
			k := newKeeper(i.ask)
			_, _ = k.token(t.Context(), "")
			i.err = ErrCredentials
			time.Sleep(time.Hour - time.Second)
			if token, err := k.token(t.Context(), ""); token != "token-1" || err != nil {
				t.Errorf("got %q, %v", token, err)
			}
			if _, err := k.token(t.Context(), "token-1"); !errors.Is(err, ErrCredentials) {
				t.Errorf("after a refusal: %v", err)
			}
			time.Sleep(time.Second)
			if _, err := k.token(t.Context(), ""); !errors.Is(err, ErrCredentials) {
				t.Errorf("after its end: %v", err)
			}
		})
	})
	t.Run("one caller's haste is not another's failure", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			i := &issuer{life: time.Hour, slow: 2 * time.Second}
			k := newKeeper(i.ask)
			hasty, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			var callers sync.WaitGroup
			callers.Go(func() {
				if _, err := k.token(hasty, ""); !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("the hasty one got %v", err)
				}
			})
			synctest.Wait()
			callers.Go(func() {
				if _, err := k.token(hasty, ""); !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("the hasty one in the queue got %v", err)
				}
			})
			callers.Go(func() {
				if token, err := k.token(t.Context(), ""); token != "token-1" || err != nil {
					t.Errorf("the patient one got %q, %v", token, err)
				}
			})
			callers.Wait()
		})
	})
	t.Run("hangs", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			i := &issuer{slow: time.Hour}
			k := newKeeper(i.ask)
			begun := time.Now()
			var callers sync.WaitGroup
			for range 50 {
				callers.Go(func() {
					if _, err := k.token(t.Context(), ""); !errors.Is(err, context.DeadlineExceeded) {
						t.Error(err)
					}
				})
			}
			callers.Wait()
			if took := time.Since(begun); took > askTimeout {
				t.Errorf("50 callers waited %v in all", took)
			}
		})
	})
}
