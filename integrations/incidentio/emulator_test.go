package incidentio_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"foghorn/integrations/emulator"
	"foghorn/integrations/incidentio"
	"foghorn/integrations/incidentio/incidentiotest"
	"foghorn/integrations/rest"
)

// newEmulator starts an emulated incident.io, which has wire types of its own, and returns it with a client.
func newEmulator(t *testing.T) (*incidentiotest.Server, *incidentio.Client) {
	t.Helper()
	s, err := incidentiotest.Start(incidentiotest.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	c := incidentio.New(incidentio.Config{BaseURL: s.URL(), APIKey: s.APIKey})
	t.Cleanup(c.Close)
	return s, c
}

func TestEmulator_Organization(t *testing.T) {
	_, c := newEmulator(t)
	ctx := t.Context()
	if id, err := c.GetIdentity(ctx); err != nil || id.Name == "" || !strings.HasPrefix(id.DashboardURL, "https://app.incident.io/") {
		t.Errorf("identity %+v, %v", id, err)
	}
	severities, err := c.ListSeverities(ctx)
	if err != nil || len(severities) != 3 || severities[0].Name != "Minor" || severities[2].Name != "Critical" {
		t.Errorf("severities %+v, %v", severities, err)
	}
	statuses, err := c.ListStatuses(ctx)
	if err != nil || len(statuses) != 11 || statuses[0].Name != "Canceled" || statuses[3].Category != "triage" {
		t.Errorf("statuses %+v, %v", statuses, err)
	}
	roles, err := c.ListRoles(ctx)
	if err != nil || len(roles) == 0 {
		t.Errorf("roles %+v, %v", roles, err)
	}
}

func TestEmulator_Incidents(t *testing.T) {
	s, c := newEmulator(t)
	ctx := t.Context()
	severities, err := c.ListSeverities(ctx)
	if err != nil {
		t.Fatal(err)
	}
	id := createIncident(t, s, fmt.Sprintf(`{"idempotency_key":"k","visibility":"public","name":"Checkout errors","severity_id":%q}`, severities[1].ID))
	got, err := c.GetIncident(ctx, id)
	if err != nil || got.ID != id || got.Name != "Checkout errors" || got.Severity == nil || got.Severity.Name != "Major" ||
		got.Status.Category != "triage" || got.Visibility != "public" || got.Permalink == "" || got.CreatedAt.IsZero() {
		t.Errorf("incident %+v, %v", got, err)
	}
	if _, err := c.GetIncident(ctx, "01HDH3SMWK0C2D8TN41PVW61TA"); !rest.IsNotFound(err) {
		t.Errorf("unknown incident: %v", err)
	}
}

func TestEmulator_ListIncidents(t *testing.T) {
	s, c := newEmulator(t)
	for n := range 5 {
		createIncident(t, s, fmt.Sprintf(`{"idempotency_key":"%d","visibility":"public","severity_id":"01J53A3A1FNEEQKFGSDKETN6DJ"}`, n))
	}
	for id, edit := range map[string]incidentiotest.Edit{
		"2": {Status: "Closed"}, "3": {Status: "Fixing", Lead: incidentiotest.Person{Name: "Ana", SlackUserID: "U1"}}, "4": {Visibility: "private"},
	} {
		if err := s.Edit(id, edit); err != nil {
			t.Fatal(err)
		}
	}
	var got []string
	query := incidentio.IncidentsQuery{Categories: []string{"triage", "live", "learning", "paused"}, PageSize: 2}
	for {
		page, err := c.ListIncidents(t.Context(), query)
		if err != nil {
			t.Fatal(err)
		}
		for _, i := range page.Incidents {
			got = append(got, i.Reference+i.Lead.SlackUserID)
		}
		if query.After = page.After; query.After == "" {
			break
		}
	}
	if list := strings.Join(got, " "); list != "INC-5 INC-3U1 INC-1" {
		t.Error(list)
	}
}

func TestEmulator_WrongKey(t *testing.T) {
	s, _ := newEmulator(t)
	_, err := incidentio.New(incidentio.Config{BaseURL: s.URL(), APIKey: "inc_unknown"}).GetIdentity(t.Context())
	e, ok := errors.AsType[*rest.Error](err)
	if !ok || e.Status != http.StatusUnauthorized || e.Code != "authentication_error" || e.RequestID == "" || len(e.Details) != 1 {
		t.Errorf("got %v", err)
	}
}

func TestEmulator_RateLimit(t *testing.T) {
	s, c := newEmulator(t)
	s.InjectFault(emulator.Fault{Path: "/v1/severities", Times: 1, Status: http.StatusTooManyRequests, Header: http.Header{"Retry-After": {"0.01"}}})
	if _, err := c.ListSeverities(t.Context()); err != nil {
		t.Error(err)
	}
}

// createIncident creates an incident as Port does and returns its id.
func createIncident(t *testing.T, s *incidentiotest.Server, body string) string {
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
	defer func() { _ = res.Body.Close() }()
	var created struct{ Incident struct{ ID string } }
	if err := json.NewDecoder(res.Body).Decode(&created); err != nil || res.StatusCode != http.StatusOK {
		t.Fatalf("create incident: %s %v", res.Status, err)
	}
	return created.Incident.ID
}
