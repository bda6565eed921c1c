package slacktest

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
