package incidentiotest_test

import (
	"encoding/json"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"foghorn/integrations/incidentio/incidentiotest"
)

// ids replaces the parameters in paths by ids that exist.
var sweepIDs = map[string]string{
	"/v2/incidents": "1", "/v1/severities": majorID, "/v1/incident_statuses": "01K0A8JQ2V3XSTATVS00000001", "/v1/incident_types": "01K0A8JQ2V3XTYPE0000000000",
	"/v2/incident_roles": "01K0A8JQ2V3XREP0RTER0000AA", "/v2/incident_timestamps": "01K0A8JQ2V3XT1MEST00000000", "/v2/custom_fields": "F1",
	"/v1/custom_field_options": "F1-option-0", "/v2/users": "U1",
}

// Every route has the documented members, refuses unknown parameters, members and ids, and an absent one answers nothing.
// testdata/shapes.json has the types of members after incident.io's OpenAPI document; "?" marks one that can be absent.
func TestSweep_Routes(t *testing.T) {
	s := newServer(t, incidentiotest.Config{
		ChannelDelay: time.Nanosecond, KeyRoles: []string{"viewer", "incident_creator", "incident_editor"},
		Users: []incidentiotest.Person{{ID: "U1", Name: "Ana", Email: "ana@example.com", SlackUserID: "U0ANA"}},
	})
	setFields(s)
	bodies := map[string]string{
		"POST /v2/incidents": `{"idempotency_key":"k","visibility":"public","mode":"retrospective","name":"n","summary":"s","severity_id":"` + majorID + `","slack_team_id":"T0ACME",
			"retrospective_incident_options":{"postmortem_document_url":"https://example.com","slack_channel_id":"C1"},"slack_channel_name_override":"inc-x",
			"custom_field_entries":[{"custom_field_id":"F1","values":[{"value_option_id":"F1-option-0"}]}],
			"incident_timestamp_values":[{"incident_timestamp_id":"01K0A8JQ2V3XT1MEST00000005","value":"2026-01-02T03:04:05Z"}],
			"incident_role_assignments":[{"incident_role_id":"01K0A8JQ2V3XREP0RTER0000AA","assignee":{"email":"ana@example.com"}}]}`,
		"POST /v2/incidents/{id}/actions/edit": `{"notify_incident_channel":false,"incident":{"call_url":"https://example.com"}}`,
	}
	var shapes map[string]any
	data, err := os.ReadFile("testdata/shapes.json")
	if err == nil {
		err = json.Unmarshal(data, &shapes)
	}
	if err != nil {
		t.Fatal(err)
	}
	createIncident(t, s, bodies["POST /v2/incidents"])
	expect := func(method, path, body string, status int) map[string]any {
		t.Helper()
		a := callAPI(t, s, s.APIKey, method, path, body)
		if a.status != status || status >= 400 && len(a.data) > 0 && (a.body.Type == "" || a.body.RequestID == "" || len(a.body.Errors) == 0) {
			t.Errorf("%s %s: %d %s, want %d", method, path, a.status, a.data, status)
		}
		var answer map[string]any
		_ = json.Unmarshal(a.data, &answer) // the answer of an unknown route is empty
		return answer
	}
	for _, c := range incidentiotest.Coverage() {
		route := c.Method + " " + c.Route
		base, rest, hasID := strings.Cut(c.Route, "/{id}")
		path := c.Route
		if hasID {
			path = base + "/" + sweepIDs[base] + rest
		}
		if c.State == "absent" {
			expect(c.Method, path, "{}", http.StatusNotFound)
			continue
		}
		query := ""
		if c.Route == "/v1/custom_field_options" {
			query = "&custom_field_id=F1"
		}
		shape, ok := shapes[route]
		if !ok {
			t.Errorf("testdata/shapes.json has no %s", route)
		}
		checkShape(t, route, shapes, shape, expect(c.Method, path+"?"+strings.TrimPrefix(query, "&"), bodies[route], http.StatusOK))
		for unknown, status := range map[string]int{
			"nonsense=1": 422, "nonsense[one_of]=1": 422, "page=1": 422, "limit=5": 422, "page_size=1&page_size=1": 422, "after[one_of]=1": 422,
			"page_size=1&mode[one_of]=%zz": 400, "a;b": 400,
		} {
			expect(c.Method, path+"?"+unknown+query, bodies[route], status)
		}
		if hasID {
			expect(c.Method, base+"/01HDH3SMWK0C2D8TN41PVW61TA"+rest, bodies[route], http.StatusNotFound)
		}
		if c.Method == http.MethodPost {
			expect(c.Method, path, strings.Replace(bodies[route], "{", `{"nonsense":1,`, 1), http.StatusUnprocessableEntity)
			name := `{"name":"\ud800",` // half of a surrogate pair
			for _, body := range []string{
				"", "7", `"x"`, "[]", "null", bodies[route] + "{}", bodies[route][:len(bodies[route])-1], `{"a":` + strings.Repeat("[", 1e5),
				strings.Replace(bodies[route], `"`, "\"\xff", 1), strings.Replace(bodies[route], "{", name, 1),
				strings.Replace(bodies[route], "{", `{"incident":{},"incident":{},"name":"a","name":"b",`, 1),
			} {
				expect(c.Method, path, body, http.StatusBadRequest)
			}
		}
	}
	for path, status := range map[string]int{
		"/v2/users?page_size=0": 422, "/v2/users?page_size=10001": 422, "/v2/users?page_size=10000": 200, "/v2/users?include_inactive=perhaps": 422,
		"/v2/users?email=a&email=b": 422, "/v2//users": 404, "/v2/incidents/../users": 404, "/v2/incident_updates?incident_id[one_of]=1": 422,
		"/v2/users?after=x": 422, "/v2/incident_updates?page_size=251": 422, "/v2/incident_updates?page_size=-1": 422,
		"/v2/incidents?custom_field[F1][one_of]=F1-option-9": 422, "/v2/incidents?custom_field[F3][one_of]=x": 422, "/v2/incidents?custom_field[F9][one_of]=x": 422,
		"/v2/incidents?custom_field[F1]=x": 422, "/v2/incidents?custom_field=x": 422, "/v2/incidents?incident_role[01K0A8JQ2V3X1EAD00000000AA][is_set]=true": 422,
		"/v2/incidents?incident_role[01K0A8JQ2V3X1EAD00000000AA][one_of]=U9": 422, "/v2/incidents?incident_role[x][one_of]=U1": 422,
	} {
		expect(http.MethodGet, path, "", status)
	}
	for query, want := range map[string]string{
		"custom_field[F1][one_of]=F1-option-0": "1", "custom_field[F1][not_in]=F1-option-0": "", "custom_field[F1][one_of]=F1-option-1": "",
		"incident_role[01K0A8JQ2V3XREP0RTER0000AA][one_of]=U1": "1", "incident_role[01K0A8JQ2V3XREP0RTER0000AA][is_blank]=true": "",
		"incident_role[01K0A8JQ2V3X1EAD00000000AA][is_blank]=true": "1",
	} {
		if got, _ := listReferences(t, s, query); got != want {
			t.Errorf("%s: %q, want %q", query, got, want)
		}
	}
	if refused := s.Refused(); len(refused) < 10 || refused[len(refused)-1].Refused == "" {
		t.Errorf("%d refused calls", len(refused))
	}
}

// checkShape compares a value with its shape: a type, the name of a shape, a list with the shape of its items, or members.
func checkShape(t *testing.T, where string, shapes map[string]any, shape, value any) {
	t.Helper()
	switch shape := shape.(type) {
	case string:
		if named, ok := shapes[shape]; ok {
			checkShape(t, where, shapes, named, value)
		} else if kind := jsonKind(value); !slices.Contains(strings.Split(shape, "|"), kind) {
			t.Errorf("%s is %s, want %s", where, kind, shape)
		}
	case []any:
		list, ok := value.([]any)
		if !ok {
			t.Errorf("%s is %v, want a list", where, value)
		}
		for _, v := range list {
			checkShape(t, where+"[]", shapes, shape[0], v)
		}
	case map[string]any:
		members, _ := value.(map[string]any)
		for name, kind := range shape {
			key, optional := strings.CutSuffix(name, "?")
			if v, present := members[key]; present {
				checkShape(t, where+" "+key, shapes, kind, v)
			} else if !optional {
				t.Errorf("%s: %q is missing", where, key)
			}
		}
		for key := range members {
			if shape[key] == nil && shape[key+"?"] == nil {
				t.Errorf("%s: %q is not documented", where, key)
			}
		}
	}
}

func jsonKind(v any) string {
	switch v.(type) {
	case string:
		return "string"
	case float64:
		return "number"
	case bool:
		return "boolean"
	case nil:
		return "null"
	}
	return "object"
}
