package porttest

import (
	"cmp"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"
)

// A user is a member of the organization, as the API shows it. A stored user is never changed.
type user struct {
	ID        string   `json:"id"`
	Email     string   `json:"email"`
	FirstName string   `json:"firstName"`
	LastName  string   `json:"lastName"`
	Picture   string   `json:"picture"`
	Status    string   `json:"status"`
	Type      string   `json:"type"`
	Providers []string `json:"providers"`
	Roles     []role   `json:"roles"`
	Teams     []string `json:"teams"`
	CreatedAt string   `json:"createdAt"`
	UpdatedAt string   `json:"updatedAt"`
}

type role struct {
	Name string `json:"name"`
}

type team struct {
	ID       string `json:"id"`
	Name     string `json:"name"`
	Provider string `json:"provider"`
}

func (s *Server) userRoutes(route routeFunc) {
	route("GET /v1/users", s.listUsers)
	route("GET /v1/users/{email}", s.getUser)
	route("GET /v1/teams", s.listTeams)
	route("GET /v1/teams/{name}", s.getTeam)
	route("GET /v1/organization", getOrganization)
}

// AddUser adds a member with the role "Member" to the organization and to teams, which are
// created when they do not exist.
func (s *Server) AddUser(email string, teams ...string) {
	localPart, _, _ := strings.Cut(email, "@")
	name := []rune(cmp.Or(localPart, "user"))
	now := formatTime(time.Now())
	s.mu.Lock()
	defer s.mu.Unlock()
	s.users[email] = &user{
		ID: "auth0|" + randomHex(24), Email: email, FirstName: strings.ToUpper(string(name[:1])) + string(name[1:]),
		Picture: "https://example.com/" + localPart + ".png", Status: "ACTIVE", Type: "STANDARD", Providers: []string{}, Roles: []role{{Name: "Member"}}, Teams: append([]string{}, teams...),
		CreatedAt: now, UpdatedAt: now,
	}
	for _, t := range teams {
		if !slices.Contains(s.teams, t) {
			s.teams = append(s.teams, t)
		}
	}
}

// clientUserID is the id of the user that Port creates for the client credentials.
func (s *Server) clientUserID() string { return s.ClientID + "@clients" }

func (s *Server) listUsers(*http.Request) (response, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return newResponse(http.StatusOK, "users", s.sortedUsersLocked()), nil
}

func (s *Server) sortedUsersLocked() []*user {
	out := []*user{}
	for _, email := range slices.Sorted(maps.Keys(s.users)) {
		out = append(out, s.users[email])
	}
	return out
}

func (s *Server) getUser(r *http.Request) (response, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	u, ok := s.users[r.PathValue("email")]
	if !ok {
		return response{}, notFound("User", r.PathValue("email"))
	}
	identifiers := []string{}
	for _, name := range u.Teams {
		identifiers = append(identifiers, teamIdentifier(name))
	}
	return newResponse(http.StatusOK, "user", struct {
		*user
		TeamsIdentifiers []string `json:"teamsIdentifiers"` // not in the list of users
	}{u, identifiers}), nil
}

// teamIdentifier is the identifier of the entity of a team. Names may have spaces, and identifiers not.
func teamIdentifier(name string) string { return strings.ToLower(strings.ReplaceAll(name, " ", "_")) }

func (s *Server) listTeams(*http.Request) (response, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := []team{}
	for _, name := range s.teams {
		out = append(out, newTeam(name))
	}
	return newResponse(http.StatusOK, "teams", out), nil
}

func (s *Server) getTeam(r *http.Request) (response, error) {
	name := r.PathValue("name")
	s.mu.Lock()
	defer s.mu.Unlock()
	if !slices.Contains(s.teams, name) {
		return response{}, notFound("Team", name)
	}
	return newResponse(http.StatusOK, "team", newTeam(name)), nil
}

func newTeam(name string) team { return team{ID: "team_" + name, Name: name, Provider: "port"} }

func getOrganization(*http.Request) (response, error) {
	return newResponse(http.StatusOK, "organization", map[string]any{"id": organizationID, "name": "Emulated"}), nil
}
