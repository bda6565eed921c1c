package bot_test

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"foghorn/bot"
	"foghorn/bot/testenv"
	"foghorn/integrations/slackapp/slacktest"
)

// newEnvWithAction is an environment whose bot runs an action with these inputs. Its backend answers
// nothing, so that its runs stay in progress: the tests check what Port received.
func newEnvWithAction(t *testing.T, trigger string) *testenv.Env {
	t.Helper()
	e := testenv.New(t)
	definition := fmt.Sprintf(`{"identifier":"mirrored","title":"Mirrored","trigger":%s,
		"invocationMethod":{"type":"KAFKA","payload":{}}}`, trigger)
	if err := e.Port.PutAction(json.RawMessage(definition)); err != nil {
		t.Fatal(err)
	}
	e.EditConfig = func(c *bot.Config) { c.Action = "mirrored" }
	return e
}

func hasLabel(label string) func(*slacktest.Modal) bool {
	return func(m *slacktest.Modal) bool { return slices.Contains(m.Labels(), label) }
}

func TestForm_LiveConditions(t *testing.T) {
	e := newEnvWithAction(t, `{"type":"self-service","operation":"CREATE","userInputs":{
		"properties":{
			"language":{"type":"string","title":"Language","enum":["javascript","python"]},
			"sdk":{"type":"string","title":"SDK","enum":{"jqQuery":"if .form.language == \"python\" then [\"3.12\",\"3.13\"] else [\"22\",\"24\"] end"}},
			"arguments":{"type":"string","title":"Python arguments","visible":{"jqQuery":".form.language == \"python\""}},
			"label":{"type":"string","title":"Label","default":{"jqQuery":"\"app in \" + .form.language"}},
			"hidden":{"type":"number","visible":false,"default":7},
			"replicas":{"type":"number","title":"Replicas","enum":[1,2,3]}
		},
		"required":{"jqQuery":"if .form.language == \"python\" then [\"language\",\"arguments\"] else [\"language\"] end"},
		"order":["language","sdk","arguments","label","replicas"]}}`).Start()
	form := e.OpenForm(testenv.Alice, testenv.General, "/incident")
	if slices.Contains(form.Labels(), "Python arguments") {
		t.Error("a field that is not visible is shown")
	}
	e.ChangeField(form, "Language", "python")
	e.WaitForm(form, "the field for python", hasLabel("Python arguments"))
	e.Fill(form, "SDK", "3.13", "Replicas", "2")
	r, err := form.Submit(e.Context())
	if err != nil || r.Errors["Python arguments"] == "" {
		t.Fatalf("the required field has no error: %+v, %v", r, err)
	}
	e.Fill(form, "Python arguments", "-v")
	e.Submit(form)
	properties, _ := e.WaitRun()
	want := map[string]any{"language": "python", "sdk": "3.13", "arguments": "-v", "label": "app in python", "hidden": 7.0, "replicas": 2.0}
	if diff := cmp.Diff(want, properties); diff != "" {
		t.Errorf("Port received (-want +got):\n%s", diff)
	}
}

func TestForm_Steps(t *testing.T) {
	t.Parallel()
	e := newEnvWithAction(t, `{"type":"self-service","operation":"CREATE","userInputs":{
		"properties":{
			"name":{"type":"string","title":"Name","minLength":3},
			"size":{"type":"string","title":"Size","enum":["s","m","l"]},
			"note":{"type":"string","title":"Note"}
		},
		"required":["name","size"],
		"steps":[{"title":"What","order":["name"]},{"title":"How big","order":["size"]},{"title":"Why","order":["note"]}]}}`).Start()
	form := e.OpenForm(testenv.Alice, testenv.General, "/incident checkout")
	if diff := cmp.Diff([]string{"Name"}, form.Labels()); diff != "" {
		t.Fatalf("the first step (-want +got):\n%s", diff)
	}
	next := func() slacktest.Result {
		t.Helper()
		r, err := form.Submit(e.Context())
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	e.Fill(form, "Name", "ab")
	if r := next(); r.Sent && len(r.Errors) == 0 {
		t.Errorf("a short name was accepted: %+v", r)
	}
	e.Fill(form, "Name", "checkout")
	next()
	e.WaitForm(form, "the second step", hasLabel("Size"))
	if _, err := form.ClickButton(e.Context(), "Back"); err != nil {
		t.Fatal(err)
	}
	e.WaitForm(form, "the first step again", hasLabel("Name"))
	if v, err := form.Value("Name"); err != nil || !slices.Equal(v, []string{"checkout"}) {
		t.Errorf("the name was lost: %v, %v", v, err)
	}
	next()
	e.WaitForm(form, "the second step again", hasLabel("Size"))
	e.Fill(form, "Size", "m")
	next()
	e.WaitForm(form, "the last step", hasLabel("Note"))
	e.Submit(form)
	properties, _ := e.WaitRun()
	if diff := cmp.Diff(map[string]any{"name": "checkout", "size": "m"}, properties); diff != "" {
		t.Errorf("Port received (-want +got):\n%s", diff)
	}
}

func TestForm_EntitiesAndUsers(t *testing.T) {
	t.Parallel()
	e := newEnvWithAction(t, `{"type":"self-service","operation":"DAY-2","blueprintIdentifier":"service","userInputs":{
		"properties":{
			"dependency":{"type":"string","title":"Dependency","format":"entity","blueprint":"service",
				"dataset":{"combinator":"and","rules":[{"property":"tier","operator":"=","value":"gold"}]}},
			"others":{"type":"array","title":"Others","items":{"type":"string","format":"entity","blueprint":"service"}},
			"owner":{"type":"string","title":"Owner","format":"user"},
			"watchers":{"type":"array","title":"Watchers","items":{"type":"string","format":"user"}}
		},"required":["dependency","owner"],"order":["dependency","others","owner","watchers"]}}`)
	if err := e.Port.PutBlueprint(json.RawMessage(`{"identifier":"service","title":"Service","schema":{"properties":{"tier":{"type":"string"}},"required":[]}}`)); err != nil {
		t.Fatal(err)
	}
	for _, entity := range []string{
		`{"identifier":"api","title":"API","properties":{"tier":"gold"}}`, `{"identifier":"web","title":"Web","properties":{"tier":"tin"}}`,
		`{"identifier":"db","title":"Database","properties":{"tier":"gold"}}`,
	} {
		if err := e.Port.PutEntity("service", json.RawMessage(entity)); err != nil {
			t.Fatal(err)
		}
	}
	e.Start()
	form := e.OpenForm(testenv.Alice, testenv.General, "/incident")
	pick := func(label, query string, want ...string) {
		t.Helper()
		options, err := form.SearchOptions(e.Context(), label, query)
		if err != nil {
			t.Fatal(err)
		}
		var texts []string
		for _, o := range options {
			texts = append(texts, o.Text)
		}
		if diff := cmp.Diff(want, texts); diff != "" {
			t.Errorf("%s offers (-want +got):\n%s", label, diff)
		}
		if err := form.Fill(label, options[0].Value); err != nil {
			t.Fatal(err)
		}
	}
	pick("Entity", "web", "Web")
	pick("Dependency", "", "API", "Database")
	pick("Others", "data", "Database")
	e.Fill(form, "Owner", testenv.Bob)
	if err := form.Fill("Watchers", testenv.Alice, testenv.Bob); err != nil {
		t.Fatal(err)
	}
	e.Submit(form)
	properties, entity := e.WaitRun()
	want := map[string]any{"dependency": "api", "others": []any{"db"}, "owner": "bob@example.com", "watchers": []any{"alice@example.com", "bob@example.com"}}
	if diff := cmp.Diff(want, properties); diff != "" || entity != "web" {
		t.Errorf("Port received for %q (-want +got):\n%s", entity, diff)
	}
}

func TestForm_ConditionsReadEntity(t *testing.T) {
	e := newEnvWithAction(t, `{"type":"self-service","operation":"DAY-2","blueprintIdentifier":"service","userInputs":{
		"properties":{
			"replicas":{"type":"number","title":"Replicas","default":{"jqQuery":".entity.properties.replicas"}},
			"reason":{"type":"string","title":"Reason","visible":{"jqQuery":".entity.properties.tier == \"gold\""}}
		},"required":[],"order":["replicas","reason"]}}`)
	if err := e.Port.PutBlueprint(json.RawMessage(`{"identifier":"service","title":"Service","schema":{"properties":{"tier":{"type":"string"},"replicas":{"type":"number"}},"required":[]}}`)); err != nil {
		t.Fatal(err)
	}
	if err := e.Port.PutEntity("service", json.RawMessage(`{"identifier":"api","title":"API","properties":{"tier":"gold","replicas":3}}`)); err != nil {
		t.Fatal(err)
	}
	e.Start()
	form := e.OpenForm(testenv.Alice, testenv.General, "/incident")
	options, err := form.SearchOptions(e.Context(), "Entity", "")
	if err != nil || len(options) != 1 {
		t.Fatalf("%v, %v", options, err)
	}
	e.ChangeField(form, "Entity", options[0].Text)
	e.WaitForm(form, "the field for gold", hasLabel("Reason"))
	e.Fill(form, "Reason", "load")
	e.Submit(form)
	properties, entity := e.WaitRun()
	if diff := cmp.Diff(map[string]any{"replicas": 3.0, "reason": "load"}, properties); diff != "" || entity != "api" {
		t.Errorf("Port received for %q (-want +got):\n%s", entity, diff)
	}
}

func TestForm_ActionChangedWhileOpen(t *testing.T) {
	t.Parallel()
	inputs := `{"type":"self-service","operation":"CREATE","userInputs":{"properties":{"name":{"type":"string","title":"Name"}%s},"required":["name"%s]}}`
	e := newEnvWithAction(t, fmt.Sprintf(inputs, "", "")).Start()
	form := e.OpenForm(testenv.Alice, testenv.General, "/incident")
	e.Fill(form, "Name", "kept")
	if err := e.Stop(); err != nil {
		t.Fatal(err)
	}
	if err := e.Port.PutAction(json.RawMessage(fmt.Sprintf(`{"identifier":"mirrored","title":"Mirrored","trigger":%s,"invocationMethod":{"type":"KAFKA","payload":{}}}`,
		fmt.Sprintf(inputs, `,"team":{"type":"string","title":"Team"}`, `,"team"`)))); err != nil {
		t.Fatal(err)
	}
	e.Start()
	if r, err := form.Submit(e.Context()); err != nil || r.Closed {
		t.Fatalf("%+v, %v", r, err)
	}
	e.WaitForm(form, "the new field", hasLabel("Team"))
	e.Fill(form, "Team", "core")
	e.Submit(form)
	if properties, _ := e.WaitRun(); properties["name"] != "kept" || properties["team"] != "core" {
		t.Errorf("Port received %v", properties)
	}
}

func TestForm_ThreeHundredChoices(t *testing.T) {
	t.Parallel()
	var names []string
	for i := range 300 {
		names = append(names, fmt.Sprintf("region %03d", i))
	}
	enum, _ := json.Marshal(names)
	e := newEnvWithAction(t, fmt.Sprintf(`{"type":"self-service","operation":"CREATE","userInputs":{
		"properties":{"region":{"type":"string","title":"Region","enum":%s}},"required":["region"]}}`, enum)).Start()
	form := e.OpenForm(testenv.Alice, testenv.General, "/incident")
	options, err := form.SearchOptions(e.Context(), "Region", "region 287")
	if err != nil || len(options) != 1 {
		t.Fatalf("%v, %v", options, err)
	}
	if err := form.Fill("Region", options[0].Value); err != nil {
		t.Fatal(err)
	}
	e.Submit(form)
	if properties, _ := e.WaitRun(); properties["region"] != "region 287" {
		t.Errorf("Port received %v", properties)
	}
}

func TestForm_UnsupportedInput(t *testing.T) {
	t.Parallel()
	e := newEnvWithAction(t, `{"type":"self-service","operation":"CREATE","userInputs":{
		"properties":{"password":{"type":"string","title":"Password","encryption":"aes256-gcm"}},"required":["password"]}}`).Start()
	if said := e.AnswerTo(testenv.Alice, testenv.General, "/incident"); !strings.Contains(said, "password") || !strings.Contains(said, "app.port.io") {
		t.Errorf("the answer is %q", said)
	}
}

func TestCommand_Help(t *testing.T) {
	t.Parallel()
	e := testenv.New(t).Start()
	if said := e.AnswerTo(testenv.Alice, testenv.General, "/incident help"); !strings.Contains(said, "opens the form") {
		t.Errorf("the answer is %q", said)
	}
}

func TestEnvelope_Hostile(t *testing.T) {
	e := testenv.New(t).Start()
	long := make([]byte, 5000)
	for i := range long {
		long[i] = 'x'
	}
	view := func(callback, metadata, state string) map[string]any {
		v := map[string]any{"id": "V1", "type": "modal", "callback_id": callback, "private_metadata": metadata}
		if state != "" {
			v["state"] = json.RawMessage(state)
		}
		return v
	}
	user := map[string]any{"id": testenv.Alice}
	good := `{"a":"create_incident_io_incident_webhook","v":"x","c":"` + testenv.General + `"}`
	for i, envelope := range []slacktest.Envelope{
		{Type: "slash_commands", Payload: map[string]any{}},
		{Type: "slash_commands", Payload: map[string]any{"command": "/incident", "text": string(long), "user_id": testenv.Alice, "channel_id": testenv.General, "trigger_id": "1.2.3"}},
		{Type: "interactive", Payload: map[string]any{"type": "view_submission"}},
		{Type: "interactive", Payload: map[string]any{"type": "view_submission", "user": user, "view": view("somebody_elses", good, "")}},
		{Type: "interactive", Payload: map[string]any{"type": "view_submission", "user": user, "view": view("foghorn_form", "{", "")}},
		{Type: "interactive", Payload: map[string]any{"type": "view_submission", "user": user, "view": view("foghorn_form", string(long), "")}},
		{Type: "interactive", Payload: map[string]any{"type": "view_submission", "user": user, "view": view("foghorn_form", `{"a":"other"}`, "")}},
		{Type: "interactive", Payload: map[string]any{"type": "view_submission", "user": user, "view": view("foghorn_form", good, `{"values":{}}`)}},
		{Type: "interactive", Payload: map[string]any{"type": "view_submission", "user": user, "view": view("foghorn_form", good,
			`{"values":{"f:name":{"value":{"type":"static_select","selected_option":{"value":"x"}}},"f:severity":{"value":{"type":"plain_text_input","value":"Apocalyptic"}},"f:ghost":{"value":{"value":"x"}}}}`)}},
		{Type: "interactive", Payload: map[string]any{"type": "block_actions", "user": user, "view": view("foghorn_form", good, ""), "actions": []any{map[string]any{"action_id": "x"}}}},
		{Type: "interactive", Payload: map[string]any{"type": "block_suggestion", "user": user, "block_id": "f:ghost", "view": view("foghorn_form", good, "")}},
		{Type: "interactive", Payload: map[string]any{"type": "unheard_of"}},
		{Type: "events_api", Payload: map[string]any{}},
	} {
		ctx, cancel := context.WithTimeout(e.Context(), 4*time.Second)
		envelope.AcceptsResponse = true
		ack, err := e.Slack.Deliver(ctx, envelope)
		cancel()
		t.Logf("%d: %s %v", i, ack.Payload, err)
	}
	e.Declare(testenv.Alice, testenv.General, "still alive", "Minor", "public")
	e.ExpectMessage(testenv.General, "still alive")
	if runs := e.Port.Runs(); len(runs) != 1 {
		t.Errorf("%d runs", len(runs))
	}
}

// TestForm_CurlyQuotes enters JSON with the quotes that phones and macOS put in place of straight ones.
func TestForm_CurlyQuotes(t *testing.T) {
	t.Parallel()
	e := newEnvWithAction(t, createAction(`"labels":{"type":"object","title":"Labels"}`, "")).Start()
	form := e.OpenForm(testenv.Alice, testenv.General, "/incident")
	e.Fill(form, "Labels", "{“team”: “ops”}")
	e.Submit(form)
	if got, _ := e.WaitRun(); !reflect.DeepEqual(got["labels"], map[string]any{"team": "ops"}) {
		t.Errorf("Port received %v", got)
	}
}
