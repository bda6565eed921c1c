package identity

import (
	"context"
	"strings"
	"unicode"

	"foghorn/integrations/port"
	"foghorn/integrations/rest"
)

// A portUser is what Port knows about an e-mail address.
type portUser struct {
	port.User
	known bool
}

// portUser returns the user of Port with an e-mail address. What is not known is asked again after denialAge.
func (d *Directory) portUser(ctx context.Context, email string) (portUser, error) {
	u, err := d.portUsers.get(ctx, email, portUserAge)
	if err == nil && !u.known {
		return d.portUsers.get(ctx, email, denialAge)
	}
	return u, err
}

// readPortUser asks Port for an address as Slack spells it, in lower case, and then for all addresses: Port may compare
// addresses exactly, and people do not.
func (d *Directory) readPortUser(ctx context.Context, email string) (portUser, error) {
	spellings := []string{email}
	if lower := strings.ToLower(email); lower != email && isASCII(email) {
		spellings = append(spellings, lower)
	}
	for _, spelling := range spellings {
		u, err := d.port.GetUser(ctx, spelling)
		if err == nil {
			return portUser{u, true}, nil
		}
		if !rest.IsNotFound(err) {
			return portUser{}, err
		}
	}
	all, err := d.port.ListEmails(ctx)
	if err != nil {
		return portUser{}, err
	}
	for _, spelling := range all {
		if spelling != email && sameAddress(spelling, email) {
			u, err := d.port.GetUser(ctx, spelling)
			return portUser{u, err == nil}, err
		}
	}
	return portUser{}, nil
}

// sameAddress reports whether two addresses differ at most in the case of ASCII letters. Unicode has other letters that
// fold to ASCII ones, and an address with one of them is somebody else's.
func sameAddress(a, b string) bool {
	return a == b || isASCII(a) && isASCII(b) && strings.EqualFold(a, b)
}

func isASCII(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r > unicode.MaxASCII }) < 0
}
