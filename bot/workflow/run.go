package workflow

import (
	"cmp"
	"context"
	"time"

	"github.com/sirupsen/logrus"

	"foghorn/bot/message"
	"foghorn/bot/request"
	"foghorn/integrations/port"
	"foghorn/integrations/rest"
)

// maxRunAge is how long a run is followed. Approvals can take days.
const maxRunAge = 14 * 24 * time.Hour

// detailTimeout bounds the read of what a message only adds: the log of a run that failed, and who can approve a run. The
// reporter does not wait longer for the message when Port does not answer.
const detailTimeout = 2 * time.Second

// newRunTimeout is how long a run that Port has just created may be missing.
const newRunTimeout = time.Minute

// checkRun is the stage Running. The request was woken because its run has ended, waits for
// approval or takes long.
func (w *Workflow) checkRun(ctx context.Context, j *job) (next, error) {
	run, err := w.cfg.Port.GetRun(ctx, j.RunID)
	if rest.IsNotFound(err) && time.Since(j.StageEnteredAt) > newRunTimeout {
		return w.finish(ctx, j, request.Outcome{Status: request.Unknown, Reason: "Port no longer has the run " + j.RunID + "."})
	}
	if err != nil {
		return onEvent(), err // the poller wakes it again
	}
	switch {
	case run.HasEnded():
		o := outcomeOf(run)
		if o.Hint != "" {
			w.log(j).WithFields(logrus.Fields{"action": j.Action, "run_id": j.RunID, "hint": o.Hint}).Warn("failed to declare the incident")
		}
		switch o.Status {
		case request.Failure:
			o.Log = w.readLog(ctx, j)
		case request.Declined:
			w.addDecision(ctx, j, &o)
		}
		return w.finish(ctx, j, o)
	case time.Since(j.StageEnteredAt) > maxRunAge:
		return w.finish(ctx, j, request.Outcome{Status: request.Unknown, Reason: "The run did not end within 14 days."})
	case run.Status == port.StatusWaitingForApproval && !j.Deliveries[request.AwaitingApproval].Completed():
		in := messageInput(j)
		in.Approvers = w.readApprovers(ctx, j)
		return w.deliver(ctx, j, w.cfg.Renderer.AwaitingApproval(in))
	case run.Status != port.StatusWaitingForApproval && isOverdue(j):
		in := messageInput(j)
		in.StatusLabel = run.StatusLabel
		return w.deliver(ctx, j, w.cfg.Renderer.Delayed(in))
	}
	return onEvent(), nil
}

// readApprovers returns the names of those who can approve a run, "" for one whose name is not known; none if Port does
// not say.
func (w *Workflow) readApprovers(ctx context.Context, j *job) (names []string) {
	for _, a := range w.listApprovers(ctx, j, true) {
		if a.IsPending() {
			names = append(names, a.Name)
		}
	}
	return names
}

// addDecision adds who declined a run, and why.
func (w *Workflow) addDecision(ctx context.Context, j *job, o *request.Outcome) {
	for _, a := range w.listApprovers(ctx, j, false) {
		if a.HasDeclined() {
			o.DeclinedBy, o.Reason = a.Name, cmp.Or(a.Description, o.Reason)
			return
		}
	}
}

func (w *Workflow) listApprovers(ctx context.Context, j *job, pending bool) []port.Approver {
	ctx, cancel := context.WithTimeout(ctx, detailTimeout)
	defer cancel()
	approvers, err := w.cfg.Approvals.ListApprovers(ctx, j.RunID, pending)
	if err != nil {
		w.log(j).WithError(err).Warn("failed to read the approvers of the run")
	}
	return approvers
}

// readLog returns the last lines of the log of a run that failed.
func (w *Workflow) readLog(ctx context.Context, j *job) []string {
	ctx, cancel := context.WithTimeout(ctx, detailTimeout)
	defer cancel()
	lines, err := w.cfg.Port.ListRunLog(ctx, j.RunID)
	if err != nil {
		w.log(j).WithError(err).Warn("failed to read the log of the run")
		return nil
	}
	entries := make([]string, len(lines))
	for i, l := range lines {
		entries[i] = l.Message
	}
	return message.LastLogLines(entries)
}

// outcomeOf is the outcome of a run that has ended.
func outcomeOf(run port.Run) request.Outcome {
	o := request.Outcome{Status: run.Status, Links: run.Links, EndedAt: run.EndedAt}
	if o.EndedAt.IsZero() {
		o.EndedAt = time.Now().UTC()
	}
	if e := run.Entity; e != nil && !e.Deleted {
		o.Entity = &request.Entity{Blueprint: e.Blueprint, Identifier: e.Identifier, Title: e.Title}
	}
	switch run.Status {
	case port.StatusSuccess:
		o.Incident, o.Summary = message.ParseIncident(run.Response), cmp.Or(run.Summary, run.StatusLabel)
		return o
	case port.StatusFailure, port.StatusDeclined, port.StatusCancelled:
	default:
		o.Status = request.Failure
	}
	o.Reason = cmp.Or(message.ErrorText(run.Response), run.Summary, run.StatusLabel)
	if run.Status == port.StatusDeclined {
		o.Reason = cmp.Or(run.Comment, o.Reason)
	}
	o.Hint = message.MissingInput(run.Response)
	return o
}
