package slacktest

import "strings"

func (s *Server) authTest(c *call) (reply, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := reply{"url": "https://" + s.cfg.Domain + ".slack.com/", "team": s.cfg.Team, "team_id": s.TeamID, "is_enterprise_install": false}
	if s.cfg.EnterpriseID != "" {
		out["enterprise_id"] = s.cfg.EnterpriseID
	}
	if c.token == s.AppToken {
		out["app_name"], out["app_id"] = s.cfg.AppName, s.AppID
		return out, nil
	}
	out["user"], out["user_id"], out["bot_id"] = s.users[s.BotUser].Name, s.BotUser, s.BotID
	return out, nil
}

// userJSON is a user as users.info shows it. The e-mail needs a scope, and bots have none. s.mu is held.
func (s *Server) userJSON(u *User) map[string]any {
	team := u.Team
	if team == "" {
		team = s.TeamID
	}
	profile := map[string]any{
		"real_name":               u.RealName,
		"real_name_normalized":    u.RealName,
		"display_name":            u.Name,
		"display_name_normalized": u.Name,
		"team":                    team,
	}
	if u.Email != "" && !u.Bot && s.scoped("users:read.email") {
		profile["email"] = u.Email
	}
	if u.Bot {
		profile["bot_id"], profile["api_app_id"] = s.BotID, s.AppID
	}
	out := map[string]any{
		"id":                  u.ID,
		"team_id":             team,
		"name":                u.Name,
		"real_name":           u.RealName,
		"deleted":             u.Deleted,
		"tz":                  u.TZ,
		"profile":             profile,
		"is_bot":              u.Bot,
		"is_app_user":         false,
		"is_admin":            u.Admin,
		"is_owner":            false,
		"is_restricted":       u.Guest,
		"is_ultra_restricted": false,
	}
	s.addMembership(u, out)
	return out
}

// scoped says whether the bot token has a scope. s.mu is held.
func (s *Server) scoped(scope string) bool {
	for _, have := range s.scopes {
		if have == scope {
			return true
		}
	}
	return false
}

func (s *Server) usersInfo(c *call) (reply, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	u := s.users[c.args.text("user")]
	if u == nil {
		return nil, Error("user_not_found")
	}
	return reply{"user": s.userJSON(s.answeredUser(u))}, nil
}

func (s *Server) usersLookupByEmail(c *call) (reply, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	email := c.args.text("email")
	for _, id := range s.userOrder {
		if u := s.users[id]; email != "" && strings.EqualFold(u.Email, email) && !u.Deleted {
			return reply{"user": s.userJSON(u)}, nil
		}
	}
	return nil, Error("users_not_found")
}

func (s *Server) usersList(c *call) (reply, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	ids, next, err := page(c, s.userOrder)
	if err != nil {
		return nil, err
	}
	members := []any{}
	for _, id := range ids {
		members = append(members, s.userJSON(s.users[id]))
	}
	return reply{"members": members, "response_metadata": next}, nil
}
