package incidentio_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"foghorn/integrations/incidentio"
	"foghorn/integrations/incidentio/incidentiotest"
	"foghorn/integrations/rest"
	"foghorn/integrations/rest/resttest"
)

const testAPIKey = "inc_0123456789abcdef"

// newTestClient returns a client of an incident.io with this handler.
func newTestClient(t *testing.T, h http.HandlerFunc) *incidentio.Client {
	t.Helper()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if got := r.Header.Get("Authorization"); got != "Bearer "+testAPIKey {
			t.Errorf("Authorization: %q", got)
		}
		h(w, r)
	}))
	t.Cleanup(srv.Close)
	return incidentio.New(incidentio.Config{BaseURL: srv.URL, APIKey: testAPIKey, HTTP: srv.Client()})
}

// respond responds to one route and fails the test if another one is called.
func respond(t *testing.T, route, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if got := r.Method + " " + r.URL.Path; got != route {
			t.Errorf("request %s, want %s", got, route)
		}
		_, _ = io.WriteString(w, body)
	}
}

func TestClient_MethodsLinkToDocumentation(t *testing.T) { resttest.CheckLinks(t) }

func TestClient_Methods(t *testing.T) {
	for name, tc := range map[string]struct {
		route, body string
		do          func(ctx context.Context, c *incidentio.Client) (any, error)
		want        any
	}{
		"GetIdentity": {"GET /v1/identity", `{"identity":{"name":"Foghorn","roles":["viewer"],"dashboard_url":"https://app.incident.io/o","teams":[]}}`,
			func(ctx context.Context, c *incidentio.Client) (any, error) { return c.GetIdentity(ctx) },
			incidentio.Identity{Name: "Foghorn", Roles: []string{"viewer"}, DashboardURL: "https://app.incident.io/o"}},
		"ListSeverities": {"GET /v1/severities", `{"severities":[{"id":"3","name":"Critical","rank":2},{"id":"1","name":"Minor","rank":0,"description":null},{"id":"2","name":"Major \"all\"","rank":1}]}`,
			func(ctx context.Context, c *incidentio.Client) (any, error) { return c.ListSeverities(ctx) },
			[]incidentio.Severity{{ID: "1", Name: "Minor"}, {ID: "2", Name: `Major "all"`, Rank: 1}, {ID: "3", Name: "Critical", Rank: 2}}},
		"ListSeverities without severities": {"GET /v1/severities", `{"severities":[]}`,
			func(ctx context.Context, c *incidentio.Client) (any, error) { return c.ListSeverities(ctx) }, []incidentio.Severity{}},
		"ListStatuses": {"GET /v1/incident_statuses", `{"incident_statuses":[{"id":"2","name":"Hunting","rank":1,"category":"live"},{"id":"3","name":"Merged","rank":-2,"category":"merged"},{"id":"1","name":"Triage","rank":0,"category":"triage"}]}`,
			func(ctx context.Context, c *incidentio.Client) (any, error) { return c.ListStatuses(ctx) },
			[]incidentio.Status{{ID: "3", Name: "Merged", Rank: -2, Category: "merged"}, {ID: "1", Name: "Triage", Category: "triage"}, {ID: "2", Name: "Hunting", Rank: 1, Category: "live"}}},
		"ListRoles": {"GET /v2/incident_roles", `{"incident_roles":[{"id":"1","name":"Reporter","role_type":"reporter","shortform":""}]}`,
			func(ctx context.Context, c *incidentio.Client) (any, error) { return c.ListRoles(ctx) },
			[]incidentio.Role{{ID: "1", Name: "Reporter", Type: incidentio.RoleReporter}}},
		"ListTypes": {"GET /v1/incident_types", `{"incident_types":[{"id":"1","name":"Default","is_default":true}]}`,
			func(ctx context.Context, c *incidentio.Client) (any, error) { return c.ListTypes(ctx) },
			[]incidentio.Type{{ID: "1", Name: "Default"}}},
		"ListCustomFields": {"GET /v2/custom_fields", `{"custom_fields":[{"id":"1","name":"Team","description":"d","field_type":"single_select","catalog_type_id":"2"}]}`,
			func(ctx context.Context, c *incidentio.Client) (any, error) { return c.ListCustomFields(ctx) },
			[]incidentio.CustomField{{ID: "1", Name: "Team", Description: "d", Type: incidentio.FieldSingleSelect, CatalogType: "2"}}},
		"ListFieldOptions": {"GET /v1/custom_field_options", `{"custom_field_options":[{"id":"2","value":"B","sort_key":20},{"id":"1","value":"A","sort_key":10}],"pagination_meta":{"page_size":250}}`,
			func(ctx context.Context, c *incidentio.Client) (any, error) { return c.ListFieldOptions(ctx, "F1") },
			[]incidentio.FieldOption{{ID: "1", Value: "A", SortKey: 10}, {ID: "2", Value: "B", SortKey: 20}}},
		"GetIncident": {"GET /v2/incidents/123", `{"incident":` + incidentJSON + `}`,
			func(ctx context.Context, c *incidentio.Client) (any, error) { return c.GetIncident(ctx, "123") }, decodedIncident},
		"ListIncidents": {"GET /v2/incidents", `{"incidents":[` + incidentJSON + `,{"id":"01J","severity":null,"incident_role_assignments":null}],"pagination_meta":{"page_size":2,"after":"01J"}}`,
			func(ctx context.Context, c *incidentio.Client) (any, error) {
				return c.ListIncidents(ctx, incidentio.IncidentsQuery{})
			}, incidentio.IncidentPage{Incidents: []incidentio.Incident{decodedIncident, {ID: "01J"}}, After: "01J"}},
		"ListIncidents without incidents": {"GET /v2/incidents", `{"incidents":[],"pagination_meta":{"page_size":2,"after":"01J"}}`,
			func(ctx context.Context, c *incidentio.Client) (any, error) {
				return c.ListIncidents(ctx, incidentio.IncidentsQuery{})
			}, incidentio.IncidentPage{Incidents: []incidentio.Incident{}}},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := tc.do(t.Context(), newTestClient(t, respond(t, tc.route, tc.body)))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
			if _, err := tc.do(t.Context(), newTestClient(t, respond(t, tc.route, `{}`))); err == nil || !strings.Contains(err.Error(), "the response has no ") {
				t.Errorf("empty response: %v", err)
			}
		})
	}
}

// TestClient_OptionPages reads many options, and gives up when the pages have no end.
func TestClient_OptionPages(t *testing.T) {
	pages := 0
	c := newTestClient(t, func(w http.ResponseWriter, r *http.Request) {
		pages++
		_, _ = fmt.Fprintf(w, `{"custom_field_options":[{"id":"%d","value":"v"}],"pagination_meta":{"after":"%d"}}`, pages, pages)
	})
	if got, err := c.ListFieldOptions(t.Context(), "F1"); err != nil || len(got) != pages || pages > 100 {
		t.Errorf("%d options of %d pages, %v", len(got), pages, err)
	}
	s, client := newEmulator(t)
	var many []string
	for n := range 600 {
		many = append(many, fmt.Sprint("option ", n))
	}
	s.SetCustomFields(incidentiotest.CustomField{ID: "F1", Name: "Team", Type: "single_select", Options: many})
	got, err := client.ListFieldOptions(t.Context(), "F1")
	if err != nil || len(got) != 600 || got[599].Value != "option 599" {
		t.Errorf("%d options, %v", len(got), err)
	}
}

func TestClient_ErrorText(t *testing.T) {
	const request = `"request_id":"631766c4"`
	for name, tc := range map[string]struct {
		status int
		header map[string]string
		body   string
		want   string
		detail []rest.Detail
		retry  time.Duration
	}{
		"field": {422, nil, `{"type":"validation_error","status":422,` + request + `,"errors":[{"code":"is_required","message":"A severity is required","source":{"field":"severity_id"}},{"code":"invalid_value","message":"No such type"}]}`,
			`list severities: 422 validation_error: A severity is required; No such type (trace 631766c4)`,
			[]rest.Detail{{Field: "severity_id", Code: "is_required", Message: "A severity is required"}, {Code: "invalid_value", Message: "No such type"}}, 0},
		"bad key": {401, nil, `{"type":"authentication_error","status":401,` + request + `,"errors":[{"code":"access_token_invalid","message":"Access token is not valid"}]}`,
			`list severities: 401 authentication_error: Access token is not valid (trace 631766c4)`, []rest.Detail{{Code: "access_token_invalid", Message: "Access token is not valid"}}, 0},
		"no such route": {404, nil, ``, `list severities: 404 Not Found: a proxy or firewall answered instead of incident.io (no content type)`, nil, 0},
		"wrong types":   {500, nil, `{"type":7,"errors":{"code":1},"request_id":"r","rate_limit":[]}`, `list severities: 500 Internal Server Error`, nil, 0},
		"nulls":         {500, nil, `{"type":null,"errors":[null],"request_id":null}`, `list severities: 500 Internal Server Error`, nil, 0},
		"Retry-After header": {503, map[string]string{"Retry-After": "3"}, `{"type":"api_error","errors":[],"rate_limit":{"retry_after":"2099-04-17T11:17:18Z"}}`,
			`list severities: 503 api_error`, nil, 3 * time.Second},
		"retry_after in the body": {503, map[string]string{"Date": "Thu, 17 Apr 2025 11:17:10 GMT"}, `{"type":"api_error","errors":[],"rate_limit":{"retry_after":"2025-04-17T11:17:14Z"}}`,
			`list severities: 503 api_error`, nil, 4 * time.Second},
		"retry_after in the older format": {503, map[string]string{"Date": "Thu, 17 Apr 2025 11:17:10 GMT"}, `{"type":"api_error","errors":[],"rate_limit":{"retry_after":"Thu, 17 Apr 2025 11:17:14 UTC"}}`,
			`list severities: 503 api_error`, nil, 4 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			c := newTestClient(t, func(w http.ResponseWriter, _ *http.Request) {
				for k, v := range tc.header {
					w.Header().Set(k, v)
				}
				w.WriteHeader(tc.status)
				_, _ = io.WriteString(w, tc.body)
			})
			_, err := c.ListSeverities(t.Context())
			e, ok := errors.AsType[*rest.Error](err)
			if !ok {
				t.Fatalf("not a *rest.Error: %v", err)
			}
			if e.Error() != tc.want || e.RetryAfter != tc.retry {
				t.Errorf("got\n%s\nwant\n%s\nretry after %v", e, tc.want, e.RetryAfter)
			}
			if diff := cmp.Diff(tc.detail, e.Details); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
		})
	}
}

func TestClient_ErrorsContainNoSecrets(t *testing.T) {
	resttest.CheckNoSecrets(t, "", "", []string{testAPIKey}, func(ctx context.Context, baseURL string, h *http.Client) error {
		_, err := incidentio.New(incidentio.Config{BaseURL: baseURL, APIKey: testAPIKey, HTTP: h}).GetIdentity(ctx)
		return err
	})
}

func TestClient_RetriesWhenRateLimited(t *testing.T) {
	calls := 0
	c := newTestClient(t, func(w http.ResponseWriter, _ *http.Request) {
		if calls++; calls < 3 {
			w.Header().Set("Retry-After", "0.01")
			w.WriteHeader(http.StatusTooManyRequests)
			return
		}
		_, _ = io.WriteString(w, `{"severities":[]}`)
	})
	if _, err := c.ListSeverities(t.Context()); err != nil || calls != 3 {
		t.Errorf("%d calls, %v", calls, err)
	}
}

// TestClient_RateLimitForAllCallers answers one call with 429: no other one is made before the time that the answer says.
func TestClient_RateLimitForAllCallers(t *testing.T) {
	for name, first := range map[string]func(context.Context, *incidentio.Client) error{
		"list": func(ctx context.Context, c *incidentio.Client) error {
			_, err := c.ListIncidents(ctx, incidentio.IncidentsQuery{})
			return err
		},
		"incident": func(ctx context.Context, c *incidentio.Client) error { _, err := c.GetIncident(ctx, "1"); return err },
		"settings": func(ctx context.Context, c *incidentio.Client) error {
			_, err := c.ListSeverities(expiredDeadline{ctx})
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				calls := 0
				c := incidentio.New(incidentio.Config{HTTP: &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
					if calls++; calls > 1 {
						return fixedResponse{[]byte(`{"incident":{"id":"1"},"incidents":[]}`), 200}.RoundTrip(r)
					}
					res, err := fixedResponse{[]byte(`{"type":"too_many_requests","errors":[]}`), 429}.RoundTrip(r)
					res.Header.Set("Retry-After", "30")
					return res, err
				})}})
				if err := first(t.Context(), c); !rest.IsRateLimited(err) || rest.RetryAfter(err) != 30*time.Second || calls != 1 {
					t.Fatalf("%d calls, %v", calls, err)
				}
				time.Sleep(20 * time.Second)
				_, readErr := c.GetIncident(t.Context(), "1")
				_, listErr := c.ListIncidents(t.Context(), incidentio.IncidentsQuery{})
				_, settingsErr := c.ListStatuses(expiredDeadline{t.Context()})
				for _, err := range []error{readErr, listErr, settingsErr} {
					if !rest.IsRateLimited(err) || rest.RetryAfter(err) != 10*time.Second || calls != 1 {
						t.Errorf("after 20 s: %d calls, %v", calls, err)
					}
				}
				if !strings.HasPrefix(readErr.Error(), `read incident "1": 429 too_many_requests`) {
					t.Errorf("error %q", readErr)
				}
				time.Sleep(10 * time.Second)
				if _, err := c.GetIncident(t.Context(), "1"); err != nil || calls != 2 {
					t.Errorf("afterwards: %d calls, %v", calls, err)
				}
			})
		})
	}
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// TestClient_RateLimitBeforeDeadline: a caller without time to wait gets the 429, not the end of its context.
func TestClient_RateLimitBeforeDeadline(t *testing.T) {
	for name, header := range map[string]string{"with Retry-After": "60", "without Retry-After": ""} {
		t.Run(name, func(t *testing.T) {
			calls := 0
			c := newTestClient(t, func(w http.ResponseWriter, _ *http.Request) {
				calls++
				w.Header().Set("Retry-After", header)
				w.WriteHeader(http.StatusTooManyRequests)
			})
			ctx, cancel := context.WithTimeout(t.Context(), 900*time.Millisecond)
			defer cancel()
			_, err := c.ListSeverities(ctx)
			if !rest.IsRateLimited(err) || calls != 1 || ctx.Err() != nil {
				t.Errorf("%d calls, %v", calls, err)
			}
		})
	}
}

func FuzzClient_ErrorBody(f *testing.F) {
	f.Add([]byte(`{"type":"validation_error","request_id":"1","errors":[{"code":"c","message":"m","source":{"field":"f"}}]}`), 422)
	f.Add([]byte(`{"rate_limit":{"retry_after":"2025-04-17T11:17:14Z"}}`), 503)
	f.Add([]byte(`{"severities":[{"rank":1e9,"name":null}]}`), 200)
	f.Add([]byte(`{"incidents":[`+incidentJSON+`,null,{"incident_role_assignments":[null,{"role":7}]}],"pagination_meta":{"after":"1"}}`), 200)
	f.Fuzz(func(t *testing.T, body []byte, status int) {
		c := incidentio.New(incidentio.Config{BaseURL: "http://h", HTTP: &http.Client{Transport: fixedResponse{body, 200 + max(status, -status)%400}}})
		page, err := c.ListIncidents(t.Context(), incidentio.IncidentsQuery{})
		if page.Incidents == nil == (err == nil) || page.After != "" && len(page.Incidents) == 0 {
			t.Errorf("%+v %v", page, err)
		}
		_, err = c.ListSeverities(expiredDeadline{t.Context()})
		if err == nil {
			return
		}
		e, ok := errors.AsType[*rest.Error](err)
		if !ok || e.RetryAfter < 0 || e.RetryAfter > 2*time.Minute || strings.ContainsAny(e.Error(), "\n\r\x1b") {
			t.Errorf("%q", err)
		}
		if _, err := json.Marshal(e.Message); err != nil {
			t.Error(err)
		}
	})
}

// An expiredDeadline is a context whose deadline has passed, but which never ends.
type expiredDeadline struct{ context.Context }

func (expiredDeadline) Deadline() (time.Time, bool) { return time.Time{}, true }

// A fixedResponse is a transport that returns the same response to every request.
type fixedResponse struct {
	body   []byte
	status int
}

func (f fixedResponse) RoundTrip(r *http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: f.status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(string(f.body))), Request: r}, nil
}
