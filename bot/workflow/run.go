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
		return w.finish(ctx, j, o)
	case time.Since(j.StageEnteredAt) > maxRunAge:
		return w.finish(ctx, j, request.Outcome{Status: request.Unknown, Reason: "The run did not end within 14 days."})
	case run.Status == port.StatusWaitingForApproval && !j.Deliveries[request.AwaitingApproval].Completed():
		return w.deliver(ctx, j, w.cfg.Renderer.AwaitingApproval(messageInput(j)))
	case run.Status != port.StatusWaitingForApproval && isOverdue(j):
		return w.deliver(ctx, j, w.cfg.Renderer.Delayed(messageInput(j)))
	}
	return onEvent(), nil
}

// outcomeOf is the outcome of a run that has ended.
func outcomeOf(run port.Run) request.Outcome {
	o := request.Outcome{Status: run.Status, Links: run.Links, EndedAt: run.EndedAt}
	if o.EndedAt.IsZero() {
		o.EndedAt = time.Now().UTC()
	}
	switch run.Status {
	case port.StatusSuccess:
		o.Incident, o.Summary = message.ParseIncident(run.Response), run.Summary
		return o
	case port.StatusFailure, port.StatusDeclined, port.StatusCancelled:
	default:
		o.Status = request.Failure
	}
	o.Reason = cmp.Or(message.ErrorText(run.Response), run.Summary, run.StatusLabel)
	o.Hint = message.MissingInput(run.Response)
	return o
}
