// Package port is a client of Port's API: the routes with which Foghorn runs actions, follows runs and reads the
// catalog, and, as [Definitions], sets up an organization.
//
// A [Client] belongs to one organization and shares one access token among all its callers. Errors are [*rest.Error];
// rest.IsRejected, rest.IsNotSent and the like say whether something was done. If Port does not accept the client id
// and secret, the cause is [ErrCredentials]. Nothing is logged here. Errors never contain tokens, secrets or inputs.
//
// client.go has the configuration and Port's error format, tokensource.go the access token, decode.go how members are
// read that Port sends in several forms. The other files have the methods, by what they are about.
//
// Routes and bodies: https://docs.port.io/api-reference/port-api
package port

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"foghorn/integrations/rest"
)

// DefaultBaseURL is Port's API in Europe. The one in the United States is https://api.us.port.io. Credentials of one
// region are unknown in the other. https://docs.port.io/api-reference/port-api
const DefaultBaseURL = "https://api.port.io"

// ErrCredentials is the cause of an error if Port does not know the client id and secret. A retry does not help;
// nothing else was done.
var ErrCredentials = errors.New("invalid client id or secret")

// Config identifies an organization. ClientID and ClientSecret are required:
// https://docs.port.io/build-your-software-catalog/custom-integration/api/#find-your-port-credentials
type Config struct {
	BaseURL      string // "": DefaultBaseURL
	ClientID     string
	ClientSecret string
	HTTP         *http.Client // nil: a client of its own with a timeout of 10 seconds

	// OnCall, if set, is called after each request with its operation ("create run of action", without names), the HTTP
	// status (0: no response), the duration and the error. It must not block.
	OnCall func(operation string, status int, took time.Duration, err error)
}

// A Client calls Port for one organization. It is safe for concurrent use. Create one with New.
type Client struct {
	cfg      Config
	tokenAPI *rest.Client // unauthorized, for access tokens
	api      *rest.Client
	tokens   *tokenSource
}

// New returns a Client. It makes no call.
func New(cfg Config) *Client {
	if cfg.HTTP == nil {
		cfg.HTTP = rest.NewHTTPClient()
	}
	newAPI := func() *rest.Client {
		return &rest.Client{
			Name:       "Port",
			BaseURL:    cmp.Or(cfg.BaseURL, DefaultBaseURL),
			HTTP:       cfg.HTTP,
			ParseError: parseError,
			Refusals:   refusals,
			OnCall:     cfg.OnCall,
		}
	}
	c := &Client{cfg: cfg, tokenAPI: newAPI(), api: newAPI()}
	c.tokens = newTokenSource(c.fetchToken)
	c.api.Authorize = c.authorize
	c.api.Reauthorize = c.reauthorize
	return c
}

// Close closes idle connections. The Client can still be used.
func (c *Client) Close() { c.cfg.HTTP.CloseIdleConnections() }

// CheckCredentials fetches an access token, which shows that the base URL and the credentials are right. If the
// credentials are wrong, the error is ErrCredentials.
func (c *Client) CheckCredentials(ctx context.Context) error {
	if err := c.tokens.check(ctx); err != nil {
		return fmt.Errorf("check Port's credentials: %w", err)
	}
	return nil
}

const bearerPrefix = "Bearer "

// authorize adds the access token to r.
func (c *Client) authorize(ctx context.Context, r *http.Request) error {
	token, err := c.tokens.get(ctx, "")
	if err != nil {
		return err
	}
	r.Header.Set("Authorization", bearerPrefix+token)
	return nil
}

// reauthorize gets another token than the rejected one. It reports false if Port has no other.
func (c *Client) reauthorize(ctx context.Context, rejected *http.Request) (bool, error) {
	old := strings.TrimPrefix(rejected.Header.Get("Authorization"), bearerPrefix)
	token, err := c.tokens.get(ctx, old)
	return token != old, err
}

// fetchToken exchanges the client id and secret for an access token.
// https://docs.port.io/api-reference/create-an-access-token
//
//api:operation POST /v1/auth/access_token
func (c *Client) fetchToken(ctx context.Context) (string, time.Duration, error) {
	const op = "get an access token"
	res, err := rest.Do[struct {
		AccessToken string  `json:"accessToken"`
		ExpiresIn   float64 `json:"expiresIn"` // seconds
	}](ctx, c.tokenAPI, op, http.MethodPost, rest.Path("v1", "auth", "access_token"), nil, map[string]string{
		"clientId": c.cfg.ClientID, "clientSecret": c.cfg.ClientSecret,
	})
	if err != nil {
		if e, ok := errors.AsType[*rest.Error](err); ok && refusesCredentials(e) {
			e.Err = ErrCredentials
		}
		return "", 0, rest.Redact(err, c.cfg.ClientSecret)
	}
	if res.AccessToken == "" {
		return "", 0, newMissingError(op, http.StatusOK, "access token")
	}
	seconds := min(max(res.ExpiresIn, 0), maxTokenLifetime.Seconds())
	return res.AccessToken, time.Duration(seconds * float64(time.Second)), nil
}

// call sends a request to Port and decodes the response.
func call[T any](ctx context.Context, c *Client, op, method, path string, query url.Values, body any) (T, error) {
	return rest.Do[T](ctx, c.api, op, method, path, query, body)
}

// newMissingError returns the error for a response without the member that was asked for.
func newMissingError(op string, status int, member string) error {
	return &rest.Error{Op: op, Status: status, Err: errors.New("the response has no " + member)}
}

// v2 is the query that asks for runs and actions in their newer form.
// https://docs.port.io/api-reference/get-an-actions-run-details
func v2() url.Values { return url.Values{"version": {"v2"}} }
