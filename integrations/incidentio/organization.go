package incidentio

import (
	"cmp"
	"context"
	"slices"

	"foghorn/integrations/rest"
)

// An Identity is who the API key is.
type Identity struct {
	Name         string   `json:"name"`          // of the key
	Roles        []string `json:"roles"`         // such as viewer, incident_creator
	DashboardURL string   `json:"dashboard_url"` // such as https://app.incident.io/my-org
}

// GetIdentity asks whose key it is. It needs no role: it fails only when the key is wrong.
// https://docs.incident.io/api-reference/utilities-v1/identity
//
//api:operation GET /v1/identity
func (c *Client) GetIdentity(ctx context.Context) (Identity, error) {
	const op = "read the key's identity"
	answer, err := get[struct {
		Identity *Identity `json:"identity"`
	}](ctx, c, op, rest.Path("v1", "identity"), nil)
	if err != nil {
		return Identity{}, err
	}
	if answer.Identity == nil {
		return Identity{}, newMissingError(op, "identity")
	}
	return *answer.Identity, nil
}

// A Severity is how bad an incident is. Each organization has its own, or none.
type Severity struct {
	ID          string `json:"id"`
	Name        string `json:"name"`
	Description string `json:"description"` // may hold Markdown
	Rank        int    `json:"rank"`        // the higher, the worse
}

// ListSeverities lists the severities, the least severe first.
// https://docs.incident.io/api-reference/severities-v1/list
//
//api:operation GET /v1/severities
func (c *Client) ListSeverities(ctx context.Context) ([]Severity, error) {
	const op = "list severities"
	answer, err := get[struct {
		Severities rest.List[Severity] `json:"severities"`
	}](ctx, c, op, rest.Path("v1", "severities"), nil)
	if err != nil {
		return nil, err
	}
	if answer.Severities.Items == nil {
		return nil, newMissingError(op, "severities")
	}
	slices.SortStableFunc(answer.Severities.Items, func(a, b Severity) int {
		return cmp.Or(cmp.Compare(a.Rank, b.Rank), cmp.Compare(a.Name, b.Name))
	})
	return answer.Severities.Items, nil
}

// The categories of statuses that Foghorn knows by name; incident.io may add others.
const (
	CategoryTriage   = "triage" // where an incident begins that was made through the API
	CategoryLive     = "live"
	CategoryLearning = "learning"
	CategoryClosed   = "closed"
)

// A Status is where an incident stands. Names are each organization's own.
type Status struct {
	ID          string `json:"id"`
	Name        string `json:"name"`
	Description string `json:"description"`
	Category    string `json:"category"`
	Rank        int    `json:"rank"` // the order of their course; those that end it early are below 0
}

// ListStatuses lists the statuses by rank.
// https://docs.incident.io/api-reference/incident-statuses-v1/list
//
//api:operation GET /v1/incident_statuses
func (c *Client) ListStatuses(ctx context.Context) ([]Status, error) {
	const op = "list statuses"
	answer, err := get[struct {
		Statuses rest.List[Status] `json:"incident_statuses"`
	}](ctx, c, op, rest.Path("v1", "incident_statuses"), nil)
	if err != nil {
		return nil, err
	}
	if answer.Statuses.Items == nil {
		return nil, newMissingError(op, "statuses")
	}
	slices.SortStableFunc(answer.Statuses.Items, func(a, b Status) int {
		return cmp.Or(cmp.Compare(a.Rank, b.Rank), cmp.Compare(a.Name, b.Name))
	})
	return answer.Statuses.Items, nil
}

// A Type is a kind of incident.
type Type struct {
	ID                   string `json:"id"`
	Name                 string `json:"name"`
	Description          string `json:"description"`
	Default              bool   `json:"is_default"`
	PrivateIncidentsOnly bool   `json:"private_incidents_only"`
	CreateInTriage       string `json:"create_in_triage"` // always, optional
}

// Types lists the incident types.
// https://docs.incident.io/api-reference/incident-types-v1/list
//
//api:operation GET /v1/incident_types
func (c *Client) Types(ctx context.Context) ([]Type, error) {
	const op = "list incident types"
	answer, err := get[struct {
		Types rest.List[Type] `json:"incident_types"`
	}](ctx, c, op, rest.Path("v1", "incident_types"), nil)
	if err != nil {
		return nil, err
	}
	if answer.Types.Items == nil {
		return nil, newMissingError(op, "incident types")
	}
	return answer.Types.Items, nil
}

// RoleReporter is the Role.Type of the person who reported an incident. It can be given
// only while an incident is made.
const RoleReporter = "reporter"

// A Role is what a person can be in an incident.
type Role struct {
	ID          string `json:"id"`
	Name        string `json:"name"`
	Type        string `json:"role_type"` // lead, reporter, custom
	Shortform   string `json:"shortform"`
	Description string `json:"description"`
}

// ListRoles lists the incident roles.
// https://docs.incident.io/api-reference/incident-roles-v2/list
//
//api:operation GET /v2/incident_roles
func (c *Client) ListRoles(ctx context.Context) ([]Role, error) {
	const op = "list incident roles"
	answer, err := get[struct {
		Roles rest.List[Role] `json:"incident_roles"`
	}](ctx, c, op, rest.Path("v2", "incident_roles"), nil)
	if err != nil {
		return nil, err
	}
	if answer.Roles.Items == nil {
		return nil, newMissingError(op, "incident roles")
	}
	return answer.Roles.Items, nil
}
