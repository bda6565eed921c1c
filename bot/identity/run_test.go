package identity_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"foghorn/bot/identity"
	"foghorn/integrations/slackapp"
)

// rejectingSlack rejects the token, in the first hour with breaks.
type rejectingSlack struct {
	identity.Slack
	begun time.Time
}

func (s *rejectingSlack) CheckAuth(context.Context) (slackapp.Identity, error) {
	if age := time.Since(s.begun); age < time.Hour && age%(4*time.Minute) < time.Minute {
		return slackapp.Identity{}, &slackapp.Error{Method: "auth.test", Code: "internal_error"}
	}
	return slackapp.Identity{}, &slackapp.Error{Method: "auth.test", Code: "token_revoked"}
}

// TestRun_TokenRejected ends only when the token is rejected without a break.
func TestRun_TokenRejected(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &rejectingSlack{begun: time.Now()}
		err := identity.New(s, nil).Run(t.Context())
		if took := time.Since(s.begun); slackapp.ErrorCode(err) != "token_revoked" || slackapp.IsAppToken(err) || took < time.Hour || took > 70*time.Minute {
			t.Errorf("ended after %v with %v", took, err)
		}
	})
}
