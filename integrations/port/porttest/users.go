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

func (s *Server) listUsers(c call) (response, error) {
	out := []any{}
	for _, u := range s.sortedUsersLocked() {
		out = append(out, selectMembers(u, c.list("fields")))
	}
	return newResponse(http.StatusOK, "users", out), nil
}

// selectMembers returns a value with the members that are named, or with all for none.
func selectMembers(v any, names []string) any {
	if len(names) == 0 {
		return v
	}
	return pickKeys(v, func(key string) bool { return slices.Contains(names, key) })
}

func (s *Server) sortedUsersLocked() []*user {
	out := []*user{}
	for _, email := range slices.Sorted(maps.Keys(s.users)) {
		out = append(out, s.users[email])
	}
	return out
}

func (s *Server) getUser(c call) (response, error) {
	u, err := find(s.users, "User", c.path["user_email"])
	if err != nil {
		return response{}, err
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

func (s *Server) listTeams(c call) (response, error) {
	out := []any{}
	for _, name := range s.teams {
		out = append(out, selectMembers(newTeam(name), c.list("fields")))
	}
	return newResponse(http.StatusOK, "teams", out), nil
}

func (s *Server) getTeam(c call) (response, error) {
	name := c.path["name"]
	if !slices.Contains(s.teams, name) {
		return response{}, notFound("Team", name)
	}
	return newResponse(http.StatusOK, "team", selectMembers(newTeam(name), c.list("fields"))), nil
}

func newTeam(name string) map[string]any {
	return map[string]any{"id": "team_" + name, "name": name, "provider": "port"}
}

func getOrganization(call) (response, error) {
	return newResponse(http.StatusOK, "organization", map[string]any{"id": organizationID, "name": "Emulated"}), nil
}
