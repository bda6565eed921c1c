package porttest

import (
	"cmp"
	"fmt"
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

// A team is a group of members, as the API shows it.
type team struct {
	ID       string `json:"id"`
	Name     string `json:"name"`
	Provider string `json:"provider"`
}

// AddUser adds or replaces a member with the role "Member" in the organization and in teams, which are created when they
// do not exist. It fails if the address or a team is empty, or a team is named twice.
func (s *Server) AddUser(email string, teams ...string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if email == "" || slices.Contains(teams, "") || len(slices.Compact(slices.Sorted(slices.Values(teams)))) < len(teams) {
		return fmt.Errorf("add user: email %q or the name of a team is empty, or a team is named twice", email)
	}
	localPart, _, _ := strings.Cut(email, "@")
	name := []rune(cmp.Or(localPart, "user"))
	now := formatTime(time.Now())
	s.users.items[email] = &user{
		ID: "auth0|" + randomHex(24), Email: email, FirstName: strings.ToUpper(string(name[:1])) + string(name[1:]),
		Picture: "https://example.com/" + localPart + ".png", Status: "ACTIVE", Type: "STANDARD", Providers: []string{},
		Roles: []role{{Name: roleMember}}, Teams: append([]string{}, teams...), CreatedAt: now, UpdatedAt: now,
	}
	for _, name := range teams {
		s.teams.items[name] = team{ID: "team_" + name, Name: name, Provider: "port"}
	}
	return nil
}

// RemoveUsers removes all members and teams.
func (s *Server) RemoveUsers() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.users.items)
	clear(s.teams.items)
}

// clientUserID is the id of the user that Port creates for the client credentials.
func (s *Server) clientUserID() string { return s.ClientID + "@clients" }

func (s *Server) getUser(c call) (response, error) {
	u, err := s.users.find(c.path["user_email"])
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

func getOrganization(call) (response, error) {
	return newResponse(http.StatusOK, "organization", map[string]any{"id": organizationID, "name": "Emulated"}), nil
}
