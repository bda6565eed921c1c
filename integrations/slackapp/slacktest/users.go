package slacktest

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// userJSONLocked returns a user as users.info does. The e-mail address needs a scope, and a bot has
// none.
func (s *Server) userJSONLocked(c *call, u *User) map[string]any {
	team := s.teamOfLocked(u)
	profile := map[string]any{
		"real_name":               u.RealName,
		"real_name_normalized":    u.RealName,
		"display_name":            u.Name,
		"display_name_normalized": u.Name,
		"team":                    team,
	}
	for _, size := range []string{"24", "32", "48", "72", "192", "512"} {
		profile["image_"+size] = "https://secure.gravatar.com/avatar/0?s=" + size
	}
	if u.Email != "" && !u.Bot && s.hasScopeLocked("users:read.email") {
		profile["email"] = u.Email
	}
	if u.Bot {
		profile["bot_id"], profile["api_app_id"] = s.BotID, s.AppID
	}
	zone, offset := "Coordinated Universal Time", 0
	if place, err := time.LoadLocation(u.TZ); err == nil && u.TZ != "UTC" {
		zone, offset = s.Clock.Now().In(place).Zone()
	}
	out := map[string]any{
		"id":                  u.ID,
		"team_id":             team,
		"name":                u.Name,
		"real_name":           u.RealName,
		"deleted":             u.Deleted,
		"tz":                  u.TZ,
		"tz_label":            zone,
		"tz_offset":           offset,
		"updated":             workspaceCreated,
		"color":               "9f69e7",
		"profile":             profile,
		"is_bot":              u.Bot,
		"is_app_user":         false,
		"is_admin":            u.Admin,
		"is_owner":            false,
		"is_restricted":       u.Guest,
		"is_ultra_restricted": false,
	}
	if c.args.boolArg("include_locale") {
		out["locale"] = locale
	}
	s.addMembershipLocked(u, out)
	return out
}

func (s *Server) usersInfo(c *call) (reply, error) {
	u := s.userLocked(c.args.stringArg("user"))
	if u == nil {
		return nil, Error("user_not_found")
	}
	return reply{"user": s.userJSONLocked(c, s.answeredUserLocked(u))}, nil
}

func (s *Server) usersLookupByEmail(c *call) (reply, error) {
	email := c.args.stringArg("email")
	u := find(s.users, func(u *User) bool { return email != "" && strings.EqualFold(u.Email, email) && !u.Deleted })
	if u == nil {
		return nil, Error("users_not_found")
	}
	return reply{"user": s.userJSONLocked(c, u)}, nil
}

func (s *Server) usersList(c *call) (reply, error) {
	return pages[*User]{all: s.users, prefix: "user:", key: func(u *User) string { return u.ID }, toJSON: func(u *User) any {
		return s.userJSONLocked(c, u)
	}}.reply(c, "members")
}

// teamOfLocked returns the id of the workspace that a user belongs to.
func (s *Server) teamOfLocked(u *User) string { return cmp.Or(u.Team, s.TeamID) }

// addMembershipLocked adds the fields of users.info that show whether the user is a confirmed member of the workspace.
// https://docs.slack.dev/reference/objects/user-object
func (s *Server) addMembershipLocked(u *User, out map[string]any) {
	team := s.teamOfLocked(u)
	if !u.Bot {
		out["is_email_confirmed"] = !u.UnconfirmedEmail && !u.Invited
	}
	if u.Invited {
		out["is_invited_user"] = true
	}
	if u.WorkflowBot {
		out["is_workflow_bot"] = true
	}
	enterprise := u.Enterprise
	if enterprise == "" && team == s.TeamID {
		enterprise = s.settings.EnterpriseID
	}
	if enterprise != "" {
		out["enterprise_user"] = map[string]any{
			"id": "W" + u.ID[1:], "enterprise_id": enterprise, "enterprise_name": enterprise,
			"is_admin": false, "is_owner": false, "teams": []string{team},
		}
	}
	if team != s.TeamID && !s.sharesChannelLocked(u) {
		out["is_stranger"] = true
	}
}

// sharesChannelLocked reports whether a user of another organization is in a channel of the workspace. Slack does not
// call such a user a stranger, and only such a user can use the app.
func (s *Server) sharesChannelLocked(u *User) bool {
	for _, c := range s.channels {
		if c.dmUser == "" && (c.Members == nil || slices.Contains(c.Members, u.ID)) {
			return true
		}
	}
	return false
}

// answeredUserLocked returns the user with which users.info answers.
func (s *Server) answeredUserLocked(u *User) *User { return cmp.Or(s.userLocked(u.AnswerWith), u) }

func (s *Server) teamInfo(c *call) (reply, error) {
	if id := c.args.stringArg("team"); id != "" && id != s.TeamID {
		return nil, Error("team_not_found")
	}
	if domain := c.args.stringArg("domain"); domain != "" && domain != s.cfg.Domain {
		return nil, Error("team_not_found")
	}
	return reply{"team": map[string]any{
		"id": s.TeamID, "name": s.cfg.Team, "domain": s.cfg.Domain, "email_domain": "", "url": "https://" + s.cfg.Domain + ".slack.com/",
	}}, nil
}

func (s *Server) botsInfo(c *call) (reply, error) {
	if id := c.args.stringArg("bot"); id != "" && id != s.BotID {
		return nil, Error("bot_not_found")
	}
	return reply{"bot": map[string]any{
		"id": s.BotID, "deleted": false, "name": s.cfg.AppName, "app_id": s.AppID, "user_id": s.BotUser, "updated": 0,
	}}, nil
}

func (s *Server) authTest(c *call) (reply, error) {
	out := reply{"url": "https://" + s.cfg.Domain + ".slack.com/", "team": s.cfg.Team, "team_id": s.TeamID, "is_enterprise_install": false}
	if s.settings.EnterpriseID != "" {
		out["enterprise_id"] = s.settings.EnterpriseID
	}
	if c.token == s.AppToken {
		out["app_name"], out["app_id"] = s.cfg.AppName, s.AppID
		return out, nil
	}
	out["user"], out["user_id"], out["bot_id"] = strings.ReplaceAll(s.userLocked(s.BotUser).Name, " ", "_"), s.BotUser, s.BotID
	return out, nil
}
