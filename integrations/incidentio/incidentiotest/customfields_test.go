package incidentiotest_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"testing"

	"foghorn/integrations/incidentio/incidentiotest"
)

func setFields(s *incidentiotest.Server) {
	s.SetCustomFields(
		incidentiotest.CustomField{ID: "F1", Name: "Team", Type: "single_select", Options: []string{"A", "B"}, Required: true},
		incidentiotest.CustomField{ID: "F2", Name: "Customers", Type: "multi_select", Options: []string{"C", "D"}},
		incidentiotest.CustomField{ID: "F3", Name: "Note", Type: "text"}, incidentiotest.CustomField{ID: "F4", Name: "Page", Type: "link"},
		incidentiotest.CustomField{ID: "F5", Name: "Users", Type: "numeric"},
		incidentiotest.CustomField{ID: "F6", Name: "Service", Type: "single_select", CatalogType: "T1"},
	)
}

func TestCreateIncident_CustomFields(t *testing.T) {
	s := newServer(t, incidentiotest.Config{})
	setFields(s)
	const team = `{"custom_field_id":"F1","values":[{"value_option_id":"F1-option-0"}]}`
	for n, c := range []struct {
		entries string
		want    string // code of the error; "" for none
	}{
		{team, ""},
		{team + `,{"custom_field_id":"F2","values":[{"value_option_id":"F2-option-0"},{"value_option_id":"F2-option-1"}]}`, ""},
		{team + `,{"custom_field_id":"F3","values":[{"value_text":"x"}]},{"custom_field_id":"F5","values":[{"value_numeric":"1.5"}]}`, ""},
		{team + `,{"custom_field_id":"F4","values":[{"value_link":"https://example.com"}]}`, ""},
		{team + `,{"custom_field_id":"F3","values":[{"value_text":"x","value_link":"https://example.com"}]}`, "invalid_value"},
		{team + `,{"custom_field_id":"F5","values":[{"value_numeric":"NaN"}]}`, "invalid_value"},
		{team + `,` + team, "invalid_value"},
		{team + `,{"custom_field_id":"F3","values":[]}`, ""},
		{``, "is_required"},
		{`{"custom_field_id":"F1","values":[]}`, "is_required"},
		{team + `,{"custom_field_id":"F9","values":[]}`, "invalid_value"},
		{`{"custom_field_id":"F1","values":[{"value_option_id":"F2-option-0"}]}`, "invalid_value"},
		{`{"custom_field_id":"F1","values":[{"value_text":"A"}]}`, "invalid_value"},
		{`{"custom_field_id":"F1","values":[{"value_option_id":"F1-option-0"},{"value_option_id":"F1-option-1"}]}`, "invalid_value"},
		{team + `,{"custom_field_id":"F4","values":[{"value_link":"example"}]}`, "invalid_value"},
		{team + `,{"custom_field_id":"F5","values":[{"value_numeric":"many"}]}`, "invalid_value"},
		{team + `,{"custom_field_id":"F6","values":[{"value_option_id":"E1"}]}`, "invalid_value"},
	} {
		a := createIncident(t, s, fmt.Sprintf(`{"idempotency_key":"k%d","visibility":"public","severity_id":%q,"custom_field_entries":[%s]}`, n, minorID, c.entries))
		switch {
		case c.want == "" && a.status != http.StatusOK:
			t.Errorf("%s: %s", c.entries, a.data)
		case c.want != "" && (a.status != http.StatusUnprocessableEntity || a.body.Errors[0].Code != c.want || a.errorFields() != "custom_field_entries"):
			t.Errorf("%s: %d %s, want %s", c.entries, a.status, a.data, c.want)
		}
	}
	a := createIncident(t, s, `{"idempotency_key":"k","visibility":"public","severity_id":"`+minorID+`","custom_field_entries":[{"custom_field_id":"F1","values":[{"value_option_id":7}]}]}`)
	if a.status != http.StatusBadRequest {
		t.Errorf("a number as an id: %d", a.status)
	}
}

func TestListOptions_Pages(t *testing.T) {
	s := newServer(t, incidentiotest.Config{})
	var many []string
	for n := range 5 {
		many = append(many, fmt.Sprint(n))
	}
	s.SetCustomFields(incidentiotest.CustomField{ID: "F1", Name: "Team", Type: "single_select", Options: many})
	seen, after := 0, ""
	for pages := 0; pages == 0 || after != ""; pages++ {
		var page struct {
			Options []struct{ Value string } `json:"custom_field_options"`
			Meta    struct{ After string }   `json:"pagination_meta"`
		}
		a := callAPI(t, s, s.APIKey, http.MethodGet, "/v1/custom_field_options?custom_field_id=F1&page_size=2&after="+after, "")
		if err := json.Unmarshal(a.data, &page); err != nil || pages > 3 {
			t.Fatalf("page %d: %v: %s", pages, err, a.data)
		}
		seen, after = seen+len(page.Options), page.Meta.After
	}
	if seen != 5 {
		t.Errorf("%d options", seen)
	}
	for _, query := range []string{"", "?custom_field_id=F2", "?custom_field_id=F1&page_size=251"} {
		if a := callAPI(t, s, s.APIKey, http.MethodGet, "/v1/custom_field_options"+query, ""); a.status != http.StatusUnprocessableEntity {
			t.Errorf("%s: %d", query, a.status)
		}
	}
}

func TestServer_KeyRoles(t *testing.T) {
	s := newServer(t, incidentiotest.Config{KeyRoles: []string{"viewer"}})
	if a := createIncident(t, s, createBody); a.status != http.StatusForbidden || a.body.Type != "resource_forbidden" || a.body.Errors[0].Code != "missing_permissions" {
		t.Errorf("%d %s", a.status, a.data)
	}
	s.SetKeyRoles("incident_creator")
	if a := createIncident(t, s, createBody); a.status != http.StatusOK {
		t.Errorf("%d %s", a.status, a.data)
	}
	for _, path := range []string{"/v1/severities", "/v1/incident_statuses", "/v1/incident_types", "/v2/custom_fields", "/v2/incident_roles", "/v2/incidents/1"} {
		if a := callAPI(t, s, s.APIKey, http.MethodGet, path, ""); a.status != http.StatusForbidden {
			t.Errorf("%s: %d", path, a.status)
		}
	}
	if a := callAPI(t, s, s.APIKey, http.MethodGet, "/v1/identity", ""); a.status != http.StatusOK {
		t.Errorf("identity: %d", a.status)
	}
}

func TestCreateIncident_TypeAndSlackTeam(t *testing.T) {
	s := newServer(t, incidentiotest.Config{SlackTeams: []string{"T0ACME", "T0GRID"}})
	s.SetTypes(incidentiotest.Type{ID: "T1", Name: "Default", Default: true}, incidentiotest.Type{ID: "T2", Name: "Security", PrivateOnly: true})
	if a := createIncident(t, s, createBody); a.errorFields() != "slack_team_id" {
		t.Errorf("%d %s", a.status, a.data)
	}
	if a := createIncident(t, s, `{"idempotency_key":"k","visibility":"public","severity_id":"`+minorID+`","slack_team_id":"T9"}`); a.errorFields() != "slack_team_id" {
		t.Errorf("%d %s", a.status, a.data)
	}
	a := createIncident(t, s, `{"idempotency_key":"k","visibility":"public","severity_id":"`+minorID+`","slack_team_id":"T0GRID","incident_type_id":"T2"}`)
	if i := a.body.Incident; i["visibility"] != "private" || i["slack_team_id"] != "T0GRID" {
		t.Errorf("%d %s", a.status, a.data)
	}
}
