package dialog

import (
	"context"
	"time"

	"foghorn/bot/identity"
)

// denialRefreshTimeout bounds the check that follows a refusal.
const denialRefreshTimeout = 15 * time.Second

// knownDenial is why a user may not run an action, or without an action, any of them, if that is known without a call.
// It is checked again in the background, so that a user who has been given access meanwhile is refused once at most.
func (d *Dialog) knownDenial(ctx context.Context, userID, action string) *identity.Denial {
	denied := d.cfg.Users.KnownDenial(userID, action)
	if denied == nil {
		return nil
	}
	ctx = context.WithoutCancel(ctx) // the caller's deadline is for its answer
	d.background.Go(func() {
		ctx, cancel := context.WithTimeout(ctx, denialRefreshTimeout)
		defer cancel()
		var err error
		if action == "" {
			_, _, err = d.cfg.Users.Offer(ctx, userID, nil, 0)
		} else {
			_, _, err = d.cfg.Users.Authorize(ctx, userID, identity.Target{Action: action, AnyEntity: true})
		}
		if err != nil {
			d.log(ctx).WithError(err).Warn("failed to check again whether a user may run the action")
		}
	})
	return denied
}
