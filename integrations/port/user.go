package port

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode"

	"foghorn/integrations/rest"
)

// A User is a member of the organization.
type User struct {
	ID        string
	Email     string
	FirstName string
	LastName  string
	Picture   string   // address of an image
	Status    string   // such as ACTIVE
	Roles     []string // names, such as Admin, Member
	Teams     []string // names
	TeamIDs   []string // identifiers of the same teams, where they differ from their names
}

// UnmarshalJSON reads a user. It never fails: a value that is not a user has no Email.
func (u *User) UnmarshalJSON(data []byte) error {
	var w struct {
		ID        string          `json:"id"`
		Email     string          `json:"email"`
		FirstName string          `json:"firstName"`
		LastName  string          `json:"lastName"`
		Picture   string          `json:"picture"`
		Status    string          `json:"status"`
		Roles     json.RawMessage `json:"roles"`
		Teams     json.RawMessage `json:"teams"`
		TeamIDs   json.RawMessage `json:"teamsIdentifiers"`
	}
	_ = json.Unmarshal(data, &w) // see decode.go
	*u = User{
		ID: w.ID, Email: w.Email, FirstName: w.FirstName, LastName: w.LastName, Picture: w.Picture,
		Status: w.Status, Roles: nameList(w.Roles), Teams: nameList(w.Teams), TeamIDs: stringList(w.TeamIDs),
	}
	return nil
}

// GetUser reads a member by e-mail address, whatever the case of its letters: Port may compare addresses exactly, and
// people do not. The address of the User is Port's spelling. It fails with 404 if the organization has no such member,
// after up to three calls.
func (c *Client) GetUser(ctx context.Context, email string) (User, error) {
	u, err := c.getUser(ctx, email)
	if !rest.IsNotFound(err) {
		return u, err
	}
	if lower := strings.ToLower(email); lower != email && isASCII(email) {
		if u, err = c.getUser(ctx, lower); !rest.IsNotFound(err) {
			return u, err
		}
	}
	all, listErr := c.listEmails(ctx)
	if listErr != nil {
		return User{}, listErr
	}
	for _, spelling := range all {
		if spelling != email && SameEmail(spelling, email) {
			return c.getUser(ctx, spelling)
		}
	}
	return User{}, err
}

// getUser reads a member by the exact e-mail address.
// https://docs.port.io/api-reference/get-a-user
//
//api:operation GET /v1/users/{user_email}
func (c *Client) getUser(ctx context.Context, email string) (User, error) {
	op := fmt.Sprintf("read user %q", email)
	res, err := call[struct{ User User }](ctx, c, op, http.MethodGet, rest.Path("v1", "users", email), nil, nil)
	if err == nil && res.User.Email == "" {
		err = newMissingError(op, http.StatusOK, "user")
	}
	return res.User, err
}

// listEmails lists the e-mail addresses of all members.
// https://docs.port.io/api-reference/get-all-users-in-your-organization
//
//api:operation GET /v1/users
func (c *Client) listEmails(ctx context.Context) ([]string, error) {
	const op = "list users"
	query := url.Values{"fields": {"email"}}
	res, err := call[struct{ Users rest.List[User] }](ctx, c, op, http.MethodGet, rest.Path("v1", "users"), query, nil)
	if err == nil && res.Users.Items == nil {
		err = newMissingError(op, http.StatusOK, "users")
	}
	emails := make([]string, 0, len(res.Users.Items))
	for _, u := range res.Users.Items {
		emails = append(emails, u.Email)
	}
	return emails, err
}

// SameEmail reports whether two e-mail addresses differ at most in the case of ASCII letters. Other letters of Unicode
// that fold to ASCII ones make another address.
func SameEmail(a, b string) bool {
	return a == b || isASCII(a) && isASCII(b) && strings.EqualFold(a, b)
}

func isASCII(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r > unicode.MaxASCII }) < 0
}

// A Team is a group of members. Inputs of the format team take its Name.
type Team struct {
	Name     string
	Provider string // where the team is managed, such as port or azure-ad
}

// UnmarshalJSON reads a team. It never fails: a value that is not a team has no Name.
func (t *Team) UnmarshalJSON(data []byte) error {
	var w struct {
		Name     string `json:"name"`
		Provider string `json:"provider"`
	}
	_ = json.Unmarshal(data, &w) // see decode.go
	*t = Team{Name: w.Name, Provider: w.Provider}
	return nil
}

// ListTeams lists the teams of the organization, without their members.
// https://docs.port.io/api-reference/get-all-teams-in-your-organization
//
//api:operation GET /v1/teams
func (c *Client) ListTeams(ctx context.Context) ([]Team, error) {
	const op = "list teams"
	query := url.Values{"fields": {"name", "provider"}}
	res, err := call[struct{ Teams rest.List[Team] }](ctx, c, op, http.MethodGet, rest.Path("v1", "teams"), query, nil)
	if err == nil && res.Teams.Items == nil {
		err = newMissingError(op, http.StatusOK, "teams")
	}
	return slices.DeleteFunc(res.Teams.Items, func(t Team) bool { return t.Name == "" }), err
}
