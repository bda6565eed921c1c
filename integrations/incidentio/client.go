// Package incidentio is a client of incident.io's API: it reads what an organization has configured (severities,
// statuses, roles) and its incidents.
//
// Errors are [*rest.Error]; their Details name the fields that were wrong. Errors never contain the API key. A response
// with 429 is retried while the context allows it, except by ListIncidents.
//
// https://docs.incident.io/api-reference/introduction
package incidentio

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"net/url"
	"time"

	"foghorn/integrations/rest"
)

const (
	defaultBaseURL = "https://api.incident.io"

	// maxAttempts is how often a call is made at most while incident.io answers 429.
	maxAttempts = 3

	// defaultRetryDelay is the delay after a 429 that does not say how long to wait.
	defaultRetryDelay = time.Second
)

// Config identifies an organization by its API key.
type Config struct {
	BaseURL string       // "": https://api.incident.io
	APIKey  string       // required; the role "viewer" is enough
	HTTP    *http.Client // nil: a client of its own with a timeout of 10 seconds
}

// A Client calls incident.io for one organization. It is safe for concurrent use. Create one with New.
type Client struct{ api rest.Client }

// New returns a Client. It makes no call.
func New(cfg Config) *Client {
	return &Client{api: rest.Client{
		Name:    "incident.io",
		BaseURL: cmp.Or(cfg.BaseURL, defaultBaseURL),
		HTTP:    cmp.Or(cfg.HTTP, rest.NewHTTPClient()),
		Authorize: func(_ context.Context, r *http.Request) error {
			r.Header.Set("Authorization", "Bearer "+cfg.APIKey)
			return nil
		},
		ParseError: parseError,
		Refusals:   refusals,
	}}
}

// Close closes idle connections. The Client can still be used.
func (c *Client) Close() { c.api.HTTP.CloseIdleConnections() }

// get sends a GET request. It retries after a 429 if ctx leaves time for the delay.
// https://docs.incident.io/api-reference/introduction#rate-limits
func get[T any](ctx context.Context, c *Client, op, path string) (T, error) {
	return getQuery[T](ctx, c, op, path, nil)
}

func getQuery[T any](ctx context.Context, c *Client, op, path string, query url.Values) (T, error) {
	for attempt := 1; ; attempt++ {
		res, err := rest.Do[T](ctx, &c.api, op, http.MethodGet, path, query, nil)
		if !rest.IsRateLimited(err) || attempt == maxAttempts {
			return res, err
		}
		delay := cmp.Or(rest.RetryAfter(err), defaultRetryDelay)
		if end, ok := ctx.Deadline(); ok && time.Until(end) < delay {
			return res, err // says more than the end of ctx
		}
		select {
		case <-time.After(delay):
		case <-ctx.Done():
			return res, err
		}
	}
}

// list sends a GET request and returns the list in the response's member with that name.
func list[T any](ctx context.Context, c *Client, op, path, member string) ([]T, error) {
	res, err := get[map[string]rest.List[T]](ctx, c, op, path)
	items := res[member].Items
	if err == nil && items == nil {
		err = newMissingError(op, member)
	}
	return items, err
}

// newMissingError returns the error for a response without the member that was asked for.
func newMissingError(op, member string) error {
	return &rest.Error{Op: op, Status: http.StatusOK, Err: errors.New("the response has no " + member)}
}
