// Package message renders what people read about a run: that it has started, waits for
// approval, is delayed or has ended, and who receives each message.
//
// It is pure: a message is rendered from [Input] alone, so that the same input gives the same
// message after a restart. It is the only package of the bot that knows what an incident is.
//
//	message.go   who receives what
//	incident.go  the message about an incident; tracking.go: what follows when it changes
//	notices.go   started, waiting for approval, delayed, finished
//	failure.go   failures, and messages that Slack rejected; posterror.go: why
//	response.go  what a run's response contains
//	blocks.go    Block Kit; links.go: URLs; text.go: names and lengths
//
// testdata/messages.golden.txt shows all messages.
package message

import (
	"time"

	"foghorn/bot/request"
	"foghorn/integrations/slackapp"
)

// MetadataType is the event type of the metadata by which a posted message is found again.
// https://docs.slack.dev/messaging/message-metadata
const MetadataType = "foghorn_notification"

// An Input is what messages are rendered from.
type Input struct {
	Title       string // of the action
	Entity      string // identifier, of a DAY-2 or DELETE action
	Reporter    string // Slack id of the user who submitted the form
	Channel     string // Slack id of the channel of the command; empty: there is none
	Direct      bool   // the channel is a direct or group message, to which no app can be invited
	Properties  map[string]any
	RunID       string    // empty: Port has not created the run
	CreatedAt   time.Time // when the form was submitted; zero: unknown
	Outcome     request.Outcome
	Approvers   []string          // names of those who can approve a run that waits, "" for one without a name; nil: not known
	StatusLabel string            // the backend's name for the status of a run that has not ended; empty: none
	Rejected    map[string]string // messages that Slack rejected for good: delivery key -> Slack's error code
	Hidden      bool              // the incident became private after the messages were posted
}

// A Renderer renders messages. Its zero value renders no links to Port and no announcements.
type Renderer struct {
	AnnounceChannel string // Slack id of a channel that receives each public incident too; empty: none
	PortAppURL      string // of Port's web app, such as https://app.port.io; empty: no links
}

// A Delivery is a message and its recipient.
type Delivery struct {
	Key      string // request.ToChannel and others: each key is one message to one recipient
	To       string // Slack id of a channel or a user
	Message  slackapp.Message
	Required bool // there is no other message that informs the reporter if Slack rejects this one
}

// isPrivate reports whether only the reporter may see the result. The visibility in the response
// decides; until there is a response, the visibility that was entered.
func (in Input) isPrivate() bool {
	if i := in.Outcome.Incident; i != nil && i.Visibility != "" {
		return i.Visibility != "public"
	}
	return in.Properties["visibility"] == "private"
}

// Final lists the messages about the outcome of a request, in the order in which they are posted.
func (r Renderer) Final(in Input) []Delivery {
	out := r.outcomeDeliveries(in)
	for _, d := range out {
		if code, ok := in.Rejected[d.Key]; ok {
			out = append(out, r.fallbackDeliveries(in, d, code)...)
		}
	}
	return out
}

func (r Renderer) outcomeDeliveries(in Input) []Delivery {
	switch {
	case in.Outcome.Status != request.Success:
		return []Delivery{reporterDelivery(request.ToReporter, in, r.failureMessage(in))}
	case in.isPrivate():
		return []Delivery{reporterDelivery(request.ToReporter, in, r.resultMessage(in, true))}
	}
	var out []Delivery
	if in.Channel != "" {
		out = append(out, Delivery{Key: request.ToChannel, To: in.Channel, Message: r.resultMessage(in, false)})
	} else {
		out = append(out, reporterDelivery(request.ToReporter, in, r.resultMessage(in, true)))
	}
	if r.AnnounceChannel != "" && r.AnnounceChannel != in.Channel {
		out = append(out, Delivery{Key: request.ToAnnounce, To: r.AnnounceChannel, Message: r.resultMessage(in, false)})
	}
	return out
}

// fallbackDeliveries is the message for the reporter in place of one that Slack rejected. One that could not be posted
// to the reporter is repeated only if Slack rejected its blocks.
func (r Renderer) fallbackDeliveries(in Input, rejected Delivery, code string) []Delivery {
	m := rejected.Message
	if !rejected.Required {
		m = r.resultMessage(in, true)
		if announce := rejected.Key == request.ToAnnounce; !in.Hidden { // nothing to share any more
			m = fallbackMessage(m, postErrorText(rejected.To, code, in.Direct && !announce, announce))
		}
	}
	switch {
	case blockErrors[code]:
		m.Blocks = nil
	case rejected.Required:
		return nil
	}
	return []Delivery{reporterDelivery(request.FallbackPrefix+rejected.Key, in, m)}
}

func reporterDelivery(key string, in Input, m slackapp.Message) Delivery {
	return Delivery{Key: key, To: in.Reporter, Message: m, Required: true}
}

// resultMessage is the message about a run that succeeded. Only the reporter gets a link to the
// run: other readers may have no access to Port.
func (r Renderer) resultMessage(in Input, reporterOnly bool) slackapp.Message {
	switch {
	case in.Outcome.Incident == nil:
		return r.successMessage(in, reporterOnly)
	case in.Hidden && !reporterOnly:
		return hiddenMessage()
	}
	return r.incidentMessage(in, reporterOnly)
}
