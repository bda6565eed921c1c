package incidentiotest_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"foghorn/integrations/emulator"
	"foghorn/integrations/incidentio/incidentiotest"
)

const (
	minorID    = "01J53A3A1FNEEQKFGSDKETN6DJ"
	majorID    = "01J53A3A1F2RCGSQQQNA6NJ5CY"
	criticalID = "01J53A3A1FGWNRNK1TMK9CWJJW"
)

func newServer(t *testing.T, cfg incidentiotest.Config) *incidentiotest.Server {
	t.Helper()
	s, err := incidentiotest.Start(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	t.Cleanup(http.DefaultClient.CloseIdleConnections)
	return s
}

// An response of the API.
type response struct {
	request *http.Request
	status  int
	header  http.Header
	data    []byte
	body    struct {
		Type      string
		Status    int
		RequestID string `json:"request_id"`
		Errors    []struct {
			Code, Message string
			Source        struct{ Field string }
		}
		Incident       map[string]any
		Incidents      []map[string]any
		PaginationMeta struct{ After string } `json:"pagination_meta"`
		RateLimit      struct {
			RetryAfter time.Time `json:"retry_after"`
		} `json:"rate_limit"`
	}
}

// callAPI asks the API with key as the bearer; "" sends no key.
func callAPI(t *testing.T, s *incidentiotest.Server, key, method, path, body string) (a response) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, s.URL()+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	if key != "" {
		req.Header.Set("Authorization", "Bearer "+key)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	a.request, a.status, a.header, a.data = req, resp.StatusCode, resp.Header, data
	if len(data) > 0 {
		if err := json.Unmarshal(data, &a.body); err != nil {
			t.Fatalf("%s %s: %v: %s", method, path, err, data)
		}
	}
	return a
}

func createIncident(t *testing.T, s *incidentiotest.Server, body string) response {
	t.Helper()
	return callAPI(t, s, s.APIKey, http.MethodPost, "/v2/incidents", body)
}

func TestCreateIncident_ResponseAndEvent(t *testing.T) {
	s := newServer(t, incidentiotest.Config{PermalinkBase: "https://app.incident.io/lighthouse"})
	events := make(chan emulator.Event, 10)
	defer s.Watch(func(e emulator.Event) { events <- e })()

	a := createIncident(t, s, `{"idempotency_key":"k1","visibility":"public","name":"Foghorn silent","summary":null,"severity_id":"`+majorID+`"}`)
	i := a.body.Incident
	if a.status != http.StatusOK || i["reference"] != "INC-1" || i["name"] != "Foghorn silent" || i["slack_channel_id"] != "" {
		t.Fatalf("%d %s", a.status, a.data)
	}
	id, _ := i["id"].(string)
	if len(id) != 26 || i["permalink"] != "https://app.incident.io/lighthouse/incidents/"+id {
		t.Error(i["permalink"])
	}
	if got := i["incident_status"].(map[string]any)["name"]; got != "Triage" {
		t.Error("status is", got)
	}
	if got := i["severity"].(map[string]any)["name"]; got != "Major" {
		t.Error("severity is", got)
	}
	for _, absent := range []string{"summary", "slack_channel_name", "call_url"} {
		if v, ok := i[absent]; ok {
			t.Errorf("%s is %v", absent, v)
		}
	}
	if strings.Contains(string(a.data), "null") {
		t.Errorf("a null in %s", a.data)
	}

	again := createIncident(t, s, `{"idempotency_key":"k1","visibility":"private","name":"Another","severity_id":"`+minorID+`"}`)
	if again.status != http.StatusOK || again.body.Incident["id"] != id || again.body.Incident["name"] != "Foghorn silent" {
		t.Errorf("the repeat gives %d %s", again.status, again.data)
	}
	if e := <-events; e.Kind != "incident" || e.From != "incident.io" || !strings.Contains(e.Text, "INC-1") || len(events) != 0 {
		t.Errorf("events: %+v and %d more", e, len(events))
	}
	for _, path := range []string{id, "1"} {
		if a := callAPI(t, s, s.APIKey, http.MethodGet, "/v2/incidents/"+path, ""); a.status != http.StatusOK || a.body.Incident["id"] != id {
			t.Errorf("%s: %d %s", path, a.status, a.data)
		}
	}
	for _, path := range []string{"INC-1", "2", "01HDH3SMWK0C2D8TN41PVW61TA", "%00"} {
		if a := callAPI(t, s, s.APIKey, http.MethodGet, "/v2/incidents/"+path, ""); a.status != http.StatusNotFound || a.body.Type != "not_found" {
			t.Errorf("%s: %d %s", path, a.status, a.data)
		}
	}
	got := s.Incidents()
	if len(got) != 1 || got[0].ID != id || got[0].Severity != "Major" || got[0].Status != "Triage" || got[0].IdempotencyKey != "k1" {
		t.Errorf("%+v", got)
	}
}

// TestCreateIncident_ConcurrentRepeats repeats one request at the same time: it is still one incident.
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
	s := newServer(t, incidentiotest.Config{UserEmails: []string{"ana@example.com"}, RejectNullSummary: true})
	ok := `"idempotency_key":"k","visibility":"public","severity_id":"` + minorID + `"`
	reporter := ""
	for _, role := range listRoles(t, s) {
		if role["role_type"] == "reporter" {
			reporter = role["id"].(string)
		}
	}
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
		"null":             {s.APIKey, "null", 422, "validation_error", "is_required", "idempotency_key visibility severity_id"},
		"unknown severity": {s.APIKey, `{"idempotency_key":"k","visibility":"public","severity_id":"01"}`, 422, "validation_error", "invalid_value", "severity_id"},
		"null severity":    {s.APIKey, `{"idempotency_key":"k","visibility":"public","severity_id":null}`, 422, "validation_error", "is_required", "severity_id"},
		"visibility":       {s.APIKey, `{"idempotency_key":"k","visibility":"secret","severity_id":"` + minorID + `"}`, 422, "validation_error", "invalid_value", "visibility"},
		"status":           {s.APIKey, `{` + ok + `,"incident_status_id":"x"}`, 422, "validation_error", "invalid_value", "incident_status_id"},
		"type":             {s.APIKey, `{` + ok + `,"incident_type_id":"x"}`, 422, "validation_error", "invalid_value", "incident_type_id"},
		"mode":             {s.APIKey, `{` + ok + `,"mode":"real"}`, 422, "validation_error", "invalid_value", "mode"},
		"null summary":     {s.APIKey, `{` + ok + `,"summary":null}`, 422, "validation_error", "invalid_value", "summary"},
		"role":             {s.APIKey, `{` + ok + `,"incident_role_assignments":[{"incident_role_id":"x"}]}`, 422, "validation_error", "invalid_value", "incident_role_assignments"},
		"stranger": {s.APIKey, `{` + ok + `,"incident_role_assignments":[{"incident_role_id":"` + reporter + `","assignee":{"email":"eve@example.com"}}]}`,
			422, "validation_error", "invalid_value", "incident_role_assignments"},
	} {
		a := callAPI(t, s, c.key, http.MethodPost, "/v2/incidents", c.body)
		if a.status != c.status || a.body.Status != c.status || a.body.Type != c.kind || a.body.RequestID == "" || len(a.body.Errors) == 0 || a.body.Errors[0].Code != c.code {
			t.Errorf("%s: %d %s", name, a.status, a.data)
			continue
		}
		var fields []string
		for _, e := range a.body.Errors {
			if e.Source.Field != "" {
				fields = append(fields, e.Source.Field)
			}
		}
		if got := strings.Join(fields, " "); got != c.fields {
			t.Errorf("%s: fields %q, want %q", name, got, c.fields)
		}
	}
	if got := s.Incidents(); len(got) != 0 {
		t.Errorf("a refused request made %+v", got)
	}
	a := createIncident(t, s, `{`+ok+`,"incident_role_assignments":[{"incident_role_id":"`+reporter+`","assignee":{"email":"ana@example.com"}}]}`)
	if got := s.Incidents(); a.status != http.StatusOK || len(got) != 1 || got[0].Reporter != "ana@example.com" {
		t.Errorf("%d %s: %+v", a.status, a.data, got)
	}
}

func listRoles(t *testing.T, s *incidentiotest.Server) []map[string]any {
	t.Helper()
	var list struct {
		Roles []map[string]any `json:"incident_roles"`
	}
	if err := json.Unmarshal(callAPI(t, s, s.APIKey, http.MethodGet, "/v2/incident_roles", "").data, &list); err != nil {
		t.Fatal(err)
	}
	return list.Roles
}

// TestUnknownRoutes: they are answered with nothing, key or not.
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

func TestRateLimit_Headers(t *testing.T) {
	s := newServer(t, incidentiotest.Config{})
	s.RateLimit(1, 2*time.Second)
	a := callAPI(t, s, s.APIKey, http.MethodGet, "/v1/severities", "")
	if wait := time.Until(a.body.RateLimit.RetryAfter); a.status != http.StatusTooManyRequests || a.header.Get("Retry-After") != "2" || a.body.Type != "too_many_requests" || wait > 2*time.Second {
		t.Errorf("%d %v %s", a.status, a.header, a.data)
	}
	s.RateLimitIncidents(1)
	if a := callAPI(t, s, s.APIKey, http.MethodGet, "/v2/incidents", ""); a.status != http.StatusOK || a.header.Get("X-RateLimit-Limit") == "" {
		t.Errorf("%d %v", a.status, a.header)
	}
	body := `{"idempotency_key":"k","visibility":"public","severity_id":"` + minorID + `"}`
	if a := createIncident(t, s, body); a.status != http.StatusTooManyRequests || a.header.Get("Retry-After") != "" || a.body.Type != "rate_limit_reached" {
		t.Errorf("%d %v %s", a.status, a.header, a.data)
	}
	if a := createIncident(t, s, body); a.status != http.StatusOK || len(s.Incidents()) != 1 {
		t.Errorf("after the limit: %d %s", a.status, a.data)
	}
}

// TestLostAnswer: the incident is there although nobody was told, and the repeat finds it.
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
		t.Error("there was an answer:", resp.Status)
	}
	if a := createIncident(t, s, body); a.status != http.StatusOK || a.body.Incident["reference"] != "INC-1" || len(s.Incidents()) != 1 {
		t.Errorf("%d %s", a.status, a.data)
	}
}

func TestListIncidents_Pages(t *testing.T) {
	s := newServer(t, incidentiotest.Config{})
	for n := range 5 {
		mode := "standard"
		if n == 2 {
			mode = "test"
		}
		createIncident(t, s, fmt.Sprintf(`{"idempotency_key":"k%d","visibility":"public","mode":%q,"severity_id":%q}`, n, mode, minorID))
	}
	var got []string
	after, pages := "", 0
	for more := true; more; pages++ {
		a := callAPI(t, s, s.APIKey, http.MethodGet, "/v2/incidents?page_size=2&after="+after, "")
		for _, i := range a.body.Incidents {
			got = append(got, i["reference"].(string))
		}
		after = a.body.PaginationMeta.After
		more = after != ""
	}
	if pages != 2 || strings.Join(got, " ") != "INC-5 INC-4 INC-2 INC-1" {
		t.Errorf("%d pages: %q", pages, got)
	}
}

func TestServer_CustomOrganization(t *testing.T) {
	s := newServer(t, incidentiotest.Config{Severities: []incidentiotest.Severity{{Name: "SEV-1"}}, Statuses: []incidentiotest.Status{
		{Name: "Closed", Category: "closed", Rank: 9}, {Name: "Hunting", Category: "live", Rank: 1}, {Name: "Canceled", Category: "canceled", Rank: -1},
	}})
	s.SetSeverities()
	i := createIncident(t, s, `{"idempotency_key":"k","visibility":"public"}`).body.Incident // nothing to choose from
	if _, ok := i["severity"]; ok || s.Incidents()[0].Status != "Hunting" {
		t.Errorf("%+v", i)
	}
	if !s.SetStatus("1", "Closed") || s.SetStatus("1", "Open") || s.SetStatus("9", "Closed") {
		t.Error("SetStatus is wrong")
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

func TestSetStatus_EmitsEvent(t *testing.T) {
	s := newServer(t, incidentiotest.Config{})
	createIncident(t, s, `{"idempotency_key":"k1","visibility":"public","name":"Foghorn silent","severity_id":"`+majorID+`"}`)
	events := make(chan emulator.Event, 10)
	defer s.WatchAll(func(e emulator.Event) { events <- e })()
	if s.SetStatus("1", "Dancing") || s.SetStatus("2", "Fixing") || !s.SetStatus("1", "Fixing") {
		t.Error("a status or an incident that is not there was taken")
	}
	e := <-events
	body, err := json.Marshal(e.Body)
	if e.Kind != "incident" || e.Text != "INC-1 is Fixing" || err != nil || !strings.Contains(string(body), `"name":"Fixing"`) {
		t.Errorf("told %+v %s", e, body)
	}
	if got := s.Incidents()[0]; got.Status != "Fixing" || got.UpdatedAt.Before(got.CreatedAt) {
		t.Errorf("incident %+v", got)
	}
	callAPI(t, s, s.APIKey, http.MethodGet, "/v2/incidents/1", "")
	if e := <-events; e.Kind != emulator.KindCall || e.From != "foghorn" || e.To != "incident.io" || e.Text != "GET /v2/incidents/1" {
		t.Errorf("told %+v", e)
	}
}
