package bot_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"foghorn/bot/testenv"
	"foghorn/integrations/emulator"
	"foghorn/integrations/slackapp/slacktest"
	"foghorn/manifests"
)

const (
	eve      = "U0EVE"
	eveEmail = "eve@example.com"
)

// addEve adds a person whom Port knows, as Slack shows her after an edit.
func addEve(e *testenv.Env, edit func(*slacktest.User)) {
	u := slacktest.User{ID: eve, Name: "eve", RealName: "Eve", Email: eveEmail}
	edit(&u)
	e.Slack.AddUser(u)
	e.Port.AddUser(eveEmail)
}

// expectNoTrace checks that Port made no run, and received no call with Eve's address.
func expectNoTrace(t *testing.T, e *testenv.Env) {
	t.Helper()
	if runs := e.Port.Runs(); len(runs) > 0 {
		t.Errorf("it ran: %+v", runs)
	}
	for _, c := range e.Port.Calls("") {
		if call := strings.ToLower(c.Path + "?" + c.Query + " " + string(c.Body)); strings.Contains(call, "eve") {
			t.Errorf("Port was asked: %s %s", c.Method, call)
		}
	}
}

// TestIdentity_Refused checks everybody who may run nothing, whatever Port permits.
func TestIdentity_Refused(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		edit func(*slacktest.User)
		want string
	}{
		{"another organization", func(u *slacktest.User) { u.Team = "T0OTHER" }, "belongs to another organization"},
		{"another Enterprise organization", func(u *slacktest.User) { u.Team, u.Enterprise = "T0OTHER", "E0OTHER" }, "belongs to another organization"},
		{"deactivated", func(u *slacktest.User) { u.Deleted = true }, "deactivated"},
		{"invited", func(u *slacktest.User) { u.Invited = true }, "invitation"},
		{"unconfirmed address", func(u *slacktest.User) { u.UnconfirmedEmail = true }, "isn't confirmed"},
		{"workflow", func(u *slacktest.User) { u.WorkflowBot = true }, "not for bots"},
		{"an answer for another id", func(u *slacktest.User) { u.AnswerWith = testenv.Bob }, "profile of another user"},
		{"no address", func(u *slacktest.User) { u.Email = "" }, "share your email address"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			e := testenv.New(t)
			e.Slack.Set(func(o *slacktest.Settings) { o.EnterpriseID = "E0ACME" })
			addEve(e, c.edit)
			e.Start()
			e.Declare(eve, testenv.General, "hello", "Major", "public")
			e.ExpectMessage(eve, c.want)
			e.WaitIdle()
			if text := e.AnswerTo(eve, testenv.General, "/incident"); !strings.Contains(text, c.want) {
				t.Errorf("the next command is answered with %q", text)
			}
			expectNoTrace(t, e)
			e.ExpectNoMessages(testenv.General)
			for _, m := range e.Slack.Ephemerals(eve) {
				if strings.Contains(m.Text, "Running") {
					t.Errorf("she was told that it is running: %s", m.Text)
				}
			}
		})
	}
}

func TestIdentity_SameEnterprise(t *testing.T) {
	t.Parallel()
	e := testenv.New(t)
	e.Slack.Set(func(o *slacktest.Settings) { o.EnterpriseID = "E0ACME" })
	addEve(e, func(u *slacktest.User) { u.Team, u.Enterprise = "T0OTHER", "E0ACME" })
	e.Start()
	e.Declare(eve, testenv.General, "from another workspace", "Major", "public")
	e.ExpectMessage(testenv.General, "from another workspace")
}

// TestIdentity_DeactivatedAfterOpening checks that the form being open proves nothing.
func TestIdentity_DeactivatedAfterOpening(t *testing.T) {
	t.Parallel()
	e := testenv.New(t)
	addEve(e, func(*slacktest.User) {})
	e.Start()
	form := e.OpenForm(eve, testenv.General, "/incident")
	e.Fill(form, "Name", "hello", "Severity", "Major", "Visibility", "public")
	addEve(e, func(u *slacktest.User) { u.Deleted = true })
	e.Submit(form)
	e.ExpectMessage(eve, "deactivated")
	expectNoTrace(t, e)
}

// TestIdentity_SlackDoesNotAnswer checks that a request is kept while it is not known who asks.
func TestIdentity_SlackDoesNotAnswer(t *testing.T) {
	t.Parallel()
	e := testenv.New(t)
	for path, fault := range map[string]emulator.Fault{
		"auth.test":  {Status: 503},
		"users.info": {Status: 200, Body: `{"ok":false,"error":"internal_error"}`},
	} {
		fault.Path, fault.Times = path, 2
		e.Slack.InjectFault(fault)
	}
	e.Start()
	e.Declare(testenv.Alice, testenv.General, "in spite of it", "Major", "public")
	e.ExpectMessage(testenv.General, "in spite of it")
}

// TestIdentity_OpeningCostsNothing checks that opening the form makes one call, and asks nobody who the user is.
func TestIdentity_OpeningCostsNothing(t *testing.T) {
	t.Parallel()
	e := testenv.New(t)
	e.Start()
	e.Declare(testenv.Alice, testenv.General, "first", "Major", "public") // the definition is known now
	e.ExpectMessage(testenv.General, "first")
	e.WaitIdle()
	slackCalls, portCalls := len(e.Slack.Calls("")), len(e.Port.Calls(""))
	e.OpenForm(testenv.Bob, testenv.General, "/incident")
	for _, c := range e.Slack.Calls("")[slackCalls:] {
		if !strings.HasSuffix(c.Path, "views.open") {
			t.Errorf("Slack was asked: %s", c.Path)
		}
	}
	if calls := e.Port.Calls("")[portCalls:]; len(calls) > 0 {
		t.Errorf("Port was asked: %+v", calls)
	}
}

func TestIdentity_AddressSpelledOtherwise(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ slack, port string }{
		{"Eve@Example.com", "eve@example.com"},
		{"eve@example.com", "Eve@Example.com"},
		{"EVE@example.com", "eve@EXAMPLE.com"},
		{"Eve@example.com", "Eve@example.com"},
	} {
		t.Run(c.slack, func(t *testing.T) {
			t.Parallel()
			e := testenv.New(t)
			e.Slack.AddUser(slacktest.User{ID: eve, Name: "eve", Email: c.slack})
			e.Port.AddUser(c.port)
			e.Start()
			e.Declare(eve, testenv.General, "hello", "Major", "public")
			e.ExpectMessage(testenv.General, "hello")
			if runs := e.Port.Runs(); len(runs) != 1 || runs[0].RunAs != c.port {
				t.Errorf("%+v", runs)
			}
		})
	}
}

func TestPermissions_Action(t *testing.T) {
	t.Parallel()
	const notPermitted = "You don't have permission to run it in Port."
	for _, c := range []struct {
		name, execute, role string
		teams               []string
		want                string // what Eve reads; "" for the incident
	}{
		{name: "every member", execute: `{"roles":["Member"]}`},
		{name: "role", execute: `{"roles":["Deployer"]}`, role: "Deployer"},
		{name: "admin", execute: `{}`, role: "Admin"},
		{name: "user", execute: `{"users":["EVE@example.com"]}`},
		{name: "team", execute: `{"teams":["sre"]}`, teams: []string{"web", "sre"}},
		{name: "another role", execute: `{"roles":["Deployer"]}`, want: notPermitted + " Allowed: role Deployer."},
		{name: "another team", execute: `{"teams":["sre","dba"]}`, teams: []string{"web"}, want: notPermitted + " Allowed: team sre, dba."},
		{name: "nobody", execute: `{}`, want: notPermitted + " Allowed: Port admins."},
		{name: "owned by the team, without an entity", execute: `{"ownedByTeam":true}`, teams: []string{"sre"}, want: notPermitted},
		{name: "policy", execute: `{"policy":{"queries":{},"conditions":["true"]}}`},
		{name: "policy that Port evaluates", execute: `{"roles":["Member"],"policy":{"queries":{},"conditions":["false"]}}`, want: "Port rejected it"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			e := testenv.New(t)
			e.Slack.AddUser(slacktest.User{ID: eve, Name: "eve", Email: eveEmail})
			e.Port.AddUser(eveEmail, c.teams...)
			if c.role != "" {
				e.Port.SetRoles(eveEmail, c.role)
			}
			if err := e.Port.SetExecutePermissions(manifests.ActionID, c.execute); err != nil {
				t.Fatal(err)
			}
			e.Start()
			e.Declare(eve, testenv.General, "hello", "Major", "public")
			if c.want == "" {
				e.ExpectMessage(testenv.General, "hello")
				return
			}
			e.ExpectMessage(eve, c.want)
			if runs := e.Port.Runs(); len(runs) > 0 {
				t.Errorf("it ran: %+v", runs)
			}
			if !strings.HasPrefix(c.want, notPermitted) || strings.Contains(c.execute, "owned") {
				return
			}
			if text := e.AnswerTo(eve, testenv.General, "/incident"); !strings.Contains(text, c.want) {
				t.Errorf("the next command is answered with %q", text)
			}
		})
	}
}

// ownedAction is an action on a service that only its team may run.
const ownedAction = `{"identifier":"create_incident_io_incident_webhook","title":"Restart","trigger":{"type":"self-service","operation":"DAY-2",
	"blueprintIdentifier":"service","userInputs":{"properties":{"team":{"type":"string","format":"team","title":"Team"}},"required":[]}},
	"invocationMethod":{"type":"KAFKA","payload":{}}}`

func newOwnedAction(t *testing.T) *testenv.Env {
	t.Helper()
	e := testenv.New(t)
	blueprint := `{"identifier":"service","title":"Service","schema":{"properties":{},"required":[]},"relations":{}}`
	if err := e.Port.PutBlueprint(json.RawMessage(blueprint)); err != nil {
		t.Fatal(err)
	}
	for _, team := range []string{"sre", "web"} {
		if err := e.Port.PutEntity("service", json.RawMessage(fmt.Sprintf(`{"identifier":"of_%[1]s","title":"Of %[1]s","team":%[1]q}`, team))); err != nil {
			t.Fatal(err)
		}
	}
	if err := e.Port.PutAction(json.RawMessage(ownedAction)); err != nil {
		t.Fatal(err)
	}
	if err := e.Port.SetExecutePermissions(manifests.ActionID, `{"ownedByTeam":true}`); err != nil {
		t.Fatal(err)
	}
	e.Port.AddUser("alice@example.com", "sre")
	return e
}

func TestPermissions_OwnedByTeam(t *testing.T) {
	t.Parallel()
	for service, want := range map[string]string{"Of sre": "", "Of web": "the team that owns the entity"} {
		e := newOwnedAction(t).Start()
		form := e.OpenForm(testenv.Alice, testenv.General, "/incident")
		options, err := form.SearchOptions(e.Context(), "Entity", service)
		if err != nil || len(options) != 1 {
			t.Fatalf("%+v, %v", options, err)
		}
		if err := form.Fill("Entity", options[0].Value); err != nil {
			t.Fatal(err)
		}
		e.Submit(form)
		if want == "" {
			if _, entity := e.WaitRun(); entity != "of_sre" {
				t.Errorf("it ran on %q", entity)
			}
			continue
		}
		e.ExpectMessage(testenv.Alice, want)
		if runs := e.Port.Runs(); len(runs) > 0 {
			t.Errorf("it ran: %+v", runs)
		}
	}
}

// TestTypeAhead_Refused checks that nothing of Port is shown to those who could not run the action.
func TestTypeAhead_Refused(t *testing.T) {
	t.Parallel()
	e := newOwnedAction(t)
	if err := e.Port.SetExecutePermissions(manifests.ActionID, `{"teams":["sre"]}`); err != nil {
		t.Fatal(err)
	}
	addEve(e, func(u *slacktest.User) { u.Team = "T0OTHER" })
	e.Start()
	found := func(who, label string) int {
		form := e.OpenForm(who, testenv.General, "/incident")
		options, err := form.SearchOptions(e.Context(), label, "")
		if err != nil {
			t.Fatal(err)
		}
		return len(options)
	}
	if n := found(testenv.Alice, "Entity"); n != 2 {
		t.Errorf("Alice sees %d entities", n)
	}
	for _, who := range []string{eve, testenv.Gus, testenv.Bob} { // of another organization, without an address, not permitted
		form := e.OpenForm(who, testenv.General, "/incident")
		for _, label := range []string{"Entity", "Team"} {
			if options, err := form.SearchOptions(e.Context(), label, ""); err != nil || len(options) > 0 {
				t.Errorf("%s sees %v as %s (%v)", who, options, label, err)
			}
		}
	}
	expectNoTrace(t, e)
}

// TestTypeAhead_TeamsReadOnce types ten letters in a team field.
func TestTypeAhead_TeamsReadOnce(t *testing.T) {
	t.Parallel()
	e := newOwnedAction(t).Start()
	form := e.OpenForm(testenv.Alice, testenv.General, "/incident")
	before := len(e.Port.Calls(""))
	for i := range len("sresresres") {
		if _, err := form.SearchOptions(e.Context(), "Team", "sresresres"[:i+1]); err != nil {
			t.Fatal(err)
		}
	}
	lists := 0
	for _, c := range e.Port.Calls("")[before:] {
		if c.Path == "/v1/teams" {
			lists++
		}
	}
	if lists != 1 {
		t.Errorf("the teams were listed %d times", lists)
	}
}

// TestForm_UserOfAnotherOrganization checks that a form that reads .user shows a stranger nothing of Port.
func TestForm_UserOfAnotherOrganization(t *testing.T) {
	t.Parallel()
	e := testenv.New(t)
	action := strings.Replace(string(manifests.Guide().Action), `"title": "Name"`, `"title": "Name", "default": {"jqQuery": ".user.email"}`, 1)
	if err := e.Port.PutAction(json.RawMessage(action)); err != nil {
		t.Fatal(err)
	}
	addEve(e, func(u *slacktest.User) { u.Team = "T0OTHER" })
	e.Start()
	e.OpenForm(testenv.Alice, testenv.General, "/incident")
	if _, err := e.Slack.Person(eve).SlashCommand(e.Context(), testenv.General, "/incident"); err != nil {
		t.Fatal(err)
	}
	m, err := e.Slack.Person(eve).WaitModal(e.Context(), func(m *slacktest.Modal) bool { return strings.Contains(m.Text(), "another organization") })
	if err != nil || len(m.Labels()) > 0 {
		t.Errorf("no refusal: %v", err)
	}
	expectNoTrace(t, e)
	emails := slices.DeleteFunc(e.Port.Calls(""), func(c emulator.Call) bool { return !strings.HasPrefix(c.Path, "/v1/users/") })
	if len(emails) != 1 {
		t.Errorf("%d users were read", len(emails))
	}
}
