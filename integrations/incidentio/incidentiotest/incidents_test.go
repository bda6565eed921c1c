package incidentiotest_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"foghorn/integrations/emulator"
	"foghorn/integrations/incidentio/incidentiotest"
)

const createBody = `{"idempotency_key":"k1","visibility":"public","name":"Foghorn silent","summary":null,"severity_id":"` + majorID + `"}`

func TestCreateIncident_Response(t *testing.T) {
	s := newServer(t, incidentiotest.Config{PermalinkBase: "https://app.incident.io/lighthouse"})
	a := createIncident(t, s, createBody)
	i := a.body.Incident
	if a.status != http.StatusOK || i["reference"] != "INC-1" || i["name"] != "Foghorn silent" || i["slack_channel_id"] != "" {
		t.Fatalf("%d %s", a.status, a.data)
	}
	if id, _ := i["id"].(string); len(id) != 26 || i["permalink"] != "https://app.incident.io/lighthouse/incidents/"+id {
		t.Errorf("id %v, permalink %v", i["id"], i["permalink"])
	}
	for _, absent := range []string{"summary", "slack_channel_name", "call_url"} {
		if v, ok := i[absent]; ok {
			t.Errorf("%s is %v", absent, v)
		}
	}
	if strings.Contains(string(a.data), "null") {
		t.Errorf("a null in %s", a.data)
	}
	got := s.Incidents()
	if len(got) != 1 || got[0].ID != i["id"] || got[0].Severity != "Major" || got[0].Status != "Triage" || got[0].IdempotencyKey != "k1" {
		t.Errorf("%+v", got)
	}
}

func TestCreateIncident_RepeatReturnsExisting(t *testing.T) {
	s := newServer(t, incidentiotest.Config{})
	events := make(chan emulator.Event, 10)
	defer s.Subscribe(func(e emulator.Event) { events <- e })()
	created := createIncident(t, s, createBody)
	repeated := createIncident(t, s, `{"idempotency_key":"k1","visibility":"private","name":"Another","severity_id":"`+minorID+`"}`)
	if repeated.status != http.StatusOK || repeated.body.Incident["id"] != created.body.Incident["id"] || repeated.body.Incident["name"] != "Foghorn silent" {
		t.Errorf("the repeated request returns %d %s", repeated.status, repeated.data)
	}
	if e := <-events; e.Kind != "incident" || e.From != "incident.io" || !strings.Contains(e.Text, "INC-1") || len(events) != 0 {
		t.Errorf("events: %+v and %d more", e, len(events))
	}
}

func TestGetIncident_ByIDOrNumber(t *testing.T) {
	s := newServer(t, incidentiotest.Config{})
	id, _ := createIncident(t, s, createBody).body.Incident["id"].(string)
	for path, want := range map[string]int{id: 200, "1": 200, "INC-1": 404, "2": 404, "01HDH3SMWK0C2D8TN41PVW61TA": 404, "%00": 404} {
		a := callAPI(t, s, s.APIKey, http.MethodGet, "/v2/incidents/"+path, "")
		if a.status != want || want == 200 && a.body.Incident["id"] != id || want == 404 && a.body.Type != "not_found" {
			t.Errorf("%s: %d %s", path, a.status, a.data)
		}
	}
}

// Concurrent requests with one idempotency key create one incident.
func TestCreateIncident_ConcurrentRepeats(t *testing.T) {
	s := newServer(t, incidentiotest.Config{})
	var group sync.WaitGroup
	for n := range 20 {
		group.Go(func() {
			createIncident(t, s, fmt.Sprintf(`{"idempotency_key":"k%d","visibility":"public","severity_id":%q}`, n%2, criticalID))
		})
	}
	group.Wait()
	if got := s.Incidents(); len(got) != 2 || got[0].Reference == got[1].Reference {
		t.Errorf("%+v", got)
	}
}

func TestIncident_ChannelAfterDelay(t *testing.T) {
	s := newServer(t, incidentiotest.Config{ChannelDelay: time.Nanosecond})
	i := createIncident(t, s, `{"idempotency_key":"k","visibility":"public","severity_id":"`+minorID+`"}`).body.Incident
	if channel, _ := i["slack_channel_id"].(string); !strings.HasPrefix(channel, "C") || !strings.HasPrefix(i["slack_channel_name"].(string), "inc-") {
		t.Errorf("channel %v %v", i["slack_channel_id"], i["slack_channel_name"])
	}
}

func TestCreateIncident_Rejections(t *testing.T) {
	s := newServer(t, incidentiotest.Config{Users: []incidentiotest.Person{{Email: "ana@example.com"}}})
	ok := `"idempotency_key":"k","visibility":"public","severity_id":"` + minorID + `"`
	reporter, _ := listRoles(t, s)[1]["id"].(string)
	for name, c := range map[string]struct {
		key, body  string
		status     int
		kind, code string
		fields     string
	}{
		"no key":           {"", "{}", 401, "authentication_error", "missing_authorization_material", ""},
		"other key":        {"inc_0", "{}", 401, "authentication_error", "access_token_invalid", ""},
		"not JSON":         {s.APIKey, "{", 400, "invalid_request_error", "malformed", ""},
		"empty":            {s.APIKey, "", 400, "invalid_request_error", "malformed", ""},
		"other type":       {s.APIKey, `{"name":7}`, 400, "invalid_request_error", "malformed", ""},
		"nothing":          {s.APIKey, "{}", 422, "validation_error", "is_required", "idempotency_key visibility severity_id"},
		"null":             {s.APIKey, "null", 400, "invalid_request_error", "malformed", ""},
		"unknown severity": {s.APIKey, `{"idempotency_key":"k","visibility":"public","severity_id":"01"}`, 422, "validation_error", "invalid_value", "severity_id"},
		"null severity":    {s.APIKey, `{"idempotency_key":"k","visibility":"public","severity_id":null}`, 422, "validation_error", "is_required", "severity_id"},
		"visibility":       {s.APIKey, `{"idempotency_key":"k","visibility":"secret","severity_id":"` + minorID + `"}`, 422, "validation_error", "invalid_value", "visibility"},
		"status":           {s.APIKey, `{` + ok + `,"incident_status_id":"x"}`, 422, "validation_error", "invalid_value", "incident_status_id"},
		"type":             {s.APIKey, `{` + ok + `,"incident_type_id":"x"}`, 422, "validation_error", "invalid_value", "incident_type_id"},
		"mode":             {s.APIKey, `{` + ok + `,"mode":"real"}`, 422, "validation_error", "invalid_value", "mode"},
		"timestamp":        {s.APIKey, `{` + ok + `,"incident_timestamp_values":[{"incident_timestamp_id":"x"}]}`, 422, "validation_error", "invalid_value", "incident_timestamp_values"},
		"no time":          {s.APIKey, `{` + ok + `,"incident_timestamp_values":[{"value":"yesterday"}]}`, 400, "invalid_request_error", "malformed", ""},
		"retrospective":    {s.APIKey, `{` + ok + `,"retrospective_incident_options":{}}`, 422, "validation_error", "invalid_value", "retrospective_incident_options"},
		"entry twice":      {s.APIKey, `{` + ok + `,"incident_timestamp_values":[{"incident_timestamp_id":"01K0A8JQ2V3XT1MEST00000005"},{"incident_timestamp_id":"01K0A8JQ2V3XT1MEST00000005"}]}`, 422, "validation_error", "invalid_value", "incident_timestamp_values"},
		"Slack team":       {s.APIKey, `{` + ok + `,"slack_team_id":"T9"}`, 422, "validation_error", "invalid_value", "slack_team_id"},
		"catalog":          {s.APIKey, `{` + ok + `,"custom_field_entries":[{"custom_field_id":"F1","values":[{"value_catalog_entry_id":"x"}]}]}`, 422, "validation_error", "invalid_value", "value_catalog_entry_id"},
		"name of a user": {s.APIKey, `{` + ok + `,"incident_role_assignments":[{"incident_role_id":"` + reporter + `","assignee":{"name":"ana@example.com"}}]}`,
			422, "validation_error", "invalid_value", "name"},
		"two users": {s.APIKey, `{` + ok + `,"incident_role_assignments":[{"incident_role_id":"` + reporter + `","assignee":{"email":"ana@example.com","id":"U9"}}]}`,
			422, "validation_error", "invalid_value", "incident_role_assignments"},
		"role": {s.APIKey, `{` + ok + `,"incident_role_assignments":[{"incident_role_id":"x"}]}`, 422, "validation_error", "invalid_value", "incident_role_assignments"},
		"unknown user": {s.APIKey, `{` + ok + `,"incident_role_assignments":[{"incident_role_id":"` + reporter + `","assignee":{"email":"eve@example.com"}}]}`,
			422, "validation_error", "invalid_value", "incident_role_assignments"},
	} {
		a := callAPI(t, s, c.key, http.MethodPost, "/v2/incidents", c.body)
		if a.status != c.status || a.body.Status != c.status || a.body.Type != c.kind || a.body.RequestID == "" || len(a.body.Errors) == 0 || a.body.Errors[0].Code != c.code {
			t.Errorf("%s: %d %s", name, a.status, a.data)
			continue
		}
		if got := a.errorFields(); got != c.fields {
			t.Errorf("%s: fields %q, want %q", name, got, c.fields)
		}
	}
	if got := s.Incidents(); len(got) != 0 {
		t.Errorf("a rejected request created %+v", got)
	}
	a := createIncident(t, s, `{`+ok+`,"incident_role_assignments":[{"incident_role_id":"`+reporter+`","assignee":{"email":"ana@example.com"}}]}`)
	if got := s.Incidents(); a.status != http.StatusOK || len(got) != 1 || got[0].Reporter != "ana@example.com" {
		t.Errorf("%d %s: %+v", a.status, a.data, got)
	}
}

// A new incident keeps what the request says.
func TestCreateIncident_KeepsMembers(t *testing.T) {
	s := newServer(t, incidentiotest.Config{ChannelDelay: time.Nanosecond})
	timestamps, _ := createIncident(t, s, createBody).body.Incident["incident_timestamp_values"].([]any)
	resolved, _ := timestamps[5].(map[string]any)["incident_timestamp"].(map[string]any)
	i := createIncident(t, s, fmt.Sprintf(`{"idempotency_key":"k2","visibility":"public","severity_id":%q,"slack_channel_name_override":"inc-sirens",`+
		`"incident_timestamp_values":[{"incident_timestamp_id":%q,"value":"2026-01-02T03:04:05Z"}]}`, minorID, resolved["id"])).body.Incident
	timestamps, _ = i["incident_timestamp_values"].([]any)
	if value, _ := timestamps[5].(map[string]any)["value"].(map[string]any); value["value"] != "2026-01-02T03:04:05Z" || resolved["name"] != "Resolved at" || i["slack_channel_name"] != "inc-sirens" {
		t.Errorf("%+v", i)
	}
}
