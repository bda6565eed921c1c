package identity

import (
	"fmt"
	"strings"

	"foghorn/integrations/port"
)

// A Denial is why a user may not run an action. It is final for this attempt.
type Denial struct {
	NoEmail bool   // there is no e-mail address by which Port knows the user
	Reason  string // sentences for the user: what is wrong, and what to do
}

// The reasons that do not depend on the action. Package message puts the action's title in front of them.
const (
	missingScopeReason = "The Slack app lacks the scopes users:read and users:read.email. Ask an admin to add them."

	noEmailReason = "Slack doesn't share your email address with this app. If you are a guest, ask a member to run it. " +
		"Otherwise ask an admin to add the scope users:read.email to the app."

	notVisibleReason  = "Slack doesn't show your profile to this app. Ask a member of this workspace to run it."
	otherUserReason   = "Slack answered with the profile of another user. Run the command again. If it fails again, contact the person who operates this bot."
	botReason         = "Port runs actions for people, not for bots and workflows. Ask a member of this workspace to run it."
	deactivatedReason = "Your Slack account is deactivated. Ask a workspace admin to activate it."
	invitedReason     = "You haven't accepted the invitation to this workspace. Accept it, then run the command again."
	unconfirmedReason = "Your email address isn't confirmed in Slack. Confirm it in your Slack account settings, then run the command again."
	unreadableReason  = "This bot can't read in Port who may run actions. The person who operates this bot can run `foghorn doctor` to fix it."
)

func otherOrganizationReason(workspace string) string {
	if workspace = shorten(strings.TrimSpace(workspace)); workspace == "" {
		workspace = "this workspace"
	}
	return fmt.Sprintf("Only members of %[1]s can run it; your account belongs to another organization. Ask a member of %[1]s to run it.", workspace)
}

// unknownAddress is the denial for a user whom Port does not know.
func unknownAddress(email string) *Denial {
	return &Denial{Reason: fmt.Sprintf("Port doesn't know the address %s, which is yours in Slack. "+
		"Ask a Port admin to invite it, or use the same address in Slack and in Port.", email)}
}

const (
	maxNames = 10 // roles or teams that a reason lists
	maxName  = 40 // code points of a name in a reason
)

func shorten(name string) string {
	if r := []rune(name); len(r) > maxName {
		return string(r[:maxName-1]) + "…"
	}
	return name
}

// noPermission is the denial for a user whom none of the permissions includes.
func noPermission(p port.Permissions) *Denial {
	return &Denial{Reason: fmt.Sprintf("You don't have permission to run it in Port. Allowed: %s. Ask a Port admin for access.", allowed(p, "some people by name"))}
}

// Audience is who may run an action, as a phrase.
func Audience(p port.Permissions) string {
	switch r := (rule{Permissions: p}); {
	case p.HasPolicy:
		return "those whom a policy in Port permits"
	case r.isOpen():
		return "every member"
	}
	people := fmt.Sprintf("%d people by name", len(p.Users))
	if len(p.Users) == 1 {
		people = "one person by name"
	}
	return allowed(p, people)
}

// allowed lists the roles and teams that permissions include, and people as it is given.
func allowed(p port.Permissions, people string) string {
	var out []string
	add := func(kind string, names []string) {
		if len(names) > maxNames {
			names = append(names[:maxNames:maxNames], "…")
		}
		if len(names) > 0 {
			short := make([]string, len(names))
			for i, name := range names {
				short[i] = shorten(name)
			}
			out = append(out, kind+" "+strings.Join(short, ", "))
		}
	}
	add("role", p.Roles)
	add("team", p.Teams)
	if p.OwnedByTeam {
		out = append(out, "the team that owns the entity")
	}
	if len(p.Users) > 0 {
		out = append(out, people)
	}
	if len(out) == 0 {
		return "Port admins"
	}
	return strings.Join(out, "; ")
}
