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
	now := formatTime(time.Now())
	s.mu.Lock()
	defer s.mu.Unlock()
	s.users[email] = map[string]any{
		"id": "auth0|" + randomHex(24), "email": email, "firstName": strings.ToUpper(string(first[:1])) + string(first[1:]), "lastName": "",
		"status": "ACTIVE", "providers": []any{}, "roles": []any{map[string]any{"name": "Member"}},
		"teams": append([]string{}, teams...), "createdAt": now, "updatedAt": now,
	}
	for _, t := range teams {
		if !slices.Contains(s.teams, t) {
			s.teams = append(s.teams, t)
		}
	}
}

func (s *Server) userRoutes(route routeFunc) {
	route("GET /v1/users", func(*http.Request) (response, error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		out := []any{}
		for _, email := range slices.Sorted(maps.Keys(s.users)) {
			out = append(out, deepCopy(s.users[email]))
		}
		return response{body: map[string]any{"users": out}}, nil
	})
	route("GET /v1/users/{email}", func(r *http.Request) (response, error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		u, ok := s.users[r.PathValue("email")]
		if !ok {
			return response{}, notFound("User", r.PathValue("email"))
		}
		return response{body: map[string]any{"user": deepCopy(u)}}, nil
	})
	route("GET /v1/teams", func(*http.Request) (response, error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		out := []any{}
		for _, t := range s.teams {
			out = append(out, teamToAPI(t))
		}
		return response{body: map[string]any{"teams": out}}, nil
	})
	route("GET /v1/teams/{name}", func(r *http.Request) (response, error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		if !slices.Contains(s.teams, r.PathValue("name")) {
			return response{}, notFound("Team", r.PathValue("name"))
		}
		return response{body: map[string]any{"team": teamToAPI(r.PathValue("name"))}}, nil
	})
	route("GET /v1/organization", func(*http.Request) (response, error) {
		return response{body: map[string]any{"organization": map[string]any{"id": organizationID, "name": "Emulated"}}}, nil
	})
}

func teamToAPI(name string) map[string]any {
	return map[string]any{"id": "team_" + name, "name": name, "provider": "port"}
}
