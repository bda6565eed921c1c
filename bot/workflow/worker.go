package workflow

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
	"time"

	"foghorn/bot/request"
	"foghorn/bot/store"
)

const (
	// maxWorkers is how many requests are worked on at a time.
	maxWorkers = 128

	// conflictRetryDelay is when a task is handed out again whose request is worked on elsewhere.
	conflictRetryDelay = time.Second

	// panicRetryDelay is when a stage that panicked is retried.
	panicRetryDelay = 10 * time.Second

	// loadRetryDelay is when a request that could not be read is read again.
	loadRetryDelay = 5 * time.Second
)

// runWorker works on the tasks of the store until ctx ends. Then it waits for the stages
// being worked on, which have stopTimeout to finish.
func (w *Workflow) runWorker(ctx context.Context) error {
	tasks, err := w.cfg.Store.Tasks(ctx)
	if err != nil {
		return err
	}
	working, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	stop := context.AfterFunc(ctx, func() { time.AfterFunc(stopTimeout, cancel) })
	defer stop()

	var workers sync.WaitGroup
	defer workers.Wait()
	slots := make(chan struct{}, maxWorkers)
	for task := range tasks {
		select {
		case slots <- struct{}{}:
		case <-ctx.Done():
			_ = task.Retry(0)
			return nil
		}
		workers.Go(func() {
			defer func() { <-slots }()
			w.handleTask(working, task, ctx.Done())
		})
	}
	return nil
}

// handleTask advances the request of a task until it has to wait, or until stopping is closed.
func (w *Workflow) handleTask(ctx context.Context, task *store.Task, stopping <-chan struct{}) {
	id := task.ID()
	if !w.inFlight.tryAcquire(id) {
		_ = task.Retry(conflictRetryDelay)
		return
	}
	defer w.inFlight.release(id)
	j := &job{Request: &request.Request{ID: id}}
	n, err := w.process(ctx, task, j, stopping)
	entry := w.log(j)
	switch {
	case errors.Is(err, store.ErrConflict):
		entry.Debug("the request is worked on by another process")
		n = after(conflictRetryDelay)
	case err != nil:
		w.cfg.Metrics.StageRetried(w.cfg.Store.Index().Stage(id))
		if n.delay > 0 {
			entry = entry.WithField("retry_in", n.delay.Round(time.Millisecond).String())
		}
		entry.WithError(err).Warn("failed to process the request; will retry")
	}
	w.cfg.CrashPoint("before finishing the task")
	if n.event {
		err = task.Finish(ctx)
	} else {
		err = task.Retry(n.delay)
	}
	if err != nil { // the task is handed out again, and its request is found to be unchanged
		entry.WithError(err).Warn("failed to finish the task")
	}
}

// process reads the request of a task into j, and advances it until it has to wait.
func (w *Workflow) process(ctx context.Context, task *store.Task, j *job, stopping <-chan struct{}) (n next, err error) {
	defer func() {
		if p := recover(); p != nil {
			n, err = after(panicRetryDelay), fmt.Errorf("panic: %v\n%s", p, debug.Stack())
			w.recordPanic(ctx, j)
		}
	}()
	r, err := task.Load(ctx)
	switch {
	case errors.Is(err, store.ErrNotFound): // it has ended, and its record was removed
		w.failures.forget(task.ID())
		return onEvent(), nil
	case errors.Is(err, request.ErrUnsupportedRecord): // a later version of the bot continues with it
		return onEvent(), err
	case err != nil:
		return after(loadRetryDelay), err
	}
	if r.Stage == request.Running && task.IsSubmission() { // handed out at the start: the poller follows its run
		return onEvent(), nil
	}
	j.Request, j.loggedStage, j.loggedAt = r, r.Stage, r.StageEnteredAt
	j.AddFailures(w.failures.of(j.ID))
	if i := task.Intervention(); i != nil {
		if n, err := w.intervene(ctx, j, *i); n != again() || err != nil {
			return n, err
		}
	}
	if r.Revision == 0 { // just accepted
		w.logStage(j)
		authorized := make(chan bool, 1)
		j.authorized = authorized
		notify := w.startedNotice(j, authorized)
		var notifying sync.WaitGroup
		noticing, span := w.startSpan(ctx, r, "started notice")
		notifying.Go(func() { notify(noticing); span.End() })
		defer notifying.Wait()
	}
	return w.advanceUntilWait(ctx, task, j, stopping)
}

// advanceUntilWait advances a request stage by stage.
func (w *Workflow) advanceUntilWait(ctx context.Context, task *store.Task, j *job, stopping <-chan struct{}) (next, error) {
	for {
		task.KeepAlive()
		n, err := w.advance(ctx, j)
		if err != nil && !errors.Is(err, store.ErrConflict) {
			w.recordFailure(ctx, j, err)
		}
		if n != again() || err != nil {
			return n, err
		}
		select {
		case <-stopping:
			return after(time.Millisecond), nil // the next process continues
		default:
		}
	}
}

// sleep waits. It reports false if ctx ended first.
func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}
