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

// methodConnectionsOpen is the only method that is called with the app token.
const methodConnectionsOpen = "apps.connections.open"

// codeMeaning says what an error code of Slack means. A code without a meaning is final for its call: Slack
// has done nothing, and to repeat the call gives the same answer.
type codeMeaning struct {
	rateLimited bool // Slack has done nothing and accepts the call later
	transient   bool // Slack may answer otherwise when the call is repeated
	token       bool // Slack rejects the token; if that lasts, no call will succeed
}

// codeMeanings lists the codes that are not final for their call. Slack sometimes rejects a valid token for a
// moment, so the codes about tokens that Slack does not state as final are transient as well.
// https://docs.slack.dev/reference/methods/chat.postMessage#errors
// https://docs.slack.dev/reference/methods/apps.connections.open#errors
var codeMeanings = map[string]codeMeaning{
	"ratelimited":  {rateLimited: true},
	"rate_limited": {rateLimited: true},

	"internal_error":                         {transient: true},
	"fatal_error":                            {transient: true},
	"service_unavailable":                    {transient: true},
	"request_timeout":                        {transient: true},
	"access_denied":                          {transient: true},
	"accesslimited":                          {transient: true},
	"org_login_required":                     {transient: true}, // the workspace is being moved to an Enterprise organization
	"team_added_to_org":                      {transient: true},
	"external_service_migration_in_progress": {transient: true},

	"invalid_auth": {transient: true, token: true},
	"not_authed":   {transient: true, token: true},

	"account_inactive":       {token: true},
	"token_revoked":          {token: true},
	"token_expired":          {token: true},
	"not_allowed_token_type": {token: true},
	"forbidden_team":         {token: true},
	"no_permission":          {token: true},
}

// IsRejected reports that Slack understood the call and did nothing, and that to repeat it would not help.
// An error that is neither IsRejected nor IsRateLimited nor IsNotSent leaves open whether the call was carried out.
func IsRejected(err error) bool {
	code := ErrorCode(err)
	m := codeMeanings[code]
	return code != "" && !m.rateLimited && !m.transient
}

// IsRateLimited reports that Slack did nothing and wants fewer calls. See RetryAfter.
func IsRateLimited(err error) bool { return codeMeanings[ErrorCode(err)].rateLimited }

// IsFatal reports that Slack rejects the token. If it does so repeatedly, no call will succeed.
func IsFatal(err error) bool {
	e, ok := errors.AsType[*Error](err)
	return ok && (codeMeanings[e.Code].token || e.Code == "missing_scope" && e.Method == methodConnectionsOpen)
}

// IsNotSent reports that the call did not reach Slack.
func IsNotSent(err error) bool {
	e, ok := errors.AsType[*Error](err)
	if !ok {
		return false
	}
	op, ok := errors.AsType[*net.OpError](e.Err)
	_, refused := errors.AsType[*ProxyError](e.Err)
	return refused || ok && (op.Op == "dial" || op.Op == "proxyconnect")
}

// ErrorCode returns the Slack error code of err, or "" when it has none.
func ErrorCode(err error) string {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Code
	}
	return ""
}

// RetryAfter returns how long Slack wants no calls of the method; 0: it did not say.
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
	Status     int           // HTTP status if it was not 200; 0 otherwise
	Messages   []string      // details, such as "must be less than 25 characters [json-pointer:/view/title/text]"
	Needed     string        // the missing scope, with Code missing_scope
	RetryAfter time.Duration // with Code ratelimited
	Err        error         // the cause, if there was no response
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

// wrapError converts an error of slack-go to an *Error, and removes secrets.
func wrapError(method string, err error) error {
	if err == nil {
		return nil
	}
	e := &Error{Method: method}
	if response, ok := errors.AsType[slack.SlackErrorResponse](err); ok {
		e.Code, e.Needed = response.Err, response.Needed
		for _, m := range response.ResponseMetadata.Messages {
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
	if u, ok := errors.AsType[*url.Error](err); ok {
		err = u.Err // url.Error prints the address, and an address can contain a ticket
	}
	if errors.Is(err, context.DeadlineExceeded) {
		err = fmt.Errorf("no response in time: %w", context.DeadlineExceeded)
	}
	e.Err = err
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
	case ok && e.Status != 0:
		return http.StatusText(e.Status)
	}
	return "no_answer"
}

// truncate shortens text from Slack to 300 characters.
func truncate(s string) string {
	const maxRunes = 300
	if r := []rune(s); len(r) > maxRunes {
		return string(r[:maxRunes]) + "…"
	}
	return s
}

// maxResponseBytes bounds a response of the Web API.
const maxResponseBytes = 8 << 20

// limitedTransport bounds how much of a response is read.
type limitedTransport struct{ next http.RoundTripper }

func (t limitedTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	res, err := t.next.RoundTrip(r)
	if err == nil {
		res.Body = http.MaxBytesReader(nil, res.Body, maxResponseBytes)
	}
	return res, err
}

// rejectRedirect rejects redirects, so that a token is not sent to another host.
func rejectRedirect(*http.Request, []*http.Request) error { return errRedirect }

var errRedirect = errors.New("redirect rejected")
