package slackapp

import (
	"cmp"
	"context"
	"strings"
)

// A Person is somebody who uses Slack.
type Person struct {
	ID       string
	Name     string // as people see it
	Email    string // empty for bots, for strangers who hide it, and without the scope users:read.email
	TeamID   string
	Guest    bool // a single- or multi-channel guest
	Stranger bool // from another workspace, by a shared channel
	Bot      bool
}

// Person looks a person up. Answers are kept for ten minutes, except those without an e-mail.
// https://docs.slack.dev/reference/methods/users.info
func (a *App) Person(ctx context.Context, id string) (Person, error) {
	if p, ok := a.people.Get(id); ok {
		return p.(Person), nil
	}
	ctx, done := a.call(ctx, "users.info")
	u, err := a.web.GetUserInfoContext(ctx, id)
	if err = done(err); err != nil {
		return Person{}, err
	}
	p := Person{
		ID:       u.ID,
		Name:     cmp.Or(u.Profile.DisplayName, u.Profile.RealName, u.RealName, u.Name),
		Email:    strings.TrimSpace(u.Profile.Email),
		TeamID:   u.TeamID,
		Guest:    u.IsRestricted || u.IsUltraRestricted,
		Stranger: u.IsStranger,
		Bot:      u.IsBot,
	}
	if p.Email != "" {
		a.people.SetDefault(id, p)
	}
	return p, nil
}
