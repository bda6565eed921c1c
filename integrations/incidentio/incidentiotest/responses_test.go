package incidentiotest_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	"foghorn/integrations/incidentio/incidentiotest"
)

var update = flag.Bool("update", false, "write the golden files")

// generated matches the values that differ between two runs of a test.
var generated = regexp.MustCompile(`01[A-Z0-9]{24}|\bC[A-Z0-9]{10}\b|2\d{3}-\d\d-\d\dT[0-9:.]+Z|inc-\d{4}-\d\d-\d\d|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}`)

// The answers of the API have the form of the golden files. A changed file needs a comparison with
// incident.io's OpenAPI document: go test -tags reference.
func TestResponses_Golden(t *testing.T) {
	s := newServer(t, incidentiotest.Config{ChannelDelay: time.Nanosecond})
	reporter, _ := listRoles(t, s)[1]["id"].(string)
	setFields(s)
	createIncident(t, s, `{"idempotency_key":"k","visibility":"public","custom_field_entries":[{"custom_field_id":"F1","values":[{"value_option_id":"F1-option-0"}]}],"name":"API down","summary":"All requests fail","severity_id":"`+majorID+`",`+
		`"incident_role_assignments":[{"incident_role_id":"`+reporter+`","assignee":{"email":"ana@example.com"}}]}`)
	for _, c := range []struct{ name, method, path, body string }{
		{"incident", "GET", "/v2/incidents/1", ""},
		{"incidents", "GET", "/v2/incidents", ""},
		{"updates", "GET", "/v2/incident_updates", ""},
		{"severities", "GET", "/v1/severities", ""},
		{"statuses", "GET", "/v1/incident_statuses", ""},
		{"types", "GET", "/v1/incident_types", ""},
		{"roles", "GET", "/v2/incident_roles", ""},
		{"custom_fields", "GET", "/v2/custom_fields", ""},
		{"custom_field_options", "GET", "/v1/custom_field_options?custom_field_id=F2&page_size=1", ""},
		{"identity", "GET", "/v1/identity", ""},
		{"error_validation", "POST", "/v2/incidents", "{}"},
		{"error_not_found", "GET", "/v2/incidents/2", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			expectGolden(t, c.name, json.RawMessage(callAPI(t, s, s.APIKey, c.method, c.path, c.body).data))
		})
	}
	t.Run("state", func(t *testing.T) { expectGolden(t, "state", s.State()) })
}

func expectGolden(t *testing.T, name string, value any) {
	t.Helper()
	got, err := json.MarshalIndent(value, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	got = append(generated.ReplaceAll(got, []byte("GENERATED")), '\n')
	path := filepath.Join("testdata", "responses", name+".json")
	if *update {
		if err := os.WriteFile(path, got, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s differs; go test -run Golden -update writes it\n%s", path, got)
	}
}

func TestReset_RestoresConfiguration(t *testing.T) {
	s := newServer(t, incidentiotest.Config{})
	s.SetSeverities(incidentiotest.Severity{Name: "SEV-1"})
	s.SetStatuses(incidentiotest.Status{Name: "Open", Category: "live"})
	s.RateLimit(1, time.Minute)
	s.Reset()
	body := `{"idempotency_key":"k","visibility":"public","severity_id":"` + minorID + `"}`
	createIncident(t, s, body)
	if got := s.Incidents(); len(got) != 1 || got[0].Status != "Triage" || got[0].Severity != "Minor" {
		t.Fatalf("incidents %+v", got)
	}
	s.Reset()
	if got := createIncident(t, s, body); len(s.Incidents()) != 1 || got.body.Incident["reference"] != "INC-1" {
		t.Errorf("after a reset: %s", got.data)
	}
}
