package workflow

import (
	"errors"
	"maps"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"foghorn/bot/request"
	"foghorn/integrations/port"
	"foghorn/integrations/slackapp"
)

func TestDeliver_Errors(t *testing.T) {
	for _, c := range []struct {
		name  string
		f     fakes
		posts []string
	}{
		{"answer lost, found in the history", fakes{postErr: errors.New("timeout"), postLost: true, found: true}, []string{"C1"}},
		{"answer lost, not posted", fakes{postErr: errors.New("timeout")}, []string{"C1"}},
		{"answer lost, history not readable", fakes{postErr: errors.New("timeout"), findErr: &slackapp.Error{Code: "missing_scope"}}, []string{"C1"}},
		{"answer lost, history never answers", fakes{postErr: errors.New("timeout"), findErr: errors.New("timeout")}, []string{"C1"}},
		{"rate limited", fakes{postErr: &slackapp.Error{Code: "ratelimited", RetryAfter: 3 * time.Second}}, []string{"C1"}},
		{"token rejected for a moment", fakes{postErr: &slackapp.Error{Code: "invalid_auth"}}, []string{"C1"}},
		{"workspace being moved", fakes{postErr: &slackapp.Error{Code: "org_login_required"}}, []string{"C1"}},
		{"an unknown code for a moment", fakes{postErr: &slackapp.Error{Code: "a_code_of_2030"}}, []string{"C1"}},
		{"a page of a proxy", fakes{postErr: &slackapp.Error{Status: 403}}, []string{"C1"}},
		{"not in the channel", fakes{postErr: &slackapp.Error{Code: "not_in_channel"}}, []string{"U1"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w, j := newWorkflow(&c.f)
				advanceUntilWait(t, w, j)
				c.f.endRun(port.StatusSuccess)
				c.f.channel = "C0INC"
				advanceToEnd(t, w, j)
				if j.Stage != request.Tracking || !slices.Equal(c.f.posts, c.posts) {
					t.Errorf("at %s, posted to %v, deliveries %v", j.Stage, c.f.posts, slices.Collect(maps.Keys(j.Deliveries)))
				}
			})
		})
	}
}

func TestPostLimiter_OneMessagePerSecondAndChannel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newPostLimiter(postInterval, 1)
		if l.reserve("C1", "a") != 0 || l.reserve("C2", "b") != 0 {
			t.Error("the first message of a channel waits")
		}
		wait := l.reserve("C1", "c")
		if wait != time.Second || l.reserve("C1", "d") != 2*time.Second {
			t.Errorf("the second message waits %v", wait)
		}
		time.Sleep(wait)
		if l.reserve("C1", "c") != 0 {
			t.Error("a reservation is not kept")
		}
	})
}
