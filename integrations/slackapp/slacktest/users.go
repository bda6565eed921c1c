package slacktest

import "strings"

// userJSONLocked returns a user as users.info does. The e-mail address needs a scope, and a bot has
// none.
func (s *Server) userJSONLocked(u *User) map[string]any {
	team := s.teamOfLocked(u)
	profile := map[string]any{
		"real_name":               u.RealName,
		"real_name_normalized":    u.RealName,
		"display_name":            u.Name,
		"display_name_normalized": u.Name,
		"team":                    team,
	}
	if u.Email != "" && !u.Bot && s.hasScopeLocked("users:read.email") {
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
	s.addMembershipLocked(u, out)
	return out
}

func (s *Server) usersInfo(c *call) (reply, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	u := s.users[c.args.stringArg("user")]
	if u == nil {
		return nil, Error("user_not_found")
	}
	return reply{"user": s.userJSONLocked(s.answeredUserLocked(u))}, nil
}

func (s *Server) usersLookupByEmail(c *call) (reply, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	email := c.args.stringArg("email")
	for _, id := range s.userOrder {
		if u := s.users[id]; email != "" && strings.EqualFold(u.Email, email) && !u.Deleted {
			return reply{"user": s.userJSONLocked(u)}, nil
		}
	}
	return nil, Error("users_not_found")
}

func (s *Server) usersList(c *call) (reply, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	ids, next, err := paginate(c, s.userOrder)
	if err != nil {
		return nil, err
	}
	members := []any{}
	for _, id := range ids {
		members = append(members, s.userJSONLocked(s.users[id]))
	}
	return reply{"members": members, "response_metadata": next}, nil
}
