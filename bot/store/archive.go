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

	// erasePause is the pause after an erasure, as a multiple of the time that it took.
	erasePause = 3

	// maxErasures is how many requests that ended wait to be erased. When more end, they wait at Done.
	maxErasures = 10_000
)

// Archive moves a request that was saved at Done from the requests to the log of ended requests, and erases what people
// entered. Of a request that was saved at Tracking it erases the same, and keeps the record. To repeat it after an error or
// a crash is safe.
//
// The log has few subjects: JetStream keeps an entry in memory for each. Only its end is read at the start, and JetStream
// removes what is too old or too much.
//
// To erase a submission JetStream writes the file that contains it again, up to 4 MB, and writes nothing else meanwhile.
// So the embedded store erases one at a time, with pauses; what ends meanwhile is erased later, or by the Archive of
// the next start, because its task is still there.
func (s *Store) Archive(ctx context.Context, r *request.Request) error {
	if r.Stage == request.Tracking {
		return s.eraseSoon(ctx, erasure{id: r.ID, keepRecord: true})
	}
	if r.Outcome != nil && !s.index.hasEnded(r.ID) { // otherwise the log has it: it is archived again
		data, err := r.Ended().Encode(nil)
		if err != nil {
			return fmt.Errorf("archive request: %w", err)
		}
		if _, err := s.js.Publish(ctx, endedSubject(r.User), data); err != nil {
			return fmt.Errorf("archive request: %w", err)
		}
	}
	s.index.addEnded(endedEntry{r.ID, r.RunID, time.Now()}, r.User)
	return s.eraseSoon(ctx, erasure{id: r.ID})
}

// An erasure is a request to erase.
type erasure struct {
	id         string
	keepRecord bool
	leftover   bool // only the record, unless the task is still there: its Archive follows
}

// eraseSoon erases a request, now or after those that are being erased.
func (s *Store) eraseSoon(ctx context.Context, e erasure) error {
	if s.server == nil { // a cluster hands out no task again that was finished
		return s.erase(ctx, e)
	}
	if s.erasing.TryLock() {
		defer s.erasing.Unlock()
		s.gate.yield(ctx)
		return s.erase(ctx, e)
	}
	select {
	case s.erasures <- e:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("erase request: %w", ctx.Err())
	}
}

// eraseLeftover erases a record that JetStream shows again after the process was killed: to remove a record does not keep
// it from reading an earlier revision when it builds its index from the files.
func (s *Store) eraseLeftover(id string) {
	if s.server == nil {
		return // the others of the cluster have the index
	}
	select {
	case s.erasures <- erasure{id: id, leftover: true}:
	default: // the next start erases it
	}
}

// eraseLater erases the requests that could not be erased at once, until ctx ends.
func (s *Store) eraseLater(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case e := <-s.erasures:
			s.eraseAndPause(ctx, e)
		}
	}
}

func (s *Store) eraseAndPause(ctx context.Context, e erasure) {
	s.erasing.Lock()
	defer s.erasing.Unlock()
	s.gate.yield(ctx)
	begun := time.Now()
	if err := s.erase(ctx, e); err != nil && ctx.Err() == nil {
		s.cfg.Log.WithError(err).WithField("request_id", e.id).Warn("failed to erase what was entered; the next start will retry")
	}
	sleep(ctx, erasePause*time.Since(begun))
}

// erase removes the submission and the record of a request. Earlier revisions of the record stay in the files; without the
// key in the submission they cannot be read.
func (s *Store) erase(ctx context.Context, e erasure) error {
	if e.leftover {
		if _, err := s.tasksStream.GetLastMsgForSubject(ctx, subjectAccepted+e.id); !errors.Is(err, jetstream.ErrMsgNotFound) {
			return err
		}
	}
	// The order matters: a task without a record is a new request.
	if err := s.eraseTask(ctx, subjectAccepted+e.id); err != nil {
		return fmt.Errorf("erase submission: %w", err)
	}
	if e.keepRecord {
		return nil
	}
	if err := s.requestsStream.Purge(ctx, jetstream.WithPurgeSubject(recordSubject(e.id))); err != nil {
		return fmt.Errorf("remove record: %w", err)
	}
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
