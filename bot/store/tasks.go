package store

import (
	"context"
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
	if _, err := s.js.Publish(ctx, subjectWake+id, nil); err != nil {
		return fmt.Errorf("wake request: %w", err)
	}
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

// Load reads the task's request. A request that was accepted and never saved has the
// revision 0. Errors are ErrNotFound, request.ErrUnsupportedRecord or JetStream's.
//
// Load first waits while many submissions are being accepted, at most a second: both need the
// disk, and a person waits for the answer to a submission.
func (t *Task) Load(ctx context.Context) (*request.Request, error) {
	t.store.gate.yield(ctx)
	r, err := t.store.load(ctx, t.ID())
	if errors.Is(err, ErrNotFound) && strings.HasPrefix(t.msg.Subject(), subjectAccepted) {
		return request.Decode(t.msg.Data())
	}
	return r, err
}

// KeepAlive says that the task is being worked on. Call it more often than every AckWait.
func (t *Task) KeepAlive() { _ = t.msg.InProgress() }

// Finish removes the task.
func (t *Task) Finish() error { return t.msg.Ack() }

// Retry has the task handed out again after a delay.
func (t *Task) Retry(delay time.Duration) error { return t.msg.NakWithDelay(delay) }
