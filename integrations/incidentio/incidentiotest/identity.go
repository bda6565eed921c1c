package incidentiotest

import "net/http"

func (s *Server) getIdentity(*http.Request) (int, any) {
	return http.StatusOK, map[string]any{"identity": map[string]any{
		"name": "Port", "roles": []string{"incident_creator", "viewer"}, "dashboard_url": s.cfg.PermalinkBase,
		"team_roles": []any{}, "teams": []any{},
	}}
}
