package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"foghorn/manifests"
)

// definitionAt returns the value at a path in a definition in Port, such as "trigger.userInputs.order".
func (e *environment) definitionAt(t *testing.T, id, path string) any {
	t.Helper()
	raw, ok := e.Port.Action(id)
	if id == manifests.BlueprintID {
		raw, ok = e.Port.Blueprint(id)
	}
	var v any
	if err := json.Unmarshal(raw, &v); err != nil || !ok {
		t.Fatalf("%s: %v", id, err)
	}
	for key := range strings.SplitSeq(path, ".") {
		o, _ := v.(map[string]any)
		v = o[key]
	}
	return v
}

// editDefinition changes the value at a path, as people do in Port. nil removes it.
func (e *environment) editDefinition(t *testing.T, id, path string, value any) {
	t.Helper()
	raw, _ := e.Port.Action(id)
	put := e.Port.PutAction
	if id == manifests.BlueprintID {
		raw, _ = e.Port.Blueprint(id)
		put = e.Port.PutBlueprint
	}
	var d map[string]any
	if err := json.Unmarshal(raw, &d); err != nil {
		t.Fatal(err)
	}
	for _, audit := range []string{"id", "createdAt", "createdBy", "updatedAt", "updatedBy"} {
		delete(d, audit)
	}
	keys := strings.Split(path, ".")
	o := d
	for _, key := range keys[:len(keys)-1] {
		next, ok := o[key].(map[string]any)
		if !ok {
			next = map[string]any{}
			o[key] = next
		}
		o = next
	}
	if o[keys[len(keys)-1]] = value; value == nil {
		delete(o, keys[len(keys)-1])
	}
	data, _ := json.Marshal(d)
	if err := put(data); err != nil {
		t.Fatalf("%s %s: %v", id, path, err)
	}
}

// object and list are JSON values.
type (
	object = map[string]any
	list   = []any
)

// additions are what people change in Port and apply must keep.
var additions = []struct {
	id, path string
	value    any
}{
	{manifests.ActionID, "title", "Report an outage"},
	{manifests.ActionID, "description", "Anyone may use this"},
	{manifests.ActionID, "icon", "Fire"},
	{manifests.ActionID, "requiredApproval", object{"type": "ANY"}},
	{manifests.ActionID, "approvalNotification", object{"type": "webhook", "format": "json", "url": "https://hooks.example.com/1"}},
	{manifests.ActionID, "publish", false},
	{manifests.ActionID, "allowAnyoneToViewRuns", false},
	{manifests.ActionID, "trigger.userInputs.properties.team", object{"type": "string", "format": "team", "title": "Team"}},
	{manifests.ActionID, "trigger.userInputs.properties.name.title", "What is broken?"},
	{manifests.ActionID, "trigger.userInputs.properties.name.minLength", 3.0},
	{manifests.ActionID, "trigger.userInputs.properties.description.format", "markdown"},
	{manifests.ActionID, "trigger.userInputs.properties.visibility.default", "public"},
	{manifests.ActionID, "trigger.userInputs.properties.visibility.enum", list{"public"}},
	{manifests.ActionID, "trigger.userInputs.properties.visibility.visible", object{"jqQuery": ".form.severity != null"}},
	{manifests.ActionID, "trigger.userInputs.required", list{"name", "severity", "visibility", "description", "team"}},
	{manifests.ActionID, "trigger.userInputs.order", list{"severity", "team", "name", "visibility", "description", "request_id"}},
	{manifests.ActionID, "trigger.userInputs.titles", object{"who": object{"title": "Who is affected"}}},
	{manifests.ActionID, "invocationMethod.agent", true},
	{manifests.ActionID, "invocationMethod.synchronized", false},
	{manifests.ActionID, "invocationMethod.headers.X-Team", "{{ .inputs.team }}"},
	{manifests.ActionID, "invocationMethod.body.mode", "test"},
	{manifests.ActionID, "invocationMethod.body.slack_team_id", "T012"},
	{manifests.AutomationID, "title", "Catalog"},
	{manifests.AutomationID, "publish", false},
	{manifests.AutomationID, "trigger.condition.expressions", list{
		".diff.before.status != .diff.after.status", `.diff.after.status == "SUCCESS"`, `.diff.after.properties.name != "drill"`}},
	{manifests.AutomationID, "invocationMethod.mapping.properties.runbook", "https://example.com"},
	{manifests.AutomationID, "invocationMethod.mapping.icon", "Alert"},
	{manifests.AutomationID, "invocationMethod.mapping.relations.service", "checkout"},
	{manifests.BlueprintID, "title", "Incidents"},
	{manifests.BlueprintID, "schema.properties.runbook", object{"type": "string", "title": "Runbook"}},
	{manifests.BlueprintID, "schema.properties.status.title", "State"},
	{manifests.BlueprintID, "schema.required", list{"url"}},
	{manifests.BlueprintID, "calculationProperties.short", object{"title": "Short", "type": "string", "calculation": ".title"}},
	{manifests.BlueprintID, "relations.service", object{"target": manifests.BlueprintID, "required": false, "many": false, "title": "Service"}},
}

func TestApply_KeepsEachAddition(t *testing.T) {
	t.Parallel()
	for _, c := range additions {
		t.Run(c.id+" "+c.path, func(t *testing.T) {
			t.Parallel()
			e := newAppliedEnvironment(t)
			e.editDefinition(t, c.id, c.path, c.value)
			if o := e.runApply(t, "--dry-run"); o.code != 0 {
				t.Errorf("apply wants to change it: exit %d\n%s", o.code, o.stdout)
			}
			// Another change makes apply write every definition.
			e.editDefinition(t, manifests.ActionID, "invocationMethod.method", "GET")
			e.editDefinition(t, manifests.AutomationID, "invocationMethod.mapping.properties.status", "?")
			e.editDefinition(t, manifests.BlueprintID, "schema.properties.reference", nil)
			if o := e.runApply(t, "--yes"); o.code != 0 || strings.Count(o.stdout, ": done") != 3 {
				t.Fatalf("exit %d\n%s%s", o.code, o.stdout, o.stderr)
			}
			if diff := cmp.Diff(c.value, e.definitionAt(t, c.id, c.path)); diff != "" {
				t.Errorf("not kept (-want +got):\n%s", diff)
			}
			if got := e.definitionAt(t, manifests.ActionID, "invocationMethod.method"); got != "POST" {
				t.Errorf("the method is not repaired: %v", got)
			}
			if o := e.runApply(t, "--yes"); o.code != 0 || !strings.Contains(o.stdout, "nothing to do") {
				t.Errorf("the second apply changes something: exit %d\n%s", o.code, o.stdout)
			}
		})
	}
}

func TestApply_KeepsPermissions(t *testing.T) {
	e := newAppliedEnvironment(t)
	if err := e.Port.SetExecutePermissions(manifests.ActionID, `{"teams":["sre"],"roles":[]}`); err != nil {
		t.Fatal(err)
	}
	e.editDefinition(t, manifests.ActionID, "invocationMethod.method", "GET")
	before := len(e.Port.Calls("/permissions"))
	if o := e.runApply(t, "--yes"); o.code != 0 {
		t.Fatalf("exit %d: %s", o.code, o.stderr)
	}
	if calls := e.Port.Calls("/permissions"); len(calls) != before {
		t.Errorf("apply called %s %s", calls[before].Method, calls[before].Path)
	}
}

// TestApply_RefusesOtherActions checks that apply does not turn an action that does something else into one that
// declares incidents.
func TestApply_RefusesOtherActions(t *testing.T) {
	e := newAppliedEnvironment(t)
	const deploy = `{"identifier":"deploy","title":"Deploy","trigger":{"type":"self-service","operation":"CREATE","userInputs":{"properties":{}}},
		"invocationMethod":{"type":"WEBHOOK","url":"https://ci.example.com/deploy"}}`
	if err := e.Port.PutAction(json.RawMessage(deploy)); err != nil {
		t.Fatal(err)
	}
	env := e.doctorSettings()
	env["PORT_ACTION"] = "deploy"
	if o := runCommand(t, env, "apply", "--yes"); o.code != exitUsage || !strings.Contains(o.stderr, "PORT_ACTION") {
		t.Errorf("apply: exit %d: %s", o.code, o.stderr)
	}
	if got := e.definitionAt(t, "deploy", "invocationMethod.url"); got != "https://ci.example.com/deploy" {
		t.Errorf("the action calls %v", got)
	}
	if problems, o := runDoctor(t, env); len(problems) > 0 {
		t.Errorf("doctor: %v\n%s", problems, o.stdout)
	}
}

// TestApply_KeepsEditsMeanwhile edits the action between the comparison and the answer of the person who runs apply.
func TestApply_KeepsEditsMeanwhile(t *testing.T) {
	e := newAppliedEnvironment(t)
	e.editDefinition(t, manifests.ActionID, "invocationMethod.method", "GET")
	cfg, err := configFrom(e.applySettings(), "apply")
	if err != nil {
		t.Fatal(err)
	}
	client := cfg.newPortClient()
	defer client.Close()
	_, changes, err := applyCmd{}.plan(t.Context(), cfg, client, io.Discard)
	if err != nil || len(changes) != 1 {
		t.Fatalf("%d changes, %v", len(changes), err)
	}
	e.editDefinition(t, manifests.ActionID, "title", "Edited meanwhile")
	if err := changes[0].apply(t.Context()); err == nil || !strings.Contains(err.Error(), "changed in Port") {
		t.Errorf("the edit is overwritten: %v", err)
	}
}

// TestApply_RepairsWhatItOwns changes parts without which incidents cannot be declared or recorded.
func TestApply_RepairsWhatItOwns(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		id, path string
		value    any
	}{
		{manifests.ActionID, "trigger.userInputs.properties.severity.enum", list{"SEV-9"}},
		{manifests.ActionID, "trigger.userInputs.properties.request_id", nil},
		{manifests.ActionID, "trigger.userInputs.properties.request_id.visible", true},
		{manifests.ActionID, "trigger.userInputs.required", list{"name"}},
		{manifests.ActionID, "invocationMethod.url", "https://example.com"},
		{manifests.ActionID, "invocationMethod.body.severity_id", "01J"},
		{manifests.ActionID, "invocationMethod.body.idempotency_key", nil},
		{manifests.ActionID, "invocationMethod.headers.Authorization", "Bearer x"},
		{manifests.AutomationID, "trigger.event.actionIdentifier", "another"},
		{manifests.AutomationID, "trigger.condition.expressions", list{}},
		{manifests.AutomationID, "invocationMethod.mapping.title", "{{ .event }}"},
		{manifests.BlueprintID, "schema.properties.status.enum", list{"Open"}},
		{manifests.BlueprintID, "schema.properties.declaredBy", nil},
	} {
		t.Run(c.id+" "+c.path, func(t *testing.T) {
			t.Parallel()
			e := newAppliedEnvironment(t)
			want := e.definitionAt(t, c.id, c.path)
			e.editDefinition(t, c.id, c.path, c.value)
			if o := e.runApply(t, "--yes"); o.code != 0 {
				t.Fatalf("exit %d\n%s", o.code, o.stderr)
			}
			got := e.definitionAt(t, c.id, c.path)
			if c.path == "trigger.userInputs.required" {
				got, want = len(got.(list)), len(want.(list))
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("not repaired (-want +got):\n%s", diff)
			}
		})
	}
}

// TestApply_KeepsArrangement adds inputs to forms that people arranged in other ways than by an order.
func TestApply_KeepsArrangement(t *testing.T) {
	for name, c := range map[string]struct{ steps, want any }{
		"steps": {
			list{object{"title": "What", "order": list{"name", "severity"}}, object{"title": "More", "order": list{"description", "visibility"}}},
			list{object{"title": "What", "order": list{"name", "severity"}}, object{"title": "More", "order": list{"description", "visibility", "request_id"}}},
		},
		"neither": {nil, nil},
	} {
		t.Run(name, func(t *testing.T) {
			e := newAppliedEnvironment(t)
			e.editDefinition(t, manifests.ActionID, "trigger.userInputs.order", nil)
			if c.steps != nil {
				e.editDefinition(t, manifests.ActionID, "trigger.userInputs.steps", c.steps)
			}
			if o := e.runApply(t, "--yes"); o.code != 0 {
				t.Fatalf("exit %d: %s", o.code, o.stderr)
			}
			if diff := cmp.Diff(c.want, e.definitionAt(t, manifests.ActionID, "trigger.userInputs.steps")); diff != "" {
				t.Error(diff)
			}
			order, _ := e.definitionAt(t, manifests.ActionID, "trigger.userInputs.order").(list)
			if (len(order) == 5) != (c.steps == nil) {
				t.Errorf("order: %v", order)
			}
			if o := e.runApply(t, "--dry-run"); o.code != 0 {
				t.Errorf("the second apply changes something:\n%s", o.stdout)
			}
		})
	}
}

// TestApply_WithoutKeyKeepsOrganization checks that apply without a key does not replace the organization's severities
// and statuses by those of the guide.
func TestApply_WithoutKeyKeepsOrganization(t *testing.T) {
	e := newAppliedEnvironment(t)
	e.applyFields(t, "--custom-field", "Affected team", "--incident-types")
	e.editDefinition(t, manifests.ActionID, "invocationMethod.method", "GET")
	before := fmt.Sprint(e.definitionAt(t, manifests.ActionID, "trigger"), e.definitionAt(t, manifests.ActionID, "invocationMethod.body"), e.definitionAt(t, manifests.BlueprintID, "schema"))
	if o := runCommand(t, e.botSettings("INCIDENT_IO_BASE_URL", e.IncidentIO.URL()), "apply", "--yes"); o.code != 0 {
		t.Fatalf("exit %d: %s", o.code, o.stderr)
	}
	after := fmt.Sprint(e.definitionAt(t, manifests.ActionID, "trigger"), e.definitionAt(t, manifests.ActionID, "invocationMethod.body"), e.definitionAt(t, manifests.BlueprintID, "schema"))
	if diff := cmp.Diff(before, after); diff != "" {
		t.Error(diff)
	}
	if got := e.definitionAt(t, manifests.ActionID, "invocationMethod.method"); got != "POST" {
		t.Errorf("the method is not repaired: %v", got)
	}
}
