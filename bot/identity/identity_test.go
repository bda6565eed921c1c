package identity

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"foghorn/integrations/port"
	"foghorn/integrations/rest"
	"foghorn/integrations/slackapp"
)

// fakes are Slack and Port, in memory. calls has the name of each call, with its argument.
type fakes struct {
	auth         slackapp.Identity
	authErr      error
	authFailures int // before auth answers
	user         slackapp.User
	userErr      error
	permits      port.Permissions
	permitsBy    map[string]port.Permissions // of actions with others than permits
	permitsErr   error
	members      []port.User
	membersErr   error
	owners       []string

	mu    *sync.Mutex
	calls []string
}

func (f *fakes) call(name string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.calls = append(f.calls, name)
}

func (f *fakes) CheckAuth(context.Context) (slackapp.Identity, error) {
	f.call("auth.test")
	if f.authFailures--; f.authFailures >= 0 {
		return slackapp.Identity{}, errors.New("timeout")
	}
	return f.auth, f.authErr
}

// slackUsers is the side of Slack, because both have a GetUser.
type slackUsers struct{ *fakes }

func (f slackUsers) GetUser(_ context.Context, id string) (slackapp.User, error) {
	f.call("users.info " + id)
	return f.user, f.userErr
}

func (f *fakes) GetUser(_ context.Context, email string) (port.User, error) {
	f.call("user " + email)
	i := slices.IndexFunc(f.members, func(u port.User) bool { return port.SameEmail(u.Email, email) })
	if f.membersErr != nil {
		return port.User{}, f.membersErr
	}
	if i < 0 {
		return port.User{}, &rest.Error{Status: http.StatusNotFound}
	}
	return f.members[i], nil
}

func (f *fakes) GetExecutePermissions(_ context.Context, action string) (port.Permissions, error) {
	f.call("permissions " + action)
	if p, ok := f.permitsBy[action]; ok {
		return p, f.permitsErr
	}
	return f.permits, f.permitsErr
}

func (f *fakes) GetAction(_ context.Context, id string) (port.Action, error) {
	f.call("action " + id)
	return port.Action{Identifier: id, Blueprint: "service"}, nil
}

func (f *fakes) GetEntity(_ context.Context, blueprint, id string) (port.Entity, error) {
	f.call("entity " + blueprint + "/" + id)
	if id == "deleted" {
		return port.Entity{}, &rest.Error{Status: http.StatusNotFound}
	}
	return port.Entity{Identifier: id, Teams: f.owners}, nil
}

func (f *fakes) ListTeams(context.Context) ([]port.Team, error) {
	f.call("teams")
	return nil, nil
}

// newFakes are a member of a workspace, whom Port knows, and an action that every member may run.
func newFakes() *fakes {
	return &fakes{
		mu:      &sync.Mutex{},
		auth:    slackapp.Identity{Team: "Acme", TeamID: "T1"},
		user:    slackapp.User{ID: "U1", TeamID: "T1", Email: "alice@example.com", Name: "Alice"},
		members: []port.User{{ID: "id1", Email: "alice@example.com", Roles: []string{"Member"}, Teams: []string{"sre"}, TeamIDs: []string{"t_sre"}}},
		permits: port.Permissions{Roles: []string{"Member"}},
	}
}

func (f *fakes) directory() *Directory { return New(slackUsers{f}, f) }

var act = Target{Action: "act"}

func TestAuthorize_Member(t *testing.T) {
	const grid = "E1"
	for _, c := range []struct {
		name string
		edit func(*fakes)
		want string // part of the reason; "" if the user is a member
	}{
		{"member", func(*fakes) {}, ""},
		{"another workspace", func(f *fakes) { f.user.TeamID = "T2" }, "Only members of Acme"},
		{"another workspace, both without an Enterprise organization", func(f *fakes) { f.user.TeamID, f.user.EnterpriseID = "T2", "" }, "Only members of Acme"},
		{"no workspace", func(f *fakes) { f.user.TeamID = "" }, "Only members of Acme"},
		{"another workspace of the Enterprise organization", func(f *fakes) {
			f.auth.EnterpriseID, f.user.TeamID, f.user.EnterpriseID = grid, "T2", grid
		}, ""},
		{"user of the Enterprise organization", func(f *fakes) { f.auth.EnterpriseID, f.user.TeamID = grid, grid }, ""},
		{"member through the Enterprise organization", func(f *fakes) { f.user.TeamID, f.user.Workspaces = "T2", []string{"T1", "T2"} }, ""},
		{"another Enterprise organization", func(f *fakes) {
			f.auth.EnterpriseID, f.user.TeamID, f.user.EnterpriseID, f.user.Workspaces = grid, "T2", "E2", []string{"T2"}
		}, "Only members of Acme"},
		{"app installed in the Enterprise organization", func(f *fakes) {
			f.auth.TeamID, f.auth.EnterpriseID, f.user.TeamID, f.user.EnterpriseID = grid, grid, "T2", grid
		}, ""},
		{"deactivated", func(f *fakes) { f.user.Deactivated = true }, "deactivated"},
		{"bot", func(f *fakes) { f.user.Bot = true }, "not for bots"},
		{"invited", func(f *fakes) { f.user.Invited = true }, "invitation"},
		{"unconfirmed", func(f *fakes) { f.user.EmailUnconfirmed = true }, "isn't confirmed"},
		{"another id", func(f *fakes) { f.user.ID = "U2" }, "another user"},
		{"id of the Enterprise organization", func(f *fakes) { f.user.ID, f.user.EnterpriseUserID = "W1", "U1" }, ""},
		{"no address", func(f *fakes) { f.user.Email = "" }, "share your email"},
		{"no scope", func(f *fakes) { f.userErr = &slackapp.Error{Code: "missing_scope"} }, "lacks the scopes"},
		{"not found", func(f *fakes) { f.userErr = &slackapp.Error{Code: "user_not_found"} }, "doesn't show your profile"},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := newFakes()
			c.edit(f)
			d := f.directory()
			email, denied, err := d.Authorize(t.Context(), "U1", act)
			if err != nil || (denied == nil) != (c.want == "") || (email == "") != (c.want != "") {
				t.Fatalf("%q, %+v, %v", email, denied, err)
			}
			if denied == nil {
				return
			}
			if !strings.Contains(denied.Reason, c.want) {
				t.Errorf("the reason is %q", denied.Reason)
			}
			if _, err := d.EvalUser(t.Context(), "U1"); err != nil {
				t.Error(err)
			}
			for _, call := range f.calls {
				if call != "auth.test" && call != "users.info U1" {
					t.Errorf("Port was asked: %s", call)
				}
			}
		})
	}
}

func TestAuthorize_Permissions(t *testing.T) {
	denied := &rest.Error{Status: http.StatusForbidden}
	for _, c := range []struct {
		name   string
		edit   func(*fakes)
		target Target
		want   string // part of the reason; "" if the user may run it
	}{
		{"every member", func(*fakes) {}, act, ""},
		{"role", func(f *fakes) {
			f.permits.Roles, f.members[0].Roles = []string{"Deployer"}, []string{"Member", "Deployer"}
		}, act, ""},
		{"another role", func(f *fakes) { f.permits.Roles = []string{"Deployer", "Ops"} }, act, "Allowed: role Deployer, Ops. Ask"},
		{"admin", func(f *fakes) { f.permits, f.members[0].Roles = port.Permissions{}, []string{"Admin"} }, act, ""},
		{"nobody", func(f *fakes) { f.permits = port.Permissions{} }, act, "Allowed: Port admins."},
		{"user by address", func(f *fakes) { f.permits = port.Permissions{Users: []string{"Alice@Example.com"}} }, act, ""},
		{"user by id", func(f *fakes) { f.permits = port.Permissions{Users: []string{"id1"}} }, act, ""},
		{"another user", func(f *fakes) { f.permits = port.Permissions{Users: []string{"bob@example.com"}} }, act, "some people by name"},
		{"address with a letter that folds to ASCII", func(f *fakes) {
			f.permits.Roles, f.permits.Users = nil, []string{"mi\u212ae@example.com"} // the Kelvin sign
			f.user.Email, f.members[0].Email = "mike@example.com", "mike@example.com"
		}, act, "some people by name"},
		{"team by name", func(f *fakes) { f.permits = port.Permissions{Teams: []string{"sre"}} }, act, ""},
		{"team by identifier", func(f *fakes) { f.permits = port.Permissions{Teams: []string{"t_sre"}} }, act, ""},
		{"team of another spelling", func(f *fakes) { f.permits = port.Permissions{Teams: []string{"SRE"}} }, act, "team SRE"},
		{"policy", func(f *fakes) { f.permits = port.Permissions{HasPolicy: true} }, act, ""},
		{"no such action", func(f *fakes) { f.permitsErr = &rest.Error{Status: http.StatusNotFound} }, act, ""},
		{"permissions not readable", func(f *fakes) { f.permitsErr = denied }, act, "can't read in Port"},
		{"users not readable", func(f *fakes) { f.permits.Roles, f.membersErr = nil, denied }, act, "can't read in Port"},
		{"not a user of Port", func(f *fakes) { f.permits.Roles, f.members = nil, nil }, act, "doesn't know the address alice@example.com"},
		{"owned", func(f *fakes) { f.permits, f.owners = port.Permissions{OwnedByTeam: true}, []string{"web", "sre"} }, Target{Action: "act", Entity: "api"}, ""},
		{"owned by another team", func(f *fakes) { f.permits, f.owners = port.Permissions{OwnedByTeam: true}, []string{"web"} }, Target{Action: "act", Entity: "api"}, "the team that owns the entity"},
		{"owned by none", func(f *fakes) { f.permits = port.Permissions{OwnedByTeam: true} }, Target{Action: "act", Entity: "deleted"}, "the team that owns the entity"},
		{"owned, no entity", func(f *fakes) { f.permits = port.Permissions{OwnedByTeam: true} }, act, "the team that owns the entity"},
		{"owned, entity not chosen yet", func(f *fakes) { f.permits = port.Permissions{OwnedByTeam: true} }, Target{Action: "act", AnyEntity: true}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := newFakes()
			c.edit(f)
			email, denied, err := f.directory().Authorize(t.Context(), "U1", c.target)
			if err != nil || (denied == nil) != (c.want == "") || (email == "") != (c.want != "") {
				t.Fatalf("%q, %+v, %v", email, denied, err)
			}
			if denied != nil && !strings.Contains(denied.Reason, c.want) {
				t.Errorf("the reason is %q", denied.Reason)
			}
		})
	}
}

// TestAuthorize_Retry has the errors that say nothing about the user.
func TestAuthorize_Retry(t *testing.T) {
	timeout := errors.New("timeout")
	for name, edit := range map[string]func(*fakes){
		"workspace":           func(f *fakes) { f.authErr = timeout },
		"workspace not named": func(f *fakes) { f.auth = slackapp.Identity{} },
		"profile":             func(f *fakes) { f.userErr = timeout },
		"profile, token":      func(f *fakes) { f.userErr = &slackapp.Error{Code: "invalid_auth"} },
		"permissions":         func(f *fakes) { f.permitsErr = timeout },
		"permissions, token":  func(f *fakes) { f.permitsErr = &rest.Error{Status: http.StatusUnauthorized} },
		"permissions, limit":  func(f *fakes) { f.permitsErr = &rest.Error{Status: http.StatusTooManyRequests} },
		"user of Port":        func(f *fakes) { f.permits.Roles, f.membersErr = nil, timeout },
	} {
		t.Run(name, func(t *testing.T) {
			f := newFakes()
			edit(f)
			d := f.directory()
			if email, denied, err := d.Authorize(t.Context(), "U1", act); err == nil || denied != nil || email != "" {
				t.Errorf("%q, %+v, %v", email, denied, err)
			}
			healthy := newFakes()
			healthy.permits = f.permits
			healthy.members[0].Roles = []string{"Admin"}
			*f = *healthy
			if email, denied, err := d.Authorize(t.Context(), "U1", act); err != nil || denied != nil || email == "" {
				t.Errorf("then: %q, %+v, %v", email, denied, err)
			}
		})
	}
}

// TestAuthorize_Freshness checks that a decision is based on a profile that is less than a minute old, that Port is
// asked about a user once in minutes, and not at all if every member may run the action.
func TestAuthorize_Freshness(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFakes()
		d := f.directory()
		authorize := func() (denied *Denial) {
			t.Helper()
			_, denied, err := d.Authorize(t.Context(), "U1", act)
			if err != nil {
				t.Fatal(err)
			}
			return denied
		}
		expect := func(calls ...string) {
			t.Helper()
			if diff := cmp.Diff(calls, f.calls); diff != "" {
				t.Errorf("calls (-want +got):\n%s", diff)
			}
			f.calls = nil
		}
		authorize()
		expect("auth.test", "users.info U1", "permissions act")
		authorize()
		expect()
		f.user.Deactivated = true
		time.Sleep(time.Minute)
		if authorize() == nil {
			t.Error("the profile is older than a minute")
		}
		expect("users.info U1")
		f.user.Deactivated = false
		time.Sleep(2 * denialAge)
		if authorize() != nil {
			t.Error("the denial is older than the answer that led to it may be")
		}
		expect("users.info U1", "permissions act")

		f.permits = port.Permissions{Teams: []string{"sre"}}
		time.Sleep(2 * permissionsAge)
		authorize()
		expect("users.info U1", "permissions act", "user alice@example.com")
		time.Sleep(portUserAge / 2)
		authorize()
		expect("users.info U1", "permissions act")

		f.members[0].Teams, f.members[0].TeamIDs = []string{"web"}, nil // she left the team
		time.Sleep(portUserAge)
		if authorize() == nil {
			t.Error("what Port knows is older than five minutes")
		}
		f.calls = nil
		time.Sleep(2 * denialAge)
		f.members[0].Teams = []string{"sre"} // and is given access again
		if authorize() != nil {
			t.Error("the denial is older than it may be")
		}
		expect("permissions act", "user alice@example.com")
	})
}

func TestKnownDenial(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFakes()
		f.permits = port.Permissions{Teams: []string{"web"}}
		d := f.directory()
		if d.KnownDenial("U1", "act") != nil || len(f.calls) > 0 {
			t.Errorf("it is known before anything was asked: %v", f.calls)
		}
		if _, denied, err := d.Authorize(t.Context(), "U1", act); denied == nil || err != nil {
			t.Fatalf("%+v, %v", denied, err)
		}
		f.calls = nil
		if d.KnownDenial("U1", "act") == nil || d.KnownDenial("U2", "act") != nil || d.KnownDenial("U1", "other") != nil || len(f.calls) > 0 {
			t.Errorf("it is not known what is known: %v", f.calls)
		}
		time.Sleep(time.Minute)
		if d.KnownDenial("U1", "act") != nil {
			t.Error("it is known for longer than a minute")
		}
	})
}

func TestAuthorize_SpellingOfAddress(t *testing.T) {
	for _, c := range []struct {
		slack string
		port  []string
		want  string
	}{
		{"Alice@Example.com", []string{"alice@example.com"}, "alice@example.com"},
		{"ALICE@example.com", []string{"bob@example.com", "Alice@EXAMPLE.com"}, "Alice@EXAMPLE.com"},
		{"Alice+x@example.com", []string{"alice@example.com"}, ""},
	} {
		f := newFakes()
		f.user.Email, f.members = c.slack, nil
		for _, email := range c.port {
			f.members = append(f.members, port.User{Email: email, Roles: []string{"Member"}})
		}
		email, denied, err := f.directory().Authorize(t.Context(), "U1", act)
		if err != nil || email != c.want || (denied != nil) != (c.want == "") {
			t.Errorf("%s in Slack, %v in Port: %q, %+v, %v", c.slack, c.port, email, denied, err)
		}
	}
}

func TestCorrectEmail(t *testing.T) {
	f := newFakes()
	f.members[0].Email = "Alice@example.com"
	d := f.directory()
	if email, denied, err := d.CorrectEmail(t.Context(), "alice@example.com"); email != "Alice@example.com" || denied != nil || err != nil {
		t.Errorf("%q, %+v, %v", email, denied, err)
	}
	if email, denied, err := d.Authorize(t.Context(), "U1", act); email != "Alice@example.com" || denied != nil || err != nil {
		t.Errorf("then: %q, %+v, %v", email, denied, err)
	}
	if _, denied, err := d.CorrectEmail(t.Context(), "eve@example.com"); denied == nil || err != nil || !strings.Contains(denied.Reason, "eve@example.com") {
		t.Errorf("%+v, %v", denied, err)
	}
}

// TestRun_ReadsWorkspace checks that the workspace is read at start, again after a failure, and then from time to time.
func TestRun_ReadsWorkspace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFakes()
		f.authFailures = 1
		d := f.directory()
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- d.Run(ctx) }()
		time.Sleep(authRetryDelay + authInterval + time.Second)
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
		if n := len(f.calls); n != 3 {
			t.Errorf("asked %d times", n)
		}
		f.calls = nil
		if _, denied, err := d.Authorize(t.Context(), "U1", act); denied != nil || err != nil || slices.Contains(f.calls, "auth.test") {
			t.Errorf("%+v, %v, %v", denied, err, f.calls)
		}
	})
}

func TestFieldValue(t *testing.T) {
	for _, c := range []struct {
		name string
		edit func(*fakes)
		want string
		asks bool // Port
	}{
		{"address", func(*fakes) {}, "alice@example.com", false},
		{"with capital letters", func(f *fakes) { f.user.Email = "Alice@example.com" }, "alice@example.com", true},
		{"with capital letters, of another organization", func(f *fakes) { f.user.Email, f.user.TeamID = "Alice@example.com", "T2" }, "Alice@example.com", false},
		{"with capital letters, Port does not answer", func(f *fakes) { f.user.Email, f.membersErr = "Alice@example.com", errors.New("timeout") }, "Alice@example.com", true},
		{"no address", func(f *fakes) { f.user.Email = "" }, "Alice (has no e-mail address in Slack)", false},
		{"not visible", func(f *fakes) { f.userErr = &slackapp.Error{Code: "user_not_visible"} }, "U1 (is not visible to this app)", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := newFakes()
			c.edit(f)
			d := f.directory()
			if _, err := d.workspaces.get(t.Context(), "", anyAge); err != nil {
				t.Fatal(err)
			}
			value, err := d.FieldValue(t.Context(), "U1")
			if asked := slices.ContainsFunc(f.calls, func(c string) bool { return strings.HasPrefix(c, "user ") }); err != nil || value != c.want || asked != c.asks {
				t.Errorf("%q, %v; calls %v", value, err, f.calls)
			}
		})
	}
}
