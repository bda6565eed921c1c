package incidentiotest

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
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
	return slices.Clone(s.severities)
}

// Statuses returns the statuses in the order in which they were set.
func (s *Server) Statuses() []Status {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.statuses)
}

// SetSeverities replaces the severities. A severity without an ID gets one.
func (s *Server) SetSeverities(list ...Severity) {
	replace(s, &s.severities, list, func(v *Severity) *string { return &v.ID })
}

// SetStatuses replaces the statuses. A status without an ID gets one.
func (s *Server) SetStatuses(list ...Status) {
	replace(s, &s.statuses, list, func(v *Status) *string { return &v.ID })
}

// SetTypes replaces the incident types; none means the one of a new organization. A type without an ID gets one.
func (s *Server) SetTypes(list ...Type) {
	if len(list) == 0 {
		list = []Type{{ID: "01K0A8JQ2V3XTYPE0000000000", Name: "Default", Default: true}}
	}
	replace(s, &s.types, list, func(v *Type) *string { return &v.ID })
}

// SetCustomFields replaces the custom fields. A field without an ID gets one.
func (s *Server) SetCustomFields(list ...CustomField) {
	replace(s, &s.fields, list, func(v *CustomField) *string { return &v.ID })
}

// replace replaces a list of the organization.
func replace[T any](s *Server, stored *[]T, list []T, id func(*T) *string) {
	list = slices.Clone(list)
	for i := range list {
		*id(&list[i]) = cmp.Or(*id(&list[i]), newID())
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	*stored = list
}

// firstStatusLocked returns the status of a new incident: triage, else the first live status.
// https://docs.incident.io/incidents/lifecycle
func (s *Server) firstStatusLocked() Status {
	byRank := slices.SortedFunc(slices.Values(s.statuses), func(a, b Status) int { return cmp.Compare(a.Rank, b.Rank) })
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
		return find(s.types, *id)
	}
	if n := slices.IndexFunc(s.types, func(t Type) bool { return t.Default }); n >= 0 {
		return &s.types[n]
	}
	return nil
}

func (s *Server) severitiesLocked() []apiSeverity {
	return convert(s.severities, func(v Severity) apiSeverity { return apiSeverity{v, seeded} })
}

func (s *Server) statusesLocked() []apiStatus {
	return convert(s.statuses, func(v Status) apiStatus { return apiStatus{v, seeded} })
}

func (s *Server) typesLocked() []apiType {
	return convert(s.types, func(v Type) apiType { return apiType{v, "optional", seeded} })
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

// SetOrganization replaces lists of the organization. What an incident has cannot be removed.
func (s *Server) SetOrganization(o Organization) error {
	if err := s.checkInUse(o); err != nil {
		return err
	}
	for _, st := range o.Statuses {
		if !slices.Contains(categories, st.Category) {
			return fmt.Errorf("the status %q has the category %q; it must be one of %s", st.Name, st.Category, strings.Join(categories, ", "))
		}
	}
	for _, f := range o.CustomFields {
		if !slices.Contains(fieldTypes, f.Type) {
			return fmt.Errorf("the custom field %q has the field_type %q; it must be one of %s", f.Name, f.Type, strings.Join(fieldTypes, ", "))
		}
	}
	if o.Severities != nil {
		s.SetSeverities(o.Severities...)
	}
	if o.Statuses != nil {
		s.SetStatuses(o.Statuses...)
	}
	if o.Types != nil {
		s.SetTypes(o.Types...)
	}
	if o.CustomFields != nil {
		s.SetCustomFields(o.CustomFields...)
	}
	return nil
}

// checkInUse returns an error if a list lacks what an incident has, or needs.
func (s *Server) checkInUse(o Organization) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if o.Types != nil && len(o.Types) == 0 {
		return errors.New("an organization has at least one type")
	}
	for _, i := range s.incidents {
		switch {
		case o.Severities != nil && i.severity != nil && find(o.Severities, i.severity.ID) == nil:
			return fmt.Errorf("%s has the severity %q (id %s), which the list lacks", i.Reference, i.Severity, i.severity.ID)
		case o.Statuses != nil && find(o.Statuses, i.status.ID) == nil:
			return fmt.Errorf("%s has the status %q (id %s), which the list lacks", i.Reference, i.Status, i.status.ID)
		case o.Types != nil && find(o.Types, i.incidentType.ID) == nil:
			return fmt.Errorf("%s has the type %q (id %s), which the list lacks", i.Reference, i.Type, i.incidentType.ID)
		}
		for _, e := range i.fields {
			if o.CustomFields != nil && find(o.CustomFields, e.FieldID) == nil {
				return fmt.Errorf("%s has a value of the custom field %s, which the list lacks", i.Reference, e.FieldID)
			}
		}
	}
	return nil
}
