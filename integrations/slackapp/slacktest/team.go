package slacktest

func (s *Server) teamInfo(*call) (reply, error) {
	return reply{"team": map[string]any{
		"id": s.TeamID, "name": s.cfg.Team, "domain": s.cfg.Domain, "email_domain": "", "url": "https://" + s.cfg.Domain + ".slack.com/",
	}}, nil
}
