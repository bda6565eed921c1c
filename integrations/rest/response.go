package rest

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

const (
	// maxResponseBytes is the largest response, after decompression, that is read.
	maxResponseBytes = 8 << 20

	// maxErrorBytes is the largest response with an error status that is read. Of a larger one only the status is used.
	maxErrorBytes = 1 << 20
)

var (
	errInvalidPath      = errors.New("a part of the path is empty or invalid")
	errInvalidBaseURL   = errors.New("the base URL is invalid")
	errRedirect         = errors.New("redirect refused")
	errResponseTooLarge = errors.New("the response is too large")
)

// readLimited reads all of r, up to limit bytes.
func readLimited(r io.Reader, limit int64) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err != nil {
		return nil, err
	}
	if int64(len(data)) > limit {
		return nil, fmt.Errorf("%w: more than %d bytes", errResponseTooLarge, limit)
	}
	return data, nil
}

// newResponseError returns the Error of a response whose status is not 2xx.
func (c *Client) newResponseError(res *http.Response, data []byte) *Error {
	var e *Error
	if c.ParseError != nil && json.Valid(data) {
		e = c.ParseError(res.StatusCode, res.Header, data)
	}
	if e == nil {
		e = &Error{}
		e.foreign = c.ParseError != nil && res.StatusCode >= 400 && res.StatusCode <= 499
		if e.foreign && res.StatusCode != http.StatusTooManyRequests {
			e.Err = c.newForeignError(res)
		}
	}
	e.passing = c.Refusals != nil && !slices.Contains(c.Refusals, res.StatusCode)
	if e.Message == "" && res.StatusCode >= 300 && res.StatusCode <= 399 {
		e.Err = cmp.Or(e.Err, errRedirect)
	}
	e.RetryAfter = responseRetryAfter(res.StatusCode, res.Header, e.RetryAfter)
	e.sanitize()
	return e
}

// newForeignError returns the error of a response that is not in the service's format.
func (c *Client) newForeignError(res *http.Response) error {
	kind, _, _ := strings.Cut(res.Header.Get("Content-Type"), ";")
	kind = singleLine(cmp.Or(kind, "no content type"), maxLabelRunes)
	return fmt.Errorf("a proxy or firewall answered instead of %s (%s)", cmp.Or(c.Name, "the service"), kind)
}

// newNotSentError returns the Error of a request that was not sent because of err. It takes over RetryAfter from err.
func newNotSentError(ctx context.Context, op string, err error) *Error {
	e := &Error{Op: op, notSent: true, Err: err}
	if cause, ok := errors.AsType[*Error](err); ok {
		e.RetryAfter = cause.RetryAfter
	} else if ctx.Err() != nil {
		e.Err = ctx.Err()
	}
	return e
}

// transportError returns the reason for a missing response, without the address: its query can hold anything.
func transportError(ctx context.Context, err error, timeout time.Duration) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if u, ok := errors.AsType[*url.Error](err); ok {
		err = u.Err
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("no response within %v: %w", timeout, context.DeadlineExceeded)
	}
	return err
}

// describeDecodeError returns what is wrong with a response, without quoting it.
func describeDecodeError(err error) error {
	if e, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return fmt.Errorf("the response's field %q is not of type %v", e.Field, e.Type.Kind())
	}
	if e, ok := errors.AsType[*json.SyntaxError](err); ok {
		return fmt.Errorf("the response is not valid JSON at byte %d", e.Offset)
	}
	if errors.Is(err, errListTooLong) {
		return errListTooLong
	}
	return errors.New("the response cannot be decoded")
}
