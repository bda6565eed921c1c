package workflow

import (
	"context"
	"math/rand/v2"
	"time"

	"github.com/sirupsen/logrus"

	"foghorn/bot/message"
	"foghorn/bot/request"
)

// storeRetryDelay is when a stage whose request could not be saved is retried.
const storeRetryDelay = time.Second

// save saves the request. It is the only place that does, and the only one that logs a
// change of stage.
func (w *Workflow) save(ctx context.Context, j *job) error {
	w.cfg.CrashPoint("before saving " + string(j.Stage))
	err := w.store.Save(ctx, j.Request)
	if j.unsaved = err != nil; j.unsaved {
		return err
	}
	w.failures.forget(j.ID)
	w.cfg.CrashPoint("after saving " + string(j.Stage))
	if !j.StageEnteredAt.Equal(j.loggedAt) { // it can enter the same stage again
		w.traceStage(ctx, j, j.loggedStage, j.loggedAt)
		j.loggedAt = j.StageEnteredAt
	}
	if j.Stage == j.loggedStage {
		return nil
	}
	j.loggedStage = j.Stage
	if j.Stage == request.Tracking || j.Stage == request.Done && j.Tracked == nil { // the result is delivered
		w.cfg.Metrics.RequestEnded(j.Outcome.Status)
	}
	w.logStage(j)
	return nil
}

// saveThen saves the request and continues with n.
func (w *Workflow) saveThen(ctx context.Context, j *job, n next) (next, error) {
	if err := w.save(ctx, j); err != nil {
		return after(storeRetryDelay), err
	}
	return n, nil
}

// finish records the outcome of the request; its messages are posted next.
func (w *Workflow) finish(ctx context.Context, j *job, o request.Outcome) (next, error) {
	j.Finish(o)
	return w.saveThen(ctx, j, again())
}

// complete ends the request. It is archived next.
func (w *Workflow) complete(ctx context.Context, j *job) (next, error) {
	if j.Tracked != nil {
		j.Tracked.Catalog = nil // nothing is written any more
	}
	j.Enter(request.Done)
	return w.saveThen(ctx, j, again())
}

// archive is the stage Done: it moves the request to the log of ended requests, and erases what the user entered.
func (w *Workflow) archive(ctx context.Context, j *job) (next, error) {
	w.cfg.CrashPoint("before archiving")
	if err := w.store.Archive(ctx, j.Request); err != nil {
		return after(storeRetryDelay), err
	}
	w.cfg.CrashPoint("after archiving")
	return onEvent(), nil
}

func (w *Workflow) logStage(j *job) {
	entry := w.log(j).WithFields(logrus.Fields{"stage": j.Stage, "action": j.Action})
	if j.RunID != "" {
		entry = entry.WithField("run_id", j.RunID)
	}
	if j.Outcome != nil {
		entry = entry.WithField("outcome", j.Outcome.Status)
	}
	entry.Info("request stage changed")
}

func (w *Workflow) log(j *job) *logrus.Entry {
	entry := w.cfg.Log.WithField("request_id", j.ID)
	if id := j.Trace.SampledID(); id != "" {
		entry = entry.WithField("trace_id", id)
	}
	return entry
}

// isOverdue reports that the reporter must be informed of the delay.
func isOverdue(j *job) bool {
	return time.Since(j.CreatedAt) > slowRunNotice && !j.Deliveries[request.Delayed].Completed()
}

// The longest delays before a retry, by the service that failed. Each leaves room for a call that began before the end
// of the service's outage and times out, so that every request is tried again within 15 s after the end.
const (
	maxPortDelay  = 3 * time.Second
	maxSlackDelay = 6 * time.Second
)

// backoff is the delay before a retry. It grows with the time spent on the same stage, up to longest, and is random, so
// that the requests that wait for a service do not come back at the same moment.
func backoff(j *job, longest time.Duration) time.Duration {
	since := j.StageEnteredAt
	if j.Stage == request.Accepted || j.Stage == request.CreatingRun {
		since = j.CreatedAt // a request alternates between these two
	}
	delay := min(max(time.Since(since)/2, 500*time.Millisecond), longest)
	return delay - rand.N(delay/2)
}

// messageInput is what the messages about the request are rendered from.
func messageInput(j *job) message.Input {
	in := message.Input{
		Title: j.Title, Entity: j.Entity, Reporter: j.User, Channel: j.Channel, Direct: j.Direct,
		Properties: j.Properties, RunID: j.RunID, CreatedAt: j.CreatedAt, Rejected: map[string]string{},
	}
	if j.Outcome != nil {
		in.Outcome = *j.Outcome
	}
	for key, d := range j.Deliveries {
		if d != nil && d.ErrorCode != "" {
			in.Rejected[key] = d.ErrorCode
		}
	}
	return in
}
