package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"foghorn/integrations/emulator"
	"foghorn/integrations/incidentio/incidentiotest"
	"foghorn/integrations/port/porttest"
	"foghorn/integrations/slackapp/slacktest"
	"foghorn/manifests"
)

// newEmptyEnvironment is a world whose incident.io is like nobody else's and whose Port is empty.
func newEmptyEnvironment(t *testing.T) *environment {
	t.Helper()
	w := &environment{stateDir: t.TempDir()}
	var err error
	if w.incidentIO, err = incidentiotest.Start(incidentiotest.Config{}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.incidentIO.Close)
	if w.port, err = porttest.Start(porttest.Config{}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.port.Close)
	if w.slack, err = slacktest.Start(slacktest.Config{
		Users:    []slacktest.User{{ID: demoUser, Name: "alice", RealName: "Alice", Email: "alice@example.com"}},
		Channels: []slacktest.Channel{{ID: demoChannel, Name: "general", BotIsMember: true}},
	}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.slack.Close)
	w.port.AddUser("alice@example.com")
	w.incidentIO.SetSeverities(
		incidentiotest.Severity{Name: "SEV-4", Rank: 0}, incidentiotest.Severity{Name: "SEV-3", Rank: 1},
		incidentiotest.Severity{Name: "SEV-2", Rank: 2}, incidentiotest.Severity{Name: `SEV-1 "all hands"`, Rank: 3},
	)
	w.incidentIO.SetStatuses(
		incidentiotest.Status{Name: "Triage", Category: "triage", Rank: 0}, incidentiotest.Status{Name: "Hunting", Category: "live", Rank: 1},
		incidentiotest.Status{Name: "Closed", Category: "closed", Rank: 2},
	)
	return w
}

func (w *environment) runApply(t *testing.T, args ...string) result {
	t.Helper()
	o := runCommand(t, w.botSettings("INCIDENT_IO_API_KEY", w.incidentIO.APIKey, "INCIDENT_IO_BASE_URL", w.incidentIO.URL()), append([]string{"apply"}, args...)...)
	for _, secret := range []string{w.incidentIO.APIKey, w.port.ClientSecret} {
		if strings.Contains(o.stdout+o.stderr, secret) {
			t.Errorf("apply shows a secret")
		}
	}
	return o
}

// TestApply_FirstTenMinutes follows the README with an organisation like nobody else's.
func TestApply_FirstTenMinutes(t *testing.T) {
	w := newEmptyEnvironment(t)
	if o := runCommand(t, w.doctorSettings(), "slack-manifest"); o.code != 0 || !strings.Contains(o.stdout, "/outage") || !strings.Contains(o.stderr, "manifest_json=") {
		t.Errorf("slack-manifest: exit %d\n%s%s", o.code, o.stdout, o.stderr)
	}
	if o := runCommand(t, w.doctorSettings(), "doctor"); o.code != 1 || !strings.Contains(o.stdout, "foghorn apply") {
		t.Errorf("doctor before apply: exit %d\n%s", o.code, o.stdout)
	}
	if o := w.runApply(t, "--dry-run"); o.code != 3 || !strings.Contains(o.stdout, "create action") || !strings.Contains(o.stdout, "all hands") {
		t.Errorf("dry run: exit %d\n%s%s", o.code, o.stdout, o.stderr)
	}
	if o := w.runApply(t); o.code != 1 || !strings.Contains(o.stderr, "--yes") {
		t.Errorf("nobody answered: exit %d: %s", o.code, o.stderr)
	}
	if o := w.runApply(t, "--yes"); o.code != 0 {
		t.Fatalf("exit %d\n%s%s", o.code, o.stdout, o.stderr)
	}
	for _, args := range [][]string{{"--yes"}, {"--dry-run"}} {
		if o := w.runApply(t, args...); o.code != 0 || !strings.Contains(o.stdout, "nothing to do") {
			t.Errorf("again, %v: exit %d\n%s%s", args, o.code, o.stdout, o.stderr)
		}
	}
	if o := runCommand(t, w.doctorSettings(), "doctor"); o.code != 0 || strings.Contains(o.stdout, "fail") {
		t.Errorf("doctor after apply: exit %d\n%s", o.code, o.stdout)
	}
	stop, err := w.startBot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, severity := range []string{"SEV-4", "SEV-3", "SEV-2", `SEV-1 "all hands"`} {
		form := w.openForm(t)
		for label, value := range map[string]string{"Name": "with " + severity, "Severity": severity, "Visibility": "public"} {
			if err := form.Fill(label, value); err != nil {
				t.Fatal(err)
			}
		}
		if r, err := form.Submit(t.Context()); err != nil || !r.Closed {
			t.Fatalf("%+v, %v", r, err)
		}
		e, err := w.port.WaitEntity(t.Context(), manifests.BlueprintID, func(e porttest.Entity) bool { return e.Title == "with "+severity })
		if err != nil || e.Properties["severity"] != severity || e.Properties["status"] != "Triage" {
			t.Errorf("%s: the catalog has %v (%v)", severity, e, err)
		}
	}
	for _, i := range w.incidentIO.Incidents() {
		if i.Name != "with "+i.Severity {
			t.Errorf("%s has the severity %s", i.Name, i.Severity)
		}
		if !strings.HasPrefix(i.IdempotencyKey, "foghorn-") {
			t.Errorf("the key of %s is %s", i.Name, i.IdempotencyKey)
		}
	}
	if err := stop(); err != nil {
		t.Error(err)
	}
}

// openForm opens the form and waits until it is there.
func (w *environment) openForm(t *testing.T) *slacktest.Modal {
	t.Helper()
	alice := w.slack.Person(demoUser)
	if _, err := alice.SlashCommand(t.Context(), demoChannel, "/incident"); err != nil {
		t.Fatal(err)
	}
	form, err := alice.WaitModal(t.Context(), func(m *slacktest.Modal) bool { return len(m.Labels()) > 0 })
	if err != nil {
		t.Fatal(err)
	}
	return form
}

func TestApply_KeepsManualAdditions(t *testing.T) {
	w := newEmptyEnvironment(t)
	if o := w.runApply(t, "--yes"); o.code != 0 {
		t.Fatalf("exit %d: %s", o.code, o.stderr)
	}
	set, _ := manifests.Render(manifests.Organization{}, manifests.Options{})
	var b map[string]any
	_ = json.Unmarshal(set.Blueprint, &b)
	b["schema"].(map[string]any)["properties"].(map[string]any)["runbook"] = map[string]any{"type": "string", "title": "Runbook"}
	data, _ := json.Marshal(b)
	if err := w.port.PutBlueprint(data); err != nil {
		t.Fatal(err)
	}
	if o := w.runApply(t, "--yes"); o.code != 0 || !strings.Contains(o.stdout, "Hunting") {
		t.Errorf("the statuses were not put back: exit %d\n%s%s", o.code, o.stdout, o.stderr)
	}
	if err := w.port.PutEntity(manifests.BlueprintID, json.RawMessage(`{"identifier":"x","properties":{"runbook":"kept","status":"Hunting"}}`)); err != nil {
		t.Errorf("the person's property is gone: %v", err)
	}
}

func TestApply_ResumesAfterFailure(t *testing.T) {
	w := newEmptyEnvironment(t)
	w.port.InjectFault(emulator.Fault{Path: "/v1/actions", Method: "POST", Times: 1, Status: 422, Body: `{"ok":false,"error":"invalid_request","message":"no luck"}`})
	o := w.runApply(t, "--yes")
	if o.code != 1 || !strings.Contains(o.stderr, "no luck") || !strings.Contains(o.stderr, "2 of 4 were written") {
		t.Errorf("exit %d: %s", o.code, o.stderr)
	}
	if o := w.runApply(t, "--yes"); o.code != 0 || strings.Contains(o.stdout, "create blueprint") {
		t.Errorf("it did not go on: exit %d\n%s%s", o.code, o.stdout, o.stderr)
	}
}

func TestApply_VerbatimOutput(t *testing.T) {
	w := newEmptyEnvironment(t)
	dir := filepath.Join(t.TempDir(), "port")
	if o := w.runApply(t, "--verbatim", "--output", dir); o.code != 0 {
		t.Fatalf("exit %d: %s", o.code, o.stderr)
	}
	guide := manifests.Guide()
	for name, want := range map[string]json.RawMessage{"blueprint": guide.Blueprint, "action": guide.Action, "automation": guide.Automation} {
		have, err := os.ReadFile(filepath.Join(dir, name+".json"))
		if err != nil || string(have) != string(indentJSON(want)) {
			t.Errorf("%s is not the guide's (%v)", name, err)
		}
	}
	if calls := w.port.Calls(""); len(calls) > 0 {
		t.Errorf("Port was asked: %v", calls[0].Path)
	}
}

func TestApply_Errors(t *testing.T) {
	w := newEmptyEnvironment(t)
	o := runCommand(t, w.botSettings("INCIDENT_IO_API_KEY", "inc_nobody", "INCIDENT_IO_BASE_URL", w.incidentIO.URL()), "apply", "--dry-run")
	if o.code != exitUsage || !strings.Contains(o.stderr, "INCIDENT_IO_API_KEY is refused") || o.took > 10*time.Second {
		t.Errorf("exit %d after %v: %s", o.code, o.took, o.stderr)
	}
	o = runCommand(t, w.botSettings(), "apply", "--dry-run")
	if o.code != 3 || !strings.Contains(o.stderr, "warning:") {
		t.Errorf("without a key: exit %d: %s", o.code, o.stderr)
	}
}
