package porttest

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
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

func (s *Server) getPermissions(c call) (response, error) {
	p, err := s.permissionsLocked(c.path["action_identifier"])
	return newResponse(http.StatusOK, "permissions", p), err
}

func (s *Server) patchPermissions(c call) (response, error) {
	for _, changes := range asMap(c.body) {
		for _, name := range convertJSON[[]string](asMap(changes)["roles"]) {
			if !s.hasRoleLocked(name) {
				return response{}, notFound("Role", name)
			}
		}
	}
	p, err := s.changePermissionsLocked(c.path["action_identifier"], c.body)
	return newResponse(http.StatusOK, "permissions", p), err
}

// permissionsLocked returns a copy of an action's permissions.
func (s *Server) permissionsLocked(id string) (permissions, error) {
	if _, err := s.actions.find(id); err != nil {
		return nil, err
	}
	if p, ok := s.permissions[id]; ok {
		return convertJSON[permissions](p), nil
	}
	return defaultPermissions(), nil
}

// changePermissionsLocked replaces the members of the parts that are given.
func (s *Server) changePermissionsLocked(id string, body any) (permissions, error) {
	p, err := s.permissionsLocked(id)
	if err != nil {
		return nil, err
	}
	for part, changes := range convertJSON[permissions](body) {
		maps.Copy(p[part], changes)
	}
	s.permissions[id] = p
	return p, nil
}

// Roles that every organization has. Each permits what the roles after it permit: Admin, Moderator, Member.
// https://docs.port.io/sso-rbac/rbac-overview/
const (
	roleAdmin  = "Admin"
	roleMember = "Member"
)

// hasRoleLocked reports whether the organization has a role: its own, those of moderators of a blueprint, and those of
// members.
func (s *Server) hasRoleLocked(name string) bool {
	return name == roleAdmin || name == roleMember || strings.HasSuffix(strings.ToLower(name), "moderator") ||
		slices.ContainsFunc(s.users.all(), func(u *user) bool { return slices.Contains(u.Roles, role{name}) })
}

// SetRoles replaces the roles of a member.
func (s *Server) SetRoles(email string, roles ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if u, err := s.users.find(email); err == nil {
		changed := *u
		changed.Roles = nil
		for _, name := range roles {
			changed.Roles = append(changed.Roles, role{Name: name})
		}
		s.users.items[email] = &changed
	}
}

// SetApprovers replaces the members, by e-mail address, who can approve the runs of an action beside the admins.
func (s *Server) SetApprovers(action string, emails ...string) error {
	return s.setPermissions(action, permissions{"approve": {"users": emails}})
}

// SetExecutePermissions replaces who may run an action: {"users", "roles", "teams", "ownedByTeam", "policy"}.
// What is left out permits nothing.
func (s *Server) SetExecutePermissions(action, execute string) error {
	part := defaultPermissions()["execute"]
	part["roles"] = []any{}
	if err := json.Unmarshal([]byte(execute), &part); err != nil {
		return fmt.Errorf("set permissions: %w", err)
	}
	return s.setPermissions(action, permissions{"execute": part})
}

func (s *Server) setPermissions(action string, changes permissions) error {
	body := convertJSON[any](changes)
	err := validateSchema("permissions", "", body)
	s.mu.Lock()
	defer s.mu.Unlock()
	if err == nil {
		_, err = s.changePermissionsLocked(action, body)
	}
	if err != nil {
		return fmt.Errorf("set permissions: %w", err)
	}
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
func (s *Server) checkExecute(a *action, runAs string, target *Entity, inputs map[string]any) error {
	s.mu.Lock()
	permitted, err := s.permissionsLocked(a.Identifier)
	u := s.users.items[runAs]
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
func (s *Server) policyPermits(r executeRule, a *action, u *user, target *Entity, inputs map[string]any) bool {
	data := convertJSON[map[string]any](map[string]any{
		"action": a, "user": u, "entity": target, "inputs": inputs, "trigger": map[string]any{"user": u, "by": map[string]any{"user": u}},
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
