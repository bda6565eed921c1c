package incidentiotest_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"foghorn/integrations/incidentio/incidentiotest"
)

// listReferences lists all pages of incidents and returns their references.
func listReferences(t *testing.T, s *incidentiotest.Server, query string) (references string, pages int) {
	t.Helper()
	var got []string
	for after := ""; pages == 0 || after != ""; pages++ {
		a := callAPI(t, s, s.APIKey, http.MethodGet, "/v2/incidents?after="+after+"&"+query, "")
		if a.status != http.StatusOK {
			t.Fatalf("%s: %d %s", query, a.status, a.data)
		}
		for _, i := range a.body.Incidents {
			got = append(got, strings.TrimPrefix(i["reference"].(string), "INC-"))
		}
		after = a.body.PaginationMeta.After
	}
	return strings.Join(got, " "), pages
}

func newListServer(t *testing.T) *incidentiotest.Server {
	t.Helper()
	s := newServer(t, incidentiotest.Config{})
	s.SetTypes(incidentiotest.Type{ID: "T1", Name: "Default", Default: true}, incidentiotest.Type{ID: "T2", Name: "Security"})
	for n, c := range []struct{ mode, severity, incidentType, status string }{
		{"standard", minorID, "T1", "Fixing"}, {"standard", majorID, "T2", "Triage"}, {"test", criticalID, "T1", "Triage"},
		{"retrospective", criticalID, "T1", "Closed"}, {"tutorial", minorID, "T1", "Triage"},
	} {
		createIncident(t, s, fmt.Sprintf(`{"idempotency_key":"k%d","visibility":"public","mode":%q,"severity_id":%q,"incident_type_id":%q}`, n, c.mode, c.severity, c.incidentType))
		if err := s.Edit(fmt.Sprint(n+1), incidentiotest.Edit{Status: c.status}); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

func TestListIncidents_Filters(t *testing.T) {
	s := newListServer(t)
	fixing := s.Statuses()[3].ID
	created := url.QueryEscape(s.Incidents()[1].CreatedAt.Format("2006-01-02T15:04:05.999Z07:00"))
	const allModes = "&mode[one_of]=standard&mode[one_of]=retrospective&mode[one_of]=test&mode[one_of]=tutorial"
	for query, want := range map[string]string{
		"":                             "4 2 1",
		"filter_mode=any":              "4 2 1",
		"mode[one_of]=test":            "3",
		allModes[1:]:                   "5 4 3 2 1",
		"status[one_of]=" + fixing:     "1",
		"status[not_in]=" + fixing:     "4 2",
		"status_category[one_of]=live": "1",
		"status_category[one_of]=live&status_category[one_of]=triage":                                 "2 1",
		"status_category[not_in]=closed&sort_by=created_at_oldest_first":                              "1 2",
		"severity[one_of]=" + criticalID + allModes:                                                   "4 3",
		"severity[not_in]=" + criticalID:                                                              "2 1",
		"severity[gte]=" + majorID:                                                                    "4 2",
		"severity[lte]=" + majorID:                                                                    "2 1",
		"incident_type[one_of]=T2":                                                                    "2",
		"incident_type[not_in]=T2":                                                                    "4 1",
		"created_at[gte]=2030-01-01":                                                                  "",
		"created_at[lte]=2030-01-01T00:00:00Z":                                                        "4 2 1",
		"created_at[date_range]=2020-01-01~2021-01-01":                                                "",
		"updated_at[date_range]=2020-01-01~2100-01-01":                                                "4 2 1",
		"status_category[one_of]=live&severity[one_of]=" + criticalID:                                 "",
		"status_category[one_of]=live&severity[one_of]=" + criticalID + "&filter_mode=any":            "4 1",
		"created_at[lte]=" + created + "&created_at[gte]=" + created + "&severity[one_of]=" + majorID: "2",
	} {
		if got, _ := listReferences(t, s, query); got != want {
			t.Errorf("%s: %q, want %q", query, got, want)
		}
	}
}

func TestListIncidents_Pages(t *testing.T) {
	s := newListServer(t)
	for query, want := range map[string]string{
		"page_size=2": "2: 4 2 1", "page_size=3": "1: 4 2 1", "page_size=250": "1: 4 2 1", "page_size=1&sort_by=created_at_oldest_first": "3: 1 2 4",
	} {
		references, pages := listReferences(t, s, query)
		if got := fmt.Sprintf("%d: %s", pages, references); got != want {
			t.Errorf("%s: %s, want %s", query, got, want)
		}
	}
}

// What the emulator cannot do gets no list.
func TestListIncidents_Rejections(t *testing.T) {
	s := newListServer(t)
	for query, field := range map[string]string{
		"page_size=0": "page_size", "page_size=251": "page_size", "page_size=abc": "page_size", "after=x": "after", "sort_by=nonsense": "sort_by",
		"filter_mode=none": "filter_mode", "nonsense=1": "nonsense", "status=x": "status", "status[one_of]=x": "status[one_of]",
		"status_category[one_of]=active": "status_category[one_of]", "status_category[is]=live": "status_category[is]", "mode[not_in]=test": "mode[not_in]",
		"mode[one_of]=real": "mode[one_of]", "mode[one_of=test": "mode[one_of", "mode[one_of]]=test": "mode[one_of]]", "mode[x][one_of]=test": "mode[x][one_of]",
		"created_at[date_range]=2024-01-02~2024-01-01": "created_at[date_range]", "page_size[one_of]=1": "page_size[one_of]", "severity[gte]=x": "severity[gte]", "severity[gte]=" + minorID + "&severity[gte]=" + majorID: "severity[gte]",
		"incident_type[one_of]=x": "incident_type[one_of]", "created_at[gte]=yesterday": "created_at[gte]", "created_at[date_range]=2024-01-01": "created_at[date_range]",
		"created_at[one_of]=2024-01-01": "created_at[one_of]", "custom_field[F1][one_of]=x": "custom_field[F1][one_of]", "incident_role[R][is_blank]=true": "incident_role[R][is_blank]",
	} {
		a := callAPI(t, s, s.APIKey, http.MethodGet, "/v2/incidents?"+query, "")
		if a.status != http.StatusUnprocessableEntity || a.body.Type != "validation_error" || a.errorFields() != field {
			t.Errorf("%s: %d %s", query, a.status, a.data)
		}
	}
}

// A key sees private incidents only with a role, and nothing when it is revoked.
func TestKey_SeesPrivateIncidents(t *testing.T) {
	s := newServer(t, incidentiotest.Config{})
	id, _ := createIncident(t, s, createBody).body.Incident["id"].(string)
	createIncident(t, s, `{"idempotency_key":"k2","visibility":"public","severity_id":"`+minorID+`"}`)
	if err := s.Edit("1", incidentiotest.Edit{Visibility: "private"}); err != nil {
		t.Fatal(err)
	}
	if got, _ := listReferences(t, s, ""); got != "2" {
		t.Errorf("without the role: %s", got)
	}
	s.SetKeyRoles("viewer", "incident_editor")
	for _, c := range [][2]string{{"GET", "/v2/incidents/1"}, {"GET", "/v2/incidents/" + id}, {"POST", "/v2/incidents/1/actions/edit"}} {
		if a := callAPI(t, s, s.APIKey, c[0], c[1], `{}`); a.status != http.StatusNotFound || a.body.Type != "not_found" {
			t.Errorf("%s: %d %s", c, a.status, a.data)
		}
	}
	if a := callAPI(t, s, s.APIKey, http.MethodGet, "/v2/incident_updates?incident_id="+id, ""); strings.Contains(string(a.data), id) {
		t.Errorf("updates: %s", a.data)
	}
	all := s.AddKey("viewer", "global_access")
	if a := callAPI(t, s, all, http.MethodGet, "/v2/incidents/1", ""); a.status != http.StatusOK || a.body.Incident["visibility"] != "private" {
		t.Errorf("with the role: %d %s", a.status, a.data)
	}
	s.RevokeKey(all)
	if a := callAPI(t, s, all, http.MethodGet, "/v1/identity", ""); a.status != http.StatusUnauthorized || a.body.Errors[0].Code != "access_token_invalid" {
		t.Errorf("revoked: %d %s", a.status, a.data)
	}
}

func TestControl_EditsAndKeys(t *testing.T) {
	s := newServer(t, incidentiotest.Config{})
	createIncident(t, s, createBody)
	for _, c := range []struct {
		path, body string
		want       int
	}{
		{"edit", `{"id":"1","severity":"Critical","lead":{"name":"Ana"}}`, 200}, {"edit", `{"id":"1","severity":"x"}`, 422},
		{"keys", `{"roles":["viewer"]}`, 200}, {"keys/revoke", `{"key":""}`, 200}, {"keys/revoke", `{"key":""}`, 422},
		{"incidents", `{"name":"a","severity":"Major","status":"Fixing","visibility":"private","mode":"test","type":"Default","lead":{"email":"bea@example.com"}}`, 200},
		{"incidents", `{"severity":"Major","idempotency_key":"k1"}`, 422}, {"incidents", `{"severity":"Major","type":"x"}`, 422}, {"incidents", `{}`, 422},
		{"incidents", `{"severity":"Major","status":"x"}`, 422}, {"incidents", `{"severity":7}`, 400}, {"edit", `{"id":"9"}`, 422}, {"edit", `{"colour":1}`, 400},
		{"organization", `{"statuses":[{"name":"x","category":"y"}]}`, 422}, {"organization", `{"custom_fields":[{"name":"x","field_type":"y"}]}`, 422},
		{"organization", `{"severities":[]}`, 422}, {"organization", `{"statuses":[]}`, 422}, {"organization", `{"types":[{"name":"x","is_default":true}]}`, 422},
		{"organization", `{"severities":[{"name":"x"}]}`, 422}, {"organization", `{"severities":[{"id":"` + minorID + `"}]}`, 422},
		{"organization", `{"custom_fields":[{"name":"x","field_type":"text"},{"name":"x","field_type":"text"}]}`, 422},
		{"organization", `{"custom_fields":[{"name":"x","field_type":"single_select","options":["a","a"]}]}`, 422},
		{"organization", `{"severities":[{"id":"` + criticalID + `","name":"SEV-0"},{"id":"` + majorID + `","name":"SEV-1"}],"statuses":[{"name":"Open","category":"live"}]}`, 422},
		{"organization", `{"severities":[{"id":"` + criticalID + `","name":"SEV-0"},{"id":"` + majorID + `","name":"SEV-1"}],"custom_fields":[]}`, 200},
		{"incidents", `{"name":"renamed","severity":"SEV-1"}`, 200}, {"keys", `{"roles":["king"]}`, 422}, {"keys", `{"roles":["viewer","viewer"],"roles":[]}`, 400},
		{"rate_limit", `{"times":0}`, 422}, {"rate_limit", `{"times":1,"seconds":2}`, 200}, {"rate_limit", `{"times":1,"incidents":true}`, 200},
	} {
		if a := callAPI(t, s, "", http.MethodPost, "/control/"+c.path, c.body); a.status != c.want {
			t.Errorf("%s %s: %d %s", c.path, c.body, a.status, a.data)
		}
	}
	if got := s.Incidents()[0]; got.Severity != "SEV-0" || got.Lead != "Ana" {
		t.Errorf("%+v", got)
	}
	a := callAPI(t, s, "", http.MethodGet, "/control/incidents", "")
	if len(a.body.Incidents) != 3 || a.body.Incidents[1]["mode"] != "test" || !strings.Contains(string(a.data), `"idempotency_keys":{`) {
		t.Errorf("%s", a.data)
	}
	if a := callAPI(t, s, "", http.MethodGet, "/control/", ""); a.status != http.StatusOK || !strings.Contains(string(a.data), s.APIKey) {
		t.Errorf("%s", a.data)
	}
	for _, status := range []int{http.StatusTooManyRequests, http.StatusUnauthorized} {
		if a := callAPI(t, s, s.APIKey, http.MethodGet, "/v1/identity", ""); a.status != status {
			t.Errorf("%d, want %d", a.status, status)
		}
	}
	callAPI(t, s, "", http.MethodPost, "/control/reset", "{}")
	if a := callAPI(t, s, s.APIKey, http.MethodGet, "/v1/identity", ""); a.status != http.StatusOK {
		t.Errorf("reset: %d %s", a.status, a.data)
	}
	s.RevokeKey(s.APIKey)
	if a := callAPI(t, s, s.APIKey, http.MethodGet, "/v1/identity", ""); a.status != http.StatusUnauthorized {
		t.Errorf("revoked: %d %s", a.status, a.data)
	}
}

func TestItems_Single(t *testing.T) {
	s := newServer(t, incidentiotest.Config{})
	s.SetTypes(incidentiotest.Type{ID: "T1", Name: "Default", Default: true})
	setFields(s)
	role, _ := listRoles(t, s)[0]["id"].(string)
	for path, member := range map[string]string{
		"/v1/severities/" + majorID: "severity", "/v1/incident_statuses/" + s.Statuses()[0].ID: "incident_status", "/v1/incident_types/T1": "incident_type",
		"/v2/incident_roles/" + role: "incident_role", "/v2/custom_fields/F1": "custom_field",
	} {
		if a := callAPI(t, s, s.APIKey, http.MethodGet, path, ""); a.status != http.StatusOK || !strings.HasPrefix(string(a.data), fmt.Sprintf(`{%q:{"id":%q`, member, path[strings.LastIndex(path, "/")+1:])) {
			t.Errorf("%s: %d %s", path, a.status, a.data)
		}
		if a := callAPI(t, s, s.APIKey, http.MethodGet, path+"x", ""); a.status != http.StatusNotFound || a.body.Type != "not_found" {
			t.Errorf("%sx: %d %s", path, a.status, a.data)
		}
	}
}
