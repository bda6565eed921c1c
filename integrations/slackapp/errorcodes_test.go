package slackapp

import (
	"errors"
	"testing"
	"time"
)

// TestError_Codes checks what each group of codes means for a call.
func TestError_Codes(t *testing.T) {
	type verdict struct {
		rejected, undone, fatal bool
		limit                   time.Duration
	}
	for code, want := range map[string]verdict{
		"not_in_channel":      {rejected: true},
		"missing_scope":       {rejected: true},
		"no_permission":       {rejected: true},
		"invalid_auth":        {undone: true, fatal: true},
		"not_authed":          {undone: true, fatal: true},
		"token_revoked":       {undone: true, fatal: true},
		"account_inactive":    {undone: true, fatal: true},
		"org_login_required":  {undone: true},
		"team_added_to_org":   {undone: true},
		"request_timeout":     {undone: true},
		"service_unavailable": {undone: true},
		"ratelimited":         {undone: true},
		"internal_error":      {},
		"fatal_error":         {},
		"accesslimited":       {undone: true, limit: uncertainLimit},
		"access_denied":       {undone: true, limit: uncertainLimit},
		"a_code_of_2030":      {undone: true, limit: unlistedLimit},
	} {
		err := error(&Error{Method: "chat.postMessage", Code: code})
		if got := (verdict{IsRejected(err), IsUndone(err), IsFatal(err), RetryLimit(err)}); got != want {
			t.Errorf("%s: %+v, want %+v", code, got, want)
		}
	}
	for _, code := range []string{"missing_scope", "no_permission"} {
		if !IsFatal(&Error{Method: methodConnectionsOpen, Code: code}) {
			t.Errorf("%s of %s is not fatal", code, methodConnectionsOpen)
		}
	}
	for _, err := range []error{nil, errors.New("other"), &Error{Status: 403}} {
		if IsRejected(err) || IsUndone(err) || IsFatal(err) || RetryLimit(err) != 0 {
			t.Errorf("%v has a meaning", err)
		}
	}
}
