package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"foghorn/integrations/emulator"
	"foghorn/integrations/port/porttest"
	"foghorn/manifests"
)

func (e *environment) runApply(t *testing.T, args ...string) result {
	t.Helper()
	o := runCommand(t, e.applySettings(), append([]string{"apply"}, args...)...)
	for _, secret := range []string{e.IncidentIO.APIKey, e.Port.ClientSecret} {
		if strings.Contains(o.stdout+o.stderr, secret) {
			t.Errorf("the output contains a secret")
		}
	}
	return o
}

func TestApply_EmptyPort(t *testing.T) {
	e := newEmptyEnvironment(t)
	if o := runCommand(t, e.doctorSettings(), "doctor"); o.code != 1 || !strings.Contains(o.stdout, "foghorn apply") {
		t.Errorf("doctor: exit %d\n%s", o.code, o.stdout)
	}
	if o := e.runApply(t, "--dry-run"); o.code != 3 || !strings.Contains(o.stdout, "create action") || !strings.Contains(o.stdout, "all hands") {
		t.Errorf("dry run: exit %d\n%s%s", o.code, o.stdout, o.stderr)
	}
	if o := e.runApply(t); o.code != 1 || !strings.Contains(o.stderr, "--yes") {
		t.Errorf("without an answer: exit %d: %s", o.code, o.stderr)
	}
	for _, c := range e.Port.Calls("") {
		if strings.HasPrefix(c.Path, "/v1/actions") && c.Method != "GET" {
			t.Errorf("%s %s before the answer", c.Method, c.Path)
		}
	}
}

func TestApply_Idempotent(t *testing.T) {
	e := newAppliedEnvironment(t)
	for _, flag := range []string{"--yes", "--dry-run"} {
		if o := e.runApply(t, flag); o.code != 0 || !strings.Contains(o.stdout, "nothing to do") {
			t.Errorf("%s: exit %d\n%s%s", flag, o.code, o.stdout, o.stderr)
		}
	}
}

// TestApply_ReadsRolesForReporterOnly checks that apply needs no access to roles without --reporter.
func TestApply_ReadsRolesForReporterOnly(t *testing.T) {
	e := newEmptyEnvironment(t)
	for _, c := range []struct {
		args []string
		want bool
	}{{[]string{"--dry-run"}, false}, {[]string{"--dry-run", "--reporter"}, true}} {
		e.runApply(t, c.args...)
		if got := len(e.IncidentIO.Calls("/incident_roles")) > 0; got != c.want {
			t.Errorf("apply %v: reads roles: %t", c.args, got)
		}
	}
}

// TestApply_DeclaresAllSeverities declares an incident of each severity of an unusual organization after apply.
func TestApply_DeclaresAllSeverities(t *testing.T) {
	t.Parallel()
	e := newAppliedEnvironment(t)
	stop, err := e.startBot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, severity := range []string{"SEV-4", "SEV-3", "SEV-2", `SEV-1 "all hands"`} {
		form := e.openForm(t)
		for label, value := range map[string]string{"Name": "with " + severity, "Severity": severity, "Visibility": "public"} {
			if err := form.Fill(label, value); err != nil {
				t.Fatal(err)
			}
		}
		if r, err := form.Submit(t.Context()); err != nil || !r.Closed {
			t.Fatalf("%+v, %v", r, err)
		}
		entity, err := e.Port.WaitEntity(t.Context(), manifests.BlueprintID, func(e porttest.Entity) bool { return e.Title == "with "+severity })
		if err != nil || entity.Properties["severity"] != severity || entity.Properties["status"] != "Triage" {
			t.Errorf("%s: the catalog has %v (%v)", severity, entity, err)
		}
	}
	for _, i := range e.IncidentIO.Incidents() {
		if i.Name != "with "+i.Severity {
			t.Errorf("%s has the severity %s", i.Name, i.Severity)
		}
		if !strings.HasPrefix(i.IdempotencyKey, "foghorn-") {
			t.Errorf("the idempotency key of %s is %s", i.Name, i.IdempotencyKey)
		}
	}
	if err := stop(); err != nil {
		t.Error(err)
	}
}

func TestApply_KeepsManualAdditions(t *testing.T) {
	e := newEmptyEnvironment(t)
	if o := e.runApply(t, "--yes"); o.code != 0 {
		t.Fatalf("exit %d: %s", o.code, o.stderr)
	}
	set, _ := manifests.Render(manifests.Organization{}, manifests.Options{})
	var b map[string]any
	_ = json.Unmarshal(set.Blueprint, &b)
	b["schema"].(map[string]any)["properties"].(map[string]any)["runbook"] = map[string]any{"type": "string", "title": "Runbook"}
	data, _ := json.Marshal(b)
	if err := e.Port.PutBlueprint(data); err != nil {
		t.Fatal(err)
	}
	if o := e.runApply(t, "--yes"); o.code != 0 || !strings.Contains(o.stdout, "Hunting") {
		t.Errorf("apply did not restore the statuses: exit %d\n%s%s", o.code, o.stdout, o.stderr)
	}
	if err := e.Port.PutEntity(manifests.BlueprintID, json.RawMessage(`{"identifier":"x","properties":{"runbook":"kept","status":"Hunting"}}`)); err != nil {
		t.Errorf("apply removed the manual property: %v", err)
	}
}

func TestApply_ResumesAfterFailure(t *testing.T) {
	e := newEmptyEnvironment(t)
	e.Port.InjectFault(emulator.Fault{Path: "/v1/actions", Method: "POST", Times: 1, Status: 422, Body: `{"ok":false,"error":"invalid_request","message":"invalid definition"}`})
	o := e.runApply(t, "--yes")
	if o.code != 1 || !strings.Contains(o.stderr, "invalid definition") || !strings.Contains(o.stderr, "2 of 4 were written") {
		t.Errorf("exit %d: %s", o.code, o.stderr)
	}
	if o := e.runApply(t, "--yes"); o.code != 0 || strings.Contains(o.stdout, "create blueprint") {
		t.Errorf("the second apply did not resume: exit %d\n%s%s", o.code, o.stdout, o.stderr)
	}
}

func TestApply_VerbatimOutput(t *testing.T) {
	e := newEmptyEnvironment(t)
	dir := filepath.Join(t.TempDir(), "port")
	if o := e.runApply(t, "--verbatim", "--output", dir); o.code != 0 {
		t.Fatalf("exit %d: %s", o.code, o.stderr)
	}
	guide := manifests.Guide()
	for name, want := range map[string]json.RawMessage{"blueprint": guide.Blueprint, "action": guide.Action, "automation": guide.Automation} {
		have, err := os.ReadFile(filepath.Join(dir, name+".json"))
		if err != nil || string(have) != string(indentJSON(want)) {
			t.Errorf("%s is not the guide's (%v)", name, err)
		}
	}
	if calls := e.Port.Calls(""); len(calls) > 0 {
		t.Errorf("apply --output called Port: %v", calls[0].Path)
	}
}

func TestApply_Errors(t *testing.T) {
	e := newEmptyEnvironment(t)
	o := runCommand(t, e.botSettings("INCIDENT_IO_API_KEY", "inc_nobody", "INCIDENT_IO_BASE_URL", e.IncidentIO.URL()), "apply", "--dry-run")
	if o.code != exitUsage || !strings.Contains(o.stderr, "INCIDENT_IO_API_KEY was rejected") || o.took > 10*time.Second {
		t.Errorf("exit %d after %v: %s", o.code, o.took, o.stderr)
	}
	const forbidden = `{"ok":false,"error":"forbidden"}`
	for _, c := range []struct {
		fault emulator.Fault
		want  string
	}{
		{emulator.Fault{Path: "/v1/actions", Method: "POST", Status: 403, Body: forbidden}, adminHint},
		{emulator.Fault{Path: "/" + manifests.SecretName, Status: 403, Body: forbidden}, "the credentials cannot read secrets"},
	} {
		e.Port.ClearFaults()
		e.Port.InjectFault(c.fault)
		if o := e.runApply(t, "--yes"); !strings.Contains(o.stderr, c.want) {
			t.Errorf("exit %d, no %q in %s", o.code, c.want, o.stderr)
		}
	}
	e = newEmptyEnvironment(t)
	e.IncidentIO.SetKeyRoles("viewer")
	if o := e.runApply(t, "--dry-run"); o.code != 3 || !strings.Contains(o.stderr, "lacks the role incident_creator") {
		t.Errorf("a key that cannot declare: exit %d: %s", o.code, o.stderr)
	}
	if o := e.runApply(t, "--verbatim", "--incident-types"); o.code != 1 || !strings.Contains(o.stderr, "--verbatim") {
		t.Errorf("--verbatim with inputs: exit %d: %s", o.code, o.stderr)
	}
	o = runCommand(t, e.botSettings(), "apply", "--dry-run")
	if o.code != 3 || !strings.Contains(o.stderr, "warning:") {
		t.Errorf("without a key: exit %d: %s", o.code, o.stderr)
	}
}
