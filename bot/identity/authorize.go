package identity

import (
	"context"
	"time"

	"foghorn/integrations/rest"
)

// A Target is what a user wants to run.
type Target struct {
	Action    string // identifier
	Entity    string // identifier; of a DAY-2 or DELETE action
	AnyEntity bool   // the entity has not been chosen yet: it is enough that there may be one
}

func (t Target) key() string { return t.Action + "\n" + t.Entity }

// Authorize decides whether a Slack user may run an action now, and returns the e-mail address as which it runs. Either
// the denial or the error is not nil if it may not; an error can be retried.
//
// An action that is open to every member costs no call to Port, except for its permissions once a minute.
func (d *Directory) Authorize(ctx context.Context, userID string, t Target) (email string, denied *Denial, err error) {
	u, denied, err := d.member(ctx, userID, runAge)
	if denied != nil || err != nil {
		return "", denied, err
	}
	email, denied, err = d.checkPermission(ctx, u.Email, t, permissionsAge, portUserAge)
	if denied != nil && err == nil { // by answers that may be old
		return d.checkPermission(ctx, u.Email, t, denialAge, denialAge)
	}
	return email, denied, err
}

// checkPermission decides whether Port permits a member to run an action.
func (d *Directory) checkPermission(ctx context.Context, address string, t Target, ruleAge, userAge time.Duration) (string, *Denial, error) {
	r, err := d.rules.get(ctx, t.Action, ruleAge)
	switch {
	case err != nil:
		return "", nil, err
	case r.refusal != nil:
		return "", &Denial{Reason: unreadableReason}, nil
	case r.isOpen():
		return d.spellAddress(ctx, address)
	}
	u, err := d.portUser(ctx, address, userAge)
	switch {
	case isRefused(err):
		return "", &Denial{Reason: unreadableReason}, nil
	case err != nil:
		return "", nil, err
	case !u.known:
		return "", unknownAddress(address), nil
	case r.permits(u.User):
		return u.Email, nil, nil
	}
	if r.OwnedByTeam {
		if owns, err := d.ownsEntity(ctx, u.User, t); owns || err != nil {
			return u.Email, nil, err
		}
	}
	return "", noPermission(r.Permissions), nil
}

// spellAddress returns an address as Port spells it. An address without capital letters costs no call: if Port spells
// it otherwise, CorrectEmail finds out.
func (d *Directory) spellAddress(ctx context.Context, address string) (string, *Denial, error) {
	if u, ok := d.portUsers.cached(address, portUserAge); ok && u.known {
		return u.Email, nil, nil
	}
	if isLower(address) {
		return address, nil, nil
	}
	u, err := d.portUser(ctx, address, portUserAge)
	switch {
	case isRefused(err): // the credentials cannot read users, and need not
		return address, nil, nil
	case err != nil:
		return "", nil, err
	case !u.known:
		return "", unknownAddress(address), nil
	}
	return u.Email, nil, nil
}

// isRefused reports that Port does not show something to these credentials.
func isRefused(err error) bool { return rest.IsRejected(err) && !rest.IsUnauthorized(err) }

// KnownDenial is why a user may not run an action, if that is known already. It makes no call. Refresh it behind with
// Authorize: what it is based on can be minutes old.
func (d *Directory) KnownDenial(userID, action string) *Denial {
	w, known := d.workspaces.cached("", anyAge)
	u, fresh := d.profiles.cached(userID, runAge)
	if !known || !fresh {
		return nil
	}
	if denied := checkMember(w, userID, u); denied != nil {
		return denied
	}
	r, known := d.rules.cached(action, permissionsAge)
	if !known || r.refusal != nil || r.isOpen() || r.OwnedByTeam {
		return nil
	}
	if p, ok := d.portUsers.cached(u.Email, portUserAge); ok && p.known && !r.permits(p.User) {
		return noPermission(r.Permissions)
	}
	return nil
}

// CorrectEmail is for an address as which Port refused to run an action: it returns the address as Port spells it, or
// the denial if Port does not know it.
func (d *Directory) CorrectEmail(ctx context.Context, email string) (string, *Denial, error) {
	u, err := d.portUser(ctx, email, portUserAge)
	if err != nil {
		return "", nil, err
	}
	if !u.known {
		return "", unknownAddress(email), nil
	}
	return u.Email, nil, nil
}

// isLower reports whether an address has no capital letter. One that has is probably spelled otherwise in Port.
func isLower(address string) bool {
	for _, r := range address {
		if 'A' <= r && r <= 'Z' {
			return false
		}
	}
	return true
}
