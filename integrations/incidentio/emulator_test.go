package incidentio_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"foghorn/integrations/emulator"
	"foghorn/integrations/incidentio"
	"foghorn/integrations/incidentio/incidentiotest"
	"foghorn/integrations/rest"
)

// The client against an emulated organisation, which has wire types of its own.
func TestEmulator_Organization(t *testing.T) {
	s, err := incidentiotest.Start(incidentiotest.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	c := incidentio.New(incidentio.Config{BaseURL: s.URL(), APIKey: s.APIKey})
	defer c.Close()
	ctx := t.Context()

	if id, err := c.GetIdentity(ctx); err != nil || id.Name == "" || !strings.HasPrefix(id.DashboardURL, "https://app.incident.io/") {
		t.Errorf("identity %+v, %v", id, err)
	}
	severities, err := c.ListSeverities(ctx)
	if err != nil || len(severities) != 3 || severities[0].Name != "Minor" || severities[2].Name != "Critical" {
		t.Fatalf("severities %+v, %v", severities, err)
	}
	statuses, err := c.ListStatuses(ctx)
	if err != nil || len(statuses) != 11 || statuses[0].Name != "Canceled" || statuses[3].Category != incidentio.CategoryTriage {
		t.Errorf("statuses %+v, %v", statuses, err)
	}
	if types, err := c.Types(ctx); err != nil || len(types) == 0 {
		t.Errorf("types %+v, %v", types, err)
	}
	roles, err := c.ListRoles(ctx)
	if err != nil || len(roles) == 0 {
		t.Errorf("roles %+v, %v", roles, err)
	}

	for n := range 5 {
		createIncident(t, s, fmt.Sprintf(`{"idempotency_key":"k%d","visibility":"public","name":"Incident %d","severity_id":%q}`, n, n, severities[1].ID))
	}
	var seen []incidentio.Incident
	for i, err := range c.Incidents(ctx, incidentio.IncidentsQuery{PageSize: 2}) {
		if err != nil {
			t.Fatal(err)
		}
		seen = append(seen, i)
	}
	if len(seen) != 5 || seen[0].Name != "Incident 4" || seen[4].Name != "Incident 0" {
		t.Fatalf("incidents %+v", seen)
	}
	one, err := c.GetIncident(ctx, seen[2].ID)
	if err != nil || one.Name != "Incident 2" || one.Severity == nil || one.Severity.Name != "Major" || one.Status.Category != incidentio.CategoryTriage ||
		one.Visibility != incidentio.Public || one.Permalink == "" || one.CreatedAt.IsZero() {
		t.Errorf("incident %+v, %v", one, err)
	}
	if _, err := c.GetIncident(ctx, "01HDH3SMWK0C2D8TN41PVW61TA"); rest.Status(err) != http.StatusNotFound {
		t.Errorf("an incident that is none: %v", err)
	}

	_, err = incidentio.New(incidentio.Config{BaseURL: s.URL(), APIKey: "inc_of_somebody_else"}).GetIdentity(ctx)
	if e, ok := errors.AsType[*rest.Error](err); !ok || e.Status != http.StatusUnauthorized || e.Code != "authentication_error" || e.RequestID == "" || len(e.Details) != 1 {
		t.Errorf("another key: %v", err)
	}
	s.Plan(emulator.Fault{Path: "/v1/severities", Times: 1, Status: http.StatusTooManyRequests, Header: http.Header{"Retry-After": {"0.01"}}})
	if _, err := c.ListSeverities(ctx); err != nil {
		t.Errorf("after a limit: %v", err)
	}
}

// createIncident declares an incident as Port would.
func createIncident(t *testing.T, s *incidentiotest.Server, body string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.URL()+"/v2/incidents", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+s.APIKey)
	r.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if answer, _ := io.ReadAll(res.Body); res.StatusCode != http.StatusOK {
		t.Fatalf("declared: %s %s", res.Status, answer)
	}
}
