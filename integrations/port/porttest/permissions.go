package porttest

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
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

// Roles that every organization has. Each permits what the roles after it permit: Admin, Moderator, Member.
// https://docs.port.io/sso-rbac/rbac-overview/
const (
	roleAdmin  = "Admin"
	roleMember = "Member"
)

// SetRoles replaces the roles of a member.
func (s *Server) SetRoles(email string, roles ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if u := s.users[email]; u != nil {
		changed := *u
		changed.Roles = nil
		for _, name := range roles {
			changed.Roles = append(changed.Roles, role{Name: name})
		}
		s.users[email] = &changed
	}
}

// SetExecutePermissions replaces who may run an action: {"users", "roles", "teams", "ownedByTeam", "policy"}.
// What is left out permits nothing.
func (s *Server) SetExecutePermissions(action, execute string) error {
	p := defaultPermissions()
	p["execute"]["roles"] = []any{}
	var in map[string]any
	err := json.Unmarshal([]byte(execute), &in)
	if err == nil {
		err = validateSchema("permissions", "", map[string]any{"execute": in})
	}
	if err != nil {
		return fmt.Errorf("set permissions: %w", err)
	}
	maps.Copy(p["execute"], in)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.permissions[action] = p
	return nil
}

// maxPolicyEntities is how many entities a query of a policy finds at most.
const maxPolicyEntities = 1000

// executeRule is who may run an action.
type executeRule struct {
	Users, Roles, Teams []string
	Policy              *struct {
		Queries    map[string]any // with templates
		Conditions []string
	}
}

// checkExecute rejects a run that the policy of the action does not permit. Users, roles, teams and ownership are not
// enforced: Port's documentation of workflows says that tokens of machines bypass these, and says nothing about actions.
// https://docs.port.io/actions-and-automations/create-self-service-experiences/set-self-service-actions-rbac/dynamic-permissions/
func (s *Server) checkExecute(a *action, runAs string, target *entity, inputs map[string]any) error {
	s.mu.Lock()
	permitted, err := s.permissionsLocked(a.Identifier)
	u := s.users[runAs]
	s.mu.Unlock()
	if err != nil {
		return err
	}
	rule := convertJSON[executeRule](permitted["execute"])
	if rule.Policy != nil && !s.policyPermits(rule, a, u, target, inputs) {
		return &apiError{status: http.StatusForbidden, code: "forbidden", message: "User does not have permission to execute this action"}
	}
	return nil
}

// permits says whether a user has one of the static permissions.
func (r executeRule) permits(u *user) bool {
	isPermitted := func(has role) bool { return has.Name == roleAdmin || slices.Contains(r.Roles, has.Name) }
	inTeam := func(team string) bool { return slices.Contains(r.Teams, team) }
	return slices.ContainsFunc(u.Roles, isPermitted) || slices.ContainsFunc(u.Teams, inTeam) ||
		slices.Contains(r.Roles, roleMember) || slices.Contains(r.Users, u.Email)
}

// policyPermits says whether one of a policy's conditions is true.
func (s *Server) policyPermits(r executeRule, a *action, u *user, target *entity, inputs map[string]any) bool {
	data := convertJSON[map[string]any](map[string]any{
		"action": a.raw, "user": u, "entity": target, "inputs": inputs, "trigger": map[string]any{"user": u, "by": map[string]any{"user": u}},
	})
	results := map[string]any{}
	for name, query := range r.Policy.Queries {
		rendered, err := render(query, data)
		if err != nil || validateSchema("group", "", convertJSON[any](rendered)) != nil {
			continue // Port ignores queries that fail
		}
		rule := convertJSON[searchRule](rendered)
		if found, err := s.searchEntities("", searchRequest{Query: &rule, Limit: maxPolicyEntities}); err == nil {
			results[name] = found.body
		}
	}
	data["results"] = convertJSON[any](results)
	return countTrue(r.Policy.Conditions, data) > 0
}
