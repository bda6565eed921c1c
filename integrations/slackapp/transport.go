package slackapp

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

const (
	// maxResponseBytes bounds a response of the Web API.
	maxResponseBytes = 8 << 20

	// idleConnTimeout is how long an idle connection is kept. Common load balancers close theirs after 60 seconds; a call
	// on a connection that is being closed is lost, and it is unknown whether it was carried out.
	idleConnTimeout = 50 * time.Second

	// pingAfterIdle is how long an HTTP/2 connection may be silent before it is pinged, pingReplyTimeout how long the
	// reply may take. Without pings a dead connection fails every call for minutes.
	pingAfterIdle    = 8 * time.Second
	pingReplyTimeout = 4 * time.Second
)

// newHTTPClient returns the client for the calls of the Web API. Each call has a timeout of its own.
func newHTTPClient() *http.Client {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost = 64 // all calls go to one host
	transport.IdleConnTimeout = idleConnTimeout
	transport.HTTP2 = &http.HTTP2Config{SendPingTimeout: pingAfterIdle, PingTimeout: pingReplyTimeout}
	// Redirects are rejected, so that a token is not sent to another host.
	rejectRedirect := func(*http.Request, []*http.Request) error { return errors.New("redirect rejected") }
	return &http.Client{Transport: apiTransport{transport}, CheckRedirect: rejectRedirect}
}

// apiTransport bounds how much of a response is read, and separates Slack's answers from those of others, which
// slack-go does not: it takes {"message":"blocked"} for a success.
type apiTransport struct{ next http.RoundTripper }

func (t apiTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	var connected atomic.Bool
	r = r.WithContext(httptrace.WithClientTrace(r.Context(), &httptrace.ClientTrace{
		GotConn: func(httptrace.GotConnInfo) { connected.Store(true) },
	}))
	res, err := t.next.RoundTrip(r)
	if err != nil {
		if !connected.Load() {
			err = &notSentError{err}
		}
		return nil, err
	}
	defer func() { _ = res.Body.Close() }() // it is replaced
	body, err := io.ReadAll(http.MaxBytesReader(nil, res.Body, maxResponseBytes))
	if err != nil {
		return nil, fmt.Errorf("read the response: %w", err)
	}
	if res.StatusCode != http.StatusTooManyRequests && res.StatusCode/100 != 3 && (res.StatusCode != http.StatusOK || !isSlackBody(body)) {
		kind, _, _ := strings.Cut(res.Header.Get("Content-Type"), ";")
		return nil, &foreignError{status: res.StatusCode, contentType: kind}
	}
	if _, err := strconv.Atoi(res.Header.Get("Retry-After")); err != nil {
		res.Header.Set("Retry-After", "1") // slack-go needs it to see that a status of 429 is a limit
	}
	res.Body = io.NopCloser(bytes.NewReader(body))
	return res, nil
}

// isSlackBody reports whether a body is an answer of the Web API, which has "ok" and, if that is false, "error".
// https://docs.slack.dev/apis/web-api/#responses
func isSlackBody(body []byte) bool {
	var res struct {
		OK    *bool  `json:"ok"`
		Error string `json:"error"`
	}
	return json.Unmarshal(body, &res) == nil && res.OK != nil && (*res.OK || res.Error != "")
}

// notSentError is the error of a request that had no connection.
type notSentError struct{ error }

func (e *notSentError) Unwrap() error { return e.error }

// foreignError is a response that is not an answer of the Web API. Slack's own servers send such responses with a
// status of 500 and above; otherwise something else has answered, and what became of the call is not known.
type foreignError struct {
	status      int
	contentType string
}

func (e *foreignError) Error() string {
	if e.status >= 500 {
		return "Slack is not available (" + sanitize(e.contentType) + ")"
	}
	return "a proxy or firewall answered instead of Slack (" + sanitize(e.contentType) + ")"
}
