package dialog

import (
	"context"
	"time"

	"github.com/slack-go/slack"

	"foghorn/bot/form"
	"foghorn/bot/modal"
	"foghorn/bot/request"
	"foghorn/bot/slacktext"
	"foghorn/integrations/slackapp"
)

// loadTimeout bounds the wait for a definition behind a loading view.
const loadTimeout = 15 * time.Second

// A prefill gives the values that a form opens with.
type prefill func(*form.Form) form.Values

// open opens the form. If it cannot be opened in time for an answer, the result is a text for the user.
func (d *Dialog) open(ctx context.Context, triggerID, userID string, page modal.Page, fill prefill) (problem slacktext.Text) {
	if denied := d.knownDenial(ctx, userID, page.Action); denied != nil {
		return d.deniedText(ctx, page.Action, denied)
	}
	f, cached := d.definitions.cached(ctx, page.Action)
	if !cached || f.UsesUser {
		return d.openLoading(ctx, triggerID, userID, page, fill)
	}
	if len(f.Problems) > 0 {
		return d.unsupportedText(f)
	}
	ctx, cancel := context.WithTimeout(ctx, answerTimeout)
	defer cancel()
	view, err := d.renderForm(ctx, f, form.EvalContext{}, fill(f), page)
	var opened slackapp.View
	view, incidents := d.withIncidents(view, userID, page.Action)
	if err == nil {
		opened, err = d.cfg.Slack.OpenView(ctx, triggerID, view)
	}
	if err != nil {
		d.log(ctx).WithError(err).Warn("failed to open the form")
		return openErrorText(d.command(page.Action), err)
	}
	d.updateIncidents(ctx, opened, view, userID, page.Action, incidents)
	return ""
}

// openLoading opens a loading view, and replaces it by the form when Port has answered.
func (d *Dialog) openLoading(ctx context.Context, triggerID, userID string, page modal.Page, fill prefill) (problem slacktext.Text) {
	opening, cancel := context.WithTimeout(ctx, answerTimeout)
	defer cancel()
	loading, err := d.cfg.Slack.OpenView(opening, triggerID, loadingView())
	if err != nil {
		d.log(ctx).WithError(err).Warn("failed to open the loading view")
		return openErrorText(d.command(page.Action), err)
	}
	d.background.Go(func() {
		ctx, cancel := context.WithTimeout(ctx, loadTimeout)
		defer cancel()
		view, incidents := d.withIncidents(d.loadForm(ctx, userID, page, fill), userID, page.Action)
		opened, err := d.cfg.Slack.UpdateView(context.WithoutCancel(ctx), loading, view)
		if err != nil {
			d.log(ctx).WithError(err).Warn("failed to replace the loading view")
			return
		}
		if view.CallbackID == modal.CallbackID {
			d.updateIncidents(ctx, opened, view, userID, page.Action, incidents)
		}
	})
	return ""
}

// loadForm is the form, or a view that says why there is none.
func (d *Dialog) loadForm(ctx context.Context, userID string, page modal.Page, fill prefill) slack.ModalViewRequest {
	f, err := d.definitions.get(ctx, page.Action)
	if err != nil {
		d.log(ctx).WithError(err).Warn("failed to read the definition of the action")
		return errorView(d.portErrorText(page.Action, err))
	}
	return d.formView(ctx, f, userID, page, fill)
}

// formView is a form, or a view that says why there is none.
func (d *Dialog) formView(ctx context.Context, f *form.Form, userID string, page modal.Page, fill prefill) slack.ModalViewRequest {
	if len(f.Problems) > 0 {
		return errorView(d.unsupportedText(f))
	}
	ec, err := d.evalContext(ctx, f, userID)
	if err != nil {
		d.log(ctx).WithError(err).Warn("failed to look up the user")
	}
	values := fill(f) // which can read who may run the action
	if denied := d.knownDenial(ctx, userID, page.Action); denied != nil {
		return errorView(d.deniedText(ctx, page.Action, denied))
	}
	view, err := d.renderForm(ctx, f, d.withNamed(ctx, f, ec, values), values, page)
	if err != nil {
		d.log(ctx).WithError(err).Error("failed to render the form")
		return errorView(renderErrorText(err))
	}
	return view
}

// renderForm renders one page of a form.
func (d *Dialog) renderForm(ctx context.Context, f *form.Form, ec form.EvalContext, values form.Values, page modal.Page) (slack.ModalViewRequest, error) {
	page.Version, page.Trace = f.Version, string(request.TraceOf(ctx))
	state := f.Resolve(ctx, ec, values)
	d.reportProblems(state)
	return modal.Render(state, page)
}
