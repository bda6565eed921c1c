package porttest

import (
	"cmp"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"
)

// AddUser makes somebody a member of the organisation, with the names of their teams.
func (s *Server) AddUser(email string, teams ...string) {
	name, _, _ := strings.Cut(email, "@")
	first := []rune(cmp.Or(name, "somebody"))
	now := stamp(time.Now())
	s.mu.Lock()
	defer s.mu.Unlock()
	s.users[email] = map[string]any{
		"id": "auth0|" + random(24), "email": email, "firstName": strings.ToUpper(string(first[:1])) + string(first[1:]), "lastName": "",
		"status": "ACTIVE", "providers": []any{}, "roles": []any{map[string]any{"name": "Member"}},
		"teams": append([]string{}, teams...), "createdAt": now, "updatedAt": now,
	}
	for _, t := range teams {
		if !slices.Contains(s.teams, t) {
			s.teams = append(s.teams, t)
		}
	}
}

func (s *Server) peopleRoutes(route router) {
	route("GET /v1/users", func(*http.Request) (answer, error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		out := []any{}
		for _, email := range slices.Sorted(maps.Keys(s.users)) {
			out = append(out, copyOf(s.users[email]))
		}
		return answer{body: map[string]any{"users": out}}, nil
	})
	route("GET /v1/users/{email}", func(r *http.Request) (answer, error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		u, ok := s.users[r.PathValue("email")]
		if !ok {
			return answer{}, missing("User", r.PathValue("email"))
		}
		return answer{body: map[string]any{"user": copyOf(u)}}, nil
	})
	route("GET /v1/teams", func(*http.Request) (answer, error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		out := []any{}
		for _, t := range s.teams {
			out = append(out, team(t))
		}
		return answer{body: map[string]any{"teams": out}}, nil
	})
	route("GET /v1/teams/{name}", func(r *http.Request) (answer, error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		if !slices.Contains(s.teams, r.PathValue("name")) {
			return answer{}, missing("Team", r.PathValue("name"))
		}
		return answer{body: map[string]any{"team": team(r.PathValue("name"))}}, nil
	})
	route("GET /v1/organization", func(*http.Request) (answer, error) {
		return answer{body: map[string]any{"organization": map[string]any{"id": orgID, "name": "Emulated"}}}, nil
	})
}

func team(name string) map[string]any {
	return map[string]any{"id": "team_" + name, "name": name, "provider": "port"}
}
