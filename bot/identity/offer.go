package identity

import (
	"context"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"
)

const (
	// offerAge is how old the permissions may be by which one of many actions is offered, fewOfferAge those by which one
	// of a few is. Authorize decides on the one that is chosen.
	offerAge    = 5 * time.Minute
	fewOfferAge = permissionsAge
	fewOffers   = 20

	// maxOfferReads is how many permissions are read a minute for offers, and at most for one offer half of them, so that
	// a large list does not keep a search in it from being answered.
	maxOfferReads = 300

	// offerReadsAtOnce bounds the simultaneous reads for one offer.
	offerReadsAtOnce = 8

	// offerBatch is how many actions are decided before it is known whether more are needed.
	offerBatch = 50
)

// An Offer is which of some actions a user may run.
type Offer struct {
	Actions  []string // identifiers, in the order in which they were given
	Complete bool     // all were decided, or as many were found as asked for
}

// Offer returns those of some actions that a user may run, at most limit, as far as that is known before ctx ends. Port
// has no call for it: the permissions of each action are read, a bounded number a minute, and remembered. An action
// whose permissions are not known is not in the offer. If the user may run nothing, the denial says why.
func (d *Directory) Offer(ctx context.Context, userID string, actions []string, limit int) (Offer, *Denial, error) {
	u, denied, err := d.member(ctx, userID, runAge)
	if denied != nil || err != nil {
		return Offer{}, denied, err
	}
	age := offerAge
	if len(actions) <= fewOffers {
		age = fewOfferAge
	}
	offer, reads := Offer{Complete: true}, maxOfferReads/2
	for batch := range slices.Chunk(actions, offerBatch) {
		for i, r := range d.readRules(ctx, batch, age, &reads) {
			permitted, known := false, r != nil
			if known {
				permitted, known = d.permitsAny(ctx, u.Email, *r)
			}
			offer.Complete = offer.Complete && known
			if permitted {
				offer.Actions = append(offer.Actions, batch[i])
			}
			if len(offer.Actions) == limit {
				offer.Complete = true
				return offer, nil, nil
			}
		}
	}
	return offer, nil, nil
}

// readRules reads the permissions of actions, of which reads are left for the offer. A rule that is not known in time is nil.
func (d *Directory) readRules(ctx context.Context, actions []string, age time.Duration, reads *int) []*rule {
	rules := make([]*rule, len(actions))
	var group errgroup.Group
	group.SetLimit(offerReadsAtOnce)
	for i, action := range actions {
		if r, ok := d.rules.cached(action, age); ok {
			rules[i] = &r
			continue
		}
		if *reads == 0 || ctx.Err() != nil || !d.offerReads.Allow() {
			continue
		}
		*reads--
		group.Go(func() error {
			if ctx.Err() == nil {
				if r, err := d.rules.get(ctx, action, age); err == nil {
					rules[i] = &r
				}
			}
			return nil
		})
	}
	_ = group.Wait() // the functions return no error
	return rules
}

// permitsAny reports whether a rule permits the member with an address to run the action, on at least one entity.
func (d *Directory) permitsAny(ctx context.Context, address string, r rule) (permitted, known bool) {
	if r.unreadable || r.isOpen() {
		return !r.unreadable, true
	}
	u, ok := d.portUsers.cached(address, permissionsAge)
	if !ok {
		if ctx.Err() != nil {
			return false, false
		}
		var err error
		if u, err = d.portUser(ctx, address, permissionsAge); err != nil {
			return false, isRefused(err)
		}
	}
	return u.known && (r.OwnedByTeam || r.permits(u.User)), true
}
