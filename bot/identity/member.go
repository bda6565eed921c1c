package identity

import (
	"context"
	"errors"
	"math"
	"slices"
	"time"

	"foghorn/integrations/slackapp"
)

// anyAge accepts every answer about the workspace: a bot token belongs to one workspace for good.
const anyAge = time.Duration(math.MaxInt64)

// readWorkspace asks Slack for the workspace that the bot belongs to.
func readWorkspace(ctx context.Context, slack Slack) (slackapp.Identity, error) {
	w, err := slack.CheckAuth(ctx)
	if err == nil && w.TeamID == "" {
		err = errors.New("the response of auth.test has no team_id")
	}
	return w, err
}

// member reads a user, and why the user is refused. What it is based on is at most maxAge old, and at most
// denialAge if the user is refused.
func (d *Directory) member(ctx context.Context, userID string, maxAge time.Duration) (slackapp.User, *Denial, error) {
	w, err := d.workspaces.get(ctx, "", anyAge)
	if err != nil {
		return slackapp.User{}, nil, err
	}
	u, err := d.profiles.get(ctx, userID, maxAge)
	if err == nil && checkMember(w, userID, u) != nil && maxAge > denialAge {
		u, err = d.profiles.get(ctx, userID, denialAge)
	}
	if denial := profileDenial(slackapp.ErrorCode(err)); denial != nil {
		return slackapp.User{}, denial, nil
	}
	if err != nil {
		return slackapp.User{}, nil, err
	}
	return u, checkMember(w, userID, u), nil
}

// profileDenial is the denial for an error code with which users.info says that it will not show a user; nil for
// other codes. All others can pass.
// https://docs.slack.dev/reference/methods/users.info#errors
func profileDenial(code string) *Denial {
	switch code {
	case "missing_scope":
		return &Denial{NoEmail: true, Reason: missingScopeReason}
	case "user_not_found", "user_not_visible":
		return &Denial{Reason: notVisibleReason}
	}
	return nil
}

// checkMember says why a user may run nothing, whatever Port permits; nil: the user is a confirmed member of the
// workspace, or of its Enterprise organization, and has an e-mail address.
func checkMember(w slackapp.Identity, userID string, u slackapp.User) *Denial {
	switch {
	case u.ID != userID && u.EnterpriseUserID != userID:
		return &Denial{Reason: otherUserReason}
	case u.Bot:
		return &Denial{Reason: botReason}
	case !belongsTo(w, u):
		return &Denial{Reason: otherOrganizationReason(w.Team)}
	case u.Deactivated:
		return &Denial{Reason: deactivatedReason}
	case u.Invited:
		return &Denial{Reason: invitedReason}
	case u.Email == "":
		return &Denial{NoEmail: true, Reason: noEmailReason}
	case u.EmailUnconfirmed:
		return &Denial{Reason: unconfirmedReason}
	}
	return nil
}

// belongsTo reports whether a user is of the workspace or of another one of its Enterprise organization. People of
// other organizations reach the bot through shared channels, and Slack does not mark them as strangers there.
// https://docs.slack.dev/apis/slack-connect
// https://docs.slack.dev/enterprise
func belongsTo(w slackapp.Identity, u slackapp.User) bool {
	if u.TeamID == w.TeamID || slices.Contains(u.Workspaces, w.TeamID) {
		return true
	}
	return w.EnterpriseID != "" && (u.TeamID == w.EnterpriseID || u.EnterpriseID == w.EnterpriseID)
}
