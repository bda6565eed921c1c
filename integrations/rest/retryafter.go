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

// minUnixSeconds is the smallest number that is taken for seconds since 1970 and not for a number
// of seconds to wait: 2001-09-09.
const minUnixSeconds = 1e9

// responseRetryAfter is how long an answer asks to wait; 0 when it does not say. Its Retry-After
// comes first, then what its body says, then, with a 429, x-ratelimit-reset, which Port's
// documentation calls seconds since 1970 and Port's own Terraform provider reads as
// seconds to wait.
//
// https://www.rfc-editor.org/rfc/rfc9110#name-retry-after
// https://docs.port.io/api-reference/rate-limits
func responseRetryAfter(status int, h http.Header, body time.Duration) time.Duration {
	now := ServerTime(h)
	if d := ParseRetryAfter(h.Get("Retry-After"), now); d > 0 {
		return d
	}
	if body == 0 && status == http.StatusTooManyRequests {
		body = ParseRetryAfter(h.Get("X-RateLimit-Reset"), now)
	}
	return min(max(body, 0), MaxRetryAfter)
}

// ServerTime is the time by the service's own clock, from the Date of its answer; the time here
// when it has none. A time that the service names is to be compared with it.
func ServerTime(h http.Header) time.Time {
	if date, err := http.ParseTime(h.Get("Date")); err == nil {
		return date
	}
	return time.Now()
}

// ParseRetryAfter reads a wish to wait: a number of seconds, seconds since 1970, an HTTP date or an
// RFC 3339 time. It is between 0 and MaxRetryAfter; 0 also stands for what cannot be read.
func ParseRetryAfter(s string, now time.Time) time.Duration {
	s = strings.TrimSpace(s)
	if n, err := strconv.ParseFloat(s, 64); err == nil {
		if n >= minUnixSeconds {
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
