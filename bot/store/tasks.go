package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"foghorn/bot/request"
)

// prefetch is how many tasks are pulled ahead of the worker.
const prefetch = 256

// A Task says that a request has something to do. Finish it, or have it retried.
type Task struct {
	store *Store
	msg   jetstream.Msg
}

// Wake creates a task for a request.
func (s *Store) Wake(ctx context.Context, id string) error {
	ack, err := s.js.Publish(ctx, subjectWake+id, nil)
	if err != nil {
		return fmt.Errorf("wake request: %w", err)
	}
	s.mark.advance(markTasks, ack.Sequence)
	return nil
}

// Tasks gives the tasks as they come, until ctx ends. It waits while the store is away.
func (s *Store) Tasks(ctx context.Context) (iter.Seq[*Task], error) {
	messages, err := s.tasks.Messages(jetstream.PullMaxMessages(prefetch))
	if err != nil {
		return nil, fmt.Errorf("receive tasks: %w", err)
	}
	return func(yield func(*Task) bool) {
		stop := context.AfterFunc(ctx, messages.Stop)
		defer stop()
		for {
			msg, err := messages.Next()
			switch {
			case ctx.Err() != nil || errors.Is(err, jetstream.ErrMsgIteratorClosed):
				if msg != nil {
					_ = msg.Nak()
				}
				return
			case err != nil: // the iterator recovers by itself
				s.cfg.Log.WithError(err).Warn("failed to receive tasks; will retry")
				if !sleep(ctx, time.Second) {
					return
				}
			case !yield(&Task{s, msg}):
				return
			}
		}
	}, nil
}

// ID is the id of the task's request.
func (t *Task) ID() string { return t.msg.Subject()[strings.LastIndexByte(t.msg.Subject(), '.')+1:] }

// IsSubmission reports that the task is the submission itself, and not a wake-up.
func (t *Task) IsSubmission() bool { return strings.HasPrefix(t.msg.Subject(), subjectAccepted) }

// Intervention is what an operator asked for; nil if the task is not that.
func (t *Task) Intervention() *request.Intervention {
	subject := t.msg.Subject()
	if !strings.HasPrefix(subject, subjectRetry) && !strings.HasPrefix(subject, subjectAbandon) {
		return nil
	}
	i := &request.Intervention{}
	if err := json.Unmarshal(t.msg.Data(), i); err != nil { // of another version: the task wakes its request
		return nil
	}
	return i
}

// Load reads the task's request. A request that was accepted and never saved has the
// revision 0. Errors are ErrNotFound, request.ErrUnsupportedRecord or JetStream's. A request at Done may lack what people
// entered: it was being archived. One at Tracking lacks it; its key is set until Archive has erased the submission.
//
// Load first waits while many submissions are being accepted, at most a second: both need the
// disk, and a person waits for the answer to a submission.
func (t *Task) Load(ctx context.Context) (*request.Request, error) {
	select {
	case <-t.store.index.Ready():
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	t.store.gate.yield(ctx)
	var accepted *request.Request
	var key []byte
	data, err := t.submission(ctx)
	if err == nil {
		if accepted, err = decodeSubmission(data); err != nil {
			return nil, err
		}
		key = accepted.Key
	} else if !errors.Is(err, jetstream.ErrMsgNotFound) {
		return nil, fmt.Errorf("load submission: %w", err)
	}
	r, err := t.store.load(ctx, t.ID(), key)
	switch {
	case errors.Is(err, ErrNotFound) && accepted != nil && (t.IsSubmission() || t.Intervention() != nil):
		if t.store.index.hasEnded(t.ID()) { // accepted again while it ended
			return nil, errors.Join(err, t.store.eraseTask(ctx, t.msg.Subject()))
		}
		return accepted, nil
	case err == nil && key == nil && r.Stage != request.Done && r.Stage != request.Tracking:
		return nil, fmt.Errorf("load request: its submission is missing: %w", request.ErrUnsupportedRecord)
	}
	return r, err
}

// submission is the content of the task of the submission.
func (t *Task) submission(ctx context.Context) ([]byte, error) {
	if t.IsSubmission() {
		return t.msg.Data(), nil
	}
	msg, err := t.store.tasksStream.GetLastMsgForSubject(ctx, subjectAccepted+t.ID())
	if err != nil {
		return nil, err
	}
	return msg.Data, nil
}

// KeepAlive says that the task is being worked on. Call it more often than every AckWait.
func (t *Task) KeepAlive() { _ = t.msg.InProgress() }

// Finish removes the task. The task of a submission stays until its request is archived, because it contains what the
// request needs. It is handed out again at the next start.
func (t *Task) Finish(ctx context.Context) error {
	if err := t.msg.Ack(); err != nil || t.IsSubmission() {
		return err
	}
	meta, err := t.msg.Metadata()
	if err != nil {
		return err
	}
	err = t.store.tasksStream.DeleteMsg(ctx, meta.Sequence.Stream)
	if errors.Is(err, jetstream.ErrMsgNotFound) || errors.Is(err, jetstream.ErrMsgDeleteUnsuccessful) { // a later one has replaced it
		return nil
	}
	return err
}

// Retry has the task handed out again after a delay.
func (t *Task) Retry(delay time.Duration) error { return t.msg.NakWithDelay(delay) }
