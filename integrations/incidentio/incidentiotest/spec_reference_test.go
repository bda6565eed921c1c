//go:build reference

package incidentiotest_test

import (
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"foghorn/integrations/incidentio/incidentiotest"
	"foghorn/integrations/rest/resttest"
)

// The answers match incident.io's OpenAPI document, which does not describe errors.
func TestReference_ResponsesMatchSpec(t *testing.T) {
	dir := os.Getenv("REFERENCE_DIR")
	if dir == "" {
		t.Fatal("REFERENCE_DIR is not set")
	}
	spec := resttest.LoadSpec(t, filepath.Join(dir, "spec", "incidentio-openapi-subset.json"))
	const i = "01K0A8JQ2V3XPERS0N00000000"
	s := newServer(t, incidentiotest.Config{Users: []incidentiotest.Person{{ID: i, Name: "Ana", Email: "ana@example.com", SlackUserID: "U1"}}})
	reporter := listRoles(t, s)[1]["id"].(string)
	ask := func(method, route, path, body string) {
		t.Helper()
		if body != "" {
			spec.CheckRequest(method, route, []byte(body))
		}
		a := callAPI(t, s, s.APIKey, method, path, body)
		if a.status != http.StatusOK {
			t.Errorf("%s %s: %d %s", method, path, a.status, a.data)
		}
		spec.CheckResponse(method, route, a.status, a.data)
	}
	setFields(s)
	const team = `"custom_field_entries":[{"custom_field_id":"F1","values":[{"value_option_id":"F1-option-0"}]},{"custom_field_id":"F3","values":[{"value_text":"x"}]}]`
	ask("POST", "/v2/incidents", "/v2/incidents", `{`+team+`,"slack_team_id":"T0ACME","idempotency_key":"k1","visibility":"public","name":"All of it","summary":"Words","mode":"standard","severity_id":"`+majorID+`",`+
		`"incident_role_assignments":[{"incident_role_id":"`+reporter+`","assignee":{"email":"ana@example.com","slack_user_id":"U1"}}]}`)
	ask("POST", "/v2/incidents", "/v2/incidents", `{`+team+`,"idempotency_key":"k2","visibility":"private","severity_id":"`+minorID+`"}`)
	ask("GET", "/v2/incidents", "/v2/incidents?page_size=1", "")
	ask("GET", "/v2/incidents/{id}", "/v2/incidents/1", "")
	s.SetKeyRoles("viewer", "incident_creator", "incident_editor")
	ask("POST", "/v2/incidents/{id}/actions/edit", "/v2/incidents/1/actions/edit", `{"notify_incident_channel":true,"incident":{"name":"x","call_url":"https://example.com","severity_id":"`+minorID+`",`+
		`"incident_timestamp_values":[{"incident_timestamp_id":"01K0A8JQ2V3XT1MEST00000005","value":"2026-01-02T03:04:05Z"}]}}`)
	ask("GET", "/v2/incident_updates", "/v2/incident_updates", "")
	ask("GET", "/v2/users", "/v2/users", "")
	ask("GET", "/v2/users/{id}", "/v2/users/"+i, "")
	ask("GET", "/v1/severities/{id}", "/v1/severities/"+minorID, "")
	ask("GET", "/v1/incident_statuses/{id}", "/v1/incident_statuses/"+s.Statuses()[0].ID, "")
	ask("GET", "/v1/incident_types/{id}", "/v1/incident_types/01K0A8JQ2V3XTYPE0000000000", "")
	ask("GET", "/v2/incident_roles/{id}", "/v2/incident_roles/"+reporter, "")
	ask("GET", "/v2/custom_fields/{id}", "/v2/custom_fields/F1", "")
	for _, path := range []string{"/v1/severities", "/v1/incident_statuses", "/v1/incident_types", "/v2/incident_roles", "/v2/custom_fields", "/v1/identity"} {
		ask("GET", path, path, "")
	}
	spec.CheckCoverage("..")

	// With the Slack channel, which a new incident does not have.
	s = newServer(t, incidentiotest.Config{ChannelDelay: time.Nanosecond})
	ask("POST", "/v2/incidents", "/v2/incidents", `{"idempotency_key":"k3","visibility":"public","severity_id":"`+criticalID+`"}`)
	ask("GET", "/v2/incidents/{id}", "/v2/incidents/1", "")
}
