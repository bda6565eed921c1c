package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"foghorn/cmd/foghorn/demo/sandbox"
	"foghorn/integrations/incidentio/incidentiotest"
	"foghorn/integrations/slackapp/slacktest"
	"foghorn/manifests"
)

// setFields gives the organization custom fields of each type, and incident types.
func (e *environment) setFields() {
	var many []string
	for n := range 300 {
		many = append(many, fmt.Sprintf("customer %d", n))
	}
	e.IncidentIO.SetTypes(
		incidentiotest.Type{Name: "Default", Default: true}, incidentiotest.Type{Name: "Security", PrivateOnly: true}, incidentiotest.Type{Name: `Data "loss"`},
	)
	e.IncidentIO.SetCustomFields(
		incidentiotest.CustomField{Name: "Affected team", Type: "single_select", Options: []string{"Platform", "Zahlungen, EU", `"quoted" & {{ braces }}`}},
		incidentiotest.CustomField{Name: "Kunden", Type: "multi_select", Options: many, Description: "Who is affected"},
		incidentiotest.CustomField{Name: "影響", Type: "text"},
		incidentiotest.CustomField{Name: "Status page", Type: "link"},
		incidentiotest.CustomField{Name: "Number, of users", Type: "numeric"},
		incidentiotest.CustomField{Name: "Service", Type: "single_select", CatalogType: "01CATALOG"},
		incidentiotest.CustomField{Name: "Empty", Type: "multi_select"},
		incidentiotest.CustomField{Name: "Twice", Type: "text"}, incidentiotest.CustomField{Name: "Twice", Type: "link"},
		incidentiotest.CustomField{Name: "Due", Type: "date"},
	)
}

// applyFields gives the organization custom fields and runs apply with args.
func (e *environment) applyFields(t *testing.T, args ...string) {
	t.Helper()
	e.setFields()
	if o := e.runApply(t, append([]string{"--yes"}, args...)...); o.code != 0 {
		t.Fatalf("apply %v: exit %d: %s", args, o.code, o.stderr)
	}
}

var allFields = []string{
	"--incident-types", "--custom-field", "Affected team", "--custom-field", "kunden ", "--custom-field", "影響",
	"--custom-field", "Status page", "--custom-field=Number, of users",
}

// TestApply_CustomFieldsToIncident declares an incident in Slack whose custom fields and type are filled, and one in
// which they are not.
func TestApply_CustomFieldsToIncident(t *testing.T) {
	t.Parallel()
	e := newAppliedEnvironment(t)
	e.applyFields(t, allFields...)
	if o := e.runApply(t, "--dry-run"); o.code != 0 {
		t.Errorf("a later apply does not keep the inputs: exit %d\n%s%s", o.code, o.stdout, o.stderr)
	}
	if problems, o := runDoctor(t, e.doctorSettings()); len(problems) > 0 {
		t.Errorf("doctor: %v\n%s", problems, o.stdout)
	}
	stop, err := e.startBot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	base := map[string]string{"Name": "Outage", "Severity": "SEV-2", "Visibility": "public"}
	filled := map[string]string{
		"Incident type": `Data "loss"`, "Affected team": `"quoted" & {{ braces }}`, "影響": "全部 'x' \"y\"",
		"Status page": "https://status.example.com/a?b=c", "Number, of users": "0",
	}
	e.declare(t, base)
	e.waitText(t, sandbox.ChannelID, "INC-1")
	form := e.openForm(t)
	for label, value := range base {
		fill(t, form.Fill(label, value))
	}
	for label, value := range filled {
		fill(t, form.Fill(label, value))
	}
	if found, err := form.SearchOptions(t.Context(), "Kunden", "customer 29"); err != nil || len(found) != 11 {
		t.Fatalf("%d options, %v", len(found), err)
	}
	fill(t, form.Fill("Kunden", "customer 299", "customer 29"))
	if r, err := form.Submit(t.Context()); err != nil || !r.Closed {
		t.Fatalf("%+v, %v", r, err)
	}
	e.waitText(t, sandbox.ChannelID, "INC-2")
	list := e.IncidentIO.Incidents()
	if got := list[0].CustomFields; len(got) > 0 || list[0].Type != "Default" {
		t.Errorf("without values: %s %v", list[0].Type, got)
	}
	want := map[string][]string{
		"Affected team": {filled["Affected team"]}, "影響": {filled["影響"]}, "Status page": {filled["Status page"]}, "Number, of users": {"0"},
		"Kunden": {"customer 299", "customer 29"},
	}
	if diff := cmp.Diff(want, list[1].CustomFields); diff != "" || list[1].Type != `Data "loss"` {
		t.Errorf("type %s (-want +got):\n%s", list[1].Type, diff)
	}
	base["Name"], base["Incident type"] = "Intrusion", "Security" // a type whose incidents are always private
	e.declare(t, base)
	e.waitText(t, e.Slack.Person(sandbox.UserID).DM(), "Intrusion")
	for _, m := range e.Slack.Messages(sandbox.ChannelID) {
		if strings.Contains(m.Text, "Intrusion") {
			t.Errorf("a private incident is announced: %s", m.Text)
		}
	}
	if err := stop(); err != nil {
		t.Error(err)
	}
}

func fill(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// declare fills the form and submits it.
func (e *environment) declare(t *testing.T, values map[string]string) {
	t.Helper()
	form := e.openForm(t)
	for label, value := range values {
		fill(t, form.Fill(label, value))
	}
	if r, err := form.Submit(t.Context()); err != nil || !r.Closed {
		t.Fatalf("%+v, %v", r, err)
	}
}

// TestApply_RequiredFieldLeadsToOption follows the error for a missing custom field from the reporter to the option
// that adds the input.
func TestApply_RequiredFieldLeadsToOption(t *testing.T) {
	t.Parallel()
	e := newAppliedEnvironment(t)
	e.IncidentIO.SetCustomFields(incidentiotest.CustomField{Name: "Affected team", Type: "single_select", Options: []string{"Platform"}, Required: true})
	stop, err := e.startBot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	values := map[string]string{"Name": "Outage", "Severity": "SEV-2", "Visibility": "public"}
	e.declare(t, values)
	const option = `foghorn apply --custom-field "Affected team"`
	e.waitText(t, e.Slack.Person(sandbox.UserID).DM(), option)
	if o := runCommand(t, e.doctorSettings(), "doctor"); o.code != 0 || !strings.Contains(o.stdout, option) {
		t.Errorf("doctor: exit %d\n%s", o.code, o.stdout)
	}
	if o := e.runApply(t, "--yes", "--custom-field", "Affected team"); o.code != 0 {
		t.Fatalf("exit %d: %s", o.code, o.stderr)
	}
	if err := stop(); err != nil {
		t.Error(err)
	}
	if stop, err = e.startBot(t.Context()); err != nil { // the definition is cached for a while
		t.Fatal(err)
	}
	values["Affected team"] = "Platform"
	e.declare(t, values)
	e.waitText(t, sandbox.ChannelID, "INC-1")
	if o := runCommand(t, e.doctorSettings(), "doctor"); strings.Contains(o.stdout, option) {
		t.Errorf("doctor repeats what was corrected:\n%s", o.stdout)
	}
	if err := stop(); err != nil {
		t.Error(err)
	}
}

func TestApply_CustomFieldErrors(t *testing.T) {
	e := newEmptyEnvironment(t)
	e.setFields()
	for name, want := range map[string][]string{
		"Nowhere": {`no custom field "Nowhere"`, `"Affected team"`, `"影響"`},
		"Twice":   {"2 custom fields", "text", "link"},
		"Service": {`"Service" cannot be added`, "catalog"},
		"Empty":   {`"Empty" cannot be added`, "no options"},
		"Due":     {`"Due" cannot be added`, `"date"`},
	} {
		o := e.runApply(t, "--yes", "--custom-field", name)
		for _, text := range want {
			if o.code != 1 || !strings.Contains(o.stderr, text) {
				t.Errorf("%s: exit %d, no %q in\n%s", name, o.code, text, o.stderr)
			}
		}
	}
	if o := runCommand(t, e.botSettings(), "apply", "--custom-field", "Twice"); o.code != exitUsage || !strings.Contains(o.stderr, "INCIDENT_IO_API_KEY is not set") {
		t.Errorf("without a key: exit %d: %s", o.code, o.stderr)
	}
	e.IncidentIO.SetKeyRoles("incident_creator")
	if o := e.runApply(t, "--dry-run"); o.code != exitUsage || !strings.Contains(o.stderr, "lacks the role viewer") {
		t.Errorf("a key without the role viewer: exit %d: %s", o.code, o.stderr)
	}
	for _, c := range e.Port.Calls("") {
		if c.Method != "GET" && !strings.HasSuffix(c.Path, "access_token") {
			t.Errorf("apply called %s %s", c.Method, c.Path)
		}
	}
}

// TestApply_RefreshesCustomFields changes the organization after the inputs were added.
func TestApply_RefreshesCustomFields(t *testing.T) {
	e := newAppliedEnvironment(t)
	e.applyFields(t, allFields...)
	e.IncidentIO.SetTypes(incidentiotest.Type{Name: "Only", Default: true})
	const field = "incident_io_field_F1"
	e.IncidentIO.SetCustomFields(incidentiotest.CustomField{ID: "F1", Name: "Team", Type: "single_select", Options: []string{"A", "B"}})
	if o := e.runApply(t, "--yes"); o.code != 0 {
		t.Fatalf("exit %d: %s", o.code, o.stderr)
	}
	inputs, _ := e.definitionAt(t, manifests.ActionID, "trigger.userInputs.properties").(object)
	if len(inputs) != 6 || e.definitionAt(t, manifests.ActionID, "invocationMethod.body.custom_field_entries") != nil {
		t.Errorf("the removed fields have inputs: %v", inputs)
	}
	if o := e.runApply(t, "--yes", "--custom-field", "F1"); o.code != 0 {
		t.Fatalf("by id: exit %d: %s", o.code, o.stderr)
	}
	e.editDefinition(t, manifests.ActionID, "trigger.userInputs.required", list{"name", "severity", "visibility", field})
	e.IncidentIO.SetCustomFields(incidentiotest.CustomField{ID: "F1", Name: "Squad", Type: "single_select", Options: []string{"A", "C"}})
	if o := e.runApply(t, "--yes"); o.code != 0 {
		t.Fatalf("exit %d: %s", o.code, o.stderr)
	}
	got := e.definitionAt(t, manifests.ActionID, "trigger.userInputs.properties."+field)
	if diff := cmp.Diff(object{"type": "string", "title": "Squad", "enum": list{"A", "C"}}, got); diff != "" {
		t.Error(diff)
	}
	if required := e.definitionAt(t, manifests.ActionID, "trigger.userInputs.required"); !slices.Contains(required.(list), any(field)) {
		t.Errorf("the input is not required any more: %v", required)
	}
	e.editDefinition(t, manifests.ActionID, "invocationMethod.body.custom_field_entries", list{object{"custom_field_id": "X", "values": list{}}})
	if o := e.runApply(t, "--yes"); o.code != 1 || !strings.Contains(o.stderr, "its own custom_field_entries") {
		t.Errorf("own entries: exit %d: %s", o.code, o.stderr)
	}
}

func TestApply_SlackTeam(t *testing.T) {
	e := newAppliedEnvironment(t)
	for _, args := range [][]string{{"--yes", "--slack-team", "T0GRID"}, {"--yes"}} {
		if o := e.runApply(t, args...); o.code != 0 {
			t.Fatalf("exit %d: %s", o.code, o.stderr)
		}
		if got := e.definitionAt(t, manifests.ActionID, "invocationMethod.body.slack_team_id"); got != "T0GRID" {
			t.Errorf("apply %v: %v", args, got)
		}
	}
}

// waitText waits until Alice sees a text in a channel.
func (e *environment) waitText(t *testing.T, channel, text string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), connectTimeout)
	defer cancel()
	contains := func(m slacktest.Message) bool { return strings.Contains(m.Text, text) }
	_, err := e.Slack.Person(sandbox.UserID).WaitVisible(ctx, channel, contains)
	if err != nil {
		t.Fatalf("no message with %q: %v", text, err)
	}
}
