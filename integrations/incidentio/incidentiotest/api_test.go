package incidentiotest_test

import (
	"net/http"
	"strings"
	"testing"

	"foghorn/integrations/emulator"
	"foghorn/integrations/incidentio/incidentiotest"
)

// An unknown route has an empty answer, with and without a key.
func TestServer_UnknownRoutes(t *testing.T) {
	s := newServer(t, incidentiotest.Config{})
	for _, route := range []string{"GET /", "GET /v2/incident", "DELETE /v2/incidents", "PUT /v2/incidents/1", "POST /v1/severities", "GET /v2/incidents/"} {
		method, path, _ := strings.Cut(route, " ")
		for _, key := range []string{"", s.APIKey} {
			if a := callAPI(t, s, key, method, path, "{}"); a.status != http.StatusNotFound || len(a.data) != 0 {
				t.Errorf("%s: %d %q", route, a.status, a.data)
			}
		}
	}
}

// A lost answer leaves an incident, and the repeated request returns it.
func TestFault_LoseStillCreatesIncident(t *testing.T) {
	s := newServer(t, incidentiotest.Config{})
	s.Plan(emulator.Fault{Path: "/v2/incidents", Times: 1, Lose: true})
	body := `{"idempotency_key":"k","visibility":"public","severity_id":"` + minorID + `"}`
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.URL()+"/v2/incidents", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+s.APIKey)
	if resp, err := http.DefaultClient.Do(req); err == nil {
		resp.Body.Close()
		t.Error("the lost answer arrived:", resp.Status)
	}
	if a := createIncident(t, s, body); a.status != http.StatusOK || a.body.Incident["reference"] != "INC-1" || len(s.Incidents()) != 1 {
		t.Errorf("%d %s", a.status, a.data)
	}
}
