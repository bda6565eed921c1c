package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"foghorn/integrations/emulator"
	"foghorn/integrations/incidentio/incidentiotest"
	"foghorn/integrations/slackapp/slacktest"
	"foghorn/manifests"
)

// newAppliedEnvironment is a world in which everything is as it should be.
func newAppliedEnvironment(t *testing.T) *environment {
	t.Helper()
	w := newEmptyEnvironment(t)
	if o := w.runApply(t, "--yes"); o.code != 0 {
		t.Fatalf("apply: exit %d: %s", o.code, o.stderr)
	}
	return w
}

func (w *environment) doctorSettings() map[string]string {
	return w.botSettings("INCIDENT_IO_API_KEY", w.incidentIO.APIKey, "INCIDENT_IO_BASE_URL", w.incidentIO.URL(),
		"SLACK_COMMAND", "/outage", "ANNOUNCE_CHANNEL", demoChannel)
}

// runDoctor gives the checks that failed or warned, as "Group: check".
func runDoctor(t *testing.T, env map[string]string) (wrong []string, o result) {
	t.Helper()
	o = runCommand(t, env, "doctor", "--json")
	var found []finding
	if err := json.Unmarshal([]byte(o.stdout), &found); err != nil {
		t.Fatalf("exit %d: %v\n%s%s", o.code, err, o.stdout, o.stderr)
	}
	for _, f := range found {
		if f.Status != statusOK {
			wrong = append(wrong, f.Group+": "+f.Check)
			if f.Hint == "" {
				t.Errorf("%s: %s has no hint", f.Group, f.Check)
			}
		}
	}
	return wrong, o
}

func TestDoctor_AllOK(t *testing.T) {
	w := newAppliedEnvironment(t)
	before := len(w.port.Calls(""))
	wrong, o := runDoctor(t, w.doctorSettings())
	if len(wrong) > 0 || o.code != 0 {
		t.Errorf("exit %d: %v\n%s", o.code, wrong, o.stdout)
	}
	for _, c := range w.port.Calls("")[before:] {
		if c.Method != "GET" && c.Method != "HEAD" && !strings.HasSuffix(c.Path, "access_token") {
			t.Errorf("it wrote: %s %s", c.Method, c.Path)
		}
	}
	lines := runCommand(t, w.doctorSettings(), "doctor").stdout
	for _, group := range []string{"Slack\n", "Port\n", "incident.io\n", "Here\n"} {
		if !strings.Contains(lines, group) {
			t.Errorf("no %s in\n%s", group, lines)
		}
	}
}

func TestDoctor_ReportsEachProblemOnce(t *testing.T) {
	set := func(name, value string) func(*testing.T, *environment, map[string]string) {
		return func(_ *testing.T, _ *environment, env map[string]string) { env[name] = value }
	}
	for _, c := range []struct {
		name  string
		plant func(*testing.T, *environment, map[string]string)
		want  string
	}{
		{"no bot token", set("SLACK_BOT_TOKEN", ""), "Slack: bot token"},
		{"a revoked app token", set("SLACK_APP_TOKEN", "xapp-1-revoked-token"), "Slack: socket mode"},
		{"no app token", set("SLACK_APP_TOKEN", ""), "Slack: socket mode"},
		{"a missing scope", func(_ *testing.T, w *environment, _ map[string]string) {
			w.slack.SetScopes(append(slices.DeleteFunc(slices.Clone(neededScopes), func(s string) bool { return s == "users:read.email" }), append(optionalScopes, "channels:read")...)...)
		}, "Slack: scopes"},
		{"no history", func(_ *testing.T, w *environment, _ map[string]string) {
			w.slack.SetScopes(append(slices.Clone(neededScopes), "channels:read")...)
		}, "Slack: optional scopes"},
		{"a command that may be incident.io's", set("SLACK_COMMAND", "/incident"), "Slack: command"},
		{"an unknown channel", set("ANNOUNCE_CHANNEL", "C0NOWHERE"), "Slack: announcements"},
		{"an archived channel", func(_ *testing.T, w *environment, _ map[string]string) {
			w.slack.AddChannel(slacktest.Channel{ID: demoChannel, Name: "general", Archived: true, BotIsMember: true})
		}, "Slack: announcements"},
		{"a wrong secret of Port", set("PORT_CLIENT_SECRET", "nonsense"), "Port: credentials"},
		{"the wrong region", func(_ *testing.T, w *environment, env map[string]string) { env["PORT_CLIENT_ID"] = "of-another-region" }, "Port: credentials"},
		{"a person's credentials", func(_ *testing.T, w *environment, env map[string]string) {
			w.port.ClientID, env["PORT_CLIENT_ID"] = "ada@example.com", "ada@example.com"
			w.port.RevokeTokens()
		}, "Port: run as a person"},
		{"Port is down", func(_ *testing.T, w *environment, _ map[string]string) {
			w.port.InjectFault(emulator.Fault{Status: 503})
		}, "Port: credentials"},
		{"Port hangs", func(_ *testing.T, w *environment, _ map[string]string) {
			w.port.InjectFault(emulator.Fault{Delay: time.Minute})
		}, "Port: credentials"},
		{"no secret in Port", func(t *testing.T, w *environment, _ map[string]string) {
			w.deleteFromPort(t, "/v1/organization/secrets/"+manifests.SecretName)
		}, "Port: secret"},
		{"no action", func(t *testing.T, w *environment, _ map[string]string) {
			w.deleteFromPort(t, "/v1/actions/"+manifests.ActionID)
		}, "Port: action"},
		{"no automation", func(t *testing.T, w *environment, _ map[string]string) {
			w.deleteFromPort(t, "/v1/actions/"+manifests.AutomationID)
		}, "Port: automation"},
		{"no blueprint", func(t *testing.T, w *environment, _ map[string]string) {
			w.deleteFromPort(t, "/v1/blueprints/"+manifests.BlueprintID)
		}, "Port: blueprint"},
		{"an automation that somebody changed", func(t *testing.T, w *environment, _ map[string]string) {
			if err := w.port.PutAction(manifests.Guide().Automation); err != nil {
				t.Fatal(err)
			}
		}, "Port: automation"},
		{"another severity", func(_ *testing.T, w *environment, _ map[string]string) {
			w.incidentIO.SetSeverities(incidentiotest.Severity{Name: "SEV-0", Rank: 9})
		}, "incident.io: severities"},
		{"another status", func(_ *testing.T, w *environment, _ map[string]string) {
			w.incidentIO.SetStatuses(incidentiotest.Status{Name: "Triage", Category: "triage"}, incidentiotest.Status{Name: "Fishing", Category: "live", Rank: 1})
		}, "incident.io: statuses"},
		{"no key", set("INCIDENT_IO_API_KEY", ""), "incident.io: key"},
		{"a store that is nowhere", set("STATE_DIR", "/proc/nowhere/state"), "Here: store"},
		{"a cluster that is not there", set("NATS_URL", "nats://127.0.0.1:1"), "Here: store"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newAppliedEnvironment(t)
			env := w.doctorSettings()
			if c.name == "no bot token" {
				delete(env, "ANNOUNCE_CHANNEL")
			}
			c.plant(t, w, env)
			wrong, o := runDoctor(t, env)
			if c.name == "no key" { // the drift cannot be seen, and the definitions are compared with the guide's
				wrong = slices.DeleteFunc(wrong, func(s string) bool { return strings.HasPrefix(s, "Port: ") })
			}
			if len(wrong) != 1 || wrong[0] != c.want {
				t.Errorf("it named %v, want %s\n%s", wrong, c.want, o.stdout)
			}
			if o.took > 15*time.Second {
				t.Errorf("it took %v", o.took)
			}
		})
	}
}

// deleteFromPort removes something from Port, as a person would.
func (w *environment) deleteFromPort(t *testing.T, path string) {
	t.Helper()
	body := fmt.Sprintf(`{"clientId":%q,"clientSecret":%q}`, w.port.ClientID, w.port.ClientSecret)
	res, err := http.Post(w.port.URL()+"/v1/auth/access_token", "application/json", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	var token struct{ AccessToken string }
	err = json.NewDecoder(res.Body).Decode(&token)
	_ = res.Body.Close()
	if err != nil {
		t.Fatal(err)
	}
	r, err := http.NewRequest(http.MethodDelete, w.port.URL()+path, nil)
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
	w := newAppliedEnvironment(t)
	stop, err := w.startBot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = stop() }()
	if _, err := os.Stat(filepath.Join(w.stateDir, "lock")); err != nil {
		t.Fatal(err)
	}
	if o := runCommand(t, w.doctorSettings(), "doctor"); o.code != 0 || !strings.Contains(o.stdout, "a foghorn is at work on it") {
		t.Errorf("exit %d:\n%s", o.code, o.stdout)
	}
}
