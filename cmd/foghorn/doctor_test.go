package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"foghorn/cmd/foghorn/demo/sandbox"
	"foghorn/integrations/emulator"
	"foghorn/integrations/incidentio/incidentiotest"
	"foghorn/integrations/slackapp/slacktest"
	"foghorn/manifests"
)

// newAppliedEnvironment returns an environment after foghorn apply.
func newAppliedEnvironment(t *testing.T) *environment {
	t.Helper()
	e := newEmptyEnvironment(t)
	if o := e.runApply(t, "--yes"); o.code != 0 {
		t.Fatalf("apply: exit %d: %s", o.code, o.stderr)
	}
	return e
}

func (e *environment) doctorSettings() map[string]string {
	return e.botSettings("INCIDENT_IO_API_KEY", e.IncidentIO.APIKey, "INCIDENT_IO_BASE_URL", e.IncidentIO.URL(),
		"SLACK_COMMAND", "/outage", "ANNOUNCE_CHANNEL", sandbox.ChannelID)
}

// runDoctor returns the checks that failed or warned, as "Group: check".
func runDoctor(t *testing.T, env map[string]string) (problems []string, o result) {
	t.Helper()
	o = runCommand(t, env, "doctor", "--json")
	var findings []finding
	if err := json.Unmarshal([]byte(o.stdout), &findings); err != nil {
		t.Fatalf("exit %d: %v\n%s%s", o.code, err, o.stdout, o.stderr)
	}
	for _, f := range findings {
		if f.Status != statusOK {
			problems = append(problems, f.Group+": "+f.Check)
			if f.Hint == "" {
				t.Errorf("%s: %s has no hint", f.Group, f.Check)
			}
		}
	}
	return problems, o
}

func TestDoctor_AllOK(t *testing.T) {
	e := newAppliedEnvironment(t)
	before := len(e.Port.Calls(""))
	problems, o := runDoctor(t, e.doctorSettings())
	if len(problems) > 0 || o.code != 0 {
		t.Errorf("exit %d: %v\n%s", o.code, problems, o.stdout)
	}
	for _, c := range e.Port.Calls("")[before:] {
		if c.Method != "GET" && c.Method != "HEAD" && !strings.HasSuffix(c.Path, "access_token") {
			t.Errorf("doctor sent %s %s", c.Method, c.Path)
		}
	}
	lines := runCommand(t, e.doctorSettings(), "doctor").stdout
	for _, group := range []string{"Slack\n", "Port\n", "incident.io\n", "Local\n", "connected, hello received in "} {
		if !strings.Contains(lines, group) {
			t.Errorf("no %s in\n%s", group, lines)
		}
	}
}

// doctorProblems are problems and the one check that reports each of them.
var doctorProblems = []struct {
	name  string
	setUp func(*testing.T, *environment, map[string]string)
	want  string
}{
	{"no bot token", withSetting("SLACK_BOT_TOKEN", ""), "Slack: bot token"},
	{"a revoked app token", withSetting("SLACK_APP_TOKEN", "xapp-1-revoked-token"), "Slack: socket mode"},
	{"no app token", withSetting("SLACK_APP_TOKEN", ""), "Slack: socket mode"},
	{"a blocked websocket", func(_ *testing.T, e *environment, _ map[string]string) {
		e.Slack.InjectFault(emulator.Fault{Path: "/link/", Status: 403, Body: "<html>blocked</html>"})
	}, "Slack: socket mode"},
	{"a websocket that hangs", func(_ *testing.T, e *environment, _ map[string]string) {
		e.Slack.InjectFault(emulator.Fault{Path: "/link/", Delay: time.Minute})
	}, "Slack: socket mode"},
	{"Socket Mode that is off", func(_ *testing.T, e *environment, _ map[string]string) {
		e.Slack.Set(func(o *slacktest.Settings) { o.RefuseReason = "link_disabled" })
	}, "Slack: socket mode"},
	{"too many connections", func(_ *testing.T, e *environment, _ map[string]string) {
		e.Slack.Set(func(o *slacktest.Settings) { o.RefuseReason = "too_many_websockets" })
	}, "Slack: socket mode"},
	{"a missing scope", func(_ *testing.T, e *environment, _ map[string]string) {
		e.Slack.SetScopes(append(slices.DeleteFunc(slices.Clone(requiredScopes), func(s string) bool { return s == "users:read.email" }), append(optionalScopes, "channels:read")...)...)
	}, "Slack: scopes"},
	{"no history", func(_ *testing.T, e *environment, _ map[string]string) {
		e.Slack.SetScopes(append(slices.Clone(requiredScopes), "channels:read")...)
	}, "Slack: optional scopes"},
	{"a command that may be incident.io's", withSetting("SLACK_COMMAND", "/incident"), "Slack: command"},
	{"an unknown channel", withSetting("ANNOUNCE_CHANNEL", "C0NOWHERE"), "Slack: announcements"},
	{"an archived channel", func(_ *testing.T, e *environment, _ map[string]string) {
		e.Slack.AddChannel(slacktest.Channel{ID: sandbox.ChannelID, Name: "general", Archived: true, BotIsMember: true})
	}, "Slack: announcements"},
	{"a wrong secret of Port", withSetting("PORT_CLIENT_SECRET", "nonsense"), "Port: credentials"},
	{"the wrong region", func(_ *testing.T, e *environment, env map[string]string) { env["PORT_CLIENT_ID"] = "of-another-region" }, "Port: credentials"},
	{"a person's credentials", func(_ *testing.T, e *environment, env map[string]string) {
		e.Port.ClientID, env["PORT_CLIENT_ID"] = "ada@example.com", "ada@example.com"
		e.Port.RevokeTokens()
	}, "Port: run as a person"},
	{"Port is down", func(_ *testing.T, e *environment, _ map[string]string) {
		e.Port.InjectFault(emulator.Fault{Status: 503})
	}, "Port: credentials"},
	{"Port hangs", func(_ *testing.T, e *environment, _ map[string]string) {
		e.Port.InjectFault(emulator.Fault{Delay: time.Minute})
	}, "Port: credentials"},
	{"no secret in Port", func(t *testing.T, e *environment, _ map[string]string) {
		e.deleteFromPort(t, "/v1/organization/secrets/"+manifests.SecretName)
	}, "Port: secret"},
	{"no action", func(t *testing.T, e *environment, _ map[string]string) {
		e.deleteFromPort(t, "/v1/actions/"+manifests.ActionID)
	}, "Port: action"},
	{"actions to choose from that do not exist", func(_ *testing.T, _ *environment, env map[string]string) {
		env["SLACK_RUN_COMMAND"], env["PORT_ACTIONS"] = "/run", "create_*,deploy_*"
	}, "Port: choice"},
	{"a key that cannot list actions", func(_ *testing.T, e *environment, env map[string]string) {
		env["SLACK_RUN_COMMAND"] = "/run"
		e.Port.InjectFault(emulator.Fault{Path: "/v1/actions", Status: 403, Body: `{"ok":false,"error":"forbidden","message":"Forbidden"}`})
	}, "Port: choice"},
	{"a policy", func(t *testing.T, e *environment, _ map[string]string) {
		if err := e.Port.SetExecutePermissions(manifests.ActionID, `{"policy":{"queries":{},"conditions":["true"]}}`); err != nil {
			t.Fatal(err)
		}
	}, "Port: permissions"},
	{"a key that cannot read permissions", func(_ *testing.T, e *environment, _ map[string]string) {
		e.Port.InjectFault(emulator.Fault{Path: "/permissions", Status: 403, Body: `{"ok":false,"error":"forbidden","message":"Forbidden"}`})
	}, "Port: permissions"},
	{"credentials that cannot read users", func(_ *testing.T, e *environment, _ map[string]string) {
		e.Port.InjectFault(emulator.Fault{Path: "/v1/users/doctor@foghorn.invalid", Status: 403, Body: `{"ok":false,"error":"forbidden","message":"Forbidden"}`})
	}, "Port: users"},
	{"credentials that cannot read runs", func(_ *testing.T, e *environment, _ map[string]string) {
		e.Port.InjectFault(emulator.Fault{Path: "/v1/actions/runs", Status: 403, Body: `{"ok":false,"error":"forbidden","message":"Forbidden"}`})
	}, "Port: runs"},
	{"credentials that cannot read secrets", func(_ *testing.T, e *environment, _ map[string]string) {
		e.Port.InjectFault(emulator.Fault{Path: "/" + manifests.SecretName, Status: 403, Body: `{"ok":false,"error":"forbidden","message":"Forbidden"}`})
	}, "Port: secret"},
	{"credentials that cannot read blueprints", func(_ *testing.T, e *environment, _ map[string]string) {
		e.Port.InjectFault(emulator.Fault{Path: "/" + manifests.BlueprintID, Status: 403, Body: `{"ok":false,"error":"forbidden","message":"Forbidden"}`})
	}, "Port: blueprint"},
	{"an integration that imports incident.io", func(_ *testing.T, e *environment, _ map[string]string) {
		e.Port.SetIntegrations(json.RawMessage(`{"identifier":"1","installationId":"my-ocean-incident-io","installationAppType":"custom"}`))
	}, "Port: catalog"},
	{"an integration that writes the same entities", func(_ *testing.T, e *environment, _ map[string]string) {
		e.Port.SetIntegrations(json.RawMessage(`{"identifier":"1","installationId":"imports","installationAppType":"custom",
			"config":{"resources":[{"kind":"/incidents","port":{"entity":{"mappings":{"blueprint":"\"incidentIOIncident\""}}}}]}}`))
	}, "Port: catalog"},
	{"credentials that cannot list integrations", func(_ *testing.T, e *environment, _ map[string]string) {
		e.Port.InjectFault(emulator.Fault{Path: "/v1/integration", Status: 403, Body: `{"ok":false,"error":"forbidden","message":"Forbidden"}`})
	}, "Port: catalog"},
	{"a key that can only read", func(_ *testing.T, e *environment, _ map[string]string) { e.IncidentIO.SetKeyRoles("viewer") }, "incident.io: roles"},
	{"a key that can only declare", func(_ *testing.T, e *environment, _ map[string]string) {
		e.IncidentIO.SetKeyRoles("incident_creator")
	}, "incident.io: roles"},
	{"a key without roles", func(_ *testing.T, e *environment, _ map[string]string) { e.IncidentIO.SetKeyRoles() }, "incident.io: roles"},
	{"no automation", func(t *testing.T, e *environment, _ map[string]string) {
		e.deleteFromPort(t, "/v1/actions/"+manifests.AutomationID)
	}, "Port: automation"},
	{"no blueprint", func(t *testing.T, e *environment, _ map[string]string) {
		e.deleteFromPort(t, "/v1/blueprints/"+manifests.BlueprintID)
	}, "Port: blueprint"},
	{"a changed automation", func(t *testing.T, e *environment, _ map[string]string) {
		if err := e.Port.PutAction(manifests.Guide().Automation); err != nil {
			t.Fatal(err)
		}
	}, "Port: automation"},
	{"another severity", func(_ *testing.T, e *environment, _ map[string]string) {
		e.IncidentIO.SetSeverities(incidentiotest.Severity{Name: "SEV-0", Rank: 9})
	}, "incident.io: severities"},
	{"another status", func(_ *testing.T, e *environment, _ map[string]string) {
		e.IncidentIO.SetStatuses(incidentiotest.Status{Name: "Triage", Category: "triage"}, incidentiotest.Status{Name: "Fishing", Category: "live", Rank: 1})
	}, "incident.io: statuses"},
	{"another option of a custom field", func(t *testing.T, e *environment, _ map[string]string) {
		field := incidentiotest.CustomField{ID: "F1", Name: "Team", Type: "single_select", Options: []string{"A"}}
		e.IncidentIO.SetCustomFields(field)
		if o := e.runApply(t, "--yes", "--custom-field", "team"); o.code != 0 {
			t.Fatalf("exit %d: %s", o.code, o.stderr)
		}
		field.Options = []string{"A", "B"}
		e.IncidentIO.SetCustomFields(field)
	}, "Port: definition"},
	{"no key", withSetting("INCIDENT_IO_API_KEY", ""), "incident.io: key"},
	{"a store without a parent directory", withSetting("STATE_DIR", "/proc/nowhere/state"), "Local: store"},
	{"a cluster with little storage", func(t *testing.T, _ *environment, env map[string]string) {
		env["NATS_URL"] = startLimitedNATS(t, "max_bytes: true, max_file: 100MB", "")
	}, "Local: store"},
	{"a cluster without permission", func(t *testing.T, _ *environment, env map[string]string) {
		env["NATS_URL"] = startLimitedNATS(t, "", `publish: {deny: "$KV.>"}`)
	}, "Local: store"},
	{"a cluster that is down", withSetting("NATS_URL", "nats://127.0.0.1:1"), "Local: store"},
}

// withSetting sets one environment variable.
func withSetting(name, value string) func(*testing.T, *environment, map[string]string) {
	return func(_ *testing.T, _ *environment, env map[string]string) { env[name] = value }
}

// TestDoctor_CatalogOff has an integration that imports incident.io, and a bot that does not update the catalog.
func TestDoctor_CatalogOff(t *testing.T) {
	e := newAppliedEnvironment(t)
	e.Port.SetIntegrations(json.RawMessage(`{"installationId":"incident.io"}`), json.RawMessage(`{"installationId":"github"}`))
	env := e.doctorSettings()
	if _, o := runDoctor(t, env); !strings.Contains(o.stdout, "the integration incident.io imports incident.io into Port") || !strings.Contains(o.stdout, "UPDATE_CATALOG=off") {
		t.Errorf("doctor prints\n%s", o.stdout)
	}
	env["UPDATE_CATALOG"] = "off"
	if problems, o := runDoctor(t, env); len(problems) > 0 {
		t.Errorf("%v\n%s", problems, o.stdout)
	}
}

func TestDoctor_ReportsEachProblemOnce(t *testing.T) {
	t.Parallel()
	for _, c := range doctorProblems {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			e := newAppliedEnvironment(t)
			env := e.doctorSettings()
			if c.name == "no bot token" {
				delete(env, "ANNOUNCE_CHANNEL")
			}
			c.setUp(t, e, env)
			problems, o := runDoctor(t, env)
			if len(problems) != 1 || problems[0] != c.want {
				t.Errorf("doctor reports %v, want %s\n%s", problems, c.want, o.stdout)
			}
			if o.took > 15*time.Second {
				t.Errorf("doctor took %v", o.took)
			}
		})
	}
}

// deleteFromPort deletes an object through Port's API.
func (e *environment) deleteFromPort(t *testing.T, path string) {
	t.Helper()
	body := fmt.Sprintf(`{"clientId":%q,"clientSecret":%q}`, e.Port.ClientID, e.Port.ClientSecret)
	res, err := http.Post(e.Port.URL()+"/v1/auth/access_token", "application/json", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	var token struct{ AccessToken string }
	err = json.NewDecoder(res.Body).Decode(&token)
	_ = res.Body.Close()
	if err != nil {
		t.Fatal(err)
	}
	r, err := http.NewRequest(http.MethodDelete, e.Port.URL()+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+token.AccessToken)
	res, err = http.DefaultClient.Do(r)
	if err != nil || res.StatusCode > 299 {
		t.Fatalf("delete %s: %v, %v", path, res, err)
	}
	_ = res.Body.Close()
}

func TestDoctor_RunningBot(t *testing.T) {
	e := newAppliedEnvironment(t)
	stop, err := e.startBot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = stop() }()
	if o := runCommand(t, e.doctorSettings(), "doctor"); o.code != 0 || !strings.Contains(o.stdout, "in use by a running foghorn") {
		t.Errorf("exit %d:\n%s", o.code, o.stdout)
	}
}
