package dialog

import (
	"context"
	"strings"

	"github.com/slack-go/slack"

	"foghorn/bot/form"
	"foghorn/bot/modal"
	"foghorn/bot/request"
	"foghorn/integrations/slackapp"
)

// refresh renders the form again after a field changed that others depend on, clears a field, and goes back a page.
func (d *Dialog) refresh(ctx context.Context, cb slack.InteractionCallback) {
	if cb.View.CallbackID != modal.CallbackID || len(cb.ActionCallback.BlockActions) == 0 {
		return
	}
	if d.knownDenial(ctx, cb.User.ID, d.actionOfView(cb.View)) != nil {
		return // the form shows nothing more; its submission says why
	}
	s, err := d.loadSession(ctx, cb)
	if err != nil {
		d.log(ctx).WithError(err).Warn("failed to read a change in a form")
		return
	}
	page, state, change := d.applyActions(ctx, &s, cb.ActionCallback.BlockActions)
	d.reportProblems(state)
	if s.lost {
		page = restart(page)
		page.Draft = request.NewID(cb.View.ID)
	}
	if page.Draft == "" && !s.stale && modal.MovesFields(state, page, cb.View) {
		page.Draft = request.NewID(cb.View.ID)
	}
	if page.Draft != "" && !s.stale {
		if err := d.saveDraft(ctx, cb.View.ID, s); err != nil {
			d.log(ctx).WithError(err).Error("failed to store a page of a form")
			return
		}
	}
	page.Version = s.form.Version
	if err := d.updateView(ctx, cb.View, page, state, change); err != nil && slackapp.ErrorCode(err) != "hash_conflict" { // the page was turned
		d.log(ctx).WithError(err).Warn("failed to update a form")
	}
}

// updateView renders a page in an open view.
func (d *Dialog) updateView(ctx context.Context, open slack.View, page modal.Page, state *form.State, change string) error {
	view, err := modal.Render(state, page)
	if err != nil {
		return err
	}
	return d.updates.update(ctx, slackapp.View{ID: open.ID, Hash: open.Hash}, change, d.keepIncidents(view, page))
}

// applyActions is the page after some actions and the form on it, and the time of the latest action. With the state of
// another page, an action cannot be applied: the page says so.
func (d *Dialog) applyActions(ctx context.Context, s *session, actions []*slack.BlockAction) (page modal.Page, state *form.State, change string) {
	page, state = s.page, s.resolve(ctx)
	page.Again = false
	for _, a := range actions {
		change = max(change, a.ActionTs)
		switch {
		case s.stale:
			page.Notice = staleText
		case a.ActionID == modal.ActionBack:
			page = modal.PrevPage(state, page)
		case strings.HasPrefix(a.ActionID, modal.ActionClear):
			if field := modal.FieldForBlock(state, a.Value); field != nil {
				delete(s.values, field.ID)
				page.Clears++
				state = s.resolve(ctx)
			}
		}
	}
	return page, state, change
}

// restart is the first page of a form whose earlier pages are lost.
func restart(p modal.Page) modal.Page {
	p.Step, p.Part, p.Notice = 0, 0, draftLostText
	return p
}
