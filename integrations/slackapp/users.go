package slackapp

import (
	"cmp"
	"context"
	"strings"
)

// User is a user of Slack.
type User struct {
	ID       string
	Name     string // the display name, or else the full name
	Email    string // empty for bots, for external users who hide it, and without the scope users:read.email
	TeamID   string
	Guest    bool // a single- or multi-channel guest
	External bool // of another workspace, through a shared channel
	Bot      bool
}

// GetUser returns a user. Users with an e-mail address are cached for ten minutes.
// https://docs.slack.dev/reference/methods/users.info
func (c *Client) GetUser(ctx context.Context, id string) (User, error) {
	if user, ok := c.users.Get(id); ok {
		return user.(User), nil
	}
	ctx, done := c.startCall(ctx, "users.info")
	u, err := c.botClient.GetUserInfoContext(ctx, id)
	if err = done(err); err != nil {
		return User{}, err
	}
	user := User{
		ID:       u.ID,
		Name:     cmp.Or(u.Profile.DisplayName, u.Profile.RealName, u.RealName, u.Name),
		Email:    strings.TrimSpace(u.Profile.Email),
		TeamID:   u.TeamID,
		Guest:    u.IsRestricted || u.IsUltraRestricted,
		External: u.IsStranger,
		Bot:      u.IsBot,
	}
	if user.Email != "" {
		c.users.SetDefault(id, user)
	}
	return user, nil
}
