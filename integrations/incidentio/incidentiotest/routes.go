package incidentiotest

import (
	_ "embed"
	"net/http"
	"slices"
	"strings"

	"foghorn/integrations/emulator"
)

// A route is a method and a path of the API. https://docs.incident.io/api-reference/introduction
type route struct {
	name   string                          // "GET /v1/severities/{id}"
	role   string                          // that the key needs; "" for none
	query  string                          // the parameters, between spaces
	handle func(*Server, *call) (int, any) // with Server.mu locked; nil: not modeled
	note   string                          // what is not modeled
}

// routes returns the routes that Foghorn and the vendor's own clients use for incidents. Others are absent.
func routes() []route {
	const pages = "page_size after"
	out := []route{
		{name: "POST /v2/incidents", role: roleCreator, handle: (*Server).createIncident, note: "without retrospective_incident_options.external_id"},
		{
			name: "GET /v2/incidents", role: roleViewer, handle: (*Server).listIncidents, query: pages + " sort_by filter_mode status[ " +
				"status_category[ incident_type[ mode[ severity[ created_at[ updated_at[ incident_role[ custom_field[",
			note: "without filters by fields that are no select, and incident_role[…][is_set], which the vendor describes in two ways",
		},
		{name: "GET /v2/incidents/{id}", role: roleViewer, handle: (*Server).getIncident},
		{name: "POST /v2/incidents/{id}/actions/edit", role: roleEditor, handle: (*Server).editIncident},
		{name: "GET /v2/incident_updates", role: roleViewer, handle: (*Server).listUpdates, query: pages + " incident_id", note: "updates have no message"},
		{name: "GET /v1/custom_field_options", role: roleViewer, handle: (*Server).listOptions, query: pages + " custom_field_id"},
		{name: "GET /v2/users", role: roleViewer, handle: (*Server).listUsers, query: pages + " email slack_user_id include_inactive"},
		{name: "GET /v1/identity", handle: (*Server).getIdentity},
	}
	out = slices.Concat(out,
		itemRoutes("/v1/severities", "severity", (*Server).severitiesLocked),
		itemRoutes("/v1/incident_statuses", "incident_status", (*Server).statusesLocked),
		itemRoutes("/v1/incident_types", "incident_type", (*Server).typesLocked),
		itemRoutes("/v2/incident_roles", "incident_role", func(*Server) []apiRole { return roles }),
		itemRoutes("/v2/incident_timestamps", "incident_timestamp", func(*Server) []apiTimestampInfo { return timestamps }),
		itemRoutes("/v2/custom_fields", "custom_field", (*Server).fieldsLocked),
		itemRoutes("/v1/custom_field_options", "custom_field_option", (*Server).optionsLocked)[1:],
		itemRoutes("/v2/users", "user", (*Server).usersLocked)[1:],
	)
	for name := range strings.Lines(absentRoutes) {
		out = append(out, route{name: strings.TrimSpace(name)})
	}
	return out
}

// absentRoutes are the other routes of incidents and of what an organization has for them, one a line.
//
//go:embed absent.txt
var absentRoutes string

// An item has an id and is in a list without pages.
type item interface{ itemID() string }

// A namedItem also has a name, which no other item of its list has.
type namedItem interface {
	item
	itemName() string
}

// itemRoutes are the routes of a list without pages, and of one of its items, whose member in the body is given.
func itemRoutes[T item](path, member string, list func(*Server) []T) []route {
	return []route{
		{name: "GET " + path, role: roleViewer, handle: func(s *Server, _ *call) (int, any) {
			return http.StatusOK, map[string]any{path[len("/v1/"):]: append([]T{}, list(s)...)}
		}},
		{name: "GET " + path + "/{id}", role: roleViewer, handle: func(s *Server, c *call) (int, any) {
			if found := find(list(s), c.PathValue("id")); found != nil {
				return http.StatusOK, map[string]any{member: *found}
			}
			return notFound()
		}},
	}
}

// find returns the item with an id, or nil.
func find[T item](list []T, id string) *T {
	for _, candidate := range list {
		if candidate.itemID() == id {
			return &candidate
		}
	}
	return nil
}

// Coverage returns how far each route of the API is modeled.
func Coverage() []emulator.Coverage {
	var out []emulator.Coverage
	for _, r := range routes() {
		state := "modeled"
		if r.note != "" {
			state = "partial"
		}
		if r.handle == nil {
			state = "absent"
		}
		method, path, _ := strings.Cut(r.name, " ")
		out = append(out, emulator.Coverage{Service: "incident.io", Method: method, Route: path, State: state, Note: r.note})
	}
	slices.SortFunc(out, func(a, b emulator.Coverage) int { return strings.Compare(a.Route+a.Method, b.Route+b.Method) })
	return out
}
