package port

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"

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

// UnmarshalJSON reads a user; roles are objects with a name.
func (u *User) UnmarshalJSON(data []byte) error {
	var w struct {
		ID        json.RawMessage `json:"id"`
		Email     json.RawMessage `json:"email"`
		FirstName json.RawMessage `json:"firstName"`
		LastName  json.RawMessage `json:"lastName"`
		Status    json.RawMessage `json:"status"`
		Roles     json.RawMessage `json:"roles"`
		Teams     json.RawMessage `json:"teams"`
	}
	if err := json.Unmarshal(data, &w); err != nil {
		return err
	}
	*u = User{
		ID: text(w.ID), Email: text(w.Email), FirstName: text(w.FirstName), LastName: text(w.LastName),
		Status: text(w.Status), Roles: names(w.Roles), Teams: names(w.Teams),
	}
	return nil
}

// User reads a member by e-mail. A status of 404 means that Port knows nobody by it.
// https://docs.port.io/api-reference/get-a-user
//
//api:operation GET /v1/users/{user_email}
func (c *Client) User(ctx context.Context, email string) (User, error) {
	op := fmt.Sprintf("read user %q", email)
	answer, err := call[struct{ User User }](ctx, c, op, http.MethodGet, rest.Path("v1", "users", email), nil, nil)
	if err != nil {
		return User{}, err
	}
	if answer.User.Email == "" {
		return User{}, missing(op, http.StatusOK, "user")
	}
	return answer.User, nil
}
