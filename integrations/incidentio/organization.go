package incidentio

import (
	"cmp"
	"context"
	"slices"

	"foghorn/integrations/rest"
)

// An Identity describes the API key.
type Identity struct {
	Name         string   `json:"name"`          // of the key
	Roles        []string `json:"roles"`         // such as viewer, incident_creator
	DashboardURL string   `json:"dashboard_url"` // such as https://app.incident.io/my-org
}

// GetIdentity reads what the API key is and may do. It needs no role: it fails only if the key is wrong.
// https://docs.incident.io/api-reference/utilities-v1/identity
//
//api:operation GET /v1/identity
func (c *Client) GetIdentity(ctx context.Context) (Identity, error) {
	const op = "read the identity of the API key"
	res, err := get[struct {
		Identity *Identity `json:"identity"`
	}](ctx, c, op, rest.Path("v1", "identity"), nil)
	if err == nil && res.Identity == nil {
		err = newMissingError(op, "identity")
	}
	if err != nil {
		return Identity{}, err
	}
	return *res.Identity, nil
}

// A Severity is a severity of incidents. Each organization has its own, or none.
type Severity struct {
	ID          string `json:"id"`
	Name        string `json:"name"`
	Description string `json:"description"` // may contain Markdown
	Rank        int    `json:"rank"`        // the higher, the more severe
}

// ListSeverities lists the severities, the least severe first.
// https://docs.incident.io/api-reference/severities-v1/list
//
//api:operation GET /v1/severities
func (c *Client) ListSeverities(ctx context.Context) ([]Severity, error) {
	severities, err := list[Severity](ctx, c, "list severities", rest.Path("v1", "severities"), "severities")
	slices.SortStableFunc(severities, func(a, b Severity) int {
		return cmp.Or(cmp.Compare(a.Rank, b.Rank), cmp.Compare(a.Name, b.Name))
	})
	return severities, err
}

// A Status is a stage of an incident's life. Each organization names its own.
type Status struct {
	ID          string `json:"id"`
	Name        string `json:"name"`
	Description string `json:"description"`
	Category    string `json:"category"` // triage (of incidents made through the API), live, learning, closed, or another
	Rank        int    `json:"rank"`     // in the order of an incident's life; below 0: ends it early
}

// OpenCategories returns the categories of the statuses of incidents that have not ended.
// https://docs.incident.io/api-reference/incident-statuses-v1/list
func OpenCategories() []string { return []string{"triage", "live", "learning", "paused"} }

// EndedCategories returns the other categories.
func EndedCategories() []string { return []string{"closed", "declined", "merged", "canceled"} }

// ListStatuses lists the statuses by rank.
// https://docs.incident.io/api-reference/incident-statuses-v1/list
//
//api:operation GET /v1/incident_statuses
func (c *Client) ListStatuses(ctx context.Context) ([]Status, error) {
	statuses, err := list[Status](ctx, c, "list statuses", rest.Path("v1", "incident_statuses"), "incident_statuses")
	slices.SortStableFunc(statuses, func(a, b Status) int {
		return cmp.Or(cmp.Compare(a.Rank, b.Rank), cmp.Compare(a.Name, b.Name))
	})
	return statuses, err
}

// RoleReporter is the Role.Type of the person who reported an incident. The role can be assigned only when an incident
// is created.
const RoleReporter = "reporter"

// Role.Type of the person who leads an incident, and of the one who reported it.
const (
	roleLead     = "lead"
	roleReporter = "reporter"
)

// A Role is a role that a person can have in an incident.
type Role struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	Type string `json:"role_type"` // lead, reporter, custom
}

// ListRoles lists the incident roles.
// https://docs.incident.io/api-reference/incident-roles-v2/list
//
//api:operation GET /v2/incident_roles
func (c *Client) ListRoles(ctx context.Context) ([]Role, error) {
	return list[Role](ctx, c, "list incident roles", rest.Path("v2", "incident_roles"), "incident_roles")
}

// A Type is an incident type of the organization.
type Type struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// ListTypes lists the incident types.
// https://docs.incident.io/api-reference/incident-types-v1/list
//
//api:operation GET /v1/incident_types
func (c *Client) ListTypes(ctx context.Context) ([]Type, error) {
	return list[Type](ctx, c, "list incident types", rest.Path("v1", "incident_types"), "incident_types")
}
