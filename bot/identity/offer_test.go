package identity

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"foghorn/integrations/port"
)

func countCalls(f *fakes, prefix string) (n int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, c := range f.calls {
		if strings.HasPrefix(c, prefix) {
			n++
		}
	}
	return n
}

func manyActions(n int) (actions []string) {
	for i := range n {
		actions = append(actions, fmt.Sprintf("act%d", i))
	}
	return actions
}

func TestOffer_Permissions(t *testing.T) {
	f := newFakes()
	f.permitsBy = map[string]port.Permissions{
		"role": {Roles: []string{"Ops"}}, "team": {Teams: []string{"sre"}}, "person": {Users: []string{"bob@example.com"}},
		"owner": {OwnedByTeam: true}, "policy": {HasPolicy: true}, "none": {},
	}
	d := f.directory()
	offer, denied, err := d.Offer(t.Context(), "U1", []string{"open", "policy"}, 100)
	if !slices.Equal(offer.Actions, []string{"open", "policy"}) || !offer.Complete || denied != nil || err != nil {
		t.Errorf("%+v, %+v, %v", offer, denied, err)
	}
	if n := countCalls(f, "user "); n > 0 {
		t.Errorf("%d calls to look up a user for actions that are open to all", n)
	}
	offer, _, _ = d.Offer(t.Context(), "U1", []string{"none", "team", "role", "open", "owner", "person", "policy"}, 100)
	if !slices.Equal(offer.Actions, []string{"team", "open", "owner", "policy"}) || !offer.Complete {
		t.Errorf("%+v", offer)
	}
	if offer, _, _ = d.Offer(t.Context(), "U1", []string{"none", "team", "open", "owner"}, 2); !slices.Equal(offer.Actions, []string{"team", "open"}) {
		t.Errorf("at most two: %+v", offer)
	}
	if n := countCalls(f, "user "); n != 1 {
		t.Errorf("%d calls to look up the user", n)
	}
	f.user.Deactivated = true
	if offer, denied, err := f.directory().Offer(t.Context(), "U1", []string{"open"}, 1); denied == nil || len(offer.Actions) > 0 || err != nil {
		t.Errorf("deactivated: %+v, %+v, %v", offer, denied, err)
	}
}

// TestOffer_BoundsCalls offers some of 1,000 actions again and again.
func TestOffer_BoundsCalls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFakes()
		f.permits = port.Permissions{} // none is permitted, so that all are read
		d, actions := f.directory(), manyActions(1000)
		for minute := range 10 {
			before := countCalls(f, "permissions ")
			for range 20 {
				if offer, _, err := d.Offer(t.Context(), "U1", actions, 100); len(offer.Actions) > 0 || offer.Complete && minute == 0 || err != nil {
					t.Errorf("%+v, %v", offer, err)
				}
			}
			if n := countCalls(f, "permissions ") - before; n > 2*maxOfferReads {
				t.Errorf("%d calls in minute %d", n, minute)
			}
			time.Sleep(time.Minute)
		}
		f.permits = port.Permissions{Roles: []string{"Member"}}
		if offer, _, err := d.Offer(t.Context(), "U1", []string{"another"}, 100); len(offer.Actions) != 1 || err != nil {
			t.Errorf("a text that is typed finds %+v, %v", offer, err)
		}
	})
}

// slowPort answers after a time.
type slowPort struct {
	*fakes
	delay time.Duration
}

func (p slowPort) GetExecutePermissions(ctx context.Context, action string) (port.Permissions, error) {
	time.Sleep(p.delay)
	return p.fakes.GetExecutePermissions(ctx, action)
}

// TestOffer_InTime offers what is known when the answer is due.
func TestOffer_InTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFakes()
		d := New(slackUsers{f}, slowPort{f, time.Second})
		ctx, cancel := context.WithTimeout(t.Context(), 2500*time.Millisecond)
		defer cancel()
		begun := time.Now()
		offer, denied, err := d.Offer(ctx, "U1", manyActions(100), 100)
		if len(offer.Actions) != 2*offerReadsAtOnce || offer.Complete || denied != nil || err != nil || time.Since(begun) > 2500*time.Millisecond {
			t.Errorf("after %v: %d, %+v, %v", time.Since(begun), len(offer.Actions), denied, err)
		}
		time.Sleep(time.Second) // the reads that the answer did not wait for have ended
		synctest.Wait()
		f.membersErr = errors.New("timeout")
		f.permitsBy = map[string]port.Permissions{"role": {Roles: []string{"Ops"}}}
		if offer, _, err := d.Offer(t.Context(), "U1", []string{"role", "act0"}, 100); !slices.Equal(offer.Actions, []string{"act0"}) || offer.Complete || err == nil {
			t.Errorf("without the user: %+v, %v", offer, err)
		}
	})
}
