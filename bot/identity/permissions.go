package identity

import (
	"context"
	"slices"
	"strings"

	"foghorn/integrations/port"
	"foghorn/integrations/rest"
)

// Roles that every organization has. A member can do what the role Member permits, whatever other roles there are, and
// an admin can do everything.
// https://docs.port.io/sso-rbac/rbac-overview/
const (
	roleAdmin     = "Admin"
	roleModerator = "Moderator"
	roleMember    = "Member"
)

// A rule is who may run an action.
type rule struct {
	port.Permissions
	refusal  error // Port does not show it to these credentials
	portOnly bool  // Port decides: a policy, or an action that does not exist
}

// readRule reads the permissions of an action.
func (d *Directory) readRule(ctx context.Context, action string) (rule, error) {
	p, err := d.port.GetExecutePermissions(ctx, action)
	switch {
	case rest.IsNotFound(err):
		return rule{portOnly: true}, nil
	case isRefused(err):
		return rule{refusal: err}, nil
	case err != nil:
		return rule{}, err
	}
	return rule{Permissions: p, portOnly: p.HasPolicy}, nil
}

// isOpen reports whether every member may run the action.
func (r rule) isOpen() bool { return r.portOnly || containsFold(r.Roles, roleMember) }

// permits reports whether a user may run the action, except as a member of the entity's team.
func (r rule) permits(u port.User) bool {
	if r.isOpen() || containsFold(u.Roles, roleAdmin) {
		return true
	}
	return slices.ContainsFunc(u.Roles, func(role string) bool { return containsFold(r.Roles, role) }) ||
		slices.ContainsFunc(r.Users, func(who string) bool { return port.SameEmail(who, u.Email) || who == u.ID && who != "" }) ||
		inTeam(u, r.Teams)
}

// ownsEntity reports whether a user is in a team of the entity that the action works on.
func (d *Directory) ownsEntity(ctx context.Context, u port.User, t Target) (bool, error) {
	if t.Entity == "" {
		return t.AnyEntity, nil
	}
	teams, err := d.owners.get(ctx, t.key(), denialAge)
	return err == nil && inTeam(u, teams), err
}

// readOwners reads the teams of the entity of a Target; none if there is no such entity.
func (d *Directory) readOwners(ctx context.Context, key string) ([]string, error) {
	action, entity, _ := strings.Cut(key, "\n")
	a, err := d.port.GetAction(ctx, action)
	if err != nil || a.Blueprint == "" {
		return nil, err
	}
	e, err := d.port.GetEntity(ctx, a.Blueprint, entity)
	if rest.IsNotFound(err) {
		return nil, nil
	}
	return e.Teams, err
}

// inTeam reports whether a user is in one of the teams, which Port names by name or by identifier.
func inTeam(u port.User, teams []string) bool {
	return slices.ContainsFunc(teams, func(t string) bool { return slices.Contains(u.Teams, t) || slices.Contains(u.TeamIDs, t) })
}

func containsFold(names []string, name string) bool {
	return slices.ContainsFunc(names, func(n string) bool { return strings.EqualFold(n, name) })
}
