package porttest

import (
	"net/http"
	"strings"
)

// permissions of an action, by part ("execute", "approve").
type permissions map[string]map[string]any

func defaultPermissions() permissions {
	return permissions{
		"execute": {"users": []any{}, "roles": []any{"Member"}, "teams": []any{}, "ownedByTeam": false, "policy": nil},
		"approve": {"users": []any{}, "roles": []any{}, "teams": []any{}, "policy": nil},
	}
}

// permissionsRoute calls h when the path's last part is "permissions".
func permissionsRoute(h handler) handler {
	return func(r *http.Request) (response, error) {
		if r.PathValue("part") != "permissions" {
			return unknownRoute(r)
		}
		return h(r)
	}
}

func (s *Server) getPermissions(r *http.Request) (response, error) {
	p, err := s.findPermissions(r.PathValue("id"))
	if err != nil {
		return response{}, err
	}
	return newResponse(http.StatusOK, "permissions", p), nil
}

func (s *Server) patchPermissions(r *http.Request) (response, error) {
	var in permissions
	if err := decodeBody(r, "anything", &in); err != nil {
		return response{}, err
	}
	id := r.PathValue("id")
	p, err := s.findPermissions(id)
	if err != nil {
		return response{}, err
	}
	for part, changes := range in {
		current, ok := p[part]
		if !ok {
			return response{}, invalidRequest("body must NOT have additional properties, additional property: %q", part)
		}
		for k, v := range changes {
			if _, known := current[k]; !known {
				return response{}, invalidRequest("%q must NOT have additional properties, additional property: %q", part, strings.TrimSpace(k))
			}
			current[k] = v
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.permissions[id] = p
	return newResponse(http.StatusOK, "permissions", convertJSON[permissions](p)), nil
}

// findPermissions returns a copy of an action's permissions.
func (s *Server) findPermissions(id string) (permissions, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.actions[id]; !ok {
		return nil, notFound("Action", id)
	}
	if p, ok := s.permissions[id]; ok {
		return convertJSON[permissions](p), nil
	}
	return defaultPermissions(), nil
}
