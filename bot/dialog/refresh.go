package dialog

import (
	"context"

	"github.com/slack-go/slack"

	"foghorn/bot/modal"
	"foghorn/integrations/slackapp"
)

// refresh renders the form again after a field changed that others depend on, and goes back a page.
func (d *Dialog) refresh(ctx context.Context, cb slack.InteractionCallback) {
	if cb.View.CallbackID != modal.CallbackID || len(cb.ActionCallback.BlockActions) == 0 {
		return
	}
	if d.knownDenial(ctx, cb.User.ID, d.cfg.Action) != nil {
		return // the form shows nothing more; its submission says why
	}
	s, err := d.loadSession(ctx, cb)
	if err != nil {
		d.cfg.Log.WithError(err).Warn("failed to read a change in a form")
		return
	}
	back := false
	for _, a := range cb.ActionCallback.BlockActions {
		back = back || a.ActionID == modal.ActionBack
	}
	state := s.form.Resolve(ctx, s.eval, s.values)
	d.reportProblems(state)
	page := s.page
	if back {
		page = modal.PrevPage(state, page)
	}
	if page.Draft != "" {
		if err := d.cfg.Store.SaveDraft(ctx, cb.View.ID, s.values); err != nil {
			d.cfg.Log.WithError(err).Error("failed to store a page of a form")
			return
		}
	}
	page.Version = s.form.Version
	view, err := modal.Render(state, page)
	if err == nil {
		_, err = d.cfg.Slack.UpdateView(ctx, slackapp.View{ID: cb.View.ID, Hash: cb.View.Hash}, view)
	}
	if slackapp.ErrorCode(err) == "hash_conflict" {
		return // another change followed: its update has the newer values
	}
	if err != nil {
		d.cfg.Log.WithError(err).Warn("failed to update a form")
	}
}
