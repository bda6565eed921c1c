// Package identity finds out who a Slack user is in Port. Port knows people by their e-mail
// address, so everything here starts from the address in the user's Slack profile.
//
// It is the only place that decides as whom an action runs, for the forms (package dialog) and for the
// runs (package workflow).
package identity

import (
	"context"
	"fmt"
	"strings"

	"foghorn/integrations/port"
	"foghorn/integrations/rest"
	"foghorn/integrations/slackapp"
)

// Slack reads users. A *slackapp.Client is one.
type Slack interface {
	GetUser(ctx context.Context, id string) (slackapp.User, error)
}

// Port reads users. A *port.Client is one.
type Port interface {
	GetUser(ctx context.Context, email string) (port.User, error)
}

// A Directory looks users up. Make one with New; it is safe for concurrent use.
type Directory struct {
	slack Slack
	port  Port
}

// New makes a Directory. It makes no calls.
func New(slack Slack, port Port) *Directory { return &Directory{slack: slack, port: port} }

// ReporterEmail is the e-mail address as which an action runs for a Slack user. If there is none, the
// reason says why, for the user to read; it is final. An error can be retried.
func (d *Directory) ReporterEmail(ctx context.Context, userID string) (email, reason string, err error) {
	u, err := d.slack.GetUser(ctx, userID)
	switch {
	case slackapp.ErrorCode(err) == "missing_scope":
		return "", "The Slack app lacks the scopes `users:read` and `users:read.email`. Ask an admin to add them.", nil
	case slackapp.IsRejected(err):
		return "", fmt.Sprintf("Slack does not share your profile with this app (`%s`).", slackapp.ErrorCode(err)), nil
	case err != nil:
		return "", "", err
	case u.Bot:
		return "", "Port runs actions for people, not for bots.", nil
	case u.Email != "":
		return u.Email, "", nil
	case u.External:
		return "", "Your account belongs to another workspace, and Slack doesn't share your e-mail address with this one. " +
			"Ask a member of this workspace to run it.", nil
	}
	return "", "Slack doesn't share your e-mail address with this app. If you are a guest, ask a member to run it. " +
		"Otherwise ask an admin to add the scope `users:read.email` to the app.", nil
}

// EvalUser is `.user` in the conditions of a form. A user whom Port does not know has a name and an
// e-mail address only.
// https://docs.port.io/create-self-service-experiences/setup-ui-for-action/advanced-form-configurations
func (d *Directory) EvalUser(ctx context.Context, userID string) (map[string]any, error) {
	u, err := d.slack.GetUser(ctx, userID)
	if err != nil {
		return nil, err
	}
	slackOnly := map[string]any{"email": u.Email, "name": u.Name}
	if u.Email == "" {
		return slackOnly, nil
	}
	known, err := d.port.GetUser(ctx, u.Email)
	if rest.IsRejected(err) {
		return slackOnly, nil // running the action reports it
	}
	if err != nil {
		return nil, err
	}
	return EvalUser(known), nil
}

// EvalUser is `.user` in the conditions of a form, for a user of Port.
func EvalUser(u port.User) map[string]any {
	roles, teams := make([]any, 0, len(u.Roles)), make([]any, 0, len(u.Teams))
	for _, r := range u.Roles {
		roles = append(roles, map[string]any{"name": r})
	}
	for _, t := range u.Teams {
		teams = append(teams, map[string]any{"name": t})
	}
	mainRole := ""
	if len(u.Roles) > 0 {
		mainRole = u.Roles[0]
	}
	return map[string]any{
		"userId": u.ID, "email": u.Email, "name": strings.TrimSpace(u.FirstName + " " + u.LastName),
		"mainRole": mainRole, "roles": roles, "teams": teams,
	}
}

// FieldValue is the value of a user field in which a Slack user was chosen: the e-mail address. For a user
// without one it is a text that the validation of the field rejects and shows.
func (d *Directory) FieldValue(ctx context.Context, userID string) (string, error) {
	u, err := d.slack.GetUser(ctx, userID)
	if err != nil {
		return "", err
	}
	if u.Email == "" {
		return u.Name + " (has no e-mail address in Slack)", nil
	}
	return u.Email, nil
}
