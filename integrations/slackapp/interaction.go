package slackapp

import (
	"encoding/json"

	"github.com/slack-go/slack"
)

// An Interaction is the payload of an interaction, and its message as Slack sent it.
type Interaction struct {
	slack.InteractionCallback

	// RawMessage is the message that a shortcut was used on; nil for other interactions. Messages of
	// other apps do not always decode as a slack.Message (an attachment with "id": "1"); then the
	// Message of the callback is empty.
	RawMessage json.RawMessage
}

// newInteraction adds the undecoded message of a payload to its callback.
func newInteraction(cb slack.InteractionCallback, payload []byte) Interaction {
	i := Interaction{InteractionCallback: cb}
	if cb.Type == slack.InteractionTypeMessageAction {
		var raw struct {
			Message json.RawMessage `json:"message"`
		}
		_ = json.Unmarshal(payload, &raw) // without a message the form opens empty
		i.RawMessage = raw.Message
	}
	return i
}
