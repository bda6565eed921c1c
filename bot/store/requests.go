package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"foghorn/bot/request"
)

// acceptTimeout bounds the write of a submission. It leaves time to answer within Slack's 3 s.
const acceptTimeout = 2500 * time.Millisecond

var (
	// ErrConflict reports that another process changed the record since it was read.
	ErrConflict = errors.New("the record was changed by another process")

	// ErrNotFound reports that there is no such record.
	ErrNotFound = errors.New("record not found")
)

// Accept stores a new request. After it returns nil the request will be processed, even if
// this process is killed. The same request accepted twice is one request, also when it is one of those that ended last.
func (s *Store) Accept(ctx context.Context, r *request.Request) error {
	s.gate.begin()
	defer s.gate.end()
	if err := s.checkAccepting(); err != nil {
		return fmt.Errorf("accept request: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, acceptTimeout)
	defer cancel()
	select {
	case <-s.index.Ready():
	case <-ctx.Done():
		return fmt.Errorf("accept request: the store is not read yet: %w", ctx.Err())
	}
	if s.index.hasEnded(r.ID) {
		return nil
	}
	data, err := encodeSubmission(r)
	if err != nil {
		return fmt.Errorf("accept request: %w", err)
	}
	seq, err := s.publishFirst(ctx, subjectAccepted+r.ID, data)
	switch {
	case err == nil:
		s.mark.advance(markTasks, seq)
	case !isConflict(err): // a conflict: it was accepted before
		return fmt.Errorf("accept request: %w", err)
	}
	return nil
}

// A submission is the content of the task of a new request.
type submission struct {
	Key     []byte          `json:"key"`
	Request json.RawMessage `json:"request"`
}

func encodeSubmission(r *request.Request) ([]byte, error) {
	r.Key = newKey()
	data, err := r.Encode(nil)
	if err != nil {
		return nil, err
	}
	return json.Marshal(submission{Key: r.Key, Request: data})
}

func decodeSubmission(data []byte) (*request.Request, error) {
	var sub submission
	if err := json.Unmarshal(data, &sub); err != nil {
		return nil, fmt.Errorf("decode submission: %w: %w", err, request.ErrUnsupportedRecord)
	}
	r, err := request.Decode(sub.Request, nil)
	if err == nil {
		r.Key = sub.Key
	}
	return r, err
}

// load reads a request with the key of its submission. Errors are ErrNotFound, request.ErrUnsupportedRecord or JetStream's.
func (s *Store) load(ctx context.Context, id string, key []byte) (*request.Request, error) {
	entry, err := s.requests.Get(ctx, id)
	if errors.Is(err, jetstream.ErrKeyNotFound) {
		return nil, fmt.Errorf("load request: %w", ErrNotFound)
	}
	if err != nil {
		return nil, fmt.Errorf("load request: %w", err)
	}
	open := func(sealed []byte) ([]byte, error) { return unseal(key, sealed) }
	if key == nil {
		open = nil
	}
	r, err := request.Decode(entry.Value(), open)
	if err != nil {
		return nil, err
	}
	r.Revision, r.Key = entry.Revision(), key
	return r, nil
}

// Save writes a request and updates its revision. If the record is not the one that was
// read, Save writes nothing and returns ErrConflict.
func (s *Store) Save(ctx context.Context, r *request.Request) error {
	data, err := encodeRecord(r)
	if err != nil {
		return fmt.Errorf("save request: %w", err)
	}
	var revision uint64
	if r.Revision == 0 {
		revision, err = s.requests.Create(ctx, r.ID, data)
	} else {
		revision, err = s.requests.Update(ctx, r.ID, data, r.Revision)
	}
	switch {
	case err == nil:
		s.mark.advance(markRequests, revision)
		r.Revision = revision
		return nil
	case isConflict(err):
		return ErrConflict
	}
	return fmt.Errorf("save request: %w", err)
}

// encodeRecord encrypts what people entered. From Tracking on nothing of it is left, and no key.
func encodeRecord(r *request.Request) ([]byte, error) {
	switch {
	case r.Stage == request.Tracking || r.Tracked != nil && r.Stage == request.Done:
		return r.Ended().Encode(nil)
	case len(r.Key) != keySize:
		return nil, errors.New("it has not been accepted")
	}
	return r.Encode(func(plain []byte) []byte { return seal(r.Key, plain) })
}

// ClaimRun assigns a run to a request, for a day. It reports false if the run belongs to another one.
func (s *Store) ClaimRun(ctx context.Context, runID, id string) (bool, error) {
	if !request.ValidID(runID) {
		return false, errors.New("claim run: invalid run id")
	}
	_, err := s.claims.Create(ctx, runID, []byte(id))
	if err == nil {
		return true, nil
	}
	if !isConflict(err) {
		return false, fmt.Errorf("claim run: %w", err)
	}
	entry, err := s.claims.Get(ctx, runID)
	if err != nil {
		return false, fmt.Errorf("claim run: %w", err)
	}
	return string(entry.Value()) == id, nil
}

// errCodeWrongLastSequence is a cluster's answer to a write that follows another write of the same key.
const errCodeWrongLastSequence jetstream.ErrorCode = 10164

// isConflict reports that a write was rejected because of another write of the same key.
func isConflict(err error) bool {
	if errors.Is(err, jetstream.ErrKeyExists) {
		return true
	}
	api, ok := errors.AsType[*jetstream.APIError](err)
	return ok && (api.ErrorCode == jetstream.JSErrCodeStreamWrongLastSequence || api.ErrorCode == errCodeWrongLastSequence)
}
