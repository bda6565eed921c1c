package incidentiotest

import (
	"cmp"
	"fmt"
	"slices"
)

// A Status of the organization. Its category is one of incident.io's fixed ones.
type Status struct {
	ID, Name, Description, Category string
	Rank                            int
}

type apiStatus struct {
	ID          string `json:"id"`
	Name        string `json:"name"`
	Description string `json:"description"`
	Category    string `json:"category"`
	Rank        int    `json:"rank"`
	CreatedAt   string `json:"created_at"`
	UpdatedAt   string `json:"updated_at"`
}

// defaultStatuses are the statuses of a new organization. They are not sorted by rank, as they
// are not in the vendor's answers.
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

// Statuses returns the statuses in the order in which they were set.
func (s *Server) Statuses() []Status {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.statuses)
}

// SetStatuses replaces the statuses. A status without an ID gets one.
func (s *Server) SetStatuses(list ...Status) {
	list = slices.Clone(list)
	for i := range list {
		list[i].ID = cmp.Or(list[i].ID, newID())
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.statuses = list
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

// statusLocked returns the status with an id, or nil.
func (s *Server) statusLocked(id string) *Status {
	for _, status := range s.statuses {
		if status.ID == id {
			return &status
		}
	}
	return nil
}

func (s *Server) statusesLocked() []apiStatus {
	out := []apiStatus{}
	for _, status := range s.statuses {
		out = append(out, statusToAPI(status))
	}
	return out
}

func statusToAPI(s Status) apiStatus {
	return apiStatus{
		ID: s.ID, Name: s.Name, Description: s.Description, Category: s.Category, Rank: s.Rank, CreatedAt: seededAt, UpdatedAt: seededAt,
	}
}
