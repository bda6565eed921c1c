package incidentiotest_test

import (
	"net/http"
	"testing"

	"foghorn/integrations/incidentio/incidentiotest"
)

func TestServer_CustomOrganization(t *testing.T) {
	s := newServer(t, incidentiotest.Config{})
	if err := s.SetOrganization(incidentiotest.Organization{Severities: []incidentiotest.Severity{}, Statuses: []incidentiotest.Status{
		{Name: "Closed", Category: "closed", Rank: 9}, {Name: "Hunting", Category: "live", Rank: 1}, {Name: "Canceled", Category: "canceled", Rank: -1},
	}}); err != nil {
		t.Fatal(err)
	}
	i := createIncident(t, s, `{"idempotency_key":"k","visibility":"public"}`).body.Incident // nothing to choose from
	if _, ok := i["severity"]; ok || s.Incidents()[0].Status != "Hunting" {
		t.Errorf("%+v", i)
	}
	if err := s.Edit("1", incidentiotest.Edit{Status: "Closed"}); err != nil {
		t.Error(err)
	}
	read := callAPI(t, s, s.APIKey, http.MethodGet, "/v2/incidents/1", "").body.Incident
	if status := read["incident_status"].(map[string]any); status["name"] != "Closed" || len(status["id"].(string)) != 26 {
		t.Errorf("%+v", status)
	}
	s.SetSeverities(incidentiotest.Severity{ID: "sev", Name: `SEV-1 "all hands"`})
	if got := createIncident(t, s, `{"idempotency_key":"l","visibility":"private","severity_id":"sev"}`).body.Incident["severity"].(map[string]any)["name"]; got != `SEV-1 "all hands"` {
		t.Error(got)
	}
	off := newServer(t, incidentiotest.Config{TriageDisabled: true})
	createIncident(t, off, `{"idempotency_key":"k","visibility":"public","severity_id":"`+minorID+`"}`)
	if got := off.Incidents()[0].Status; got != "Investigating" {
		t.Error("without triage the status is", got)
	}
}
