package slacktest

import "strings"

func (s *Server) authTest(c *call) (reply, error) {
	out := reply{"url": "https://" + s.cfg.Domain + ".slack.com/", "team": s.cfg.Team, "team_id": s.TeamID, "is_enterprise_install": false}
	if s.cfg.EnterpriseID != "" {
		out["enterprise_id"] = s.cfg.EnterpriseID
	}
	if c.token == s.AppToken {
		out["app_name"], out["app_id"] = s.cfg.AppName, s.AppID
		return out, nil
	}
	out["user"], out["user_id"], out["bot_id"] = strings.ReplaceAll(s.users[s.BotUser].Name, " ", "_"), s.BotUser, s.BotID
	return out, nil
}
