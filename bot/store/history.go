package store

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"slices"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"foghorn/bot/request"
)

const (
	// endedParts is the number of subjects of the log of ended requests. A read of one subject skips the requests of most
	// other users. JetStream keeps an entry in memory for each subject, and for each subject of a file that it reads.
	endedParts = 64

	// maxEndedDistance is how many of the newest entries of the log are searched, those of all users. JetStream reads whole
	// files, of up to 8 MB, and keeps them for 10 s: this bounds the memory to some 20 MB.
	maxEndedDistance = 32_768

	// historyTimeout bounds a read of the log: on a slow disk, what is older than was read in this time is left out.
	historyTimeout = 1500 * time.Millisecond

	// minEndedWindow is how many of the newest entries of the log are searched first.
	minEndedWindow = 256
)

// endedSubject is the subject of the ended requests of a user, and of some other users.
func endedSubject(user string) string {
	h := fnv.New32a()
	_, _ = h.Write([]byte(user)) // never fails
	return fmt.Sprintf("%s%02x", subjectEnded, h.Sum32()%endedParts)
}

// A History lists the requests of users.
type History struct{ Store *Store }

// ListOpen lists the requests of a user that have not ended, the newest first, without what was entered. A request that
// follows an incident counts as ended: the user has its result.
func (h History) ListOpen(ctx context.Context, user string, limit int) ([]*request.Request, error) {
	return h.listRecords(ctx, user, false, limit)
}

func (h History) listRecords(ctx context.Context, user string, tracking bool, limit int) (open []*request.Request, err error) {
	s := h.Store
	select {
	case <-s.index.Ready():
	case <-ctx.Done():
		return nil, fmt.Errorf("list open requests: the store is not read yet: %w", ctx.Err())
	}
	ids := s.index.openOf(user, tracking)
	for _, id := range ids[:min(len(ids), limit)] {
		r, err := s.load(ctx, id, nil)
		switch {
		case errors.Is(err, ErrNotFound), errors.Is(err, request.ErrUnsupportedRecord): // it ended meanwhile, or is of a later version
		case err != nil:
			return nil, err
		case !tracking || r.Outcome != nil:
			open = append(open, r)
		}
	}
	return open, nil
}

// ListEnded lists the requests of a user that ended last, the newest first, without what was entered.
func (h History) ListEnded(ctx context.Context, user string, limit int) ([]*request.Request, error) {
	tracked, err := h.listRecords(ctx, user, true, limit)
	if err != nil {
		return nil, err
	}
	ended, err := h.listLog(ctx, user, limit)
	if err != nil || len(tracked) == 0 {
		return ended, err
	}
	slices.Reverse(tracked)
	ended = appendNewest(ended, tracked)
	slices.SortStableFunc(ended, func(a, b *request.Request) int { return b.Outcome.EndedAt.Compare(a.Outcome.EndedAt) })
	return ended[:min(len(ended), limit)], nil
}

// listLog reads the log from its end, in parts that become larger, until there are enough requests of the user, and at
// most maxEndedDistance entries.
func (h History) listLog(ctx context.Context, user string, limit int) (ended []*request.Request, err error) {
	s := h.Store
	reading, cancel := context.WithTimeout(ctx, historyTimeout)
	defer cancel()
	subject := endedSubject(user)
	info, err := s.ended.Info(reading, jetstream.WithSubjectFilter(subject))
	if err != nil {
		return nil, fmt.Errorf("read the log of ended requests: %w", err)
	}
	state, left := info.State, info.State.Subjects[subject]
	first := max(state.FirstSeq, state.LastSeq-min(state.LastSeq, maxEndedDistance)+1)
	if left == 0 {
		return nil, nil
	}
	window := max(minEndedWindow, 2*uint64(limit)*(state.Msgs/left+1))
	for end := state.LastSeq; left > 0 && end >= first && len(ended) < limit; window *= 4 {
		start := max(first, end-min(end, window)+1)
		part, read, err := s.readEnded(reading, subject, start, end, user)
		ended = appendNewest(ended, part)
		if err != nil && ctx.Err() == nil && reading.Err() != nil { // the rest is too far away
			break
		}
		if err != nil {
			return nil, fmt.Errorf("read the log of ended requests: %w", err)
		}
		left, end = left-min(left, read), start-1
	}
	return ended[:min(len(ended), limit)], nil
}

// readEnded reads a part of the log, the oldest entry first, and returns the requests of the user, and how many entries
// have the subject.
func (s *Store) readEnded(ctx context.Context, subject string, start, end uint64, user string) (found []*request.Request, read uint64, err error) {
	for seq := start; seq <= end; read++ {
		msg, err := s.ended.GetMsg(ctx, seq, jetstream.WithGetMsgSubject(subject)) // or the next one
		if errors.Is(err, jetstream.ErrMsgNotFound) {
			break
		}
		if err != nil {
			return found, read, err
		}
		if msg.Sequence > end {
			break
		}
		if r, err := request.Decode(msg.Data, nil); err == nil && r.User == user && r.Outcome != nil {
			found = append(found, r)
		}
		seq = msg.Sequence + 1
	}
	return found, read, nil
}

// appendNewest appends requests in reverse order. One that was archived twice is listed once.
func appendNewest(ended, part []*request.Request) []*request.Request {
	for _, r := range slices.Backward(part) {
		if !slices.ContainsFunc(ended, func(other *request.Request) bool { return other.ID == r.ID }) {
			ended = append(ended, r)
		}
	}
	return ended
}
