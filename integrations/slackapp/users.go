package slackapp

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/slack-go/slack"
)

// slackbotID is the user id of Slackbot in every workspace. Slack does not report it as a bot.
const slackbotID = "USLACKBOT"

// User is a user of Slack.
type User struct {
	ID     string
	Name   string // the display name, or else the full name
	Email  string // empty for bots, for external users who hide it, and without the scope users:read.email
	TeamID string // of the workspace; of the Enterprise organization for some of its users
	Bot    bool   // a bot, a workflow, a connector or Slackbot

	EnterpriseID     string   // of the Enterprise organization of the user; empty: none
	EnterpriseUserID string   // of the user in that organization
	Workspaces       []string // of the user in that organization, by id

	Deactivated      bool
	Invited          bool // has not accepted the invitation yet
	EmailUnconfirmed bool // Slack reports that the user has not confirmed the address; it does not always say
}

// userResponse is the part of users.info's response that is used. slack-go's type does not tell a missing
// is_email_confirmed from false.
type userResponse struct {
	slack.SlackResponse
	User struct {
		ID               string `json:"id"`
		TeamID           string `json:"team_id"`
		Name             string `json:"name"`
		RealName         string `json:"real_name"`
		Deleted          bool   `json:"deleted"`
		IsBot            bool   `json:"is_bot"`
		IsWorkflowBot    bool   `json:"is_workflow_bot"`
		IsConnectorBot   bool   `json:"is_connector_bot"`
		IsInvitedUser    bool   `json:"is_invited_user"`
		IsEmailConfirmed *bool  `json:"is_email_confirmed"`
		Profile          struct {
			DisplayName string `json:"display_name"`
			RealName    string `json:"real_name"`
			Email       string `json:"email"`
		} `json:"profile"`
		Enterprise struct {
			ID           string   `json:"id"`
			EnterpriseID string   `json:"enterprise_id"`
			Teams        []string `json:"teams"`
		} `json:"enterprise_user"`
	} `json:"user"`
}

// GetUser returns a user, as Slack knows it now.
// https://docs.slack.dev/reference/methods/users.info
// https://docs.slack.dev/reference/objects/user-object
func (c *Client) GetUser(ctx context.Context, id string) (User, error) {
	const method = "users.info"
	ctx, done := c.startCall(ctx, method)
	var res userResponse
	err := c.postForm(ctx, method, url.Values{"user": {id}}, &res)
	if err == nil {
		err = res.Err()
	}
	if err == nil && res.User.ID == "" {
		err = errors.New("the response has no user")
	}
	if err = done(err); err != nil {
		return User{}, err
	}
	u := res.User
	return User{
		ID:     u.ID,
		Name:   cmp.Or(u.Profile.DisplayName, u.Profile.RealName, u.RealName, u.Name),
		Email:  strings.TrimSpace(u.Profile.Email),
		TeamID: u.TeamID,
		Bot:    u.IsBot || u.IsWorkflowBot || u.IsConnectorBot || u.ID == slackbotID,

		EnterpriseID:     u.Enterprise.EnterpriseID,
		EnterpriseUserID: u.Enterprise.ID,
		Workspaces:       u.Enterprise.Teams,

		Deactivated:      u.Deleted,
		Invited:          u.IsInvitedUser,
		EmailUnconfirmed: u.IsEmailConfirmed != nil && !*u.IsEmailConfirmed,
	}, nil
}

// postForm calls a method with the bot token and decodes the response. Its errors are of slack-go's types.
func (c *Client) postForm(ctx context.Context, method string, form url.Values, response any) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.cfg.APIURL+method, strings.NewReader(form.Encode()))
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+c.cfg.BotToken)
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	res, err := c.web.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode == http.StatusTooManyRequests {
		seconds, _ := strconv.Atoi(res.Header.Get("Retry-After"))
		return &slack.RateLimitedError{RetryAfter: time.Duration(seconds) * time.Second}
	}
	return json.NewDecoder(res.Body).Decode(response)
}
