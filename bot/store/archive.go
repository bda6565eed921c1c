package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"foghorn/bot/request"
)

const (
	// DefaultRetention is how long the records of ended requests are kept.
	DefaultRetention = 30 * 24 * time.Hour

	// noDuplicates is the shortest time in which JetStream drops a message with the same id. At the start it reads all
	// messages of that time.
	noDuplicates = 100 * time.Millisecond
)

// Archive moves a request that was saved at Done from the requests to the log of ended requests, and erases what people
// entered. To repeat it after an error or a crash is safe.
//
// The log has one subject: JetStream keeps an entry in memory for each. Only its end is read at the start, and JetStream
// removes what is too old or too much.
func (s *Store) Archive(ctx context.Context, r *request.Request) error {
	if r.Outcome != nil { // otherwise the log has it: a crash came between the last two steps
		data, err := r.Ended().Encode(nil)
		if err != nil {
			return fmt.Errorf("archive request: %w", err)
		}
		if _, err := s.js.Publish(ctx, subjectEnded, data); err != nil {
			return fmt.Errorf("archive request: %w", err)
		}
	}
	s.gate.yield(ctx)
	// The order matters: a task without a record is a new request.
	if err := s.eraseTask(ctx, subjectAccepted+r.ID); err != nil {
		return fmt.Errorf("erase submission: %w", err)
	}
	if err := s.requestsStream.Purge(ctx, jetstream.WithPurgeSubject(recordSubject(r.ID))); err != nil {
		return fmt.Errorf("remove record: %w", err)
	}
	s.index.addEnded(endedEntry{r.ID, r.RunID, time.Now()})
	return nil
}

// eraseTask overwrites the task with a subject.
func (s *Store) eraseTask(ctx context.Context, subject string) error {
	msg, err := s.tasksStream.GetLastMsgForSubject(ctx, subject)
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return nil
	}
	if err == nil {
		err = s.tasksStream.SecureDeleteMsg(ctx, msg.Sequence)
	}
	return err
}

// recordSubject is the subject of a record in the stream of the bucket of requests.
func recordSubject(key string) string { return "$KV." + requestsBucket + "." + key }
