package identity

import (
	"context"
	"encoding/json"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"foghorn/integrations/port"
)

// userBlueprint is the blueprint of the entities that stand for users. Their identifiers are e-mail addresses.
// Organizations from before 2025 may not have it.
// https://docs.port.io/sso-rbac/users-and-teams/manage-users-teams
const userBlueprint = "_user"

// A profile is what `.user` is made from.
type profile struct {
	user   port.User
	teams  []port.Team // of the organization
	entity port.Entity // of the user; its zero value if there is none
}

// ReadEvalUser reads `.user` of the conditions of a form, for a user of Port. It fails with 404 if Port does not know
// the address.
func ReadEvalUser(ctx context.Context, p Port, email string) (map[string]any, error) {
	u, err := p.GetUser(ctx, email)
	if err != nil {
		return nil, err
	}
	known, err := readProfile(ctx, p, u)
	return known.eval(), err
}

// readProfile reads what Port knows about a user. What it does not show to these credentials is left out.
func readProfile(ctx context.Context, p Port, u port.User) (profile, error) {
	known := profile{user: u}
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() (err error) {
		if len(u.Teams) > 0 {
			known.teams, err = p.ListTeams(ctx)
		}
		return ignoreRefused(err)
	})
	g.Go(func() (err error) {
		known.entity, err = p.GetEntity(ctx, userBlueprint, u.Email)
		return ignoreRefused(err)
	})
	return known, g.Wait()
}

func ignoreRefused(err error) error {
	if isRefused(err) {
		return nil
	}
	return err
}

// eval is `.user` in the conditions of a form: what Port documents, and the properties and relations of the user's
// entity. Nothing in it is shared, because programs run on it at the same time.
// https://docs.port.io/create-self-service-experiences/setup-ui-for-action/advanced-form-configurations
func (p profile) eval() map[string]any {
	roles, teams, teamIDs := []any{}, []any{}, []any{}
	for _, r := range p.user.Roles {
		roles = append(roles, map[string]any{"name": r})
	}
	for _, name := range p.user.Teams {
		t := map[string]any{"name": name, "provider": nil}
		if i := slices.IndexFunc(p.teams, func(t port.Team) bool { return t.Name == name }); i >= 0 && p.teams[i].Provider != "" {
			t["provider"] = p.teams[i].Provider
		}
		teams = append(teams, t)
	}
	ids := p.user.TeamIDs
	if len(ids) == 0 {
		ids = p.user.Teams
	}
	for _, id := range ids {
		teamIDs = append(teamIDs, id)
	}
	entity := EvalEntity(p.entity)
	return map[string]any{
		"userId": p.user.ID, "email": p.user.Email, "name": strings.TrimSpace(p.user.FirstName + " " + p.user.LastName),
		"firstName": p.user.FirstName, "lastName": p.user.LastName, "picture": nullIfEmpty(p.user.Picture), "status": p.user.Status,
		"mainRole": mainRole(p.user.Roles), "roles": roles, "teams": teams,
		"team": teamIDs, "teamsIdentifiers": slices.Clone(teamIDs),
		"properties": entity["properties"], "relations": userRelations(entity["relations"], teamIDs),
	}
}

// mainRole is the role that permits the most.
// https://docs.port.io/sso-rbac/rbac-overview/
func mainRole(roles []string) any {
	for _, name := range []string{roleAdmin, roleModerator} {
		if containsFold(roles, name) {
			return name
		}
	}
	if len(roles) == 0 {
		return nil
	}
	return roles[0]
}

// userRelations are the relations of a user's entity, each related entity as an object with its identifier. A user
// without an entity has the relation to the teams.
func userRelations(relations any, teamIDs []any) map[string]any {
	named, _ := relations.(map[string]any)
	out := map[string]any{"teams": relatedEntities(teamIDs)}
	for name, v := range named {
		out[name] = relatedEntities(v)
	}
	return out
}

func relatedEntities(v any) any {
	switch v := v.(type) {
	case string:
		return map[string]any{"identifier": v}
	case []any:
		out := make([]any, len(v))
		for i := range v {
			out[i] = relatedEntities(v[i])
		}
		return out
	}
	return v
}

// EvalEntity is `.entity` in the conditions of a form: all that Port sends of an entity. Its team is a list, and its
// properties and relations are objects.
// https://docs.port.io/create-self-service-experiences/setup-ui-for-action/advanced-form-configurations
func EvalEntity(e port.Entity) map[string]any {
	out := map[string]any{}
	_ = json.Unmarshal(e.Raw, &out) // the client has decoded it before
	if out == nil {
		out = map[string]any{}
	}
	teams := []any{}
	for _, t := range e.Teams {
		teams = append(teams, t)
	}
	out["team"] = teams
	for _, key := range []string{"properties", "relations", "scorecards"} {
		if m, isObject := out[key].(map[string]any); !isObject || m == nil {
			out[key] = map[string]any{}
		}
	}
	return out
}

func nullIfEmpty(s string) any {
	if s == "" {
		return nil
	}
	return s
}
