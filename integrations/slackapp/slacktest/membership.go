package slacktest

import "slices"

// teamOf is the id of the workspace that a user belongs to. s.mu is held.
func (s *Server) teamOf(u *User) string {
	if u.Team != "" {
		return u.Team
	}
	return s.TeamID
}

// addMembership adds to users.info what says whether somebody is a confirmed member of the workspace. s.mu is held.
// https://docs.slack.dev/reference/objects/user-object
func (s *Server) addMembership(u *User, out map[string]any) {
	team := s.teamOf(u)
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
		enterprise = s.cfg.EnterpriseID
	}
	if enterprise != "" {
		out["enterprise_user"] = map[string]any{
			"id": "W" + u.ID[1:], "enterprise_id": enterprise, "enterprise_name": enterprise,
			"is_admin": false, "is_owner": false, "teams": []string{team},
		}
	}
	if team != s.TeamID && !s.sharesChannel(u) {
		out["is_stranger"] = true
	}
}

// sharesChannel says whether somebody of another organization is in a channel that the app's workspace sees: those
// who are, and only they can use the app, are no strangers to Slack. s.mu is held.
func (s *Server) sharesChannel(u *User) bool {
	for _, c := range s.channels {
		if c.direct == "" && (c.Members == nil || slices.Contains(c.Members, u.ID)) {
			return true
		}
	}
	return false
}

// answeredUser is the user that users.info answers with. s.mu is held.
func (s *Server) answeredUser(u *User) *User {
	if other := s.users[u.AnswerWith]; other != nil {
		return other
	}
	return u
}

// SetEnterprise puts the workspace into an Enterprise organization; "" takes it out.
func (s *Server) SetEnterprise(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.cfg.EnterpriseID = id
}
