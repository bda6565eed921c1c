package dialog

import (
	"context"
	"sync"
	"time"

	"github.com/patrickmn/go-cache"
	"github.com/slack-go/slack"

	"foghorn/integrations/slackapp"
)

// viewUpdateTTL is how long it is known what a view was updated with. Changes that cross are less than seconds apart.
const viewUpdateTTL = time.Minute

// viewUpdates updates forms that are open. People type faster than a form is updated, so that a change can come from
// a version of the view that the update for the change before it has replaced. The newest change is shown at last,
// and those that it overtakes are left out. The page that a submission has turned to is never replaced.
type viewUpdates struct {
	slack Slack

	mu     sync.Mutex
	byView *cache.Cache // view id -> *viewUpdate
}

// A viewUpdate is what is known of the updates of one view. viewUpdates.mu guards it.
type viewUpdate struct {
	change  string         // the time of the newest change
	next    *pendingUpdate // to be sent; nil: nothing
	sending bool
	hash    string // of the view since the latest update; empty: none was made
}

type pendingUpdate struct {
	view    slackapp.View // as the change saw it
	content slack.ModalViewRequest
}

func newViewUpdates(s Slack) *viewUpdates {
	return &viewUpdates{slack: s, byView: cache.New(viewUpdateTTL, 0)}
}

// update shows the content after a change at a time, which is Slack's action_ts. It returns nil if another update is being
// sent, which this one follows.
func (u *viewUpdates) update(ctx context.Context, v slackapp.View, change string, content slack.ModalViewRequest) error {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.byView.DeleteExpired()
	state := &viewUpdate{}
	if known, ok := u.byView.Get(v.ID); ok {
		state = known.(*viewUpdate)
	}
	u.byView.SetDefault(v.ID, state)
	if change < state.change {
		return nil
	}
	state.change, state.next = change, &pendingUpdate{v, content}
	if state.sending {
		return nil
	}
	state.sending = true
	defer func() { state.sending = false }()
	for {
		p, hash := state.next, state.hash
		state.next = nil
		u.mu.Unlock()
		updated, err := u.send(ctx, p, hash)
		u.mu.Lock()
		if err == nil {
			state.hash = updated.Hash
		}
		if state.next == nil {
			return err
		}
	}
}

// send updates the version of the view that the change saw, or if that was replaced, the one of the latest update.
func (u *viewUpdates) send(ctx context.Context, p *pendingUpdate, latest string) (slackapp.View, error) {
	updated, err := u.slack.UpdateView(ctx, p.view, p.content)
	if slackapp.ErrorCode(err) == "hash_conflict" && latest != "" && latest != p.view.Hash {
		return u.slack.UpdateView(ctx, slackapp.View{ID: p.view.ID, Hash: latest}, p.content)
	}
	return updated, err
}
