package store

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"sync"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/nats-io/nuid"
)

// Limits of a batch. JetStream's are 1,000 messages.
const (
	maxBatchMessages = 250
	maxBatchBytes    = 4 << 20
)

// A batcher writes submissions into the embedded store. An fsync takes about a millisecond however much it writes, so
// submissions that come while others are written wait and are then written together, with one fsync: as an atomic
// batch (https://github.com/nats-io/nats-architecture-and-design/blob/main/adr/ADR-50.md).
type batcher struct {
	mu      sync.Mutex
	waiting []*publication
	writing bool
}

// A publication is a message that must be the first of its subject.
type publication struct {
	ctx  context.Context
	msg  *nats.Msg
	seq  uint64 // after done is closed; the sequence, or a later one that was written with it
	err  error
	done chan struct{}
}

// publishFirst writes a message unless its subject has one, and returns when it is synced.
func (s *Store) publishFirst(ctx context.Context, subject string, data []byte) (seq uint64, err error) {
	p := &publication{ctx: ctx, msg: nats.NewMsg(subject), done: make(chan struct{})}
	p.msg.Data = data
	p.msg.Header.Set(jetstream.ExpectedLastSubjSeqHeader, "0")
	if s.server == nil {
		s.publishOne(p)
		return p.seq, p.err
	}
	s.batch.mu.Lock()
	s.batch.waiting = append(s.batch.waiting, p)
	if !s.batch.writing {
		s.batch.writing = true
		go s.writeBatches()
	}
	s.batch.mu.Unlock()
	select {
	case <-p.done:
		return p.seq, p.err
	case <-ctx.Done():
		return 0, ctx.Err()
	}
}

// writeBatches writes what waits until nothing does.
func (s *Store) writeBatches() {
	for {
		batch := s.batch.take()
		switch {
		case batch == nil:
			return
		case len(batch) == 1 || s.publishBatch(batch) != nil: // one of them was accepted before: the others must not fail
			for _, p := range batch {
				s.publishOne(p)
			}
		}
		for _, p := range batch {
			close(p.done)
		}
	}
}

// take removes the next batch from what waits.
func (b *batcher) take() (batch []*publication) {
	b.mu.Lock()
	defer b.mu.Unlock()
	size := 0
	for len(b.waiting) > 0 && len(batch) < maxBatchMessages && size < maxBatchBytes {
		p := b.waiting[0]
		b.waiting = b.waiting[1:]
		if p.ctx.Err() == nil { // else its caller has returned
			batch = append(batch, p)
			size += len(p.msg.Data)
		}
	}
	b.writing = batch != nil
	return batch
}

// publishOne writes one message.
func (s *Store) publishOne(p *publication) {
	ack, err := s.js.PublishMsg(p.ctx, p.msg)
	if p.err = err; err == nil {
		p.seq = ack.Sequence
	}
}

// publishBatch writes all of the messages, or none.
func (s *Store) publishBatch(batch []*publication) error {
	id := nuid.Next()
	ctx, cancel := context.WithTimeout(context.Background(), acceptTimeout)
	defer cancel()
	for i, p := range batch {
		msg := nats.NewMsg(p.msg.Subject)
		msg.Data = p.msg.Data
		msg.Header.Set(jetstream.ExpectedLastSubjSeqHeader, "0")
		msg.Header.Set("Nats-Batch-Id", id)
		msg.Header.Set("Nats-Batch-Sequence", strconv.Itoa(i+1))
		if i < len(batch)-1 {
			if err := s.conn.PublishMsg(msg); err != nil {
				return err
			}
			continue
		}
		msg.Header.Set("Nats-Batch-Commit", "1")
		reply, err := s.conn.RequestMsgWithContext(ctx, msg)
		if err != nil {
			return err
		}
		var ack struct {
			Sequence uint64              `json:"seq"`
			Error    *jetstream.APIError `json:"error"`
		}
		if err := json.Unmarshal(reply.Data, &ack); err != nil {
			return fmt.Errorf("decode acknowledgment: %w", err)
		}
		if ack.Error != nil {
			return ack.Error
		}
		for _, p := range batch {
			p.seq = ack.Sequence
		}
	}
	return nil
}
