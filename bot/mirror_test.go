package bot_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"foghorn/bot"
	"foghorn/integrations/slackapp/slacktest"
)

// withAction is a house whose bot runs an action with these inputs. Its backend answers
// nothing, so that its runs stay in progress: the tests look at what Port was given.
func withAction(t *testing.T, trigger string) *house {
	t.Helper()
	h := newHouse(t)
	definition := fmt.Sprintf(`{"identifier":"mirrored","title":"Mirrored","trigger":%s,
		"invocationMethod":{"type":"KAFKA","payload":{}}}`, trigger)
	if err := h.port.PutAction(json.RawMessage(definition)); err != nil {
		t.Fatal(err)
	}
	h.edit = func(c *bot.Config) { c.Action = "mirrored" }
	return h
}

// got waits for the one run and gives what Port was given.
func (h *house) got() (properties map[string]any, entity string) {
	h.t.Helper()
	ctx := h.soon()
	for {
		if runs := h.port.Runs(); len(runs) == 1 {
			return runs[0].Properties, runs[0].Entity
		}
		if ctx.Err() != nil {
			h.t.Fatalf("%d runs", len(h.port.Runs()))
		}
		h.whispers(alice, "under way")
	}
}

func (h *house) change(m *slacktest.Modal, label, value string) {
	h.t.Helper()
	if _, err := m.Change(h.soon(), label, value); err != nil {
		h.t.Fatalf("change %s: %v", label, err)
	}
}

func (h *house) until(m *slacktest.Modal, what string, fits func(*slacktest.Modal) bool) {
	h.t.Helper()
	if err := m.Until(h.soon(), fits); err != nil {
		h.t.Fatalf("%s: %v; it shows %v\n%s", what, err, m.Labels(), m.Text())
	}
}

func has(label string) func(*slacktest.Modal) bool {
	return func(m *slacktest.Modal) bool { return slices.Contains(m.Labels(), label) }
}

func TestConditionsAreLive(t *testing.T) {
	h := withAction(t, `{"type":"self-service","operation":"CREATE","userInputs":{
		"properties":{
			"language":{"type":"string","title":"Language","enum":["javascript","python"]},
			"sdk":{"type":"string","title":"SDK","enum":{"jqQuery":"if .form.language == \"python\" then [\"3.12\",\"3.13\"] else [\"22\",\"24\"] end"}},
			"arguments":{"type":"string","title":"Python arguments","visible":{"jqQuery":".form.language == \"python\""}},
			"label":{"type":"string","title":"Label","default":{"jqQuery":"\"app in \" + .form.language"}},
			"hidden":{"type":"number","visible":false,"default":7},
			"replicas":{"type":"number","title":"Replicas","enum":[1,2,3]}
		},
		"required":{"jqQuery":"if .form.language == \"python\" then [\"language\",\"arguments\"] else [\"language\"] end"},
		"order":["language","sdk","arguments","label","replicas"]}}`).start()
	form := h.opens(alice, general, "/incident")
	if slices.Contains(form.Labels(), "Python arguments") {
		t.Error("a field that is not visible is shown")
	}
	h.change(form, "Language", "python")
	h.until(form, "the field for python", has("Python arguments"))
	h.fill(form, "SDK", "3.13", "Replicas", "2")
	r, err := form.Submit(h.soon())
	if err != nil || r.Errors["Python arguments"] == "" {
		t.Fatalf("the required field was not asked for: %+v, %v", r, err)
	}
	h.fill(form, "Python arguments", "-v")
	h.submits(form)
	properties, _ := h.got()
	want := map[string]any{"language": "python", "sdk": "3.13", "arguments": "-v", "label": "app in python", "hidden": 7.0, "replicas": 2.0}
	if diff := cmp.Diff(want, properties); diff != "" {
		t.Errorf("Port got (-want +got):\n%s", diff)
	}
}

func TestStepsGoForwardAndBack(t *testing.T) {
	h := withAction(t, `{"type":"self-service","operation":"CREATE","userInputs":{
		"properties":{
			"name":{"type":"string","title":"Name","minLength":3},
			"size":{"type":"string","title":"Size","enum":["s","m","l"]},
			"note":{"type":"string","title":"Note"}
		},
		"required":["name","size"],
		"steps":[{"title":"What","order":["name"]},{"title":"How big","order":["size"]},{"title":"Why","order":["note"]}]}}`).start()
	form := h.opens(alice, general, "/incident checkout")
	if diff := cmp.Diff([]string{"Name"}, form.Labels()); diff != "" {
		t.Fatalf("the first step (-want +got):\n%s", diff)
	}
	next := func() slacktest.Result {
		t.Helper()
		r, err := form.Submit(h.soon())
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	h.fill(form, "Name", "ab")
	if r := next(); r.Sent && len(r.Errors) == 0 {
		t.Errorf("a short name was taken: %+v", r)
	}
	h.fill(form, "Name", "checkout")
	next()
	h.until(form, "the second step", has("Size"))
	if _, err := form.Click(h.soon(), "Back"); err != nil {
		t.Fatal(err)
	}
	h.until(form, "the first step again", has("Name"))
	if v, err := form.Value("Name"); err != nil || !slices.Equal(v, []string{"checkout"}) {
		t.Errorf("the name was lost: %v, %v", v, err)
	}
	next()
	h.until(form, "the second step again", has("Size"))
	h.fill(form, "Size", "m")
	next()
	h.until(form, "the last step", has("Note"))
	h.submits(form)
	properties, _ := h.got()
	if diff := cmp.Diff(map[string]any{"name": "checkout", "size": "m"}, properties); diff != "" {
		t.Errorf("Port got (-want +got):\n%s", diff)
	}
}

func TestEntitiesAndPeople(t *testing.T) {
	h := withAction(t, `{"type":"self-service","operation":"DAY-2","blueprintIdentifier":"service","userInputs":{
		"properties":{
			"dependency":{"type":"string","title":"Dependency","format":"entity","blueprint":"service",
				"dataset":{"combinator":"and","rules":[{"property":"tier","operator":"=","value":"gold"}]}},
			"others":{"type":"array","title":"Others","items":{"type":"string","format":"entity","blueprint":"service"}},
			"owner":{"type":"string","title":"Owner","format":"user"},
			"watchers":{"type":"array","title":"Watchers","items":{"type":"string","format":"user"}}
		},"required":["dependency","owner"],"order":["dependency","others","owner","watchers"]}}`)
	if err := h.port.PutBlueprint(json.RawMessage(`{"identifier":"service","title":"Service","schema":{"properties":{"tier":{"type":"string"}},"required":[]}}`)); err != nil {
		t.Fatal(err)
	}
	for _, e := range []string{
		`{"identifier":"api","title":"API","properties":{"tier":"gold"}}`, `{"identifier":"web","title":"Web","properties":{"tier":"tin"}}`,
		`{"identifier":"db","title":"Database","properties":{"tier":"gold"}}`,
	} {
		if err := h.port.PutEntity("service", json.RawMessage(e)); err != nil {
			t.Fatal(err)
		}
	}
	h.start()
	form := h.opens(alice, general, "/incident")
	pick := func(label, query string, want ...string) {
		t.Helper()
		options, err := form.Search(h.soon(), label, query)
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
		if err := form.Pick(label, options[0]); err != nil {
			t.Fatal(err)
		}
	}
	pick("Entity", "web", "Web")
	pick("Dependency", "", "API", "Database")
	pick("Others", "data", "Database")
	h.fill(form, "Owner", bob)
	if err := form.Fill("Watchers", alice, bob); err != nil {
		t.Fatal(err)
	}
	h.submits(form)
	properties, entity := h.got()
	want := map[string]any{"dependency": "api", "others": []any{"db"}, "owner": "bob@example.com", "watchers": []any{"alice@example.com", "bob@example.com"}}
	if diff := cmp.Diff(want, properties); diff != "" || entity != "web" {
		t.Errorf("Port got for %q (-want +got):\n%s", entity, diff)
	}
}

func TestConditionsReadTheEntityThatTheActionIsRunFor(t *testing.T) {
	h := withAction(t, `{"type":"self-service","operation":"DAY-2","blueprintIdentifier":"service","userInputs":{
		"properties":{
			"replicas":{"type":"number","title":"Replicas","default":{"jqQuery":".entity.properties.replicas"}},
			"reason":{"type":"string","title":"Reason","visible":{"jqQuery":".entity.properties.tier == \"gold\""}}
		},"required":[],"order":["replicas","reason"]}}`)
	if err := h.port.PutBlueprint(json.RawMessage(`{"identifier":"service","title":"Service","schema":{"properties":{"tier":{"type":"string"},"replicas":{"type":"number"}},"required":[]}}`)); err != nil {
		t.Fatal(err)
	}
	if err := h.port.PutEntity("service", json.RawMessage(`{"identifier":"api","title":"API","properties":{"tier":"gold","replicas":3}}`)); err != nil {
		t.Fatal(err)
	}
	h.start()
	form := h.opens(alice, general, "/incident")
	options, err := form.Search(h.soon(), "Entity", "")
	if err != nil || len(options) != 1 {
		t.Fatalf("%v, %v", options, err)
	}
	h.change(form, "Entity", options[0].Text)
	h.until(form, "the field for gold", has("Reason"))
	h.fill(form, "Reason", "load")
	h.submits(form)
	properties, entity := h.got()
	if diff := cmp.Diff(map[string]any{"replicas": 3.0, "reason": "load"}, properties); diff != "" || entity != "api" {
		t.Errorf("Port got for %q (-want +got):\n%s", entity, diff)
	}
}

func TestAnActionThatChangedWhileItsFormWasOpen(t *testing.T) {
	inputs := `{"type":"self-service","operation":"CREATE","userInputs":{"properties":{"name":{"type":"string","title":"Name"}%s},"required":["name"%s]}}`
	h := withAction(t, fmt.Sprintf(inputs, "", "")).start()
	form := h.opens(alice, general, "/incident")
	h.fill(form, "Name", "kept")
	if err := h.stop(); err != nil {
		t.Fatal(err)
	}
	if err := h.port.PutAction(json.RawMessage(fmt.Sprintf(`{"identifier":"mirrored","title":"Mirrored","trigger":%s,"invocationMethod":{"type":"KAFKA","payload":{}}}`,
		fmt.Sprintf(inputs, `,"team":{"type":"string","title":"Team"}`, `,"team"`)))); err != nil {
		t.Fatal(err)
	}
	h.start()
	if r, err := form.Submit(h.soon()); err != nil || r.Closed {
		t.Fatalf("%+v, %v", r, err)
	}
	h.until(form, "the new field", has("Team"))
	h.fill(form, "Team", "core")
	h.submits(form)
	if properties, _ := h.got(); properties["name"] != "kept" || properties["team"] != "core" {
		t.Errorf("Port got %v", properties)
	}
}

func TestThreeHundredChoices(t *testing.T) {
	var names []string
	for i := range 300 {
		names = append(names, fmt.Sprintf("region %03d", i))
	}
	enum, _ := json.Marshal(names)
	h := withAction(t, fmt.Sprintf(`{"type":"self-service","operation":"CREATE","userInputs":{
		"properties":{"region":{"type":"string","title":"Region","enum":%s}},"required":["region"]}}`, enum)).start()
	form := h.opens(alice, general, "/incident")
	options, err := form.Search(h.soon(), "Region", "region 287")
	if err != nil || len(options) != 1 {
		t.Fatalf("%v, %v", options, err)
	}
	if err := form.Pick("Region", options[0]); err != nil {
		t.Fatal(err)
	}
	h.submits(form)
	if properties, _ := h.got(); properties["region"] != "region 287" {
		t.Errorf("Port got %v", properties)
	}
}

func TestWhatCannotBeMirroredIsSaid(t *testing.T) {
	h := withAction(t, `{"type":"self-service","operation":"CREATE","userInputs":{
		"properties":{"password":{"type":"string","title":"Password","encryption":"aes256-gcm"}},"required":["password"]}}`).start()
	if said := h.types(alice, general, "/incident"); !strings.Contains(said, "password") || !strings.Contains(said, "app.port.io") {
		t.Errorf("it said %q", said)
	}
}

func TestHelp(t *testing.T) {
	h := newHouse(t).start()
	if said := h.types(alice, general, "/incident help"); !strings.Contains(said, "opens the form") {
		t.Errorf("it said %q", said)
	}
}

// types gives the text that the command was answered with, or that its modal shows.
func (h *house) types(who, channel, command string) string {
	h.t.Helper()
	p := h.slack.Person(who)
	ack, err := p.Types(h.soon(), channel, command)
	if err != nil {
		h.t.Fatal(err)
	}
	var payload struct{ Text string }
	if _ = json.Unmarshal(ack.Payload, &payload); payload.Text != "" {
		return payload.Text
	}
	m, err := p.Modal(h.soon())
	if err != nil {
		h.t.Fatal(err)
	}
	_ = m.Until(h.soon(), func(m *slacktest.Modal) bool { return m.Title() != "One moment" })
	return m.Text()
}

func TestHostileEnvelopesMakeNoRun(t *testing.T) {
	h := newHouse(t).start()
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
	user := map[string]any{"id": alice}
	good := `{"a":"create_incident_io_incident_webhook","v":"x","c":"` + general + `"}`
	for i, e := range []slacktest.Envelope{
		{Type: "slash_commands", Payload: map[string]any{}},
		{Type: "slash_commands", Payload: map[string]any{"command": "/incident", "text": string(long), "user_id": alice, "channel_id": general, "trigger_id": "1.2.3"}},
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
		ctx, cancel := context.WithTimeout(h.soon(), 4*time.Second)
		e.AcceptsAnswer = true
		ack, err := h.slack.Deliver(ctx, e)
		cancel()
		t.Logf("%d: %s %v", i, ack.Payload, err)
	}
	h.declares(alice, general, "still alive", "Minor", "public")
	h.shows(general, "still alive")
	if runs := h.port.Runs(); len(runs) != 1 {
		t.Errorf("%d runs", len(runs))
	}
}
