package slacktest

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/google/uuid"
)

// MaxAcks is how many acks, the latest ones, the server remembers.
const MaxAcks = 100_000

// An Ack tells how the app acknowledged one envelope.
type Ack struct {
	Envelope string
	Type     string // slash_commands, interactive or events_api
	Kind     string // for interactive: view_submission, block_actions, …; for commands the command
	Sent     time.Time
	Took     time.Duration   // from sent to acknowledged
	Payload  json.RawMessage // nil when it was empty or is not accepted for this envelope
	Err      error           // ErrOperationTimeout or ErrDispatchFailed
}

// UserMessage is what Slack tells the person when the app did not acknowledge: Slackbot below a
// command, Trouble in a modal that was submitted. It is "" when the app did, and where
// Slack's words are not known.
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

// An Envelope is what goes over a socket to the app.
// https://docs.slack.dev/apis/events-api/using-socket-mode#events
type Envelope struct {
	ID              string // "" makes one
	Type            string
	Payload         any
	AcceptsResponse bool
	RetryAttempt    int // events_api only
	RetryReason     string

	kind string
}

// pending is an envelope that waits for its ack.
type pending struct {
	frame []byte
	acked chan json.RawMessage // holds one
}

// Deliver sends an envelope over one of the open connections, chosen at random as Slack does, and waits for its
// ack. If the app does not acknowledge, the error is also in Ack.Err.
func (s *Server) Deliver(ctx context.Context, e Envelope) (Ack, error) {
	if e.ID == "" {
		e.ID = uuid.NewString()
	}
	ack := Ack{Envelope: e.ID, Type: e.Type, Kind: e.kind}
	frame, err := e.encode()
	if err != nil {
		return ack, err
	}
	p := &pending{frame: frame, acked: make(chan json.RawMessage, 1)}

	s.mu.Lock()
	ack.Sent = time.Now()
	if len(s.open) == 0 {
		ack.Err = ErrDispatchFailed
		s.recordAckLocked(ack)
		s.mu.Unlock()
		s.emitNoAck(ack)
		return ack, ErrDispatchFailed
	}
	s.emit("slack", s.appLabel(), "envelope", e.label(), e.Payload) // before the app can acknowledge
	s.dispatchLocked(e.ID, p)
	s.mu.Unlock()

	s.waitAck(ctx, e, p, &ack)

	s.mu.Lock()
	if ack.Err == nil || !s.redeliver {
		delete(s.pending, e.ID)
	}
	s.recordAckLocked(ack)
	s.mu.Unlock()
	switch ack.Err {
	case nil:
		s.emit(s.appLabel(), "slack", "ack", fmt.Sprintf("%s after %d ms", e.label(), ack.Took.Milliseconds()), ackBody(ack))
	case ErrOperationTimeout:
		s.emitNoAck(ack)
	}
	return ack, ack.Err
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

// waitAck waits for the ack of an envelope, at most for Config.AckTimeout, and completes ack.
func (s *Server) waitAck(ctx context.Context, e Envelope, p *pending, ack *Ack) {
	timeout := time.NewTimer(s.cfg.AckTimeout)
	defer timeout.Stop()
	select {
	case payload := <-p.acked:
		ack.Took = time.Since(ack.Sent)
		if e.AcceptsResponse && !isEmptyPayload(payload) {
			ack.Payload = payload
		}
	case <-timeout.C:
		ack.Took, ack.Err = time.Since(ack.Sent), ErrOperationTimeout
	case <-ctx.Done():
		ack.Err = ctx.Err()
	case <-s.closed:
		ack.Err = ErrClosed
	}
}

// emitNoAck tells that the app did not acknowledge, and what the person sees of it.
func (s *Server) emitNoAck(a Ack) {
	s.emit("slack", "person", "error", cmp.Or(a.UserMessage(), a.Kind+": "+a.Err.Error()), map[string]any{"envelope_id": a.Envelope, "error": a.Err.Error()})
}

// ackBody is an ack as it came.
func ackBody(a Ack) any {
	out := map[string]any{"envelope_id": a.Envelope}
	if a.Payload != nil {
		out["payload"] = a.Payload
	}
	return out
}

// SendEvent delivers an event of the Events API, wrapped as Slack does it, and waits for the ack.
// Slack's retries are not made; Deliver with RetryAttempt makes one.
// https://docs.slack.dev/apis/events-api#callback-field
func (s *Server) SendEvent(ctx context.Context, event map[string]any) (Ack, error) {
	kind, _ := event["type"].(string)
	return s.Deliver(ctx, Envelope{Type: "events_api", kind: kind, Payload: map[string]any{
		"type": "event_callback", "token": verificationToken, "team_id": s.TeamID, "api_app_id": s.AppID,
		"event": event, "event_id": "Ev" + randomUpper(10), "event_time": time.Now().Unix(),
		"authorizations": []any{map[string]any{"team_id": s.TeamID, "user_id": s.BotUser, "is_bot": true, "is_enterprise_install": false, "enterprise_id": nil}},
	}})
}

// dispatchLocked hands an envelope to one of the open sockets.
func (s *Server) dispatchLocked(id string, p *pending) {
	s.pending[id] = p
	for range 1 + s.copies {
		s.open[rand.IntN(len(s.open))].sendLocked(frame{text: p.frame})
	}
}

// acknowledge reads a frame of the app. What is not the ack of an envelope that waits is ignored.
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

// recordAckLocked remembers an ack.
func (s *Server) recordAckLocked(a Ack) {
	if len(s.acks) == MaxAcks {
		s.acks = append(s.acks[:0], s.acks[MaxAcks/10:]...)
	}
	s.acks = append(s.acks, a)
	s.notifyLocked()
}

// Acks are the envelopes of the past, the oldest first, with how long the app took.
func (s *Server) Acks() []Ack {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.acks)
}

func (e Envelope) label() string {
	if e.kind == "" {
		return e.Type
	}
	return e.kind
}

// isEmptyPayload says whether the payload of an ack counts as none: bolt-js sends {} for it.
func isEmptyPayload(payload json.RawMessage) bool {
	var v any
	if len(payload) == 0 || json.Unmarshal(payload, &v) != nil || v == nil {
		return true
	}
	m, ok := v.(map[string]any)
	return ok && len(m) == 0
}
