package slackapp

import (
	"errors"
	"time"
)

// IsRejected reports that Slack understood the call and did nothing; to repeat it would not help.
func IsRejected(err error) bool {
	e, ok := errors.AsType[*Error](err)
	return ok && e.Rejected()
}

// IsRateLimited reports that Slack wants fewer calls, and did nothing.
func IsRateLimited(err error) bool {
	e, ok := errors.AsType[*Error](err)
	return ok && e.RateLimited()
}

// IsNotSent reports that the call did not reach Slack.
func IsNotSent(err error) bool {
	e, ok := errors.AsType[*Error](err)
	return ok && e.NotSent()
}

// RetryAfter is how long Slack wants no calls; 0: it did not say.
func RetryAfter(err error) time.Duration {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.RetryAfter
	}
	return 0
}
