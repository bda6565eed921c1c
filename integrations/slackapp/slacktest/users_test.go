package slacktest_test

import (
	"testing"

	"foghorn/integrations/slackapp/slacktest"
)

func TestUsers_InfoListLookup(t *testing.T) {
	w := newEnv(t, slacktest.Config{}, nil)
	u, err := w.api.GetUserInfoContext(w.ctx, "U0ALICE")
	w.noError(err)
	if u.Profile.Email != "alice@example.com" || u.RealName != "Alice Jones" || u.IsBot {
		t.Errorf("user = %+v", u)
	}
	u, err = w.api.GetUserByEmailContext(w.ctx, "ALICE@example.com")
	w.noError(err)
	if u.ID != "U0ALICE" {
		t.Errorf("found %q", u.ID)
	}
	w.SetScopes("users:read")
	u, err = w.api.GetUserInfoContext(w.ctx, "U0ALICE")
	w.noError(err)
	if u.Profile.Email != "" {
		t.Error("the e-mail is shown without its scope")
	}
	w.expectError(w.call("users.info", map[string]any{"user": "U0NOBODY"}), "user_not_found")
	all, err := w.api.GetUsersContext(w.ctx)
	w.noError(err)
	if len(all) != 2 {
		t.Errorf("%d users", len(all))
	}
}
