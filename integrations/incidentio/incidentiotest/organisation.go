package incidentiotest

import (
	"fmt"
	"net/http"
)

// seededAt is when the organisation was.
const seededAt = "2026-01-05T09:00:00.000Z"

// Ids of what every organisation has.
const (
	reporterRoleID = "01K0A8JQ2V3XREP0RTER0000AA"
	leadRoleID     = "01K0A8JQ2V3X1EAD00000000AA"
	defaultTypeID  = "01K0A8JQ2V3XTYPE0000000000"
)

// defaultSeverities are those of a new organisation, with the ids that Port's guide knows.
func defaultSeverities() []Severity {
	return []Severity{
		{ID: "01J53A3A1FNEEQKFGSDKETN6DJ", Name: "Minor", Rank: 0, Description: "Little impact; it can wait for working hours."},
		{ID: "01J53A3A1F2RCGSQQQNA6NJ5CY", Name: "Major", Rank: 1, Description: "Significant impact; somebody should look at it now."},
		{ID: "01J53A3A1FGWNRNK1TMK9CWJJW", Name: "Critical", Rank: 2, Description: "Customers are badly hit; everybody should look at it now."},
	}
}

// defaultStatuses are those of a new organisation. As in the vendor's answers they are not in
// the order of their ranks.
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

func severityToAPI(s Severity, at string) map[string]any {
	return map[string]any{"id": s.ID, "name": s.Name, "description": s.Description, "rank": s.Rank, "created_at": at, "updated_at": at}
}

func statusToAPI(s Status, at string) map[string]any {
	return map[string]any{"id": s.ID, "name": s.Name, "description": s.Description, "category": s.Category, "rank": s.Rank, "created_at": at, "updated_at": at}
}

func typeToAPI(at string) map[string]any {
	return map[string]any{
		"id": defaultTypeID, "name": "Default", "description": "", "is_default": true,
		"private_incidents_only": false, "create_in_triage": "optional", "created_at": at, "updated_at": at,
	}
}

func roleToAPI(id, at string) map[string]any {
	role := map[string]any{
		"id": reporterRoleID, "name": "Reporter", "role_type": "reporter", "shortform": "", "description": "Who reported it.",
		"instructions": "", "required": false, "created_at": at, "updated_at": at,
	}
	if id == leadRoleID {
		role["id"], role["name"], role["role_type"], role["shortform"] = leadRoleID, "Incident Lead", "lead", "lead"
		role["description"], role["instructions"] = "Who coordinates the incident.", "Make sure it is clear who does what."
	}
	return role
}

func (s *Server) listSeverities(*http.Request) (int, any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := []any{}
	for _, sev := range s.severities {
		out = append(out, severityToAPI(sev, seededAt))
	}
	return http.StatusOK, map[string]any{"severities": out}
}

func (s *Server) listStatuses(*http.Request) (int, any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := []any{}
	for _, st := range s.statuses {
		out = append(out, statusToAPI(st, seededAt))
	}
	return http.StatusOK, map[string]any{"incident_statuses": out}
}

func (s *Server) listTypes(*http.Request) (int, any) {
	return http.StatusOK, map[string]any{"incident_types": []any{typeToAPI(seededAt)}}
}

func (s *Server) listRoles(*http.Request) (int, any) {
	return http.StatusOK, map[string]any{"incident_roles": []any{roleToAPI(leadRoleID, seededAt), roleToAPI(reporterRoleID, seededAt)}}
}

func (s *Server) getIdentity(*http.Request) (int, any) {
	return http.StatusOK, map[string]any{"identity": map[string]any{
		"name": "Port", "roles": []string{"incident_creator", "viewer"}, "dashboard_url": s.cfg.PermalinkBase,
		"team_roles": []any{}, "teams": []any{},
	}}
}
