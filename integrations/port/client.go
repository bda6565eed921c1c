// Package port is Foghorn's side of Port: the few routes of its API that run actions,
// follow runs, read the catalog, and bring definitions to an organization.
//
// A [Client] shares one access token among all its callers. Errors are of type
// [*rest.Error] and hold Port's own words; what Port refuses because of the client id and
// secret is also [ErrCredentials]. Nothing is logged here, and neither tokens nor secrets
// nor what people typed are in an error's text.
//
// Routes and bodies: https://docs.port.io/api-reference/port-api
package port

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"time"

	"foghorn/integrations/rest"
)

const (
	// DefaultBaseURL is Port's API in Europe. The one in the United States is
	// https://api.us.port.io; credentials of one region are unknown in the other.
	// https://docs.port.io/api-reference/port-api
	DefaultBaseURL = "https://api.port.io"

	// RunTimeout bounds CreateRun, its token and its repetition included. Once it has
	// passed since CreateRun was called, the run is either made or will never be.
	CreateRunTimeout = 10 * time.Second
)

// ErrCredentials is the cause when Port does not know the client id and secret. Asking
// again does not help; nothing else was done.
var ErrCredentials = errors.New("the client id and secret are refused")

// Config says which organization to speak with. ClientID and ClientSecret are required:
// https://docs.port.io/build-your-software-catalog/custom-integration/api/#find-your-port-credentials
type Config struct {
	BaseURL      string // "": DefaultBaseURL
	ClientID     string
	ClientSecret string
	HTTP         *http.Client // nil: one of its own, with a timeout of 10 seconds

	// OnCall, if set, hears of each request: what it was for ("create run of action",
	// without names), the HTTP status (0: no answer), and how long it took. It must not block.
	OnCall func(purpose string, status int, took time.Duration)
}

// A Client speaks with one Port organization. Make one with New; it is safe for concurrent use.
type Client struct {
	api      rest.Client // authorized
	tokenAPI rest.Client // for access tokens alone
	cfg      Config
	tokens   *tokenSource
}

// New makes a Client. It calls nobody.
func New(cfg Config) *Client {
	if cfg.HTTP == nil {
		cfg.HTTP = rest.NewHTTPClient()
	}
	c := &Client{cfg: cfg}
	c.tokenAPI = rest.Client{
		BaseURL:    cmp.Or(cfg.BaseURL, DefaultBaseURL),
		HTTP:       cfg.HTTP,
		ParseError: parseError,
		OnCall:     cfg.OnCall,
	}
	c.tokens = newTokenSource(c.fetchToken)
	c.api = c.tokenAPI
	c.api.Authorize = c.authorize
	c.api.Reauthorize = c.reauthorize
	return c
}

// Close closes the connections that are kept for the next call. The Client can still be used.
func (c *Client) Close() { c.cfg.HTTP.CloseIdleConnections() }

// call asks Port and decodes the answer.
func call[T any](ctx context.Context, c *Client, op, method, path string, query url.Values, body any) (T, error) {
	return rest.Do[T](ctx, &c.api, op, method, path, query, body)
}

// newMissingError is the error of an answer that lacks what was asked for.
func newMissingError(op string, status int, what string) error {
	return &rest.Error{Op: op, Status: status, Err: errors.New("the answer holds no " + what)}
}

// v2 asks for runs and actions in their newer form.
// https://docs.port.io/api-reference/get-an-actions-run-details
func v2() url.Values { return url.Values{"version": {"v2"}} }

// parseError reads Port's error body: {ok: false, error, message, details}. Newer routes
// send error as an object with the same members.
// https://docs.port.io/api-reference/port-api
func parseError(_ int, h http.Header, body []byte) *rest.Error {
	e := &rest.Error{RequestID: h.Get("X-Trace-Id")}
	var answer struct {
		Error   json.RawMessage `json:"error"`
		Message string          `json:"message"`
		Details json.RawMessage `json:"details"`
	}
	_ = json.Unmarshal(body, &answer)
	e.Code, e.Message = parseString(answer.Error), answer.Message
	e.Details = parseDetails(answer.Details)
	var inner struct {
		Name    string          `json:"name"`
		Code    string          `json:"code"`
		Message string          `json:"message"`
		Details json.RawMessage `json:"details"`
	}
	_ = json.Unmarshal(answer.Error, &inner)
	e.Code = cmp.Or(e.Code, inner.Name, inner.Code)
	e.Message = cmp.Or(e.Message, inner.Message)
	if e.Details == nil {
		e.Details = parseDetails(inner.Details)
	}
	return e
}
