package slackapp

import (
	"context"

	"github.com/slack-go/slack"
)

// View identifies an open modal and its version.
type View struct {
	ID   string
	Hash string // changes with each update
}

// OpenView opens a modal for the user whose command or click came with the trigger id. A trigger id is valid
// for 3 s and for one call, so this call must not be repeated.
// https://docs.slack.dev/reference/methods/views.open
func (c *Client) OpenView(ctx context.Context, triggerID string, view slack.ModalViewRequest) (View, error) {
	ctx, cancel := context.WithTimeout(ctx, triggerTTL)
	defer cancel()
	ctx, done := c.startCall(ctx, "views.open")
	r, err := c.botClient.OpenViewContext(ctx, triggerID, view)
	if err = done(err); err != nil {
		return View{}, err
	}
	return View{ID: r.ID, Hash: r.Hash}, nil
}

// UpdateView replaces the content of a modal. If v has a hash and the view has changed since, Slack rejects
// the call with hash_conflict.
// https://docs.slack.dev/reference/methods/views.update
func (c *Client) UpdateView(ctx context.Context, v View, view slack.ModalViewRequest) (View, error) {
	ctx, done := c.startCall(ctx, "views.update")
	r, err := c.botClient.UpdateViewContext(ctx, view, "", v.Hash, v.ID)
	if err = done(err); err != nil {
		return View{}, err
	}
	return View{ID: r.ID, Hash: r.Hash}, nil
}
