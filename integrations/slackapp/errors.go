package slackapp

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/slack-go/slack"
)

// methodConnectionsOpen is the only method that is called with the app token.
const methodConnectionsOpen = "apps.connections.open"

// IsRejected reports that Slack understood the call and did nothing, and that to repeat it would not help.
// An error that is neither IsRejected nor IsUndone leaves open whether the call was carried out.
func IsRejected(err error) bool {
	code := ErrorCode(err)
	return code != "" && codeMeanings[code] == final
}

// IsUndone reports that the call was not carried out, and can succeed later: Slack wants fewer calls, it rejects the
// token, another condition that passes, or the call did not reach Slack.
func IsUndone(err error) bool {
	if code := ErrorCode(err); code != "" {
		meaning := codeMeanings[code]
		return meaning != final && meaning != unclear
	}
	_, notSent := errors.AsType[*notSentError](err)
	return notSent
}

// How long calls are worth repeating after errors of which it is not known whether they pass.
const (
	unlistedLimit  = 15 * time.Second
	uncertainLimit = 10 * time.Minute
)

// RetryLimit returns how long it makes sense to repeat a call that IsUndone; 0: until it succeeds.
func RetryLimit(err error) time.Duration {
	code := ErrorCode(err)
	switch meaning := codeMeanings[code]; {
	case code == "":
		return 0
	case meaning == unlisted:
		return unlistedLimit
	case meaning == uncertain:
		return uncertainLimit
	}
	return 0
}

// IsFatal reports that Slack rejects the token. If it does so repeatedly, no call will succeed.
func IsFatal(err error) bool {
	e, ok := errors.AsType[*Error](err)
	return ok && (codeMeanings[e.Code] == token || openFatal[e.Code] && e.Method == methodConnectionsOpen)
}

// IsAppToken reports that the call was made with the app token, and not with the bot token.
func IsAppToken(err error) bool {
	e, ok := errors.AsType[*Error](err)
	return ok && e.Method == methodConnectionsOpen
}

// ErrorCode returns the Slack error code of err, or "" when it has none.
func ErrorCode(err error) string {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Code
	}
	return ""
}

// maxRetryAfter is the longest delay that Slack can ask for.
const maxRetryAfter = 2 * time.Minute

// RetryAfter returns how long Slack wants no calls of the method, at most 2 minutes; 0: it did not say.
func RetryAfter(err error) time.Duration {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.RetryAfter
	}
	return 0
}

// Error is a Web API call that failed. It contains no token, ticket or form value.
type Error struct {
	Method     string        // such as chat.postMessage
	Code       string        // Slack's error code; "ratelimited" for HTTP 429; empty if the response had none
	Status     int           // HTTP status of a response that is not Slack's; 0 otherwise
	Messages   []string      // details, such as "must be less than 25 characters [json-pointer:/view/title/text]"
	Needed     string        // the missing scope, with Code missing_scope
	RetryAfter time.Duration // with Code ratelimited
	Err        error         // the cause, if Slack itself did not answer
}

func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString("call " + e.Method + ": ")
	switch {
	case e.Code != "":
		b.WriteString(e.Code)
	case e.Status != 0:
		fmt.Fprintf(&b, "HTTP status %d", e.Status)
		if e.Err != nil {
			b.WriteString(": " + e.Err.Error())
		}
	default:
		b.WriteString(e.Err.Error())
	}
	if e.Needed != "" {
		b.WriteString(" (needs the scope " + e.Needed + ")")
	}
	if len(e.Messages) > 0 {
		b.WriteString(": " + strings.Join(e.Messages, "; "))
	}
	return b.String()
}

func (e *Error) Unwrap() error { return e.Err }

// wrapError converts an error of slack-go to an *Error, and removes secrets.
func wrapError(method string, err error) error {
	if err == nil {
		return nil
	}
	e := &Error{Method: method}
	if response, ok := errors.AsType[slack.SlackErrorResponse](err); ok {
		e.Code, e.Needed = sanitize(response.Err), sanitize(response.Needed)
		for _, m := range response.ResponseMetadata.Messages {
			e.Messages = append(e.Messages, sanitize(m))
		}
		return e
	}
	if limited, ok := errors.AsType[*slack.RateLimitedError](err); ok {
		e.Code, e.RetryAfter = "ratelimited", min(limited.RetryAfter, maxRetryAfter)
		return e
	}
	if other, ok := errors.AsType[*foreignError](err); ok {
		e.Status, e.Err = other.status, other
		return e
	}
	if u, ok := errors.AsType[*url.Error](err); ok {
		err = u.Err // url.Error prints the address, and an address can contain a ticket
	}
	if errors.Is(err, context.DeadlineExceeded) {
		err = fmt.Errorf("no response in time: %w", context.DeadlineExceeded)
	}
	e.Err = redactError(err)
	return e
}

// callOutcome returns the outcome that Config.OnCall gets.
func callOutcome(err error) string {
	e, ok := errors.AsType[*Error](err)
	switch {
	case err == nil:
		return "ok"
	case ok && e.Code != "":
		return e.Code
	case ok && e.Status != 0 && e.Status != http.StatusOK:
		return http.StatusText(e.Status)
	}
	return "no_answer"
}
