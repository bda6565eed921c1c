package rest

import (
	"cmp"
	"errors"
	"net/http"
	"strconv"
	"time"
)

// IsNotFound reports that the service does not have what was asked for (404).
func IsNotFound(err error) bool { return answerStatus(err) == http.StatusNotFound }

// IsRejected reports that the service understood the request and refused it: nothing was done, and a retry gives the
// same answer. If neither IsRejected nor IsRateLimited nor IsNotSent is true, the request may have been carried out.
func IsRejected(err error) bool {
	if e, ok := errors.AsType[*Error](err); ok && e.passing {
		return false
	}
	switch status := answerStatus(err); status {
	case http.StatusRequestTimeout, http.StatusTooEarly, http.StatusTooManyRequests:
		return false
	default:
		return status >= 400 && status <= 499
	}
}

// IsRateLimited reports that the service, or a gateway in front of it, wants fewer requests (429). Retry after RetryAfter,
// or after a delay of the caller's choice if that is 0. Nothing was done, unless IsForeign.
func IsRateLimited(err error) bool { return Status(err) == http.StatusTooManyRequests }

// IsForeign reports that the answer is not in the service's format: something else has answered, such as a proxy, and the
// request may have been carried out.
func IsForeign(err error) bool {
	e, ok := errors.AsType[*Error](err)
	return ok && e.foreign
}

// IsNotSent reports that nothing was done, because the request had no connection, could not be authorized, or was
// answered with 401 and could not be authorized again.
func IsNotSent(err error) bool {
	e, ok := errors.AsType[*Error](err)
	return ok && e.notSent
}

// IsUnauthorized reports that the service does not accept the credentials (401). It is also true with IsRejected.
func IsUnauthorized(err error) bool { return answerStatus(err) == http.StatusUnauthorized }

// RetryAfter returns how long the service asks to wait; 0 if it does not say or err is not an *Error.
func RetryAfter(err error) time.Duration {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.RetryAfter
	}
	return 0
}

// answerStatus is the HTTP status with which the service itself answered; 0 if it did not, or if a proxy answered.
func answerStatus(err error) int {
	if e, ok := errors.AsType[*Error](err); ok && !e.foreign {
		return e.Status
	}
	return 0
}

// Status returns the HTTP status of err; 0 if there was no response or err is not an *Error.
func Status(err error) int {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Status
	}
	return 0
}

// ErrorText returns the service's explanation for people, with the request's id for the service's support; "" if err is
// not an *Error. It may contain inputs, so it must not be logged.
func ErrorText(err error) string {
	e, ok := errors.AsType[*Error](err)
	if !ok {
		return ""
	}
	text := cmp.Or(e.Message, e.Code, "HTTP status "+strconv.Itoa(e.Status))
	if e.RequestID != "" {
		text += "\n(trace " + e.RequestID + ")"
	}
	return text
}
