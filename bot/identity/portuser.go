package identity

import (
	"context"
	"time"

	"foghorn/integrations/port"
	"foghorn/integrations/rest"
)

// A portUser is what Port knows about an e-mail address.
type portUser struct {
	port.User
	known bool
}

// portUser returns the user of Port with an e-mail address. The answer is at most maxAge old, and at most denialAge if
// Port does not know the address.
func (d *Directory) portUser(ctx context.Context, email string, maxAge time.Duration) (portUser, error) {
	u, err := d.portUsers.get(ctx, email, maxAge)
	if err == nil && !u.known {
		return d.portUsers.get(ctx, email, denialAge)
	}
	return u, err
}

// readPortUser asks Port for an address as Slack spells it.
func (d *Directory) readPortUser(ctx context.Context, email string) (portUser, error) {
	u, err := d.port.GetUser(ctx, email)
	if rest.IsNotFound(err) {
		return portUser{}, nil
	}
	return portUser{u, err == nil}, err
}

// readEvalProfile reads what conditions can know about a user, who was just looked up.
func (d *Directory) readEvalProfile(ctx context.Context, email string) (profile, error) {
	u, err := d.portUser(ctx, email, portUserAge)
	if err != nil {
		return profile{}, err
	}
	return readProfile(ctx, d.port, u.User)
}
