package dialog

import (
	"context"
	"errors"
	"time"

	"github.com/slack-go/slack"

	"foghorn/bot/form"
	"foghorn/bot/modal"
	"foghorn/bot/request"
	"foghorn/bot/slacktext"
)

// answerTimeout bounds the answer to a command, a shortcut, a submission or a type-ahead. Slack waits 3 s.
// https://docs.slack.dev/interactivity/handling-user-interaction#acknowledgment_response
const answerTimeout = 2500 * time.Millisecond

// Outcomes of a submission, as a label of foghorn_submissions_total.
const (
	outcomeAccepted    = "accepted"
	outcomeInvalid     = "invalid"      // a field is wrong, or there is a next page
	outcomeUnknownView = "unknown_view" // the view or its state could not be read
	outcomeStoreError  = "store_error"
)

// errNotEvaluated says that the conditions of a form are not known: a condition without a value is no condition.
var errNotEvaluated = errors.New("a condition was not evaluated in time")

// submit checks what was entered. A complete form is stored before it is acked.
func (d *Dialog) submit(ctx context.Context, cb slack.InteractionCallback) (ack any) {
	if cb.View.CallbackID == modal.ChooserID {
		return d.submitChoice(ctx, cb)
	}
	ctx, cancel := context.WithTimeout(ctx, answerTimeout)
	defer cancel()
	if denied := d.knownDenial(ctx, cb.User.ID, d.actionOfView(cb.View)); denied != nil {
		d.cfg.Metrics.SubmissionHandled(outcomeInvalid)
		return errorAtFirstInput(cb.View, "Nothing was run. "+denied.Reason)
	}
	s, err := d.loadSession(ctx, cb)
	if err != nil {
		d.cfg.Metrics.SubmissionHandled(outcomeUnknownView)
		return d.invalidSubmission(ctx, cb, err)
	}
	if s.stale {
		d.cfg.Metrics.SubmissionHandled(outcomeUnknownView)
		return errorAtFirstInput(cb.View, staleText)
	}
	state := s.resolve(ctx)
	d.reportProblems(state)
	problems := state.Validate(-1)
	_, more := modal.UnseenPage(state, s.page, cb.View)
	complete := !more && !s.lost && !modal.IsOutdated(state, s.page, cb.View)
	if len(problems) == 0 && complete {
		problems, err = d.checkChoices(ctx, s, state)
	}
	if err == nil && state.Busy {
		err = errNotEvaluated
	}
	if err != nil {
		d.cfg.Metrics.SubmissionHandled(outcomeUnknownView)
		return d.invalidSubmission(ctx, cb, err)
	}
	if !complete || len(problems) > 0 {
		d.cfg.Metrics.SubmissionHandled(outcomeInvalid)
		return d.nextPage(ctx, cb, s, state, problems)
	}
	r := newRequest(cb, s, state)
	d.traceRequest(ctx, r)
	if err := d.cfg.Store.Accept(ctx, r); err != nil {
		d.cfg.Metrics.SubmissionHandled(outcomeStoreError)
		d.log(ctx).WithField("request_id", r.ID).WithError(err).Error("failed to store a submission")
		return errorResponse(state, s.page, notSavedText)
	}
	d.recent.answers.Delete(cb.User.ID)
	d.cfg.Metrics.SubmissionHandled(outcomeAccepted)
	return nil
}

// newRequest makes the request of a complete form.
func newRequest(cb slack.InteractionCallback, s session, state *form.State) *request.Request {
	r := &request.Request{
		ID: request.NewID(cb.View.ID), CreatedAt: time.Now().UTC(),
		User: cb.User.ID, Channel: s.page.Channel, Direct: s.page.Direct,
		Action: s.form.Action, Title: s.form.Title,
		Properties: state.Properties(), Entity: targetEntity(state),
	}
	r.Enter(request.Accepted)
	if input, ok := s.form.RequestIDInput(); ok {
		r.Properties[input], r.HasRequestIDInput = r.RunInputID(), true
	}
	return r
}

// targetEntity is the entity that the action works on; empty: none is chosen.
func targetEntity(state *form.State) string {
	if field := state.Field(form.TargetID); field != nil {
		id, _ := field.Value.(string)
		return id
	}
	return ""
}

// nextPage shows the next page of the form, or the problems of this one.
func (d *Dialog) nextPage(ctx context.Context, cb slack.InteractionCallback, s session, state *form.State, problems map[string]string) any {
	onPage := modal.ErrorsByBlock(state, s.page, cb.View, problems)
	next, more := modal.UnseenPage(state, s.page, cb.View)
	next.Again = false
	switch {
	case s.lost:
		next = restart(next)
	case modal.IsOutdated(state, s.page, cb.View), len(onPage) > 0 && !canShowErrors(cb.View, onPage):
		next = s.page
		next.Again, next.Notice = true, formChangedText
		if !modal.MovesFields(state, next, cb.View) {
			return d.respondWithPage(ctx, s, state, next)
		}
	case len(onPage) > 0:
		return slack.NewErrorsViewSubmissionResponse(onPage)
	case !more: // the problem is on an earlier page
		next = modal.PageWithFields(state, next, problems)
		next.Notice = problemsText(state, next, problems)
	}
	next.Draft = request.NewID(cb.View.ID)
	if err := d.saveDraft(ctx, cb.View.ID, s); err != nil {
		d.log(ctx).WithError(err).Error("failed to store a page of a form")
		return errorResponse(state, s.page, pageNotSavedText)
	}
	return d.respondWithPage(ctx, s, state, next)
}

// respondWithPage answers a submission with another page.
func (d *Dialog) respondWithPage(ctx context.Context, s session, state *form.State, page modal.Page) any {
	page.Version = s.form.Version
	view, err := modal.Render(state, page)
	if err != nil {
		d.log(ctx).WithError(err).Error("failed to render the form")
		view = errorView(renderErrorText(err))
	}
	if listed := d.keepIncidents(view, page); modal.FitsAck(listed) {
		view = listed
	}
	return slack.NewUpdateViewSubmissionResponse(&view)
}

// invalidSubmission answers a submission that could not be read or checked.
func (d *Dialog) invalidSubmission(ctx context.Context, cb slack.InteractionCallback, err error) any {
	entry := d.log(ctx).WithError(err)
	if errors.Is(err, errUnknownView) {
		entry.Warn("failed to read a submission")
		view := expiredView(expiredText(d.commandOfView(cb.View)))
		return slack.NewUpdateViewSubmissionResponse(&view)
	}
	entry.Error("failed to check a submission")
	if firstInput(cb.View) != "" {
		return errorAtFirstInput(cb.View, checkFailedText)
	}
	view := expiredView(checkFailedRestartText(d.commandOfView(cb.View)))
	return slack.NewUpdateViewSubmissionResponse(&view)
}

// errorAtFirstInput shows a text at the first input of a view, or instead of a view that has none.
func errorAtFirstInput(v slack.View, text string) any {
	text = slacktext.Truncate(slacktext.SingleLine(text), maxErrorText)
	if input := firstInput(v); input != "" {
		return slack.NewErrorsViewSubmissionResponse(map[string]string{input: text})
	}
	view := errorView(slacktext.Literal(text))
	return slack.NewUpdateViewSubmissionResponse(&view)
}

// errorResponse shows a text at the first field of the page.
func errorResponse(state *form.State, page modal.Page, text string) any {
	for _, id := range modal.FieldsOnPage(state, page) {
		if blocks := modal.ErrorsByBlock(state, page, slack.View{}, map[string]string{id: text}); len(blocks) > 0 {
			return slack.NewErrorsViewSubmissionResponse(blocks)
		}
	}
	view := errorView(slacktext.Literal(text))
	return slack.NewUpdateViewSubmissionResponse(&view)
}

// canShowErrors reports that a view has an input for each of the errors: Slack accepts no others.
func canShowErrors(v slack.View, errors map[string]string) bool {
	inputs := modal.ShownInputs(v)
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
