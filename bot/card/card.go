// Package card is what people read: the messages about a run that has begun, waits, is late
// or has ended, and who may read them.
//
// It is pure: a card is made from Facts alone, so that the same facts give the same words
// after a crash. It is the only package of the bot that knows what an incident is.
package card

import (
	"cmp"
	"net/url"
	"strings"
	"time"

	"foghorn/integrations/slackapp"
)

// MarkType is the event type of the metadata that a message is found by.
const MarkType = "foghorn_told"

// How a run ended, or why there was none.
const (
	Success   = "SUCCESS"
	Failure   = "FAILURE"
	Declined  = "DECLINED"
	Cancelled = "CANCELLED"
	Refused   = "REFUSED"  // Port would not make the run
	NoEmail   = "NO_EMAIL" // nobody knows who asked
	Lost      = "LOST"     // Port no longer knows the run, or it never ended
)

// An Outcome is how a request ended, as it is written down.
type Outcome struct {
	Status   string    `json:"status"`
	Reason   string    `json:"reason,omitempty"`   // the vendor's words, for all but Success
	Incident *Incident `json:"incident,omitempty"` // what was declared, if the answer had one
	Links    []string  `json:"links,omitempty"`    // that the run gives
	Ended    time.Time `json:"ended,omitzero"`     // when the run did
}

// Facts are what a card is made from.
type Facts struct {
	Title      string // of the action
	Reporter   string // Slack id
	Channel    string // id; of the command
	Properties map[string]any
	RunID      string
	Outcome    Outcome
	Refused    map[string]string // deliveries that Slack refused for good: key -> Slack's code
}

// Room is what the cards know of the house they are read in.
type Room struct {
	Announce string // id of a channel that hears of each public incident; may be empty
	PortApp  string // address of Port's web app, such as https://app.port.io
}

// A Delivery is a message and whom it goes to.
type Delivery struct {
	Key     string // what is told to whom; one delivery is made for each key
	To      string // id of a channel or a person
	Message slackapp.Message
	Last    bool // if Slack refuses it there is nobody left to tell
}

// Keys of deliveries.
const (
	ToChannel  = "channel"
	ToAnnounce = "announce"
	ToReporter = "reporter"
	Instead    = "instead" // to the reporter, of a channel that could not be told
	Waiting    = "waiting"
	Late       = "late"
)

// Private reports whether only the reporter may hear: the response decides, and what the
// form said until there is one.
func (f Facts) Private() bool {
	if i := f.Outcome.Incident; i != nil && i.Visibility != "" {
		return i.Visibility != "public"
	}
	return f.Properties["visibility"] == "private"
}

// End lists what is told when a request has ended, in the order of telling.
func (r Room) End(f Facts) []Delivery {
	if f.Outcome.Status != Success {
		return []Delivery{{Key: ToReporter, To: f.Reporter, Message: r.failure(f), Last: true}}
	}
	if f.Private() {
		return []Delivery{{Key: ToReporter, To: f.Reporter, Message: r.success(f, true), Last: true}}
	}
	var out []Delivery
	if f.Channel != "" {
		out = append(out, Delivery{Key: ToChannel, To: f.Channel, Message: r.success(f, false)})
	} else {
		out = append(out, Delivery{Key: ToReporter, To: f.Reporter, Message: r.success(f, false), Last: true})
	}
	if r.Announce != "" && r.Announce != f.Channel {
		out = append(out, Delivery{Key: ToAnnounce, To: r.Announce, Message: r.success(f, false)})
	}
	for _, d := range []struct{ key, channel string }{{ToChannel, f.Channel}, {ToAnnounce, r.Announce}} {
		if code, refused := f.Refused[d.key]; refused {
			out = append(out, Delivery{
				Key: Instead + "." + d.key, To: f.Reporter, Last: true,
				Message: instead(r.success(f, false), d.channel, code),
			})
		}
	}
	return out
}

// runLink is the run's page in Port.
// https://docs.port.io/create-self-service-experiences/reflect-action-progress/
func (r Room) runLink(f Facts) string {
	if f.RunID == "" || r.PortApp == "" {
		return ""
	}
	return r.PortApp + "/organization/run?runId=" + url.QueryEscape(f.RunID)
}

// ActionLink is the page in Port where an action can be run.
// https://docs.port.io/create-self-service-experiences/send-link-to-action
func (r Room) ActionLink(action string) string {
	return r.PortApp + "/self-serve?action=" + url.QueryEscape(action)
}

// PortApp is the web app that belongs to an API address.
// https://docs.port.io/api-reference/port-api
func PortApp(baseURL string) string {
	if u, err := url.Parse(baseURL); err == nil && strings.Contains(u.Hostname(), ".us.") {
		return "https://app.us.port.io"
	}
	return "https://app.port.io"
}

func (f Facts) name() string {
	if i := f.Outcome.Incident; i != nil && i.Name != "" {
		return i.Name
	}
	name, _ := f.Properties["name"].(string)
	return cmp.Or(strings.TrimSpace(name), f.Title)
}
