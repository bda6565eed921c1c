package identity

import (
	"context"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
)

const (
	// offerAge is how old the permissions may be by which one of many actions is offered. Authorize decides on the one
	// that is chosen.
	offerAge = 5 * time.Minute

	// fewOffers is how many actions are offered by current permissions: those that match what a user types.
	fewOffers = 20

	// maxOfferReads is how many permissions are read a minute to offer some of many actions, and at most half of them for
	// one offer.
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
	age, mayRead := offerAge, d.limitReads()
	if len(actions) <= fewOffers {
		age, mayRead = permissionsAge, func() bool { return true }
	}
	user := sync.OnceValues(func() (portUser, error) { return d.portUser(ctx, u.Email, permissionsAge) })
	offer := Offer{Complete: true}
	for batch := range slices.Chunk(actions, offerBatch) {
		for i, r := range d.readRules(ctx, batch, age, mayRead) {
			permitted, known := false, r != nil
			if known {
				permitted, known = r.permitsAny(user)
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

// limitReads returns a function that reports whether permissions may be read for one offer.
func (d *Directory) limitReads() func() bool {
	left := maxOfferReads / 2
	return func() bool {
		left--
		return left >= 0 && d.offerReads.Allow()
	}
}

// readRules reads the permissions of actions. A rule that is not known in time, or may not be read, is nil.
func (d *Directory) readRules(ctx context.Context, actions []string, age time.Duration, mayRead func() bool) []*rule {
	rules := make([]*rule, len(actions))
	var group errgroup.Group
	group.SetLimit(offerReadsAtOnce)
	for i, action := range actions {
		if r, ok := d.rules.cached(action, age); ok {
			rules[i] = &r
			continue
		}
		if ctx.Err() != nil || !mayRead() {
			continue
		}
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

// permitsAny reports whether a rule permits a user to run the action, on at least one entity. The user is looked up only
// for an action that is not open to every member.
func (r rule) permitsAny(user func() (portUser, error)) (permitted, known bool) {
	if r.unreadable || r.isOpen() {
		return !r.unreadable, true
	}
	u, err := user()
	if err != nil {
		return false, isRefused(err)
	}
	return u.known && (r.OwnedByTeam || r.permits(u.User)), true
}
