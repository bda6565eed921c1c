// Package incidentio is a client of incident.io's API: it reads what an organization has configured (severities,
// statuses, roles) and its incidents.
//
// Errors are [*rest.Error]; their Details name the fields that were wrong. Errors never contain the API key.
//
// After a response with 429 a Client makes no call until the time that incident.io asks for, whatever was called: methods
// return the error of that response with the time that is left. Those that read what an organization has configured wait
// and try again while the context allows it.
//
// https://docs.incident.io/api-reference/introduction
package incidentio

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"net/url"
	"sync"
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
type Client struct {
	api rest.Client

	mu          sync.Mutex
	limited     *rest.Error // the latest response with 429; nil: none
	pausedUntil time.Time   // no call before
}

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

// getOnce sends a GET request, unless incident.io has asked for a pause.
// https://docs.incident.io/api-reference/introduction#rate-limits
func getOnce[T any](ctx context.Context, c *Client, op, path string, query url.Values) (res T, err error) {
	if err := c.pauseError(op); err != nil {
		return res, err
	}
	res, err = rest.Do[T](ctx, &c.api, op, http.MethodGet, path, query, nil)
	if rest.IsRateLimited(err) {
		c.pause(err)
	}
	return res, err
}

// pause makes no call for as long as a response with 429 asks for.
func (c *Client) pause(err error) {
	limited, _ := errors.AsType[*rest.Error](err)
	until := time.Now().Add(cmp.Or(limited.RetryAfter, defaultRetryDelay))
	c.mu.Lock()
	defer c.mu.Unlock()
	if until.After(c.pausedUntil) {
		c.limited, c.pausedUntil = limited, until
	}
}

// pauseError returns the error of a call that is not made because of a pause; nil: there is none.
func (c *Client) pauseError(op string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	left := time.Until(c.pausedUntil)
	if left <= 0 {
		return nil
	}
	e := *c.limited
	e.Op, e.RetryAfter = op, left
	return &e
}

// get is getOnce, again after a 429 if ctx leaves time for the delay.
func get[T any](ctx context.Context, c *Client, op, path string, query url.Values) (T, error) {
	for attempt := 1; ; attempt++ {
		res, err := getOnce[T](ctx, c, op, path, query)
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
	res, err := get[map[string]rest.List[T]](ctx, c, op, path, nil)
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
