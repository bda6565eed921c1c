package porttest

import (
	"maps"
	"net/http"
)

// permissions of an action, by part ("execute", "approve").
type permissions map[string]map[string]any

func defaultPermissions() permissions {
	return permissions{
		"execute": {"users": []any{}, "roles": []any{"Member"}, "teams": []any{}, "ownedByTeam": false, "policy": nil},
		"approve": {"users": []any{}, "roles": []any{}, "teams": []any{}, "policy": nil},
	}
}

func (s *Server) getPermissions(c call) (response, error) {
	p, err := s.permissionsLocked(c.path["action_identifier"])
	return newResponse(http.StatusOK, "permissions", p), err
}

// patchPermissions replaces the members of the parts that are given.
func (s *Server) patchPermissions(c call) (response, error) {
	id := c.path["action_identifier"]
	p, err := s.permissionsLocked(id)
	if err != nil {
		return response{}, err
	}
	for part, changes := range convertJSON[permissions](c.body) {
		maps.Copy(p[part], changes)
	}
	s.permissions[id] = p
	return s.getPermissions(c)
}

// permissionsLocked returns a copy of an action's permissions.
func (s *Server) permissionsLocked(id string) (permissions, error) {
	if _, err := find(s.actions, "Action", id); err != nil {
		return nil, err
	}
	if p, ok := s.permissions[id]; ok {
		return convertJSON[permissions](p), nil
	}
	return defaultPermissions(), nil
}
