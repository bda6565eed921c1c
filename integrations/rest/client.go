package rest

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel/trace"

	"foghorn/integrations/calltrace"
)

// A Client describes one service. Its fields must not change after the first request; it is then safe for concurrent
// use.
type Client struct {
	Name    string       // of the service in errors, such as Port
	BaseURL string       // such as https://api.port.io; a path in it is kept
	HTTP    *http.Client // nil: http.DefaultClient. Timeout 0 means 10 s; redirects are never followed

	// Authorize, if set, adds credentials to each request. If it fails, the request is not sent.
	Authorize func(ctx context.Context, r *http.Request) error

	// Reauthorize, if set, is called with a request that was answered with 401. If it returns true, Authorize now has
	// other credentials, and the request is sent once more: the service refused it, so that is safe for every method.
	// If it returns an error, that is the cause of the call's error, for which IsNotSent is true.
	Reauthorize func(ctx context.Context, rejected *http.Request) (bool, error)

	// ParseError, if set, reads the service's error body into Code, Message, RequestID, Details and RetryAfter of an
	// Error; Do sets the other fields. It returns nil for a body that is not in the service's format: then something
	// else has answered, such as a proxy, and it is unknown what became of the request.
	ParseError func(status int, header http.Header, body []byte) *Error

	// Refusals, if set, are the statuses of 4xx with which the service says that it did nothing and never will. Nil: all
	// but 408, 425 and 429. After any other error the request may have been carried out, or be accepted later.
	Refusals []int

	// OnCall, if set, is called after each request with its operation, the status of the response (0: none), the
	// duration and the error. The operation has no names in it, so that it is fit for a metric label. OnCall must not block.
	OnCall func(operation string, status int, took time.Duration, err error)

	clockOffset atomic.Int64 // time.Duration
}

// ClockOffset is how far the clock of the service is ahead of this one, as its latest response says; 0 before. It is exact
// to about a second.
func (c *Client) ClockOffset() time.Duration { return time.Duration(c.clockOffset.Load()) }

// Empty is the result of a call whose response body is ignored.
type Empty struct{}

// Do sends one request and decodes the response into a T, which may be [Empty]. op describes the request in lower case,
// such as `read action "x"`, and quotes each name that is in the path, which then is not in the span of the request; path comes from [Path]; query and body may be nil; body is sent as JSON.
//
// Every error is an [*Error]. If ctx has ended, its error is the cause, also if something else failed because of that.
func Do[T any](ctx context.Context, c *Client, op, method, path string, query url.Values, body any) (T, error) {
	var result T
	status, data, err := c.doWithRetry(ctx, op, method, path, query, body)
	if err != nil {
		return result, err
	}
	var target any = &result
	if _, empty := any(result).(Empty); empty {
		if len(bytes.TrimSpace(data)) == 0 {
			return result, nil
		}
		target = new(json.RawMessage) // a page of a proxy is no success
	}
	if err := json.Unmarshal(data, target); err != nil {
		var zero T
		return zero, &Error{Op: op, Status: status, Err: describeDecodeError(err)}
	}
	return result, nil
}

// doWithRetry sends the request, a second time if Reauthorize allows it, and returns the body of a 2xx response.
func (c *Client) doWithRetry(ctx context.Context, op, method, path string, query url.Values, body any) (int, []byte, error) {
	if path == "" {
		return 0, nil, &Error{Op: op, notSent: true, Err: errInvalidPath}
	}
	payload, err := encodeBody(body)
	if err != nil {
		return 0, nil, &Error{Op: op, notSent: true, Err: err}
	}
	address := strings.TrimSuffix(c.BaseURL, "/") + path
	if len(query) > 0 {
		address += "?" + query.Encode()
	}
	for first := true; ; first = false {
		r, err := c.newRequest(ctx, method, address, payload)
		if err != nil {
			return 0, nil, newNotSentError(ctx, op, err)
		}
		begun := time.Now()
		status, data, err := c.sendTraced(ctx, op, path, r, first)
		if c.OnCall != nil {
			c.OnCall(trimNames(op), status, time.Since(begun), err)
		}
		if status != http.StatusUnauthorized || !first || c.Reauthorize == nil {
			return status, data, err
		}
		refused := IsUnauthorized(err) // else a proxy answered: the service may have carried the request out
		reauthorized, failure := c.Reauthorize(ctx, r)
		switch {
		case failure != nil && refused:
			return 0, nil, newNotSentError(ctx, op, failure)
		case failure != nil, !reauthorized, !refused && method != http.MethodGet:
			return status, data, err
		}
	}
}

// encodeBody returns a request body as JSON; nil for nil.
func encodeBody(body any) ([]byte, error) {
	if body == nil {
		return nil, nil
	}
	payload, err := json.Marshal(body)
	if err != nil {
		return nil, fmt.Errorf("encode the request: %w", err)
	}
	return payload, nil
}

// newRequest returns an authorized request.
func (c *Client) newRequest(ctx context.Context, method, address string, payload []byte) (*http.Request, error) {
	var body io.Reader
	if payload != nil {
		body = bytes.NewReader(payload)
	}
	r, err := http.NewRequestWithContext(ctx, method, address, body)
	if err != nil {
		return nil, errInvalidBaseURL // the cause would quote the address
	}
	r.Header.Set("Accept", "application/json")
	r.Header.Set("User-Agent", "foghorn")
	if payload != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	if c.Authorize != nil {
		return r, c.Authorize(ctx, r)
	}
	return r, nil
}

// sendTraced is send within a span.
func (c *Client) sendTraced(ctx context.Context, op, path string, r *http.Request, first bool) (int, []byte, error) {
	if !trace.SpanFromContext(ctx).IsRecording() {
		return c.send(ctx, op, r)
	}
	call := calltrace.Call{Method: r.Method, BaseURL: c.BaseURL, Template: templateOf(op, path)}
	if !first {
		call.Resends = 1
	}
	ctx, span := calltrace.Start(ctx, call)
	status, data, err := c.send(ctx, op, r)
	span.SetStatus(status)
	span.End(calltrace.FailureOf(status, err))
	return status, data, err
}

// templateOf is a path with {id} in place of the names that its operation quotes.
func templateOf(op, path string) string {
	elements := strings.Split(path, "/")
	for i, e := range elements {
		if name, err := url.PathUnescape(e); err != nil || strings.Contains(op, strconv.Quote(name)) {
			elements[i] = "{id}"
		}
	}
	return strings.Join(elements, "/")
}

// send sends r and reads the response. The status is that of the response, also with an error; 0 means no response.
func (c *Client) send(ctx context.Context, op string, r *http.Request) (int, []byte, error) {
	// A request that never had a connection cannot have reached the service.
	var wanted, connected atomic.Bool
	r = r.WithContext(httptrace.WithClientTrace(r.Context(), &httptrace.ClientTrace{
		GetConn: func(string) { wanted.Store(true) },
		GotConn: func(httptrace.GotConnInfo) { connected.Store(true) },
	}))
	h, secrets := c.httpClient(), authorizationSecrets(r)
	res, err := h.Do(r)
	if err != nil {
		return 0, nil, Redact(&Error{Op: op, notSent: wanted.Load() && !connected.Load(), Err: transportError(ctx, err, h.Timeout)}, secrets...)
	}
	defer func() { _ = res.Body.Close() }() // the body was read, or is not needed

	if res.StatusCode < 200 || res.StatusCode > 299 {
		data, _ := readLimited(res.Body, maxErrorBytes) // the status alone says enough if the body cannot be read
		e := c.newResponseError(res, data)
		e.Op, e.Status = op, res.StatusCode
		e.redact(secrets...)
		return res.StatusCode, nil, e
	}
	if date, err := http.ParseTime(res.Header.Get("Date")); err == nil {
		c.clockOffset.Store(int64(time.Until(date)))
	}
	data, err := readLimited(res.Body, maxResponseBytes)
	if err != nil && !errors.Is(err, errResponseTooLarge) {
		err = transportError(ctx, err, h.Timeout)
	}
	if err == nil && strings.Contains(res.Header.Get("Content-Type"), "html") && !json.Valid(data) {
		err = c.newForeignError(res)
	}
	if err != nil {
		return res.StatusCode, nil, Redact(&Error{Op: op, Status: res.StatusCode, Err: err}, secrets...)
	}
	return res.StatusCode, data, nil
}

// httpClient returns the http.Client to use. It has a timeout and follows no redirects: the credentials must not be
// sent to another host, and a POST must not become a GET.
func (c *Client) httpClient() *http.Client {
	h := *cmp.Or(c.HTTP, http.DefaultClient)
	h.Timeout = cmp.Or(h.Timeout, defaultTimeout)
	h.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &h
}

// authorizationSecrets returns the secret parts of a request's Authorization header.
func authorizationSecrets(r *http.Request) []string {
	h := r.Header.Get("Authorization")
	_, token, found := strings.Cut(h, " ")
	if !found {
		token = h
	}
	return []string{h, token}
}

// trimNames removes the names from an operation: `read action "x"` becomes `read action`.
func trimNames(op string) string {
	before, _, _ := strings.Cut(op, `"`)
	return strings.TrimSpace(before)
}
