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
	"strings"
	"sync/atomic"
	"time"
)

// Empty is the answer of a call whose body nobody reads.
type Empty struct{}

// Do sends one request and decodes the answer into a T. op is what is being done, a lower
// case verb phrase such as `read action "x"`; path comes from [Path]; query and body may
// be nil, and a body is sent as JSON. T may be [None].
//
// Every error is an [*Error]. A context that has ended is the cause whenever it has, also
// when something else failed because of it.
func Do[T any](ctx context.Context, c *Client, op, method, path string, query url.Values, body any) (T, error) {
	var answer T
	status, data, err := c.doWithRetry(ctx, op, method, path, query, body)
	if err != nil {
		return answer, err
	}
	if _, none := any(answer).(Empty); none {
		return answer, nil
	}
	if err := json.Unmarshal(data, &answer); err != nil {
		var zero T
		return zero, &Error{Op: op, Status: status, Err: describeDecodeError(err)}
	}
	return answer, nil
}

// doWithRetry sends the request, a second time if Renew says so, and returns the body of a 2xx.
func (c *Client) doWithRetry(ctx context.Context, op, method, path string, query url.Values, body any) (int, []byte, error) {
	if path == "" {
		return 0, nil, &Error{Op: op, notSent: true, Err: errInvalidPath}
	}
	var payload []byte
	if body != nil {
		var err error
		if payload, err = json.Marshal(body); err != nil {
			return 0, nil, &Error{Op: op, notSent: true, Err: fmt.Errorf("write the request as JSON: %w", err)}
		}
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
		status, data, err := c.send(ctx, op, r)
		if c.OnCall != nil {
			c.OnCall(trimNames(op), status, time.Since(begun))
		}
		if status != http.StatusUnauthorized || !first || c.Reauthorize == nil {
			return status, data, err
		}
		renewed, failed := c.Reauthorize(ctx, r)
		if failed != nil {
			return 0, nil, newNotSentError(ctx, op, failed)
		}
		if !renewed {
			return status, data, err
		}
	}
}

// newRequest makes an authorized request.
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
	r.Header.Set("User-Agent", cmp.Or(c.UserAgent, "foghorn"))
	if payload != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	if c.Authorize != nil {
		return r, c.Authorize(ctx, r)
	}
	return r, nil
}

// send sends r and reads the answer. The status is that of the answer, with an error too;
// 0 means that there was none.
func (c *Client) send(ctx context.Context, op string, r *http.Request) (int, []byte, error) {
	// Whether a connection was had decides whether the far side can have heard of it.
	var asked, had atomic.Bool
	r = r.WithContext(httptrace.WithClientTrace(r.Context(), &httptrace.ClientTrace{
		GetConn: func(string) { asked.Store(true) },
		GotConn: func(httptrace.GotConnInfo) { had.Store(true) },
	}))
	h := c.httpClient()
	res, err := h.Do(r)
	if err != nil {
		return 0, nil, &Error{Op: op, notSent: asked.Load() && !had.Load(), Err: transportError(ctx, err, h.Timeout)}
	}
	defer func() { _ = res.Body.Close() }() // it was read, or is not wanted

	if res.StatusCode < 200 || res.StatusCode > 299 {
		// A body that cannot be read leaves the status, which says enough.
		data, _ := readLimited(res.Body, MaxErrorBytes)
		e := c.newResponseError(res, data)
		e.Op, e.Status = op, res.StatusCode
		e.Redact(authorizationSecrets(r)...)
		return res.StatusCode, nil, e
	}
	limit := cmp.Or(c.MaxBody, MaxResponseBytes)
	data, err := readLimited(res.Body, limit)
	if errors.Is(err, errResponseTooLarge) {
		return res.StatusCode, nil, &Error{Op: op, Status: res.StatusCode, Err: fmt.Errorf("%w than %d bytes", err, limit)}
	}
	if err != nil {
		return res.StatusCode, nil, &Error{Op: op, Status: res.StatusCode, Err: transportError(ctx, err, h.Timeout)}
	}
	return res.StatusCode, data, nil
}

// newResponseError is the Error of an answer that is not a 2xx.
func (c *Client) newResponseError(res *http.Response, data []byte) *Error {
	var e *Error
	if c.ParseError != nil && json.Valid(data) {
		e = c.ParseError(res.StatusCode, res.Header, data)
	}
	if e == nil {
		e = &Error{}
	}
	if e.Message == "" && res.StatusCode >= 300 && res.StatusCode <= 399 {
		e.Err = cmp.Or(e.Err, errRedirect)
	}
	e.RetryAfter = responseRetryAfter(res.StatusCode, res.Header, e.RetryAfter)
	e.sanitize()
	return e
}

var (
	errInvalidPath      = errors.New("a name is empty or not fit for an address")
	errInvalidBaseURL   = errors.New("the base URL is not an address")
	errRedirect         = errors.New("redirect refused")
	errResponseTooLarge = errors.New("the answer is larger")
)

// readLimited reads all of r, up to limit bytes.
func readLimited(r io.Reader, limit int64) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err != nil {
		return nil, err
	}
	if int64(len(data)) > limit {
		return nil, errResponseTooLarge
	}
	return data, nil
}

// newNotSentError is the error of a request that never left. What kept it says when to try again.
func newNotSentError(ctx context.Context, op string, err error) *Error {
	e := &Error{Op: op, notSent: true, Err: err}
	if below, ok := errors.AsType[*Error](err); ok {
		e.RetryAfter = below.RetryAfter
	} else if ctx.Err() != nil {
		e.Err = ctx.Err()
	}
	return e
}

// transportError is why there was no answer, without the address: its query can hold anything.
func transportError(ctx context.Context, err error, timeout time.Duration) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if u, ok := errors.AsType[*url.Error](err); ok {
		err = u.Err
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("no answer in %v: %w", timeout, context.DeadlineExceeded)
	}
	return err
}

// describeDecodeError says what is wrong with an answer without quoting from it.
func describeDecodeError(err error) error {
	if e, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return fmt.Errorf("the answer's field %q is not a %v", e.Field, e.Type.Kind())
	}
	if e, ok := errors.AsType[*json.SyntaxError](err); ok {
		return fmt.Errorf("the answer is not JSON, from byte %d on", e.Offset)
	}
	if errors.Is(err, errListTooLong) {
		return errListTooLong
	}
	return errors.New("the answer is not what was expected")
}

// authorizationSecrets is the secret part of a request's Authorization header.
func authorizationSecrets(r *http.Request) []string {
	h := r.Header.Get("Authorization")
	_, token, found := strings.Cut(h, " ")
	if !found {
		token = h
	}
	return []string{h, token}
}
