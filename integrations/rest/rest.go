// Package rest calls services that speak JSON over HTTP. A [Client] describes one service, [Do] sends one request to
// it, and every failure is an [*Error].
//
// Callers decide what to do next by asking about the error, not by unpacking it:
//
//	[IsNotFound]     the service does not have what was asked for
//	[IsRejected]     the service refused the request: nothing was done, and a retry gives the same answer
//	[IsRateLimited]  the service wants fewer requests: nothing was done; retry after [RetryAfter]
//	[IsNotSent]      the request did not reach the service: nothing was done
//	none of these    the request may have been carried out
//
// A status counts only if its body is in the service's format. A proxy, a firewall or a captive portal can answer as
// well, with any status, and says nothing about the request.
//
// Responses are bounded in size and time, redirects are refused, and a body that cannot be read never hides the status
// it came with. Errors never contain secrets: no query of an address, no header, no body of a request.
package rest

import (
	"net/http"
	"net/url"
	"strings"
	"time"
)

const (
	// defaultTimeout bounds one request, from dialing to the last byte of the response, unless Client.HTTP has a
	// timeout of its own.
	defaultTimeout = 10 * time.Second

	// maxIdleConnsPerHost is how many idle connections to one host are kept for later requests.
	maxIdleConnsPerHost = 64

	// idleConnTimeout is how long an idle connection is kept. Common load balancers close theirs after 60 seconds; a
	// request that is sent on a connection that is being closed is lost, and it is unknown whether it was carried out.
	idleConnTimeout = 50 * time.Second

	// pingAfterIdle is how long an HTTP/2 connection may be silent before it is pinged, pingTimeout how long the
	// response may take. Without pings a dead connection fails every request for minutes.
	pingAfterIdle = 8 * time.Second
	pingTimeout   = 4 * time.Second
)

// NewHTTPClient returns an http.Client with a connection pool of its own, for one service that is called often.
func NewHTTPClient() *http.Client {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost = maxIdleConnsPerHost
	transport.IdleConnTimeout = idleConnTimeout
	transport.HTTP2 = &http.HTTP2Config{SendPingTimeout: pingAfterIdle, PingTimeout: pingTimeout}
	return &http.Client{Transport: transport, Timeout: defaultTimeout}
}

// Path joins elements to a path and escapes each. It returns "", which Do refuses, if an element is empty, "." or "..":
// such a path would name another resource.
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
