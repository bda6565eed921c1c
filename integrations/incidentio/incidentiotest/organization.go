package incidentiotest

import (
	"cmp"
	"fmt"
	"slices"
)

// seededAt is the creation time of everything that the organization starts with.
const seededAt = "2026-01-05T09:00:00.000Z"

// The ids of the roles that every organization has.
const (
	reporterRoleID = "01K0A8JQ2V3XREP0RTER0000AA"
	leadRoleID     = "01K0A8JQ2V3X1EAD00000000AA"
)

// A Severity of the organization. The lowest rank is the least severe.
type Severity struct {
	ID          string `json:"id"` // "" generates one
	Name        string `json:"name"`
	Description string `json:"description"`
	Rank        int    `json:"rank"`
}

// A Status of the organization. Its category is one of incident.io's fixed ones.
type Status struct {
	ID          string `json:"id"` // "" generates one
	Name        string `json:"name"`
	Description string `json:"description"`
	Category    string `json:"category"`
	Rank        int    `json:"rank"`
}

// A Type is an incident type of the organization. One of them is the default.
type Type struct {
	ID          string `json:"id"` // "" generates one
	Name        string `json:"name"`
	Description string `json:"description"`
	Default     bool   `json:"is_default"`             // the type of an incident whose request names none
	PrivateOnly bool   `json:"private_incidents_only"` // its incidents are private whatever the request says
}

func (s Severity) itemID() string { return s.ID }
func (s Status) itemID() string   { return s.ID }
func (t Type) itemID() string     { return t.ID }
func (r apiRole) itemID() string  { return r.ID }

func (s Severity) itemName() string    { return s.Name }
func (s Status) itemName() string      { return s.Name }
func (t Type) itemName() string        { return t.Name }
func (f CustomField) itemName() string { return f.Name }

// dates are the times of an item in the API.
type dates struct {
	CreatedAt string `json:"created_at"`
	UpdatedAt string `json:"updated_at"`
}

var seeded = dates{seededAt, seededAt}

type apiSeverity struct {
	Severity
	dates
}

type apiStatus struct {
	Status
	dates
}

type apiType struct {
	Type
	CreateInTriage string `json:"create_in_triage"`
	dates
}

type apiRole struct {
	ID           string `json:"id"`
	Name         string `json:"name"`
	RoleType     string `json:"role_type"`
	Shortform    string `json:"shortform"`
	Description  string `json:"description"`
	Instructions string `json:"instructions"`
	Required     bool   `json:"required"`
	dates
}

// defaultSeverities are the severities of a new organization, with the ids in Port's guide.
func defaultSeverities() []Severity {
	return []Severity{
		{ID: "01J53A3A1FNEEQKFGSDKETN6DJ", Name: "Minor", Rank: 0, Description: "Little impact. It can wait for working hours."},
		{ID: "01J53A3A1F2RCGSQQQNA6NJ5CY", Name: "Major", Rank: 1, Description: "Significant impact. It needs attention now."},
		{ID: "01J53A3A1FGWNRNK1TMK9CWJJW", Name: "Critical", Rank: 2, Description: "Severe impact on customers. Everyone on call responds now."},
	}
}

// defaultStatuses are the statuses of a new organization. They are not sorted by rank, as they are not in the vendor's
// answers.
func defaultStatuses() []Status {
	list := []Status{
		{Name: "Documenting", Category: "learning", Rank: 4}, {Name: "Triage", Category: "triage", Rank: 0},
		{Name: "Investigating", Category: "live", Rank: 1}, {Name: "Fixing", Category: "live", Rank: 2},
		{Name: "Monitoring", Category: "live", Rank: 3}, {Name: "Reviewing", Category: "learning", Rank: 5},
		{Name: "Closed", Category: "closed", Rank: 6}, {Name: "Paused", Category: "paused", Rank: 7},
		{Name: "Declined", Category: "declined", Rank: -1}, {Name: "Merged", Category: "merged", Rank: -2},
		{Name: "Canceled", Category: "canceled", Rank: -3},
	}
	for i := range list {
		list[i].ID = fmt.Sprintf("01K0A8JQ2V3XSTATVS%08d", i)
	}
	return list
}

var roles = []apiRole{
	{
		ID: leadRoleID, Name: "Incident Lead", RoleType: "lead", Shortform: "lead", Description: "Coordinates the incident.",
		Instructions: "Make sure that every task has an owner.", dates: seeded,
	},
	{ID: reporterRoleID, Name: "Reporter", RoleType: "reporter", Description: "Reported the incident.", dates: seeded},
}

// Severities returns the severities in the order in which they were set.
func (s *Server) Severities() []Severity {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.organization.Severities)
}

// Statuses returns the statuses in the order in which they were set.
func (s *Server) Statuses() []Status {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.organization.Statuses)
}

// SetSeverities replaces the severities. Like the other setters, it gives an id to an item without one, and checks nothing.
func (s *Server) SetSeverities(list ...Severity) { s.set(Organization{Severities: nonNil(list)}) }

// SetStatuses replaces the statuses.
func (s *Server) SetStatuses(list ...Status) { s.set(Organization{Statuses: nonNil(list)}) }

// SetTypes replaces the incident types; none means the one of a new organization.
func (s *Server) SetTypes(list ...Type) { s.set(Organization{Types: nonNil(list)}) }

// SetCustomFields replaces the custom fields.
func (s *Server) SetCustomFields(list ...CustomField) {
	s.set(Organization{CustomFields: nonNil(list)})
}

func (s *Server) set(o Organization) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.storeLocked(o)
}

// storeLocked replaces the lists that are not nil. Incidents have the new form of what they use.
func (s *Server) storeLocked(o Organization) {
	if o.Types != nil && len(o.Types) == 0 {
		o.Types = []Type{{ID: "01K0A8JQ2V3XTYPE0000000000", Name: "Default", Default: true}}
	}
	replace(&s.organization.Severities, o.Severities, func(v *Severity) *string { return &v.ID })
	replace(&s.organization.Statuses, o.Statuses, func(v *Status) *string { return &v.ID })
	replace(&s.organization.Types, o.Types, func(v *Type) *string { return &v.ID })
	replace(&s.organization.CustomFields, o.CustomFields, func(v *CustomField) *string { return &v.ID })
	for _, i := range s.incidents {
		if i.severity != nil {
			i.severity = cmp.Or(find(s.organization.Severities, i.severity.ID), i.severity)
			i.Severity = i.severity.Name
		}
		i.status = *cmp.Or(find(s.organization.Statuses, i.status.ID), &i.status)
		i.incidentType = *cmp.Or(find(s.organization.Types, i.incidentType.ID), &i.incidentType)
		i.Status, i.Type, i.CustomFields = i.status.Name, i.incidentType.Name, s.valuesByNameLocked(i.fields)
	}
}

// replace replaces a list of the organization by one that is not nil.
func replace[T any](stored *[]T, list []T, id func(*T) *string) {
	if list == nil {
		return
	}
	*stored = slices.Clone(list)
	for i := range *stored {
		v := id(&(*stored)[i])
		*v = cmp.Or(*v, newID())
	}
}

func nonNil[T any](list []T) []T { return append([]T{}, list...) }

// firstStatusLocked returns the status of a new incident: triage, else the first live status.
// https://docs.incident.io/incidents/lifecycle
func (s *Server) firstStatusLocked() Status {
	byRank := slices.SortedFunc(slices.Values(s.organization.Statuses), func(a, b Status) int { return cmp.Compare(a.Rank, b.Rank) })
	for _, matches := range []func(Status) bool{ // the first that matches wins
		func(st Status) bool { return st.Category == "triage" && !s.cfg.TriageDisabled },
		func(st Status) bool { return st.Category == "live" },
		func(Status) bool { return true },
	} {
		if n := slices.IndexFunc(byRank, matches); n >= 0 {
			return byRank[n]
		}
	}
	return Status{} // the organization has no statuses
}

// typeLocked returns the type with an id, the default type for nil; or nil if there is none.
func (s *Server) typeLocked(id *string) *Type {
	if id != nil {
		return find(s.organization.Types, *id)
	}
	if n := slices.IndexFunc(s.organization.Types, func(t Type) bool { return t.Default }); n >= 0 {
		return &s.organization.Types[n]
	}
	return nil
}

func (s *Server) severitiesLocked() []apiSeverity {
	return convert(s.organization.Severities, func(v Severity) apiSeverity { return apiSeverity{v, seeded} })
}

func (s *Server) statusesLocked() []apiStatus {
	return convert(s.organization.Statuses, func(v Status) apiStatus { return apiStatus{v, seeded} })
}

func (s *Server) typesLocked() []apiType {
	return convert(s.organization.Types, func(v Type) apiType { return apiType{v, "optional", seeded} })
}

// convert returns the results of f; not nil, which JSON would show as null.
func convert[T, U any](list []T, f func(T) U) []U {
	out := make([]U, 0, len(list))
	for _, v := range list {
		out = append(out, f(v))
	}
	return out
}

// An Organization has lists of the organization. A list that is nil stays as it is.
type Organization struct {
	Severities   []Severity    `json:"severities"`
	Statuses     []Status      `json:"statuses"`
	Types        []Type        `json:"types"`
	CustomFields []CustomField `json:"custom_fields"`
}
