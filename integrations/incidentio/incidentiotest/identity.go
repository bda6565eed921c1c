package incidentiotest

import (
	"fmt"
	"net/http"
	"slices"
)

// Roles of an API key. https://docs.incident.io/api-reference/api-keys-v1/create
const (
	roleCreator = "incident_creator"
	roleViewer  = "viewer"
)

// SetKeyRoles replaces the roles of the API's key.
func (s *Server) SetKeyRoles(roles ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.keyRoles = append([]string{}, roles...) // not null in JSON
}

func (s *Server) hasRole(role string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return role == "" || slices.Contains(s.keyRoles, role)
}

func missingRole(role string) errorBody {
	return newErrorBody(http.StatusForbidden, "resource_forbidden", apiError{
		Code: "missing_permissions", Message: fmt.Sprintf("The API key lacks the role %s", role),
	})
}

func (s *Server) getIdentity(*http.Request) (int, any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return http.StatusOK, map[string]any{"identity": map[string]any{
		"name": "Port", "roles": s.keyRoles, "dashboard_url": s.cfg.PermalinkBase,
		"team_roles": []any{}, "teams": []any{},
	}}
}
