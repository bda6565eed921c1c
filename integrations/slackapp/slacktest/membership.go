package slacktest

import (
	"cmp"
	"slices"
)

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
