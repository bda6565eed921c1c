package rest

import (
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// MaxRetryAfter is the longest that a service's wish to wait is honoured. A person waits
// behind it, and a wrong clock must not park a request for a year.
const MaxRetryAfter = 2 * time.Minute

// epoch is the smallest number that is taken for seconds since 1970 and not for a number
// of seconds to wait: 2001-09-09.
const epoch = 1e9

// retryAfter is how long the headers of an answer ask to wait; 0 when they do not say.
// Retry-After comes first; a 429 without one is read by x-ratelimit-reset, which Port's
// documentation calls seconds since 1970 and Port's own Terraform provider reads as
// seconds to wait.
//
// https://www.rfc-editor.org/rfc/rfc9110#name-retry-after
// https://docs.port.io/api-reference/rate-limits
func retryAfter(status int, h http.Header, now time.Time) time.Duration {
	if date, err := http.ParseTime(h.Get("Date")); err == nil {
		now = date // a date is the service's, so compare it with the service's clock
	}
	if d := Wait(h.Get("Retry-After"), now); d > 0 {
		return d
	}
	if status == http.StatusTooManyRequests {
		return Wait(h.Get("X-RateLimit-Reset"), now)
	}
	return 0
}

// Wait reads a wish to wait: a number of seconds, seconds since 1970, an HTTP date or an
// RFC 3339 time. It is between 0 and MaxRetryAfter; 0 also stands for what cannot be read.
func Wait(s string, now time.Time) time.Duration {
	s = strings.TrimSpace(s)
	if n, err := strconv.ParseFloat(s, 64); err == nil {
		if n >= epoch {
			n -= float64(now.UnixMilli()) / 1000
		}
		switch {
		case math.IsNaN(n) || n <= 0:
			return 0
		case n >= MaxRetryAfter.Seconds():
			return MaxRetryAfter
		}
		return time.Duration(n * float64(time.Second))
	}
	for _, layout := range []string{time.RFC3339, time.RFC1123, time.RFC1123Z, time.RFC850, time.ANSIC} {
		if t, err := time.Parse(layout, s); err == nil {
			return min(max(t.Sub(now), 0), MaxRetryAfter)
		}
	}
	return 0
}
