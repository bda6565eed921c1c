package port

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"foghorn/integrations/rest"
)

const (
	// renewBefore is how long before its end a token is renewed.
	refreshBefore = 30 * time.Second

	// shortestHold is how long a token is used at the least before another is asked for.
	// Port gives the same token until it ends, also when it has no second left; only a
	// refusal is a reason to ask sooner.
	minRefresh = time.Second

	// endingSoon is how little life is left in a token that Port refuses and gives again
	// for it to be worth waiting for its end. The two clocks need not agree to the second.
	expirySlack = 2 * time.Second

	// firstQuiet is how long nobody asks for a token after one attempt failed. It doubles
	// with each further failure up to longestQuiet: Port allows 100 unauthenticated calls
	// in 5 minutes. https://docs.port.io/api-reference/rate-limits
	minBackoff = 100 * time.Millisecond
	maxBackoff = 3 * time.Second

	// askTimeout bounds asking for a token, so that a call that waits for it has time left.
	tokenTimeout = 5 * time.Second

	// longestHold is how long a token is used at the most. Port's live for 3 hours.
	maxTokenLifetime = 24 * time.Hour
)

// fetchToken gets an access token for the client id and secret.
// https://docs.port.io/api-reference/create-an-access-token
//
//api:operation POST /v1/auth/access_token
func (c *Client) fetchToken(ctx context.Context) (string, time.Duration, error) {
	const op = "get an access token"
	answer, err := rest.Do[struct {
		AccessToken string  `json:"accessToken"`
		ExpiresIn   float64 `json:"expiresIn"` // seconds
	}](ctx, &c.tokenAPI, op, http.MethodPost, rest.Path("v1", "auth", "access_token"), nil, map[string]string{
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
		return "", 0, newMissingError(op, http.StatusOK, "access token")
	}
	life := min(max(answer.ExpiresIn, 0), maxTokenLifetime.Seconds())
	return answer.AccessToken, time.Duration(life * float64(time.Second)), nil
}

// CheckCredentials asks Port for an access token: the address and the credentials are right. Wrong
// credentials are ErrCredentials.
func (c *Client) CheckCredentials(ctx context.Context) error {
	begun := time.Now()
	token, life, err := c.fetchToken(ctx)
	if err != nil {
		return fmt.Errorf("check Port's credentials: %w", err)
	}
	c.tokens.store(begun, token, life)
	return nil
}

const bearerPrefix = "Bearer "

func (c *Client) authorize(ctx context.Context, r *http.Request) error {
	t, err := c.tokens.get(ctx, "")
	if err != nil {
		return err
	}
	r.Header.Set("Authorization", bearerPrefix+t)
	return nil
}

// reauthorize sees to it that there is another token than the one that was refused. The same
// one again is no reason to ask again.
func (c *Client) reauthorize(ctx context.Context, refused *http.Request) (bool, error) {
	old := strings.TrimPrefix(refused.Header.Get("Authorization"), bearerPrefix)
	t, err := c.tokens.get(ctx, old)
	return t != old, err
}
