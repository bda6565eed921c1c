package slacktest

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/google/uuid"
)

// MaxAcks is the number of acks that the server stores. Beyond it, the oldest are removed.
const MaxAcks = 100_000

// An Ack describes how the app acknowledged one envelope.
type Ack struct {
	Envelope string
	Type     string // slash_commands, interactive or events_api
	Kind     string // for interactive: view_submission, block_actions, …; for a command: its name
	Sent     time.Time
	Took     time.Duration   // until the ack
	Payload  json.RawMessage // nil when it is empty or the envelope accepts none
	Err      error           // ErrOperationTimeout or ErrDispatchFailed
}

// UserMessage is the text that Slack shows to the user if the app did not acknowledge: a message of
// Slackbot for a command, ConnectionErrorText for a submission. It is "" if the app acknowledged, and
// where Slack's text is not known.
// https://docs.slack.dev/interactivity/implementing-slash-commands
func (a Ack) UserMessage() string {
	word, failed := a.Err.(Error)
	switch {
	case !failed:
		return ""
	case a.Type == "slash_commands":
		return fmt.Sprintf("%s failed with the error %q", a.Kind, string(word))
	case a.Kind == "view_submission":
		return ConnectionErrorText
	}
	return ""
}

// An Envelope is a message that a connection delivers to the app.
// https://docs.slack.dev/apis/events-api/using-socket-mode#events
type Envelope struct {
	ID              string // "" generates one
	Type            string
	Payload         any
	AcceptsResponse bool
	RetryAttempt    int // events_api only
	RetryReason     string

	kind string
}

// pending is an envelope that was not acknowledged yet.
type pending struct {
	envelope Envelope
	frame    []byte
	acked    chan json.RawMessage // has a buffer of one
	ack      Ack
}

// Deliver sends an envelope over one of the open connections, chosen at random as Slack does, and waits for its
// ack. If the app does not acknowledge, the error is also in Ack.Err.
func (s *Server) Deliver(ctx context.Context, e Envelope) (Ack, error) {
	s.mu.Lock()
	p, err := s.dispatchLocked(e)
	s.mu.Unlock()
	if err != nil {
		return p.ack, err
	}
	return s.waitAck(ctx, p)
}

// dispatchLocked sends an envelope to a random open connection.
func (s *Server) dispatchLocked(e Envelope) (*pending, error) {
	if e.ID == "" {
		e.ID = uuid.NewString()
	}
	p := &pending{envelope: e, acked: make(chan json.RawMessage, 1), ack: Ack{Envelope: e.ID, Type: e.Type, Kind: e.kind, Sent: time.Now()}}
	var err error
	if p.frame, err = e.encode(); err != nil {
		return p, err
	}
	if len(s.open) == 0 {
		p.ack.Err = ErrDispatchFailed
		s.recordAckLocked(p.ack)
		s.emitNoAck(p.ack)
		return p, ErrDispatchFailed
	}
	s.emit("slack", s.appLabel(), "envelope", e.label(), e.Payload) // before the app can acknowledge
	s.pending[e.ID] = p
	for range 1 + s.settings.Duplicates {
		s.sendLocked(s.open[rand.IntN(len(s.open))], frame{text: p.frame})
	}
	return p, nil
}

// encode returns the envelope as a frame.
func (e Envelope) encode() ([]byte, error) {
	out := map[string]any{
		"envelope_id":              e.ID,
		"type":                     e.Type,
		"payload":                  e.Payload,
		"accepts_response_payload": e.AcceptsResponse,
	}
	if e.Type == "events_api" {
		out["retry_attempt"], out["retry_reason"] = e.RetryAttempt, e.RetryReason
	}
	frame, err := json.Marshal(out)
	if err != nil {
		return nil, fmt.Errorf("encode envelope: %w", err)
	}
	return frame, nil
}

// waitAck waits for the ack of an envelope, at most for Config.AckTimeout.
func (s *Server) waitAck(ctx context.Context, p *pending) (Ack, error) {
	ack := p.ack
	timeout := time.NewTimer(s.cfg.AckTimeout)
	defer timeout.Stop()
	select {
	case payload := <-p.acked:
		if p.envelope.AcceptsResponse && !isEmptyPayload(payload) {
			ack.Payload = payload
		}
	case <-timeout.C:
		ack.Err = ErrOperationTimeout
	case <-ctx.Done():
		ack.Err = ctx.Err()
	case <-s.ctx.Done():
		ack.Err = ErrClosed
	}
	ack.Took = time.Since(ack.Sent)

	s.mu.Lock()
	if ack.Err == nil || !s.settings.Redeliver {
		delete(s.pending, ack.Envelope)
	}
	s.recordAckLocked(ack)
	s.mu.Unlock()
	switch ack.Err {
	case nil:
		s.emit(s.appLabel(), "slack", "ack", fmt.Sprintf("%s after %d ms", p.envelope.label(), ack.Took.Milliseconds()), ackBody(ack))
	case ErrOperationTimeout:
		s.emitNoAck(ack)
	}
	return ack, ack.Err
}

// emitNoAck emits that the app did not acknowledge, with the text that the user sees.
func (s *Server) emitNoAck(a Ack) {
	to := "person"
	if a.Type == "events_api" { // people see nothing of it
		to = s.appLabel()
	}
	s.emit("slack", to, "error", cmp.Or(a.UserMessage(), a.Kind+": "+a.Err.Error()), map[string]any{"envelope_id": a.Envelope, "error": a.Err.Error()})
}

// ackBody is the frame of an ack.
func ackBody(a Ack) any {
	out := map[string]any{"envelope_id": a.Envelope}
	if a.Payload != nil {
		out["payload"] = a.Payload
	}
	return out
}

// acknowledge handles a frame of the app. Any frame but the ack of a pending envelope is ignored.
func (s *Server) acknowledge(text []byte) {
	var ack struct {
		ID      string          `json:"envelope_id"`
		Payload json.RawMessage `json:"payload"`
	}
	if json.Unmarshal(text, &ack) != nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.pending[ack.ID]
	if p == nil {
		return
	}
	delete(s.pending, ack.ID)
	p.acked <- ack.Payload
}

// recordAckLocked stores an ack.
func (s *Server) recordAckLocked(a Ack) {
	if len(s.acks) == MaxAcks {
		s.acks = append(s.acks[:0], s.acks[MaxAcks/10:]...)
	}
	s.acks = append(s.acks, a)
	s.notifyLocked()
}

// Acks returns the stored acks, oldest first.
func (s *Server) Acks() []Ack {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.acks)
}

func (e Envelope) label() string { return cmp.Or(e.kind, e.Type) }

// isEmptyPayload reports whether the payload of an ack is empty: bolt-js sends {} for none.
func isEmptyPayload(payload json.RawMessage) bool {
	var text bytes.Buffer
	return json.Compact(&text, payload) != nil || slices.Contains([]string{"", "{}", "null"}, text.String())
}
