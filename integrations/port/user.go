package port

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"

	"foghorn/integrations/rest"
)

// A User is a member of the organization.
type User struct {
	ID        string
	Email     string
	FirstName string
	LastName  string
	Status    string   // such as ACTIVE
	Roles     []string // such as Admin, Member
	Teams     []string // names
}

// UnmarshalJSON reads a user. It never fails: what is no user has no Email.
func (u *User) UnmarshalJSON(data []byte) error {
	var w struct {
		ID        string          `json:"id"`
		Email     string          `json:"email"`
		FirstName string          `json:"firstName"`
		LastName  string          `json:"lastName"`
		Status    string          `json:"status"`
		Roles     json.RawMessage `json:"roles"`
		Teams     json.RawMessage `json:"teams"`
	}
	_ = json.Unmarshal(data, &w)
	*u = User{
		ID: w.ID, Email: w.Email, FirstName: w.FirstName, LastName: w.LastName,
		Status: w.Status, Roles: nameList(w.Roles), Teams: nameList(w.Teams),
	}
	return nil
}

// GetUser reads a member by e-mail. A status of 404 means that Port knows nobody by it.
// https://docs.port.io/api-reference/get-a-user
//
//api:operation GET /v1/users/{user_email}
func (c *Client) GetUser(ctx context.Context, email string) (User, error) {
	op := fmt.Sprintf("read user %q", email)
	answer, err := call[struct{ User User }](ctx, c, op, http.MethodGet, rest.Path("v1", "users", email), nil, nil)
	if err != nil {
		return User{}, err
	}
	if answer.User.Email == "" {
		return User{}, newMissingError(op, http.StatusOK, "user")
	}
	return answer.User, nil
}

// Users lists the members of the organization.
// https://docs.port.io/api-reference/get-all-users-in-your-organization
//
//api:operation GET /v1/users
func (c *Client) Users(ctx context.Context) ([]User, error) {
	const op = "list users"
	query := url.Values{"fields": {"id", "email", "firstName", "lastName", "status", "teams.name", "roles.name"}}
	answer, err := call[struct{ Users rest.List[User] }](ctx, c, op, http.MethodGet, rest.Path("v1", "users"), query, nil)
	if err != nil {
		return nil, err
	}
	if answer.Users.Items == nil {
		return nil, newMissingError(op, http.StatusOK, "users")
	}
	return slices.DeleteFunc(answer.Users.Items, func(u User) bool { return u.Email == "" }), nil
}

// A Team is a group of members. Inputs of the format team take its Name.
type Team struct {
	ID          string
	Name        string
	Description string
	Provider    string // port, or the identity provider it comes from
}

// UnmarshalJSON reads a team. It never fails: what is no team has no Name.
func (t *Team) UnmarshalJSON(data []byte) error {
	var w struct {
		ID          string `json:"id"`
		Name        string `json:"name"`
		Description string `json:"description"`
		Provider    string `json:"provider"`
	}
	_ = json.Unmarshal(data, &w)
	*t = Team{ID: w.ID, Name: w.Name, Description: w.Description, Provider: w.Provider}
	return nil
}

// ListTeams lists the teams of the organization, without their members.
// https://docs.port.io/api-reference/get-all-teams-in-your-organization
//
//api:operation GET /v1/teams
func (c *Client) ListTeams(ctx context.Context) ([]Team, error) {
	const op = "list teams"
	query := url.Values{"fields": {"id", "name", "description", "provider"}}
	answer, err := call[struct{ Teams rest.List[Team] }](ctx, c, op, http.MethodGet, rest.Path("v1", "teams"), query, nil)
	if err != nil {
		return nil, err
	}
	if answer.Teams.Items == nil {
		return nil, newMissingError(op, http.StatusOK, "teams")
	}
	return slices.DeleteFunc(answer.Teams.Items, func(t Team) bool { return t.Name == "" }), nil
}
