package incidentio_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"foghorn/integrations/incidentio"
)

const incidentJSON = `{"id":"01H","reference":"INC-123","name":"x","summary":"s","visibility":"private","mode":"test","permalink":"https://app.incident.io/o/incidents/01H",
	"incident_status":{"id":"1","name":"Triage","category":"triage","rank":0},"severity":{"id":"2","name":"Major","rank":1},"slack_channel_id":"",
	"incident_role_assignments":[{"role":{"id":"3","role_type":"reporter"},"assignee":{"name":"Rob"}},{"role":{"id":"4","role_type":"lead"},"assignee":{"name":"Ana","slack_user_id":"U1"}},
		{"role":{"id":"5","role_type":"custom"},"assignee":null}],
	"created_at":"2023-10-24T15:10:35.411Z","updated_at":"2023-10-24T15:10:36Z","creator":{"api_key":{"id":"k","name":"Port"}}}`

// decodedIncident is what the client makes of incidentJSON.
var decodedIncident = incidentio.Incident{
	ID: "01H", Reference: "INC-123", Name: "x", Summary: "s", Visibility: "private", Mode: "test", Permalink: "https://app.incident.io/o/incidents/01H",
	Status: incidentio.Status{ID: "1", Name: "Triage", Category: "triage"}, Severity: &incidentio.Severity{ID: "2", Name: "Major", Rank: 1},
	Lead: incidentio.Person{Name: "Ana", SlackUserID: "U1"}, Reporter: incidentio.Person{Name: "Rob"},
	CreatedAt: time.Date(2023, 10, 24, 15, 10, 35, 411e6, time.UTC), UpdatedAt: time.Date(2023, 10, 24, 15, 10, 36, 0, time.UTC),
}

// TestIncident_EndedAt reads when an incident has ended from the timestamps of an organization.
func TestIncident_EndedAt(t *testing.T) {
	const resolved, closed = `{"incident_timestamp":{"name":"Resolved at"},"value":{"value":"2026-01-01T01:00:00Z"}}`, `{"incident_timestamp":{"name":"closed AT"},"value":{"value":"2026-01-01T02:00:00.5Z"}}`
	for name, c := range map[string]struct{ category, timestamps, want string }{
		"closed":                {"closed", `[` + resolved + `,` + closed + `]`, "2026-01-01T02:00:00.5Z"},
		"closed, only resolved": {"closed", `[{"incident_timestamp":{"name":"Closed at"},"value":null},` + resolved + `]`, "2026-01-01T01:00:00Z"},
		"merged":                {"merged", `[` + closed + `,{"incident_timestamp":{"name":"Merged at"},"value":{"value":"2026-01-01T03:00:00Z"}}]`, "2026-01-01T03:00:00Z"},
		"open":                  {"live", `[` + resolved + `,` + closed + `]`, ""},
		"without a value":       {"closed", `[{"incident_timestamp":{"name":"Closed at"}},{"incident_timestamp":null},null]`, ""},
		"no time":               {"closed", `[{"incident_timestamp":{"name":"Closed at"},"value":{"value":"yesterday"}}]`, ""},
		"no list":               {"closed", `"none"`, ""},
	} {
		var i incidentio.Incident
		if err := json.Unmarshal([]byte(`{"incident_status":{"category":"`+c.category+`"},"incident_timestamp_values":`+c.timestamps+`}`), &i); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if want, _ := time.Parse(time.RFC3339, c.want); !i.EndedAt.Equal(want) {
			t.Errorf("%s: %v, want %q", name, i.EndedAt, c.want)
		}
	}
}

func TestListIncidents_Query(t *testing.T) {
	modes := []string{"standard", "retrospective", "test", "tutorial"}
	for name, tc := range map[string]struct {
		query incidentio.IncidentsQuery
		want  url.Values
	}{
		"everything": {incidentio.IncidentsQuery{}, url.Values{"page_size": {"250"}, "sort_by": {"created_at_newest_first"}, "mode[one_of]": modes}},
		"a part": {incidentio.IncidentsQuery{Categories: []string{"triage", "live"}, After: "01J&", PageSize: 10}, url.Values{
			"page_size": {"10"}, "sort_by": {"created_at_newest_first"}, "mode[one_of]": modes, "status_category[one_of]": {"triage", "live"}, "after": {"01J&"},
		}},
		"changed lately": {incidentio.IncidentsQuery{UpdatedSince: time.Date(2026, 3, 1, 0, 30, 0, 0, time.FixedZone("", 3600))}, url.Values{
			"page_size": {"250"}, "sort_by": {"created_at_newest_first"}, "mode[one_of]": modes, "updated_at[gte]": {"2026-02-27"},
		}},
	} {
		t.Run(name, func(t *testing.T) {
			c := newTestClient(t, func(w http.ResponseWriter, r *http.Request) {
				if diff := cmp.Diff(tc.want, r.URL.Query()); diff != "" {
					t.Errorf("-want +got\n%s", diff)
				}
				// The cursor of the request is the end of the list, whatever the response says.
				_, _ = fmt.Fprintf(w, `{"incidents":[{"id":"1"}],"pagination_meta":{"after":%q}}`, tc.query.After)
			})
			if page, err := c.ListIncidents(t.Context(), tc.query); err != nil || len(page.Incidents) != 1 || page.After != "" {
				t.Errorf("%+v, %v", page, err)
			}
		})
	}
}

func TestListIncidents_LongTexts(t *testing.T) {
	long := strings.Repeat("ä", 100_000)
	body, err := json.Marshal(map[string]any{"incidents": []any{map[string]any{
		"id": "1", "name": long, "summary": "x" + long, "permalink": "https://" + long, "severity": map[string]any{"name": long, "description": long},
	}}})
	if err != nil {
		t.Fatal(err)
	}
	c := newTestClient(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(body) })
	page, err := c.ListIncidents(t.Context(), incidentio.IncidentsQuery{})
	if err != nil || len(page.Incidents) != 1 {
		t.Fatalf("%d incidents, %v", len(page.Incidents), err)
	}
	i := page.Incidents[0]
	for _, text := range []string{i.Name, i.Summary, i.Permalink, i.Severity.Name, i.Severity.Description} {
		if len(text) > 3000 || len(text) < 2900 || !utf8.ValidString(text) {
			t.Errorf("%d bytes", len(text))
		}
	}
	c = newTestClient(t, func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"incidents":[`+strings.Repeat("{},", 30_000)+`{}]}`)
	})
	if page, err := c.ListIncidents(t.Context(), incidentio.IncidentsQuery{}); err == nil {
		t.Errorf("a list of %d incidents is accepted", len(page.Incidents))
	}
}
