package port

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"foghorn/integrations/rest"
)

const (
	// renewBefore is how long before its end a token is renewed.
	renewBefore = 30 * time.Second

	// shortestHold is how long a token is used at the least before another is asked for.
	// Port gives the same token until it ends, also when it has no second left; only a
	// refusal is a reason to ask sooner.
	shortestHold = time.Second

	// longestHold is how long a token is used at the most. Port's live for 3 hours.
	longestHold = 24 * time.Hour
)

// exchange gets an access token for the client id and secret.
// https://docs.port.io/api-reference/create-an-access-token
//
//api:operation POST /v1/auth/access_token
func (c *Client) exchange(ctx context.Context) (string, time.Duration, error) {
	const op = "get an access token"
	answer, err := rest.Do[struct {
		AccessToken string  `json:"accessToken"`
		ExpiresIn   float64 `json:"expiresIn"` // seconds
	}](ctx, &c.auth, op, http.MethodPost, rest.Path("v1", "auth", "access_token"), nil, map[string]string{
		"clientId": c.cfg.ClientID, "clientSecret": c.cfg.ClientSecret,
	})
	if err != nil {
		if e, ok := errors.AsType[*rest.Error](err); ok {
			e.Redact(c.cfg.ClientSecret)
			// A 404 in Port's own words is an unknown client; any other is a wrong address.
			if e.Status == http.StatusUnauthorized || e.Status == http.StatusUnprocessableEntity ||
				e.Status == http.StatusNotFound && e.Code != "" {
				e.Err = ErrCredentials
			}
		}
		return "", 0, err
	}
	if answer.AccessToken == "" {
		return "", 0, missing(op, http.StatusOK, "access token")
	}
	life := min(max(answer.ExpiresIn, 0), longestHold.Seconds())
	return answer.AccessToken, time.Duration(life * float64(time.Second)), nil
}

// Check asks Port for an access token: the address and the credentials are right. Wrong
// credentials are ErrCredentials.
func (c *Client) Check(ctx context.Context) error {
	if _, _, err := c.exchange(ctx); err != nil {
		return fmt.Errorf("check Port's credentials: %w", err)
	}
	return nil
}

func (c *Client) authorize(ctx context.Context, r *http.Request) error {
	t, err := c.keep.token(ctx, "")
	if err != nil {
		return err
	}
	r.Header.Set("Authorization", bearer+t)
	return nil
}

const bearer = "Bearer "

// renew gets another token in place of the one that was refused. The same one again is no
// reason to ask again.
func (c *Client) renew(ctx context.Context, refused *http.Request) bool {
	old := refused.Header.Get("Authorization")[len(bearer):]
	t, err := c.keep.token(ctx, old)
	return err == nil && t != old
}

// A keeper shares one access token among its callers. At most one of them asks for
// another at a time; the rest wait for what comes of it.
type keeper struct {
	ask  func(ctx context.Context) (token string, life time.Duration, err error)
	turn chan struct{} // holds one token for the one who may ask; a lock that a context can leave

	mu    sync.Mutex
	value string    // "": none yet
	until time.Time // when to ask for another
	ends  time.Time
	asked int   // how often was asked
	err   error // what came of the last time
}

func newKeeper(ask func(context.Context) (string, time.Duration, error)) *keeper {
	return &keeper{ask: ask, turn: make(chan struct{}, 1)}
}

// token is a token to use. refused, if not empty, is one that Port no longer takes.
func (k *keeper) token(ctx context.Context, refused string) (string, error) {
	value, asked := k.current(refused)
	if value != "" {
		return value, nil
	}
	select {
	case k.turn <- struct{}{}:
		defer func() { <-k.turn }()
	case <-ctx.Done():
		return "", ctx.Err()
	}
	// Somebody else may have asked while this caller waited: share what came of it.
	if value, again := k.current(refused); value != "" {
		return value, nil
	} else if again != asked {
		if value, err := k.last(); err != nil || value == refused {
			return value, err
		}
	}
	begun := time.Now() // the token's life counts from before the call, never from after
	value, life, err := k.ask(ctx)
	return k.store(ctx, begun, value, life, err)
}

// current is the token in hand, or "" when another is wanted.
func (k *keeper) current(refused string) (value string, asked int) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.value == refused || time.Now().After(k.until) {
		return "", k.asked
	}
	return k.value, k.asked
}

// last is what came of asking the last time.
func (k *keeper) last() (string, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.value, k.err
}

// store keeps what came of asking and returns what to use.
func (k *keeper) store(ctx context.Context, begun time.Time, value string, life time.Duration, err error) (string, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if err != nil {
		if ctx.Err() == nil { // else it is the caller's own trouble: the next one asks anew
			k.asked++
			k.err = err
		}
		if time.Now().Before(k.ends) && !errors.Is(err, ErrCredentials) {
			k.until = time.Now().Add(shortestHold) // the old one still serves
			return k.value, nil
		}
		return "", err
	}
	k.asked++
	k.err = nil
	k.value, k.ends = value, begun.Add(life)
	// The hold halves when Port gives the same token again and again shortly before its
	// end: a few calls in the last seconds, not one with each request.
	k.until = begun.Add(max(life-min(renewBefore, life/2), shortestHold))
	return value, nil
}
