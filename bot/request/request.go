// Package request is what the bot records of one submission: the [Request] with its [Stage],
// its [Outcome] and its message deliveries, and how they are written as JSON.
//
// Package store keeps requests, package workflow advances them, and package message renders
// them. This package imports none of them.
package request

import (
	"cmp"
	"slices"
	"time"
)

// A Stage is how far a request has come.
type Stage string

// The stages of a request, in their order. A request that is read from the store at
// CreatingRun was left there by another process: whether Port made the run is unknown.
const (
	Accepted        Stage = "accepted"         // stored; Port has not been called
	CreatingRun     Stage = "creating_run"     // the call that creates the run is being made
	Running         Stage = "running"          // Port has the run
	Notifying       Stage = "notifying"        // the run has ended; messages are being posted
	AwaitingChannel Stage = "awaiting_channel" // the messages are posted; the incident's own channel is awaited, to add it
	Tracking        Stage = "tracking"         // the input is erased; the messages follow the incident until it is closed
	Done            Stage = "done"             // nothing is left to do
)

// OpenStages are the stages of requests whose result is not delivered yet. No person waits for one in Tracking.
var OpenStages = []Stage{Accepted, CreatingRun, Running, Notifying, AwaitingChannel}

// allStages are the stages in their order.
var allStages = append(slices.Clone(OpenStages), Tracking, Done)

// IsKnown reports whether this version has the stage. The record of a later version can have others.
func (s Stage) IsKnown() bool { return slices.Contains(allStages, s) }

// A Request is one submission: all that is needed to continue with it after a crash.
// Times are in UTC.
type Request struct {
	Version        int       `json:"v"`
	ID             string    `json:"id"` // made from Slack's id of the submitted view, see NewID
	Stage          Stage     `json:"stage"`
	StageEnteredAt time.Time `json:"stage_entered_at"`
	CreatedAt      time.Time `json:"created_at"`
	Trace          Trace     `json:"trace,omitempty"` // of the submission, which the stages continue

	User    string `json:"user"`            // Slack id of the reporter
	Email   string `json:"email,omitempty"` // of the reporter; empty until it has been looked up
	Channel string `json:"channel,omitempty"`
	Direct  bool   `json:"direct,omitempty"` // the channel is a direct or group message

	Action            string         `json:"action"`
	Title             string         `json:"title"`                          // of the action
	Entity            string         `json:"entity,omitempty"`               // identifier; of a DAY-2 or DELETE action
	Properties        map[string]any `json:"properties,omitempty"`           // inputs of the run
	HasRequestIDInput bool           `json:"has_request_id_input,omitempty"` // Properties contain RunInputID, which identifies the run

	RunID      string               `json:"run_id,omitempty"`
	Outcome    *Outcome             `json:"outcome,omitempty"`
	Deliveries map[string]*Delivery `json:"deliveries,omitempty"` // by delivery key
	Tracked    *Tracked             `json:"tracked,omitempty"`    // from the stage Tracking on

	History       []Step         `json:"history,omitempty"`       // the stages so far; empty in records of earlier versions
	Interventions []Intervention `json:"interventions,omitempty"` // of operators, the latest maxInterventions

	// The store's own: the revision of the record that was read, 0 if there is none yet, and the key that the
	// private fields are encrypted with.
	Revision uint64 `json:"-"`
	Key      []byte `json:"-"`

	unknown fields // of a later version
}

// Enter moves the request to a stage. The caller saves it.
func (r *Request) Enter(s Stage) {
	r.startHistory()
	r.Stage, r.StageEnteredAt = s, time.Now().UTC()
	if n := len(r.History); n == 0 || slices.Index(allStages, s) > slices.Index(allStages, r.History[n-1].Stage) {
		r.History = append(r.History, Step{Stage: s, At: r.StageEnteredAt})
	}
}

// Finish records how the run ended and moves the request to Notifying.
func (r *Request) Finish(o Outcome) {
	r.Outcome = &o
	r.Enter(Notifying)
}

// A Tracked is how far the messages follow the incident. It contains nothing of what the incident says.
type Tracked struct {
	State     string `json:"state,omitempty"`     // digest of the incident that the messages show; empty: not compared yet
	Seen      bool   `json:"seen,omitempty"`      // the API key could read the incident once
	Severity  string `json:"severity,omitempty"`  // id of the latest severity
	Level     int    `json:"level,omitempty"`     // Incident.Level of that severity
	Escalated bool   `json:"escalated,omitempty"` // the severity rose to the highest level once
	Hidden    bool   `json:"hidden,omitempty"`    // the incident became private: channels show nothing of it any more

	Catalog *CatalogEntry `json:"catalog,omitempty"` // nil: nothing was written, and what the entity shows is not known
}

// StartTracking moves the request to Tracking, and forgets what people entered. The incident's visibility is the one that
// decided who got the messages. The caller saves it.
func (r *Request) StartTracking(visibility string, seen bool) {
	key, severity := r.Key, r.Outcome.Incident.SeverityID
	*r = *r.Ended()
	r.Outcome.Incident.Visibility = visibility
	r.Key, r.Tracked = key, &Tracked{Seen: seen, Severity: severity}
	r.Enter(Tracking)
}

// Keys of deliveries. Each key is one message to one recipient.
const (
	ToChannel        = "channel"           // the channel of the command
	ToAnnounce       = "announce"          // ANNOUNCE_CHANNEL
	ToReporter       = "reporter"          // direct message
	FallbackPrefix   = "fallback."         // + key: direct message in place of a message that Slack rejected
	AwaitingApproval = "awaiting_approval" // direct message: the run waits for approval
	Delayed          = "delayed"           // direct message: the run takes long
	EscalatedPrefix  = "escalated."        // + key: reply in the thread of that message: the severity rose to the highest level
)

// A Delivery is one message. It is saved before the message is posted, and after.
type Delivery struct {
	StartedAt time.Time `json:"started_at,omitzero"`  // of an attempt that may have posted the message; zero: none
	TS        string    `json:"ts,omitempty"`         // Slack's id of the posted message
	ErrorCode string    `json:"error_code,omitempty"` // Slack's error: the message can never be posted

	// The edits of the posted message.
	Conversation string    `json:"conversation,omitempty"` // Slack id of where it is; empty: the recipient
	Shown        string    `json:"shown,omitempty"`        // digest of what it shows; empty: unknown
	EditedAt     time.Time `json:"edited_at,omitzero"`     // of the latest attempt
	EditError    string    `json:"edit_error,omitempty"`   // Slack's error: the message can never be edited

	// RefusedSince is since when Slack has answered with errors of which it is not known whether they pass.
	RefusedSince time.Time `json:"refused_since,omitzero"`
}

// Completed reports whether nothing is left to do for the delivery. A nil delivery is not completed.
func (d *Delivery) Completed() bool { return d != nil && (d.TS != "" || d.ErrorCode != "") }

// ConversationOr is the conversation of the posted message: the recipient, if nothing else is known.
func (d *Delivery) ConversationOr(to string) string { return cmp.Or(d.Conversation, to) }

// RunInputID is what the input of a run has that identifies the request, if the action has such an input. It does not
// look like a value that people enter.
func (r *Request) RunInputID() string { return "foghorn-" + r.ID }

// Ended is what is kept of a request that has ended: which run it had and how it ended, and nothing of what people entered.
func (r *Request) Ended() *Request {
	ended := *r
	ended.Email, ended.Properties, ended.Outcome, ended.Key = "", nil, nil, nil
	if o := r.Outcome; o != nil {
		ended.Outcome = &Outcome{Status: o.Status, Links: o.Links, EndedAt: o.EndedAt, MayHaveRun: o.MayHaveRun}
		if i := o.Incident; i != nil {
			ended.Outcome.Incident = &Incident{ID: i.ID, Reference: i.Reference, Permalink: i.Permalink, Severity: i.Severity, Visibility: i.Visibility}
		}
	}
	return &ended
}
