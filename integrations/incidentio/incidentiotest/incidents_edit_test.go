package incidentiotest_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"foghorn/integrations/emulator"
	"foghorn/integrations/incidentio/incidentiotest"
)

func TestEdit_EmitsEvent(t *testing.T) {
	s := newServer(t, incidentiotest.Config{})
	createIncident(t, s, `{"idempotency_key":"k1","visibility":"public","name":"Foghorn silent","severity_id":"`+majorID+`"}`)
	events := make(chan emulator.Event, 10)
	defer s.SubscribeAll(func(e emulator.Event) { events <- e })()
	for name, edit := range map[string]incidentiotest.Edit{"status": {Status: "Dancing"}, "severity": {Severity: "SEV-0"}, "visibility": {Visibility: "secret"}} {
		if err := s.Edit("1", edit); err == nil {
			t.Error("unknown " + name)
		}
	}
	if err := s.Edit("2", incidentiotest.Edit{Status: "Fixing"}); err == nil {
		t.Error("unknown incident")
	}
	edit := incidentiotest.Edit{
		Name: "Sirens", Summary: "None works", Status: "Fixing", Severity: "Critical", Visibility: "private", Lead: incidentiotest.Person{Name: "Ana", SlackUserID: "U1"},
	}
	for range 2 { // the second changes nothing
		if err := s.Edit("1", edit); err != nil {
			t.Fatal(err)
		}
	}
	e := <-events
	body, err := json.Marshal(e.Body)
	if want := "INC-1: status Fixing, severity Critical, lead Ana, visibility private, name Sirens"; e.Kind != "incident" || e.Text != want || err != nil || !strings.Contains(string(body), `"name":"Fixing"`) {
		t.Errorf("event %+v %s", e, body)
	}
	got := s.Incidents()[0]
	if got.Status != "Fixing" || got.Severity != "Critical" || got.Visibility != "private" || got.Name != "Sirens" || got.Summary != "None works" || got.Lead != "Ana" || got.UpdatedAt.Before(got.CreatedAt) {
		t.Errorf("incident %+v", got)
	}
	callAPI(t, s, s.APIKey, http.MethodGet, "/v1/severities", "")
	if e := <-events; e.Kind != emulator.KindCall || e.From != "foghorn" || e.To != "incident.io" || e.Text != "GET /v1/severities" {
		t.Errorf("event %+v", e)
	}
}

// The API changes the members of the request, and keeps the others.
func TestEditIncident_Members(t *testing.T) {
	s := newServer(t, incidentiotest.Config{KeyRoles: []string{"viewer", "incident_creator", "incident_editor"}})
	setFields(s)
	createIncident(t, s, `{"idempotency_key":"k","visibility":"public","name":"Old","summary":"Kept","severity_id":"`+minorID+`","custom_field_entries":[{"custom_field_id":"F1","values":[{"value_option_id":"F1-option-0"}]}]}`)
	a := callAPI(t, s, s.APIKey, http.MethodPost, "/v2/incidents/1/actions/edit", `{"notify_incident_channel":false,"incident":{"name":"New","severity_id":"`+criticalID+`","call_url":"https://example.com",
		"custom_field_entries":[{"custom_field_id":"F3","values":[{"value_text":"x"}]}],"incident_role_assignments":[{"incident_role_id":"`+listRoles(t, s)[0]["id"].(string)+`","assignee":{"email":"ana@example.com"}}]}}`)
	got := s.Incidents()[0]
	if a.status != http.StatusOK || a.body.Incident["name"] != "New" || a.body.Incident["call_url"] != "https://example.com" || got.Summary != "Kept" || got.Severity != "Critical" || got.Lead != "ana@example.com" || len(got.CustomFields) != 2 {
		t.Errorf("%d %s %+v", a.status, a.data, got)
	}
	var updates struct {
		Updates []struct {
			Severity struct{ Name string } `json:"new_severity"`
		} `json:"incident_updates"`
		Page struct{ After string } `json:"pagination_meta"`
	}
	for path, want := range map[string]string{
		"": "Critical Minor", "?page_size=1": "Critical", fmt.Sprint("?incident_id=", got.ID): "Critical Minor", "?incident_id=1": "",
	} {
		if err := json.Unmarshal(callAPI(t, s, s.APIKey, http.MethodGet, "/v2/incident_updates"+path, "").data, &updates); err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, u := range updates.Updates {
			names = append(names, u.Severity.Name)
		}
		if list := strings.Join(names, " "); list != want {
			t.Errorf("%s: %s, want %s", path, list, want)
		}
	}
}

func TestEditIncident_Rejections(t *testing.T) {
	s := newServer(t, incidentiotest.Config{KeyRoles: []string{"viewer", "incident_creator", "incident_editor"}})
	createIncident(t, s, createBody)
	reporter, _ := listRoles(t, s)[1]["id"].(string)
	for name, c := range map[string]struct {
		path, body string
		status     int
		fields     string
	}{
		"not JSON":         {"1", `{`, 400, ""},
		"nothing":          {"1", `{}`, 422, "notify_incident_channel incident"},
		"no notify":        {"1", `{"incident":{}}`, 422, "notify_incident_channel"},
		"unknown incident": {"2", `{"incident":{},"notify_incident_channel":true}`, 404, ""},
		"unknown ids":      {"1", `{"incident":{"severity_id":"x","incident_status_id":"x"},"notify_incident_channel":true}`, 422, "severity_id incident_status_id"},
		"no severity":      {"1", `{"incident":{"severity_id":""},"notify_incident_channel":true}`, 422, "severity_id"},
		"call":             {"1", `{"incident":{"call_url":"call me"},"notify_incident_channel":true}`, 422, "call_url"},
		"name twice":       {"1", `{"incident":{"name":"a","name":"b"},"notify_incident_channel":true}`, 400, ""},
		"reporter":         {"1", `{"incident":{"incident_role_assignments":[{"incident_role_id":"` + reporter + `"}]},"notify_incident_channel":true}`, 422, "incident_role_assignments"},
	} {
		a := callAPI(t, s, s.APIKey, http.MethodPost, "/v2/incidents/"+c.path+"/actions/edit", c.body)
		if got := a.errorFields(); a.status != c.status || got != c.fields {
			t.Errorf("%s: %d %s", name, a.status, a.data)
		}
	}
	s.SetKeyRoles("viewer", "incident_creator")
	if a := callAPI(t, s, s.APIKey, http.MethodPost, "/v2/incidents/1/actions/edit", `{"incident":{},"notify_incident_channel":true}`); a.status != http.StatusForbidden {
		t.Errorf("without the role: %d %s", a.status, a.data)
	}
}

// An incident gets the timestamps of the statuses that it reaches. Later edits keep them, unless they name them.
func TestEdit_Timestamps(t *testing.T) {
	s := newServer(t, incidentiotest.Config{KeyRoles: []string{"viewer", "incident_creator", "incident_editor"}})
	createIncident(t, s, createBody)
	reached := func() (names []string, values map[string]string, ids map[string]string) {
		values, ids = map[string]string{}, map[string]string{}
		for _, v := range callAPI(t, s, s.APIKey, http.MethodGet, "/v2/incidents/1", "").body.Incident["incident_timestamp_values"].([]any) {
			info, _ := v.(map[string]any)["incident_timestamp"].(map[string]any)
			name, _ := info["name"].(string)
			ids[name], _ = info["id"].(string)
			if value, ok := v.(map[string]any)["value"].(map[string]any); ok {
				names, values[name] = append(names, name), value["value"].(string)
			}
		}
		return names, values, ids
	}
	for _, c := range []struct{ status, want string }{
		{"Investigating", "Reported at, Accepted at"}, {"Fixing", "Reported at, Accepted at"},
		{"Documenting", "Reported at, Accepted at, Resolved at"}, {"Closed", "Reported at, Accepted at, Resolved at, Closed at"},
	} {
		if err := s.Edit("1", incidentiotest.Edit{Status: c.status}); err != nil {
			t.Fatal(err)
		}
		if names, _, _ := reached(); strings.Join(names, ", ") != c.want {
			t.Errorf("%s: %v, want %s", c.status, names, c.want)
		}
	}
	_, before, ids := reached()
	time.Sleep(2 * time.Millisecond) // the precision of the API
	if err := s.Edit("1", incidentiotest.Edit{Summary: "written later"}); err != nil {
		t.Fatal(err)
	}
	if _, after, _ := reached(); !maps.Equal(before, after) {
		t.Errorf("an edit after the end changed %v to %v", before, after)
	}
	const corrected = "2026-01-02T03:04:05Z"
	callAPI(t, s, s.APIKey, http.MethodPost, "/v2/incidents/1/actions/edit", fmt.Sprintf(
		`{"notify_incident_channel":false,"incident":{"incident_timestamp_values":[{"incident_timestamp_id":%q,"value":%q}]}}`, ids["Closed at"], corrected))
	if _, after, _ := reached(); after["Closed at"] != corrected || after["Resolved at"] != before["Resolved at"] {
		t.Errorf("corrected: %v", after)
	}
}

// The API allows the moves that the vendor documents.
func TestEditIncident_StatusMoves(t *testing.T) {
	s := newServer(t, incidentiotest.Config{})
	createIncident(t, s, createBody)
	for _, c := range []struct {
		from, to, role string
		want           int
	}{
		{"Triage", "Triage", "", 200}, {"Investigating", "Fixing", "", 200}, {"Fixing", "Investigating", "", 200}, {"Fixing", "Documenting", "", 200},
		{"Triage", "Reviewing", "", 200}, {"Documenting", "Closed", "", 200}, {"Documenting", "Reviewing", "", 200},
		{"Fixing", "Closed", "", 403}, {"Fixing", "Closed", "post_incident_flow_opt_out", 200}, {"Triage", "Closed", "post_incident_flow_opt_out", 200},
		{"Triage", "Fixing", "", 422}, {"Fixing", "Triage", "", 422}, {"Fixing", "Paused", "", 422}, {"Fixing", "Merged", "", 422}, {"Triage", "Declined", "", 422},
		{"Closed", "Fixing", "", 422}, {"Documenting", "Fixing", "", 422}, {"Paused", "Fixing", "", 422}, {"Paused", "Closed", "", 422},
	} {
		if err := s.Edit("1", incidentiotest.Edit{Status: c.from}); err != nil {
			t.Fatal(err)
		}
		s.SetKeyRoles("incident_editor", c.role)
		n := slices.IndexFunc(s.Statuses(), func(st incidentiotest.Status) bool { return st.Name == c.to })
		a := callAPI(t, s, s.APIKey, http.MethodPost, "/v2/incidents/1/actions/edit", fmt.Sprintf(`{"incident":{"incident_status_id":%q},"notify_incident_channel":false}`, s.Statuses()[n].ID))
		if got := s.Incidents()[0].Status; a.status != c.want || (got == c.to) != (c.want == 200) {
			t.Errorf("from %s to %s: %d %s", c.from, c.to, a.status, a.data)
		}
	}
}
