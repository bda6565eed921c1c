package workflow

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"testing"
	"testing/synctest"

	gocmp "github.com/google/go-cmp/cmp"

	"foghorn/bot/identity"
	"foghorn/bot/request"
	"foghorn/integrations/rest"
)

func TestCreateRun_Errors(t *testing.T) {
	for _, c := range []struct {
		name    string
		err     error
		stage   request.Stage
		outcome string
		delay   bool
	}{
		{"rate limited", &rest.Error{Status: http.StatusTooManyRequests}, request.Accepted, "", true},
		{"token expired", &rest.Error{Status: http.StatusUnauthorized}, request.Accepted, "", true},
		{"rejected", &rest.Error{Status: http.StatusUnprocessableEntity, Message: "name is too long"}, request.Notifying, request.Rejected, false},
		{"server error", &rest.Error{Status: http.StatusBadGateway}, request.CreatingRun, "", true},
		{"no answer", errors.New("timeout"), request.CreatingRun, "", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			w, j := newWorkflow(&fakes{createErr: c.err})
			n, _ := w.advance(t.Context(), j)
			if j.Stage != c.stage || (n.delay > 0) != c.delay {
				t.Errorf("at %s, %+v", j.Stage, n)
			}
			if c.outcome != "" && (j.Outcome == nil || j.Outcome.Status != c.outcome) {
				t.Errorf("outcome %+v", j.Outcome)
			}
		})
	}
}

func TestCreateRun_AnswerLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fakes{createErr: errors.New("timeout"), createLost: true}
		w, j := newWorkflow(f)
		advanceToEnd(t, w, j)
		if len(f.runs) != 1 || j.RunID != "r_1" || j.Stage != request.Running {
			t.Errorf("%d runs, %+v", len(f.runs), j.Request)
		}
	})
}

func TestStartRun_Denied(t *testing.T) {
	for status, denied := range map[string]*identity.Denial{
		request.NoEmail: {NoEmail: true, Reason: "You are a guest."},
		request.Denied:  {Reason: "Only members of Acme can run it."},
	} {
		f := &fakes{denied: denied}
		w, j := newWorkflow(f)
		advanceUntilWait(t, w, j)
		if len(f.runAs) > 0 || j.Outcome.Status != status || j.Outcome.Reason != denied.Reason || !slices.Equal(f.posts, []string{"U1"}) {
			t.Errorf("%v runs, %+v, posted to %v", f.runAs, j.Outcome, f.posts)
		}
	}
}

// TestStartRun_NotAuthorizedYet checks that a request is kept while it is not known whether the reporter may run the
// action, and that this is decided again before each attempt to create the run.
func TestStartRun_NotAuthorizedYet(t *testing.T) {
	f := &fakes{authorizeErr: errors.New("timeout")}
	w, j := newWorkflow(f)
	if n, err := w.advance(t.Context(), j); err == nil || n.delay <= 0 || j.Stage != request.Accepted {
		t.Fatalf("%+v, %v in %s", n, err, j.Stage)
	}
	f.authorizeErr, f.createErr = nil, &rest.Error{Status: http.StatusTooManyRequests}
	if n, err := w.advance(t.Context(), j); err == nil || n.delay <= 0 || j.Stage != request.Accepted {
		t.Fatalf("%+v, %v in %s", n, err, j.Stage)
	}
	f.denied = &identity.Denial{Reason: "Your Slack account is deactivated."}
	advanceUntilWait(t, w, j)
	if f.authorized != 3 || len(f.runs) > 0 || j.Outcome.Status != request.Denied {
		t.Errorf("authorized %d times, %d runs, %+v", f.authorized, len(f.runs), j.Outcome)
	}
}

func TestCreateRun_AddressOfReporter(t *testing.T) {
	notFound := &rest.Error{Status: http.StatusNotFound, Message: "User was not found"}
	for _, c := range []struct {
		name, correct string
		unknown       *identity.Denial
		status        string
		runAs         []string
	}{
		{"Port spells it the same", "", nil, request.Rejected, []string{"alice@example.com"}},
		{"Port spells it otherwise", "Alice@example.com", nil, "", []string{"alice@example.com", "Alice@example.com"}},
		{"Port does not know it", "", &identity.Denial{Reason: "Port doesn't know the address"}, request.Denied, []string{"alice@example.com"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := &fakes{createErr: notFound, unknownEmail: c.unknown}
			w, j := newWorkflow(f)
			if f.correctEmail = c.correct; c.correct != "" {
				w.cfg.Users = &respelled{fakes: f}
			}
			advanceUntilWait(t, w, j)
			status := ""
			if j.Outcome != nil {
				status = j.Outcome.Status
			}
			if diff := gocmp.Diff(c.runAs, f.runAs); diff != "" || status != c.status {
				t.Errorf("ended with %q, run as (-want +got):\n%s", status, diff)
			}
		})
	}
}

// respelled gives Slack's spelling of the address first, and Port's once that was asked for.
type respelled struct {
	*fakes
	known bool
}

func (r *respelled) Authorize(context.Context, string, identity.Target) (string, *identity.Denial, error) {
	if r.known {
		return r.correctEmail, nil, nil
	}
	return "alice@example.com", nil, nil
}

func (r *respelled) CorrectEmail(context.Context, string) (string, *identity.Denial, error) {
	r.known = true
	return r.correctEmail, nil, nil
}
