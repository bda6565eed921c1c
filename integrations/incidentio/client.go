// Package incidentio is Foghorn's side of incident.io: reading what an organization looks
// like (severities, statuses, types, roles) and its incidents.
//
// Errors are of type [*rest.Error]; its Details name the fields that were wrong. The API
// key is never in an error.
//
// https://docs.incident.io/api-reference/introduction
package incidentio

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"foghorn/integrations/rest"
)

const (
	// DefaultBaseURL is incident.io's API.
	DefaultBaseURL = "https://api.incident.io"

	// attempts is how often a call is made at the most while incident.io answers 429.
	maxAttempts = 3

	// pause is waited after a 429 that does not say how long to wait.
	defaultRetryDelay = time.Second
)

// Config says which organization to speak with. The key decides.
type Config struct {
	BaseURL string       // "": DefaultBaseURL
	APIKey  string       // required; the role "viewer" is enough
	HTTP    *http.Client // nil: one of its own, with a timeout of 10 seconds
}

// A Client speaks with one incident.io organization. Make one with New; it is safe for
// concurrent use.
type Client struct{ api rest.Client }

// New makes a Client. It calls nobody.
func New(cfg Config) *Client {
	return &Client{api: rest.Client{
		BaseURL: cmp.Or(cfg.BaseURL, DefaultBaseURL),
		HTTP:    cmp.Or(cfg.HTTP, rest.NewHTTPClient()),
		Authorize: func(_ context.Context, r *http.Request) error {
			r.Header.Set("Authorization", "Bearer "+cfg.APIKey)
			return nil
		},
		ParseError: parseError,
	}}
}

// Close closes the connections that are kept for the next call. The Client can still be used.
func (c *Client) Close() { c.api.HTTP.CloseIdleConnections() }

// get reads. A 429 is waited out, as long as ctx has time for it.
// https://docs.incident.io/api-reference/introduction#rate-limits
func get[T any](ctx context.Context, c *Client, op, path string, query url.Values) (T, error) {
	for n := 1; ; n++ {
		answer, err := rest.Do[T](ctx, &c.api, op, http.MethodGet, path, query, nil)
		e, ok := errors.AsType[*rest.Error](err)
		if !ok || !e.RateLimited() || n == maxAttempts {
			return answer, err
		}
		wait := cmp.Or(e.RetryAfter, defaultRetryDelay)
		if end, bounded := ctx.Deadline(); bounded && time.Until(end) < wait {
			return answer, err // the answer is worth more than the end of ctx
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return answer, err
		}
	}
}

// newMissingError is the error of an answer that lacks what was asked for.
func newMissingError(op, what string) error {
	return &rest.Error{Op: op, Status: http.StatusOK, Err: errors.New("the answer holds no " + what)}
}

// parseError reads incident.io's error body.
// https://docs.incident.io/api-reference/introduction#errors
func parseError(_ int, h http.Header, body []byte) *rest.Error {
	var answer struct {
		Type      string `json:"type"`
		RequestID string `json:"request_id"`
		Errors    []struct {
			Code    string `json:"code"`
			Message string `json:"message"`
			Source  struct {
				Field string `json:"field"`
			} `json:"source"`
		} `json:"errors"`
		RateLimit struct {
			RetryAfter string `json:"retry_after"`
		} `json:"rate_limit"`
	}
	// What is of another kind than expected is left out; the rest is read all the same.
	_ = json.Unmarshal(body, &answer)
	e := &rest.Error{Code: answer.Type, RequestID: answer.RequestID}
	e.RetryAfter = rest.ParseRetryAfter(answer.RateLimit.RetryAfter, rest.ServerTime(h))
	var said []string
	for _, d := range answer.Errors {
		e.Details = append(e.Details, rest.Detail{Field: d.Source.Field, Code: d.Code, Message: d.Message})
		if d.Message != "" {
			said = append(said, d.Message)
		}
	}
	e.Message = strings.Join(said, "; ")
	return e
}
