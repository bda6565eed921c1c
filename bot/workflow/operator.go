package workflow

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/bits"
	"net/http"
	"sync"
	"time"

	"foghorn/bot/request"
	"foghorn/bot/store"
	"foghorn/integrations/rest"
)

// intervene does what an operator asked for, and records it. An effect whose outcome is not recorded yet is waited for
// first: another process can be about to record it, and a record that changed meanwhile would lose it.
func (w *Workflow) intervene(ctx context.Context, j *job, i request.Intervention) (next, error) {
	switch {
	case j.Has(i): // the task was handed out again
		return again(), nil
	case !j.Stage.IsKnown():
		return onEvent(), fmt.Errorf("unknown stage %q: the request is not changed", j.Stage)
	}
	if wait := time.Until(effectEnd(j.Request)); wait > 0 {
		return after(wait), nil
	}
	log := w.log(j).WithField("by", i.By)
	if i.Kind == request.Abandon {
		switch j.Stage {
		case request.AwaitingChannel, request.Tracking, request.Done:
			log.Warn("failed to abandon the request: its result is delivered")
			return again(), nil
		}
		if j.Outcome != nil && j.Outcome.Status == request.Abandoned {
			log.Warn("failed to abandon the request: another operator has abandoned it")
			return again(), nil
		}
		o := request.Outcome{Status: request.Abandoned, Reason: i.Reason, MayHaveRun: j.Stage == request.CreatingRun}
		if j.Outcome != nil { // the run has ended, and its result is not delivered
			o.Incident, o.Links, o.EndedAt = j.Outcome.Incident, j.Outcome.Links, j.Outcome.EndedAt
		}
		j.Finish(o)
	}
	j.AddIntervention(i)
	if err := w.save(ctx, j); err != nil {
		return after(storeRetryDelay), err
	}
	log.WithField("intervention", i.Kind).Info("an operator changed the request")
	return again(), nil
}

// effectEnd is when an effect that was begun, and whose outcome is not recorded, must have ended; zero: there is none.
func effectEnd(r *request.Request) (end time.Time) {
	if r.Stage == request.CreatingRun {
		end = createRunEnd(r)
	}
	for _, d := range r.Deliveries {
		if d == nil || d.Completed() || d.StartedAt.IsZero() {
			continue
		}
		if at := postEnd(d); at.After(end) {
			end = at
		}
	}
	return end
}

// maxFailing bounds the requests whose failures are remembered.
const maxFailing = 20_000

// failures are failed attempts that are not in the records yet. A record is saved for a few of them only, so that an
// outage does not cost a write for each attempt.
type failures struct {
	mu   sync.Mutex
	byID map[string]request.Failures
}

// add counts a failed attempt, and returns those that the record lacks.
func (f *failures) add(id string, err error) request.Failures {
	f.mu.Lock()
	defer f.mu.Unlock()
	pending, known := f.byID[id]
	if !known && len(f.byID) >= maxFailing {
		return pending
	}
	if f.byID == nil {
		f.byID = map[string]request.Failures{}
	}
	pending.Count++
	pending.Error, pending.At = failureText(err), time.Now().UTC().Truncate(time.Millisecond)
	f.byID[id] = pending
	return pending
}

// of returns the failed attempts of a request that its record lacks.
func (f *failures) of(id string) request.Failures {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.byID[id]
}

// forget is called when the record has them, or is gone.
func (f *failures) forget(id string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.byID, id)
}

// failureText is an error as a record keeps it: without the service's own words, which can repeat what was entered.
func failureText(err error) string {
	if e, ok := errors.AsType[*rest.Error](err); ok && e.Status != 0 {
		return request.Shorten(fmt.Sprintf("%s: %d %s", e.Op, e.Status, cmp.Or(e.Code, http.StatusText(e.Status))))
	}
	return request.Shorten(err.Error())
}

// recordFailure records that an attempt failed. The record is saved for the first one, and whenever their number has
// doubled.
func (w *Workflow) recordFailure(ctx context.Context, j *job, err error) {
	if j.unsaved || j.Revision == 0 || j.Stage == request.Tracking || ctx.Err() != nil {
		return
	}
	pending := w.failures.add(j.ID, err)
	j.AddFailures(request.Failures{Count: 1, Error: pending.Error, At: pending.At})
	if n := j.History[len(j.History)-1].Failures; bits.OnesCount(uint(n)) != 1 {
		return
	}
	if err := w.save(ctx, j); err != nil && !errors.Is(err, store.ErrConflict) {
		w.log(j).WithError(err).Warn("failed to save how often an attempt failed")
	}
}

// recordPanic records that a stage panicked. It does not panic itself.
func (w *Workflow) recordPanic(ctx context.Context, j *job) {
	defer func() { _ = recover() }()
	if j.Request != nil {
		w.recordFailure(ctx, j, errors.New("panic: the log of the bot has the details"))
	}
}
