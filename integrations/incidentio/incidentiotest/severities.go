package incidentiotest

import (
	"cmp"
	"slices"
)

// A Severity of the organization. The lowest rank is the least severe.
type Severity struct {
	ID, Name, Description string
	Rank                  int
}

// seededAt is the creation time of everything that the organization starts with.
const seededAt = "2026-01-05T09:00:00.000Z"

type apiSeverity struct {
	ID          string `json:"id"`
	Name        string `json:"name"`
	Description string `json:"description"`
	Rank        int    `json:"rank"`
	CreatedAt   string `json:"created_at"`
	UpdatedAt   string `json:"updated_at"`
}

// defaultSeverities are the severities of a new organization, with the ids in Port's guide.
func defaultSeverities() []Severity {
	return []Severity{
		{ID: "01J53A3A1FNEEQKFGSDKETN6DJ", Name: "Minor", Rank: 0, Description: "Little impact. It can wait for working hours."},
		{ID: "01J53A3A1F2RCGSQQQNA6NJ5CY", Name: "Major", Rank: 1, Description: "Significant impact. It needs attention now."},
		{ID: "01J53A3A1FGWNRNK1TMK9CWJJW", Name: "Critical", Rank: 2, Description: "Severe impact on customers. Everyone on call responds now."},
	}
}

// Severities returns the severities in the order in which they were set.
func (s *Server) Severities() []Severity {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.severities)
}

// SetSeverities replaces the severities. A severity without an ID gets one.
func (s *Server) SetSeverities(list ...Severity) {
	list = slices.Clone(list)
	for i := range list {
		list[i].ID = cmp.Or(list[i].ID, newID())
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.severities = list
}

// severityLocked returns the severity with an id, or nil.
func (s *Server) severityLocked(id string) *Severity {
	for _, severity := range s.severities {
		if severity.ID == id {
			return &severity
		}
	}
	return nil
}

func (s *Server) severitiesLocked() []apiSeverity {
	out := []apiSeverity{}
	for _, severity := range s.severities {
		out = append(out, severityToAPI(severity))
	}
	return out
}

func severityToAPI(s Severity) apiSeverity {
	return apiSeverity{ID: s.ID, Name: s.Name, Description: s.Description, Rank: s.Rank, CreatedAt: seededAt, UpdatedAt: seededAt}
}
