package rest

import (
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// maxRetryAfter is the longest delay that a service can ask for. A person waits meanwhile, and a wrong clock must not
// stop a request for a year.
const maxRetryAfter = 2 * time.Minute

// maxOutageDelay is the longest delay that another status than 429 can ask for: an outage can end sooner than its page
// says.
const maxOutageDelay = 5 * time.Second

// minUnixSeconds is the smallest number that is read as seconds since 1970 (2001-09-09) and not as a delay in seconds.
const minUnixSeconds = 1e9

// responseRetryAfter returns how long a response asks to wait; 0 if it does not say. Retry-After comes first,
// then the delay from the response's body, then, with a 429, x-ratelimit-reset: Port documents it as seconds since
// 1970, and Port's own Terraform provider reads it as a delay in seconds.
//
// https://www.rfc-editor.org/rfc/rfc9110#name-retry-after
// https://docs.port.io/api-reference/rate-limits
func responseRetryAfter(status int, h http.Header, body time.Duration) time.Duration {
	now, limit := ServerTime(h), maxOutageDelay
	if status == http.StatusTooManyRequests {
		limit = maxRetryAfter
	}
	if d := ParseRetryAfter(h.Get("Retry-After"), now); d > 0 {
		return min(d, limit)
	}
	if body == 0 && status == http.StatusTooManyRequests {
		body = ParseRetryAfter(h.Get("X-RateLimit-Reset"), now)
	}
	return min(max(body, 0), limit)
}

// ServerTime returns the time by the service's clock, from the Date header of a response, or the local time if there is
// none. Times that a service names must be compared with its own clock.
func ServerTime(h http.Header) time.Time {
	if date, err := http.ParseTime(h.Get("Date")); err == nil {
		return date
	}
	return time.Now()
}

// ParseRetryAfter reads a delay: a number of seconds, seconds since 1970, an HTTP date or an RFC 3339 time. The result
// is between 0 and 2 minutes; 0 also means that s cannot be read.
func ParseRetryAfter(s string, now time.Time) time.Duration {
	s = strings.TrimSpace(s)
	if n, err := strconv.ParseFloat(s, 64); err == nil {
		if n >= minUnixSeconds {
			n -= float64(now.UnixMilli()) / 1000
		}
		switch {
		case math.IsNaN(n) || n <= 0:
			return 0
		case n >= maxRetryAfter.Seconds():
			return maxRetryAfter
		}
		return time.Duration(n * float64(time.Second))
	}
	for _, layout := range []string{time.RFC3339, time.RFC1123, time.RFC1123Z, time.RFC850, time.ANSIC} {
		if t, err := time.Parse(layout, s); err == nil {
			return min(max(t.Sub(now), 0), maxRetryAfter)
		}
	}
	return 0
}
