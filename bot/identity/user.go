package identity

import (
	"context"

	"foghorn/integrations/rest"
	"foghorn/integrations/slackapp"
)

// EvalUser is `.user` in the conditions of a form. A user whom Port does not know, or who may run nothing, has a name
// and an e-mail address only.
// https://docs.port.io/create-self-service-experiences/setup-ui-for-action/advanced-form-configurations
func (d *Directory) EvalUser(ctx context.Context, userID string) (map[string]any, error) {
	u, denied, err := d.member(ctx, userID, profileAge)
	if err != nil {
		return nil, err
	}
	slackOnly := map[string]any{"email": u.Email, "name": u.Name}
	if denied != nil {
		return slackOnly, nil
	}
	known, err := d.portUser(ctx, u.Email, portUserAge)
	switch {
	case rest.IsRejected(err) || err == nil && !known.known:
		return slackOnly, nil // running the action reports it
	case err != nil:
		return nil, err
	}
	p, err := d.evalProfiles.get(ctx, known.Email, portUserAge)
	if err != nil {
		return nil, err
	}
	return p.eval(), nil
}

// FieldValue is the value of a user field in which a Slack user was chosen: the e-mail address, as Port spells it if
// Slack spells it with capital letters. For a user without one it is a text that the validation of the field rejects
// and shows.
func (d *Directory) FieldValue(ctx context.Context, userID string) (string, error) {
	u, err := d.profiles.get(ctx, userID, profileAge)
	switch {
	case profileDenial(slackapp.ErrorCode(err)) != nil:
		return userID + " (is not visible to this app)", nil
	case err != nil:
		return "", err
	case u.Email == "":
		return u.Name + " (has no e-mail address in Slack)", nil
	}
	w, known := d.workspaces.cached("", anyAge)
	if isLower(u.Email) || !known || checkMember(w, userID, u) != nil {
		return u.Email, nil
	}
	if p, err := d.portUser(ctx, u.Email, portUserAge); err == nil && p.known { // an error is no reason to refuse the form
		return p.Email, nil
	}
	return u.Email, nil
}
