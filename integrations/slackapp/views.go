package slackapp

import (
	"context"
	"time"

	"github.com/slack-go/slack"
)

// View identifies an open modal and its version.
type View struct {
	ID   string
	Hash string // changes with each update
}

const (
	// viewRetryDelay is when a call about a view is repeated that Slack has not carried out. A person waits for it.
	viewRetryDelay = 200 * time.Millisecond

	// openAttempts and updateAttempts are how often the calls are made at most.
	openAttempts   = 4
	updateAttempts = 20
)

// retryView repeats a call about a view while it can succeed before the deadline of ctx.
func retryView(ctx context.Context, attempts int, call func(context.Context) (View, error)) (View, error) {
	for attempt := 1; ; attempt++ {
		v, err := call(ctx)
		delay := max(viewRetryDelay, RetryAfter(err))
		if deadline, _ := ctx.Deadline(); err == nil || IsRejected(err) || attempt == attempts || time.Until(deadline) < delay || !sleep(ctx, delay) {
			return v, err
		}
	}
}

// OpenView opens a modal for the user whose command or click came with the trigger id. A trigger id is valid
// for 3 s and opens one view. If the response to a call that opened it is lost, the error is exchanged_trigger_id.
// https://docs.slack.dev/reference/methods/views.open
func (c *Client) OpenView(ctx context.Context, triggerID string, view slack.ModalViewRequest) (View, error) {
	ctx, cancel := context.WithTimeout(ctx, triggerTTL)
	defer cancel()
	return retryView(ctx, openAttempts, func(ctx context.Context) (View, error) { return c.openView(ctx, triggerID, view) })
}

func (c *Client) openView(ctx context.Context, triggerID string, view slack.ModalViewRequest) (View, error) {
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
	ctx, cancel := context.WithTimeout(ctx, CallTimeout)
	defer cancel()
	return retryView(ctx, updateAttempts, func(ctx context.Context) (View, error) { return c.updateView(ctx, v, view) })
}

func (c *Client) updateView(ctx context.Context, v View, view slack.ModalViewRequest) (View, error) {
	ctx, done := c.startCall(ctx, "views.update")
	r, err := c.botClient.UpdateViewContext(ctx, view, "", v.Hash, v.ID)
	if err = done(err); err != nil {
		return View{}, err
	}
	return View{ID: r.ID, Hash: r.Hash}, nil
}
