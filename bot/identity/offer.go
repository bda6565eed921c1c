package identity

import (
	"cmp"
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
// whose permissions are not known is not in the offer. If the user may run nothing, the denial says why. An error is
// that of a call; the offer has what is known without it.
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
	offer, refused := Offer{Complete: true}, false
	for batch := range slices.Chunk(actions, offerBatch) {
		rules, failed := d.readRules(ctx, batch, age, mayRead)
		err = cmp.Or(err, failed)
		for i, r := range rules {
			if r == nil {
				offer.Complete = false
				continue
			}
			permitted, failed := r.permitsAny(user)
			switch {
			case isRefused(failed):
				refused = true
			case failed != nil:
				offer.Complete, err = false, cmp.Or(err, failed)
			case permitted:
				offer.Actions = append(offer.Actions, batch[i])
			}
			if len(offer.Actions) == limit {
				offer.Complete = true
				return offer, nil, nil
			}
		}
	}
	if refused && len(offer.Actions) == 0 {
		return offer, &Denial{Reason: unreadableReason}, err
	}
	return offer, nil, err
}

// limitReads returns a function that reports whether permissions may be read for one offer.
func (d *Directory) limitReads() func() bool {
	left := maxOfferReads / 2
	return func() bool {
		left--
		return left >= 0 && d.offerReads.Allow()
	}
}

// readRules reads the permissions of actions. A rule that is not known in time, or may not be read, is nil. The error is
// the first of a call that did not only take too long.
func (d *Directory) readRules(ctx context.Context, actions []string, age time.Duration, mayRead func() bool) ([]*rule, error) {
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
			if ctx.Err() != nil {
				return nil
			}
			r, err := d.rules.get(ctx, action, age)
			if err == nil {
				rules[i] = &r
			} else if ctx.Err() == nil {
				return err
			}
			return nil
		})
	}
	err := group.Wait()
	return rules, err
}

// permitsAny reports whether a rule permits a user to run the action, on at least one entity. The user is looked up only
// for an action that is not open to every member. Port's refusal to show the rule or the user is an error.
func (r rule) permitsAny(user func() (portUser, error)) (bool, error) {
	if r.refusal != nil || r.isOpen() {
		return r.refusal == nil, r.refusal
	}
	u, err := user()
	return err == nil && u.known && (r.OwnedByTeam || r.permits(u.User)), err
}
