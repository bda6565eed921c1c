package slackapp

import (
	"cmp"
	"context"
	"strings"
)

// A User is somebody who uses Slack.
type User struct {
	ID       string
	Name     string // as people see it
	Email    string // empty for bots, for strangers who hide it, and without the scope users:read.email
	TeamID   string
	Guest    bool // a single- or multi-channel guest
	External bool // from another workspace, by a shared channel
	Bot      bool
}

// GetUser looks a person up. Answers are kept for ten minutes, except those without an e-mail.
// https://docs.slack.dev/reference/methods/users.info
func (a *Client) GetUser(ctx context.Context, id string) (User, error) {
	if p, ok := a.users.Get(id); ok {
		return p.(User), nil
	}
	ctx, done := a.startCall(ctx, "users.info")
	u, err := a.botClient.GetUserInfoContext(ctx, id)
	if err = done(err); err != nil {
		return User{}, err
	}
	p := User{
		ID:       u.ID,
		Name:     cmp.Or(u.Profile.DisplayName, u.Profile.RealName, u.RealName, u.Name),
		Email:    strings.TrimSpace(u.Profile.Email),
		TeamID:   u.TeamID,
		Guest:    u.IsRestricted || u.IsUltraRestricted,
		External: u.IsStranger,
		Bot:      u.IsBot,
	}
	if p.Email != "" {
		a.users.SetDefault(id, p)
	}
	return p, nil
}
