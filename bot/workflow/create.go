package workflow

import (
	"context"
	"errors"
	"time"

	"foghorn/bot/identity"
	"foghorn/bot/request"
	"foghorn/integrations/port"
	"foghorn/integrations/rest"
	"foghorn/integrations/slackapp"
)

// createRunDeadline is how long a run is created after the submission. To declare an incident
// hours later would be worse than to inform the reporter that it was not declared.
const createRunDeadline = time.Hour

// startRun is the stage Accepted: it decides whether the reporter may run the action, and creates the run. The decision
// is made each time, because a retry can be an hour later.
func (w *Workflow) startRun(ctx context.Context, j *job) (next, error) {
	if time.Since(j.CreatedAt) > createRunDeadline {
		return w.finish(ctx, j, request.Outcome{Status: request.NotStarted, Reason: "Port or Slack could not be reached for an hour."})
	}
	if isOverdue(j) {
		return w.deliver(ctx, j, w.cfg.Renderer.Delayed(messageInput(j)))
	}
	email, denied, err := w.cfg.Users.Authorize(ctx, j.User, identity.Target{Action: j.Action, Entity: j.Entity})
	j.setAuthorized(denied == nil)
	switch {
	case err != nil:
		delay := max(backoff(j, maxPortDelay), rest.RetryAfter(err), slackapp.RetryAfter(err))
		if j.Revision == 0 { // a request that is stored is not announced to the reporter again
			err = errors.Join(err, w.save(ctx, j))
		}
		return after(delay), err
	case denied != nil:
		return w.finish(ctx, j, deniedOutcome(denied))
	}
	j.Email = email
	return w.createRun(ctx, j)
}

func deniedOutcome(d *identity.Denial) request.Outcome {
	if d.NoEmail {
		return request.Outcome{Status: request.NoEmail, Reason: d.Reason}
	}
	return request.Outcome{Status: request.Denied, Reason: d.Reason}
}

// createRun saves the intent, creates the run and saves the result.
func (w *Workflow) createRun(ctx context.Context, j *job) (next, error) {
	j.Enter(request.CreatingRun)
	if err := w.save(ctx, j); err != nil {
		return after(storeRetryDelay), err
	}
	w.cfg.CrashPoint("before creating the run")
	run, err := w.cfg.Port.CreateRun(ctx, port.RunRequest{Action: j.Action, RunAs: j.Email, Entity: j.Entity, Properties: j.Properties})
	w.cfg.CrashPoint("after creating the run")
	switch {
	case err == nil:
		return w.recordRun(ctx, j, run)
	case rest.IsRateLimited(err) && !rest.IsForeign(err), rest.IsNotSent(err), rest.IsUnauthorized(err): // Port has done nothing, and the reporter is not the cause
		delay := max(backoff(j, maxPortDelay), rest.RetryAfter(err))
		j.Enter(request.Accepted)
		return after(delay), errors.Join(err, w.save(ctx, j))
	case rest.IsRejected(err):
		return w.handleRejection(ctx, j, err)
	}
	return after(max(callGracePeriod, time.Until(createRunEnd(j.Request)))), err // Port may have created the run: recoverRun looks for it
}

// handleRejection ends a request whose run Port rejected, unless Port knows the reporter by another spelling of the
// address.
func (w *Workflow) handleRejection(ctx context.Context, j *job, rejection error) (next, error) {
	email, denied, err := w.cfg.Users.CorrectEmail(ctx, j.Email)
	switch {
	case err == nil && denied != nil:
		return w.finish(ctx, j, deniedOutcome(denied))
	case err == nil && email != j.Email:
		j.Email = email
		j.Enter(request.Accepted)
		return w.saveThen(ctx, j, again())
	case err != nil && !rest.IsRejected(err): // whether the address is the reason is not known yet
		delay := max(backoff(j, maxPortDelay), rest.RetryAfter(err))
		j.Enter(request.Accepted)
		return after(delay), errors.Join(err, w.save(ctx, j))
	}
	return w.finish(ctx, j, request.Outcome{Status: request.Rejected, Reason: rest.ErrorText(rejection)})
}

// recordRun saves which run the request has.
func (w *Workflow) recordRun(ctx context.Context, j *job, run port.Run) (next, error) {
	j.RunID = run.ID
	if run.HasEnded() {
		return w.finish(ctx, j, outcomeOf(run))
	}
	j.Enter(request.Running)
	if run.Status == port.StatusWaitingForApproval {
		return w.saveThen(ctx, j, again()) // inform the reporter
	}
	return w.saveThen(ctx, j, onEvent())
}

// recoverRun is the stage CreatingRun: the answer to createRun was lost. It looks for the run
// once Port can no longer be working on the call.
func (w *Workflow) recoverRun(ctx context.Context, j *job) (next, error) {
	if early := time.Until(createRunEnd(j.Request)); early > 0 {
		return after(early), nil
	}
	if isOverdue(j) {
		return w.deliver(ctx, j, w.cfg.Renderer.Delayed(messageInput(j)))
	}
	run, err := w.findLostRun(ctx, j)
	switch {
	case errors.Is(err, errUnproven): // to create it again could make two
		return w.finish(ctx, j, request.Outcome{
			Status: request.Unknown, Reason: "Port's answer was lost, and Port lists too many newer runs to show whether this one exists.",
		})
	case err != nil && time.Since(j.CreatedAt) > createRunDeadline:
		return w.finish(ctx, j, request.Outcome{
			Status: request.Unknown, Reason: "Port's answer was lost, and Port could not be reached again for an hour.",
		})
	case err != nil:
		return after(max(backoff(j, maxPortDelay), rest.RetryAfter(err))), err
	case run == nil:
		return w.startRun(ctx, j)
	}
	w.log(j).WithField("run_id", run.ID).Info("found the run whose answer was lost")
	j.RunID = run.ID
	j.Enter(request.Running)
	return w.saveThen(ctx, j, again())
}

// createRunEnd is when Port can no longer be working on the call that creates the run.
func createRunEnd(r *request.Request) time.Time {
	return r.StageEnteredAt.Add(port.CreateRunTimeout + callGracePeriod)
}
