package rest

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"time"
)

// IsNotFound reports a 404.
func IsNotFound(err error) bool { return Status(err) == http.StatusNotFound }

// IsUnauthorized reports a 401.
func IsUnauthorized(err error) bool { return Status(err) == http.StatusUnauthorized }

// IsRejected reports that the service understood the call and did nothing; to repeat it would not help.
func IsRejected(err error) bool {
	e, ok := errors.AsType[*Error](err)
	return ok && e.Rejected()
}

// IsRateLimited reports that the service wants fewer calls, and did nothing.
func IsRateLimited(err error) bool { return Status(err) == http.StatusTooManyRequests }

// IsNotSent reports that the call did not reach the service.
func IsNotSent(err error) bool {
	e, ok := errors.AsType[*Error](err)
	return ok && e.NotSent()
}

// RetryAfter is how long the service wants no calls; 0: it did not say.
func RetryAfter(err error) time.Duration {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.RetryAfter
	}
	return 0
}

// ErrorText is a rejection in the service's own words, with the id by which its support finds the call.
func ErrorText(err error) string {
	e, ok := errors.AsType[*Error](err)
	if !ok {
		return ""
	}
	text := cmp.Or(e.Message, e.Code, fmt.Sprintf("HTTP status %d", e.Status))
	if e.RequestID != "" {
		text += "\n(trace " + e.RequestID + ")"
	}
	return text
}
