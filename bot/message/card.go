// Package message is what people read: the messages about a run that has begun, waits, is late
// or has ended, and who may read them.
//
// It is pure: a card is made from Facts alone, so that the same facts give the same words
// after a crash. It is the only package of the bot that knows what an incident is.
package message

import (
	"cmp"
	"net/url"
	"strings"

	"foghorn/bot/request"
	"foghorn/integrations/slackapp"
)

// MetadataType is the event type of the metadata that a message is found by.
const MetadataType = "foghorn_told"

// Input are what a card is made from.
type Input struct {
	Title      string // of the action
	Reporter   string // Slack id
	Channel    string // id; of the command
	Properties map[string]any
	RunID      string
	Outcome    request.Outcome
	Rejected   map[string]string // deliveries that Slack refused for good: key -> Slack's code
}

// Renderer is what the cards know of the house they are read in.
type Renderer struct {
	AnnounceChannel string // id of a channel that hears of each public incident; may be empty
	PortAppURL      string // address of Port's web app, such as https://app.port.io
}

// A Delivery is a message and whom it goes to.
type Delivery struct {
	Key      string // what is told to whom; one delivery is made for each key
	To       string // id of a channel or a person
	Message  slackapp.Message
	Required bool // if Slack refuses it there is nobody left to tell
}

// Private reports whether only the reporter may hear: the response decides, and what the
// form said until there is one.
func (f Input) Private() bool {
	if i := f.Outcome.Incident; i != nil && i.Visibility != "" {
		return i.Visibility != "public"
	}
	return f.Properties["visibility"] == "private"
}

// Final lists what is told when a request has ended, in the order of telling.
func (r Renderer) Final(f Input) []Delivery {
	if f.Outcome.Status != request.Success {
		return []Delivery{{Key: request.ToReporter, To: f.Reporter, Message: r.failureMessage(f), Required: true}}
	}
	if f.Private() {
		return []Delivery{{Key: request.ToReporter, To: f.Reporter, Message: r.incidentMessage(f, true), Required: true}}
	}
	var out []Delivery
	if f.Channel != "" {
		out = append(out, Delivery{Key: request.ToChannel, To: f.Channel, Message: r.incidentMessage(f, false)})
	} else {
		out = append(out, Delivery{Key: request.ToReporter, To: f.Reporter, Message: r.incidentMessage(f, false), Required: true})
	}
	if r.AnnounceChannel != "" && r.AnnounceChannel != f.Channel {
		out = append(out, Delivery{Key: request.ToAnnounce, To: r.AnnounceChannel, Message: r.incidentMessage(f, false)})
	}
	for _, d := range []struct{ key, channel string }{{request.ToChannel, f.Channel}, {request.ToAnnounce, r.AnnounceChannel}} {
		if code, refused := f.Rejected[d.key]; refused {
			out = append(out, Delivery{
				Key: request.FallbackPrefix + d.key, To: f.Reporter, Required: true,
				Message: fallbackMessage(r.incidentMessage(f, false), d.channel, code),
			})
		}
	}
	return out
}

// runURL is the run's page in Port.
// https://docs.port.io/create-self-service-experiences/reflect-action-progress/
func (r Renderer) runURL(f Input) string {
	if f.RunID == "" || r.PortAppURL == "" {
		return ""
	}
	return r.PortAppURL + "/organization/run?runId=" + url.QueryEscape(f.RunID)
}

// ActionURL is the page in Port where an action can be run.
// https://docs.port.io/create-self-service-experiences/send-link-to-action
func (r Renderer) ActionURL(action string) string {
	return r.PortAppURL + "/self-serve?action=" + url.QueryEscape(action)
}

// PortAppURL is the web app that belongs to an API address.
// https://docs.port.io/api-reference/port-api
func PortAppURL(baseURL string) string {
	if u, err := url.Parse(baseURL); err == nil && strings.Contains(u.Hostname(), ".us.") {
		return "https://app.us.port.io"
	}
	return "https://app.port.io"
}

func (f Input) incidentName() string {
	if i := f.Outcome.Incident; i != nil && i.Name != "" {
		return i.Name
	}
	name, _ := f.Properties["name"].(string)
	return cmp.Or(strings.TrimSpace(name), f.Title)
}
