package slackapp

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"

	"github.com/slack-go/slack"
)

// maxAckBytes is the size of an ack from which on Slack does not accept it and closes the connection.
// https://github.com/slack-go/slack/issues/1196
const maxAckBytes = 20480

// Types of frames.
// https://docs.slack.dev/apis/events-api/using-socket-mode#events
const (
	typeHello       = "hello"
	typeDisconnect  = "disconnect"
	typeCommand     = "slash_commands"
	typeInteractive = "interactive"
	typeEvent       = "events_api"
)

// envelope is a frame from Slack. One with an id must be acked within 3 s.
type envelope struct {
	Type    string          `json:"type"`
	ID      string          `json:"envelope_id"`
	Reason  string          `json:"reason"` // of a disconnect
	Payload json.RawMessage `json:"payload"`
}

var envelopeIDPattern = regexp.MustCompile(`"envelope_id"\s*:\s*"([^"\\]+)"`)

// decodeEnvelope decodes a frame. The envelope has an id also if the rest of the frame is not valid.
func decodeEnvelope(frame []byte) (envelope, error) {
	var e envelope
	err := json.Unmarshal(frame, &e)
	if err != nil && e.ID == "" {
		if m := envelopeIDPattern.FindSubmatch(frame); m != nil {
			e.ID = string(m[1])
		}
	}
	if err == nil && e.ID == "" && e.Type != typeHello && e.Type != typeDisconnect {
		err = errors.New("frame has no envelope_id")
	}
	return e, err
}

// unreadableSubmission is the ack of a submission that cannot be decoded. An empty ack would close the modal
// as if it had been accepted; for an error at a block that does not exist, Slack shows that the app failed.
var unreadableSubmission = slack.NewErrorsViewSubmissionResponse(map[string]string{"unreadable": "unreadable"})

// handle calls the handler. An error says what could not be decoded; the payload must be acked all the same.
func (e envelope) handle(ctx context.Context, h Handler) (payload any, err error) {
	switch e.Type {
	case typeCommand:
		cmd, err := decodePayload[slack.SlashCommand](e.Payload)
		if cmd.Command != "" {
			payload = h.Command(ctx, cmd)
		}
		return payload, err
	case typeInteractive:
		cb, err := decodePayload[slack.InteractionCallback](e.Payload)
		switch {
		case cb.Type == slack.InteractionTypeViewSubmission && cb.View.ID == "":
			payload = unreadableSubmission
		case cb.Type != "":
			payload = h.Interaction(ctx, newInteraction(cb, e.Payload))
		}
		return payload, err
	case typeEvent: // also one that is not known is acked, so that Slack does not send it again
		if opened, ok := decodeHomeOpened(e.Payload); ok {
			h.HomeOpened(ctx, opened)
		}
		return nil, nil
	}
	return nil, fmt.Errorf("unknown envelope type %q", sanitize(e.Type))
}

// decodePayload decodes a payload. Members that do not decode are left out and are the error: a message
// that a shortcut is used on can contain attachments in any form.
func decodePayload[T any](payload []byte) (v T, err error) {
	if err = json.Unmarshal(payload, &v); err == nil {
		return v, nil
	}
	var members, valid map[string]json.RawMessage
	if json.Unmarshal(payload, &members) != nil {
		return *new(T), err
	}
	valid = map[string]json.RawMessage{}
	for name, value := range members {
		one, _ := json.Marshal(map[string]json.RawMessage{name: value}) // raw JSON that was decoded encodes
		if json.Unmarshal(one, new(T)) == nil {
			valid[name] = value
		}
	}
	all, _ := json.Marshal(valid)
	v = *new(T)
	if again := json.Unmarshal(all, &v); again != nil {
		return *new(T), again
	}
	return v, err
}

// encodeAck encodes an ack. A payload of nil is left out.
// https://docs.slack.dev/apis/events-api/using-socket-mode#acknowledge
func encodeAck(envelopeID string, payload any) ([]byte, error) {
	frame, err := json.Marshal(struct {
		ID      string `json:"envelope_id"`
		Payload any    `json:"payload,omitempty"`
	}{envelopeID, payload})
	if err != nil {
		return nil, fmt.Errorf("encode ack: %w", err)
	}
	if len(frame) >= maxAckBytes {
		return nil, fmt.Errorf("ack of %d bytes exceeds Slack's limit of %d", len(frame), maxAckBytes)
	}
	return frame, nil
}
