package slacktest

import "strings"

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
