package dialog

import (
	"context"
	"errors"
	"time"

	"github.com/slack-go/slack"

	"foghorn/bot/form"
	"foghorn/bot/modal"
	"foghorn/bot/request"
)

// answerTimeout bounds the answer to a submission or a type-ahead. Slack waits 3 s.
// https://docs.slack.dev/interactivity/handling-user-interaction#acknowledgment_response
const answerTimeout = 2500 * time.Millisecond

// Outcomes of a submission, as a label of foghorn_submissions_total.
const (
	outcomeAccepted    = "accepted"
	outcomeInvalid     = "invalid"      // a field is wrong, or there is a next page
	outcomeUnknownView = "unknown_view" // the view or its state could not be read
	outcomeStoreError  = "store_error"
)

// submit checks what was entered. A complete form is stored before it is acked.
func (d *Dialog) submit(ctx context.Context, cb slack.InteractionCallback) (ack any) {
	ctx, cancel := context.WithTimeout(ctx, answerTimeout)
	defer cancel()
	s, err := d.loadSession(ctx, cb)
	if err != nil {
		d.cfg.Metrics.SubmissionHandled(outcomeUnknownView)
		return d.invalidSubmission(cb, err)
	}
	state := s.form.Resolve(ctx, s.eval, s.values)
	d.reportProblems(state)
	problems := state.Validate(-1)
	if len(problems) == 0 && modal.LastPage(state, s.page) {
		if problems, err = d.checkEntities(ctx, s, state); err != nil {
			d.cfg.Metrics.SubmissionHandled(outcomeUnknownView)
			return d.invalidSubmission(cb, err)
		}
	}
	if !modal.LastPage(state, s.page) || len(problems) > 0 {
		d.cfg.Metrics.SubmissionHandled(outcomeInvalid)
		return d.nextPage(ctx, cb, s, state, problems)
	}
	r := newRequest(cb, s, state)
	if err := d.cfg.Store.Accept(ctx, r); err != nil {
		d.cfg.Metrics.SubmissionHandled(outcomeStoreError)
		d.cfg.Log.WithField("request_id", r.ID).WithError(err).Error("failed to store a submission")
		return errorResponse(state, s.page, notSavedText)
	}
	d.cfg.Metrics.SubmissionHandled(outcomeAccepted)
	return nil
}

// newRequest makes the request of a complete form.
func newRequest(cb slack.InteractionCallback, s session, state *form.State) *request.Request {
	r := &request.Request{
		ID: request.NewID(cb.View.ID), CreatedAt: time.Now().UTC(),
		User: cb.User.ID, Channel: s.page.Channel,
		Action: s.form.Action, Title: s.form.Title,
		Properties: state.Properties(),
	}
	r.Enter(request.Accepted)
	if entity, ok := s.values[form.TargetID].(string); ok {
		r.Entity = entity
	}
	if input, ok := s.form.RequestIDInput(); ok {
		r.Properties[input], r.HasRequestIDInput = "foghorn-"+r.ID, true
	}
	return r
}

// nextPage shows the next page of the form, or the problems of this one.
func (d *Dialog) nextPage(ctx context.Context, cb slack.InteractionCallback, s session, state *form.State, problems map[string]string) any {
	if onPage := modal.ErrorsByBlock(state, s.page, problems); len(onPage) > 0 {
		if !canShowErrors(cb.View, onPage) && (len(cb.View.Blocks.BlockSet) > 0 || s.page.Version != s.form.Version) {
			return d.respondWithPage(s, state, s.page) // the page has other fields now
		}
		return slack.NewErrorsViewSubmissionResponse(onPage)
	}
	next := modal.NextPage(state, s.page)
	if modal.LastPage(state, s.page) { // the problem is on an earlier page
		next = modal.PageWithFields(state, s.page, problems)
	}
	next.Draft = request.NewID(cb.View.ID)
	if err := d.cfg.Store.SaveDraft(ctx, cb.View.ID, s.values); err != nil {
		d.cfg.Log.WithError(err).Error("failed to store a page of a form")
		return errorResponse(state, s.page, pageNotSavedText)
	}
	return d.respondWithPage(s, state, next)
}

// respondWithPage answers a submission with another page.
func (d *Dialog) respondWithPage(s session, state *form.State, page modal.Page) any {
	page.Version = s.form.Version
	view, err := modal.Render(state, page)
	if err != nil {
		d.cfg.Log.WithError(err).Error("failed to render the form")
		view = errorView(renderErrorText(err))
	}
	return slack.NewUpdateViewSubmissionResponse(&view)
}

// invalidSubmission answers a submission that could not be read or checked.
func (d *Dialog) invalidSubmission(cb slack.InteractionCallback, err error) any {
	entry := d.cfg.Log.WithError(err)
	if errors.Is(err, errUnknownView) {
		entry.Warn("failed to read a submission")
		view := expiredView(d.expiredText())
		return slack.NewUpdateViewSubmissionResponse(&view)
	}
	entry.Error("failed to check a submission")
	if input := firstInput(cb.View); input != "" {
		return slack.NewErrorsViewSubmissionResponse(map[string]string{input: checkFailedText})
	}
	view := expiredView(d.checkFailedRestartText())
	return slack.NewUpdateViewSubmissionResponse(&view)
}

// errorResponse shows a text at the first field of the page.
func errorResponse(state *form.State, page modal.Page, text string) any {
	for _, id := range modal.FieldsOnPage(state, page) {
		if blocks := modal.ErrorsByBlock(state, page, map[string]string{id: text}); len(blocks) > 0 {
			return slack.NewErrorsViewSubmissionResponse(blocks)
		}
	}
	view := errorView(text)
	return slack.NewUpdateViewSubmissionResponse(&view)
}

// canShowErrors reports that a view has an input for each of the errors: Slack accepts no others.
func canShowErrors(v slack.View, errors map[string]string) bool {
	inputs := map[string]bool{}
	for _, block := range v.Blocks.BlockSet {
		if input, ok := block.(*slack.InputBlock); ok {
			inputs[input.BlockID] = true
		}
	}
	if v.State != nil {
		for id := range v.State.Values {
			inputs[id] = true
		}
	}
	for id := range errors {
		if !inputs[id] {
			return false
		}
	}
	return true
}

// firstInput is the id of the view's first input block; "" if the view has none.
func firstInput(v slack.View) string {
	for _, block := range v.Blocks.BlockSet {
		if input, ok := block.(*slack.InputBlock); ok {
			return input.BlockID
		}
	}
	return ""
}
