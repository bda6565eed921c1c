// Package rest speaks JSON over HTTP with the services that Foghorn calls. [Do] is the one
// function that does it, and [Error] is the one error that comes of it.
//
// What comes back is bounded in size and in time, redirects are refused, and a body that
// cannot be read never hides the status that came with it. Nothing secret is in an error:
// no address with its query, no header, no body that was sent.
package rest

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"strings"
	"time"
)

const (
	// MaxAnswer is the largest answer, in bytes after decompression, that is read when
	// Client.MaxBody is 0.
	MaxResponseBytes = 8 << 20

	// MaxErrorAnswer is the largest answer with an error status, in bytes, that is read.
	// Of a larger one only the status is used.
	MaxErrorBytes = 1 << 20

	// Timeout bounds one request from dialling to the last byte of the answer, unless
	// Client.HTTP has a timeout of its own.
	DefaultTimeout = 10 * time.Second

	// idlePerHost is how many connections to one host are kept for the next call, and
	// idleFor for how long: less than the 60 seconds after which common load balancers
	// close them, since a request sent on one that is just being closed is lost, and nobody
	// knows whether it was done.
	maxIdleConnsPerHost = 64
	idleConnTimeout     = 50 * time.Second

	// quietFor is how long an HTTP/2 connection is silent before it is pinged, and
	// pingTimeout how long the answer may take. A connection that died without a word would
	// otherwise take every call with it for minutes.
	pingAfterIdle = 15 * time.Second
	pingTimeout   = 5 * time.Second
)

// A Client is one service and how to speak with it. Its fields must not be changed once
// it is in use; it is then safe for concurrent use.
type Client struct {
	BaseURL   string       // such as https://api.port.io; a path of its own is kept
	HTTP      *http.Client // nil: http.DefaultClient. Timeout 0 becomes Timeout; redirects are never followed
	UserAgent string       // "": foghorn
	MaxBody   int64        // largest answer in bytes; 0: MaxAnswer

	// Authorize, if set, adds to each request what proves who asks. When it fails the
	// request is not sent.
	Authorize func(ctx context.Context, r *http.Request) error

	// Renew, if set, is told of a request that was answered with 401. It returns true
	// when Authorize would do better now; the request is then sent once more, which is
	// safe for every method, since it was refused. An error means that it could not find
	// out; the call then ends as NotSent with that cause.
	Reauthorize func(ctx context.Context, refused *http.Request) (bool, error)

	// ParseError, if set, reads the service's own error body into Code, Message,
	// RequestID, Details and RetryAfter of an Error; Do fills in the rest. It may return
	// nil when the body is not one of the service's.
	ParseError func(status int, header http.Header, body []byte) *Error

	// OnCall, if set, hears of each request: what it was for, the status of its answer (0:
	// none) and how long it took. The purpose leaves out names, so that there are few
	// different ones. It must not block.
	OnCall func(purpose string, status int, took time.Duration)
}

// NewHTTPClient makes an http.Client with connections of its own, fit for one service that is
// called often.
func NewHTTPClient() *http.Client {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost = maxIdleConnsPerHost
	transport.IdleConnTimeout = idleConnTimeout
	transport.HTTP2 = &http.HTTP2Config{SendPingTimeout: pingAfterIdle, PingTimeout: pingTimeout}
	return &http.Client{Transport: transport, Timeout: DefaultTimeout}
}

// httpClient is the http.Client to use: bounded, and following no redirects, since the token
// must not travel to another host and a POST must not become a GET.
func (c *Client) httpClient() *http.Client {
	h := *cmp.Or(c.HTTP, http.DefaultClient)
	h.Timeout = cmp.Or(h.Timeout, DefaultTimeout)
	h.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &h
}

// Path makes a path of its elements, each escaped. It is "", which Do refuses, when an
// element is empty or a step within the path ("." or ".."): such a path would name
// something else than what was meant.
func Path(elems ...string) string {
	var b strings.Builder
	for _, e := range elems {
		if e == "" || e == "." || e == ".." {
			return ""
		}
		b.WriteByte('/')
		b.WriteString(url.PathEscape(e))
	}
	return b.String()
}

// trimNames is an operation without the names in it: `read action "x"` is `read action`.
func trimNames(op string) string {
	before, _, _ := strings.Cut(op, `"`)
	return strings.TrimSpace(before)
}
