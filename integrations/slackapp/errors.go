package slackapp

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/slack-go/slack"
)

// maxResponseBytes is the largest answer, in bytes, that is read from Slack.
const maxResponseBytes = 8 << 20

// An Error is a Web API call that did not succeed.
type Error struct {
	Method     string        // such as chat.postMessage
	Code       string        // Slack's error code; "ratelimited" for a 429; empty when Slack did not answer in its own words
	Status     int           // HTTP status when it was not 200; 0 otherwise
	Messages   []string      // what Slack adds, such as "must be less than 25 characters [json-pointer:/view/title/text]"
	Needed     string        // the scope that is missing, with Code missing_scope
	RetryAfter time.Duration // for ratelimited
	Err        error         // the cause below, when there was no answer
}

func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString("call " + e.Method + ": ")
	switch {
	case e.Code != "":
		b.WriteString(e.Code)
	case e.Status != 0:
		fmt.Fprintf(&b, "HTTP status %d", e.Status)
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

// RateLimited reports that Slack wants fewer calls: nothing was done, try again after RetryAfter.
func (e *Error) RateLimited() bool { return e.Code == "ratelimited" || e.Code == "rate_limited" }

// Rejected reports that Slack understood and said no: nothing was done, and asking again
// gives the same answer. What is neither Refused nor Limited may have been done.
func (e *Error) Rejected() bool { return e.Code != "" && !e.RateLimited() && !transientCodes[e.Code] }

// NotSent reports that the call never reached Slack.
func (e *Error) NotSent() bool {
	op, ok := errors.AsType[*net.OpError](e.Err)
	return ok && op.Op == "dial"
}

// transientCodes codes say that Slack itself failed, possibly after the work was done.
// https://docs.slack.dev/reference/methods/chat.postMessage#errors
var transientCodes = map[string]bool{
	"internal_error": true, "fatal_error": true, "service_unavailable": true,
	"request_timeout": true, "external_service_migration_in_progress": true,
}

// Fatal reports a token that will never work: every call would be refused.
func (e *Error) Fatal() bool {
	switch e.Code {
	case "invalid_auth", "account_inactive", "not_authed", "token_revoked", "token_expired",
		"not_allowed_token_type", "missing_scope", "forbidden_team", "org_login_required", "no_permission":
		return true
	}
	return false
}

// ErrorCode is the Slack error code of err, or "" when it has none.
func ErrorCode(err error) string {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Code
	}
	return ""
}

// wrapError makes an *Error of what slack-go returns, without anything secret in it.
func wrapError(method string, err error) error {
	if err == nil {
		return nil
	}
	e := &Error{Method: method}
	if answer, ok := errors.AsType[slack.SlackErrorResponse](err); ok {
		e.Code, e.Needed = answer.Err, answer.Needed
		for _, m := range answer.ResponseMetadata.Messages {
			e.Messages = append(e.Messages, truncate(m))
		}
		return e
	}
	if limited, ok := errors.AsType[*slack.RateLimitedError](err); ok {
		e.Code, e.RetryAfter = "ratelimited", limited.RetryAfter
		return e
	}
	if status, ok := errors.AsType[slack.StatusCodeError](err); ok {
		e.Status = status.Code
		return e
	}
	// url.Error prints the address, and an address can hold a ticket.
	if u, ok := errors.AsType[*url.Error](err); ok {
		err = u.Err
	}
	if errors.Is(err, context.DeadlineExceeded) {
		err = fmt.Errorf("no answer in time: %w", context.DeadlineExceeded)
	}
	e.Err = err
	return e
}

func callOutcome(err error) string {
	if err == nil {
		return "ok"
	}
	e, ok := errors.AsType[*Error](err)
	switch {
	case ok && e.Code != "":
		return e.Code
	case ok && e.Status != 0:
		return http.StatusText(e.Status)
	}
	return "no_answer"
}

// truncate keeps a vendor's sentence readable.
func truncate(s string) string {
	const most = 300
	if r := []rune(s); len(r) > most {
		return string(r[:most]) + "…"
	}
	return s
}

// limitedTransport limits how much of an answer is read.
type limitedTransport struct{ next http.RoundTripper }

func (b limitedTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	res, err := b.next.RoundTrip(r)
	if err == nil {
		res.Body = http.MaxBytesReader(nil, res.Body, maxResponseBytes)
	}
	return res, err
}

// rejectRedirect refuses redirects: a token must not travel to another host.
func rejectRedirect(*http.Request, []*http.Request) error { return errRedirect }

var errRedirect = errors.New("redirect refused")
