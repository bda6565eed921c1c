package slackapp

import (
	"context"

	"github.com/slack-go/slack"
)

// A View is an open modal, as far as it must be remembered to change it.
type View struct {
	ID   string
	Hash string // changes with each update
}

// OpenView opens a modal for the person whose click or command gave the trigger.
// The trigger lives 3 s and is used once: this call is never repeated.
// https://docs.slack.dev/reference/methods/views.open
func (a *Client) OpenView(ctx context.Context, trigger string, view slack.ModalViewRequest) (View, error) {
	ctx, cancel := context.WithTimeout(ctx, TriggerTTL)
	defer cancel()
	ctx, done := a.startCall(ctx, "views.open")
	r, err := a.botClient.OpenViewContext(ctx, trigger, view)
	if err = done(err); err != nil {
		return View{}, err
	}
	return View{ID: r.ID, Hash: r.Hash}, nil
}

// UpdateView replaces what a modal shows. With a hash, Slack refuses (hash_conflict) when
// the view has changed since.
// https://docs.slack.dev/reference/methods/views.update
func (a *Client) UpdateView(ctx context.Context, v View, view slack.ModalViewRequest) (View, error) {
	ctx, done := a.startCall(ctx, "views.update")
	r, err := a.botClient.UpdateViewContext(ctx, view, "", v.Hash, v.ID)
	if err = done(err); err != nil {
		return View{}, err
	}
	return View{ID: r.ID, Hash: r.Hash}, nil
}
