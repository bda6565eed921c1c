package incidentiotest

import (
	"cmp"
	"crypto/sha256"
	"fmt"
	"slices"
	"strconv"
)

// A Person is a user of incident.io.
type Person struct {
	ID          string `json:"id"` // "" generates one from the name
	Name        string `json:"name"`
	Email       string `json:"email"`
	SlackUserID string `json:"slack_user_id"`
}

// An apiUser is a user as the API shows it.
// https://docs.incident.io/api-reference/users-v2/list
type apiUser struct {
	ID          string            `json:"id"`
	Name        string            `json:"name"`
	Email       string            `json:"email,omitempty"`
	SlackUserID string            `json:"slack_user_id,omitempty"`
	Role        string            `json:"role"`
	IsActive    bool              `json:"is_active"`
	BaseRole    map[string]string `json:"base_role"`
	CustomRoles []any             `json:"custom_roles"`
	Seats       map[string]string `json:"seats"`
}

func (u apiUser) itemID() string { return u.ID }

// withDefaults returns a person with a name and an id, which is the same in all incidents.
func (p Person) withDefaults() Person {
	p.Name = cmp.Or(p.Name, p.Email, p.SlackUserID, p.ID)
	p.ID = cmp.Or(p.ID, fmt.Sprintf("01%X", sha256.Sum256([]byte(p.Name)))[:len(leadRoleID)])
	return p
}

// personLocked returns the user whom a request means, or nil. Unless the configuration has users, everyone who is named
// becomes one.
func (s *Server) personLocked(p Person) *Person {
	for _, known := range s.persons {
		if known.matches(p) {
			return &known
		}
	}
	if p.ID != "" || p == (Person{}) || s.cfg.Users != nil {
		return nil
	}
	p = p.withDefaults()
	return &p
}

// matches reports whether a request means the user: at least one of its members is the user's, and none is another's.
func (p Person) matches(wanted Person) bool {
	found := false
	for _, member := range [][2]string{
		{p.ID, wanted.ID}, {p.Email, wanted.Email}, {p.SlackUserID, wanted.SlackUserID}, {p.Name, wanted.Name},
	} {
		own, given := member[0], member[1]
		if own != "" && given != "" && own != given {
			return false
		}
		found = found || own != "" && own == given
	}
	return found
}

func (s *Server) usersLocked() []apiUser {
	return convert(s.persons, func(p Person) apiUser {
		return apiUser{
			ID: p.ID, Name: p.Name, Email: p.Email, SlackUserID: p.SlackUserID, Role: "responder", IsActive: true, CustomRoles: []any{},
			BaseRole: map[string]string{"id": "01K0A8JQ2V3XBASER0LE000000", "name": "Responder", "slug": "responder"},
			Seats:    map[string]string{"on_call": "none", "response": "full_access"},
		}
	})
}

// listUsers returns a page of the users. All are active.
func (s *Server) listUsers(c *call) (int, any) {
	if text := c.query.Get("include_inactive"); text != "" {
		if _, err := strconv.ParseBool(text); err != nil {
			return invalid(newFieldError("include_inactive", "invalid_value", "The value must be true or false"))
		}
	}
	email, slackUser := c.query.Get("email"), c.query.Get("slack_user_id")
	return page(c.query, "users", 10_000, s.usersLocked(), apiUser.itemID, func(u apiUser) bool {
		return (email == "" || u.Email == email) && (slackUser == "" || u.SlackUserID == slackUser)
	}, func(u apiUser) apiUser { return u })
}

// addPersonLocked adds a user who was named for the first time.
func (s *Server) addPersonLocked(p Person) {
	if !slices.ContainsFunc(s.persons, func(known Person) bool { return known.ID == p.ID }) {
		s.persons = append(s.persons, p)
	}
}
