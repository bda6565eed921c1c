package slacktest

func (s *Server) botsInfo(c *call) (reply, error) {
	if id := c.args.stringArg("bot"); id != "" && id != s.BotID {
		return nil, Error("bot_not_found")
	}
	return reply{"bot": map[string]any{
		"id": s.BotID, "deleted": false, "name": s.cfg.AppName, "app_id": s.AppID, "user_id": s.BotUser, "updated": 0,
	}}, nil
}
