package incidentiotest_test

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"foghorn/integrations/incidentio/incidentiotest"
)

const (
	minorID    = "01J53A3A1FNEEQKFGSDKETN6DJ"
	majorID    = "01J53A3A1F2RCGSQQQNA6NJ5CY"
	criticalID = "01J53A3A1FGWNRNK1TMK9CWJJW"
)

func newServer(t *testing.T, cfg incidentiotest.Config) *incidentiotest.Server {
	t.Helper()
	s := incidentiotest.New(t, cfg)
	t.Cleanup(http.DefaultClient.CloseIdleConnections)
	return s
}

// A response of the API.
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

// errorFields returns the fields of the errors, separated by spaces.
func (r response) errorFields() string {
	var fields []string
	for _, e := range r.body.Errors {
		if e.Source.Field != "" {
			fields = append(fields, e.Source.Field)
		}
	}
	return strings.Join(fields, " ")
}

// callAPI calls the API with a key, or without one for "".
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

func TestMain(m *testing.M) { goleak.VerifyTestMain(m, goleak.IgnoreCurrent()) }
