// Package request is what the bot records of one submission: the [Request] with its [Stage],
// its [Outcome] and its message deliveries, and how they are written as JSON.
//
// Package store keeps requests, package workflow advances them, and package message renders
// them. This package imports none of them.
package request

import (
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
	Done            Stage = "done"             // nothing is left to do
)

// OpenStages are the stages of requests that have not ended.
var OpenStages = []Stage{Accepted, CreatingRun, Running, Notifying, AwaitingChannel}

// A Request is one submission: all that is needed to continue with it after a crash.
// Times are in UTC.
type Request struct {
	Version        int       `json:"v"`
	ID             string    `json:"id"` // made from Slack's id of the submitted view, see NewID
	Stage          Stage     `json:"stage"`
	StageEnteredAt time.Time `json:"stage_entered_at"`
	CreatedAt      time.Time `json:"created_at"`

	User    string `json:"user"`            // Slack id of the reporter
	Email   string `json:"email,omitempty"` // of the reporter; empty until it has been looked up
	Channel string `json:"channel,omitempty"`
	Direct  bool   `json:"direct,omitempty"` // the channel is a direct or group message

	Action            string         `json:"action"`
	Title             string         `json:"title"`                          // of the action
	Entity            string         `json:"entity,omitempty"`               // identifier; of a DAY-2 or DELETE action
	Properties        map[string]any `json:"properties,omitempty"`           // inputs of the run
	HasRequestIDInput bool           `json:"has_request_id_input,omitempty"` // Properties contain the request's id, which identifies its run

	RunID      string               `json:"run_id,omitempty"`
	Outcome    *Outcome             `json:"outcome,omitempty"`
	Deliveries map[string]*Delivery `json:"deliveries,omitempty"` // by delivery key

	// The store's own: the revision of the record that was read, 0 if there is none yet, and the key that the
	// private fields are encrypted with.
	Revision uint64 `json:"-"`
	Key      []byte `json:"-"`

	unknown fields // of a later version
}

// Enter moves the request to a stage. The caller saves it.
func (r *Request) Enter(s Stage) {
	r.Stage, r.StageEnteredAt = s, time.Now().UTC()
}

// Finish records how the run ended and moves the request to Notifying.
func (r *Request) Finish(o Outcome) {
	r.Outcome = &o
	r.Enter(Notifying)
}

// Keys of deliveries. Each key is one message to one recipient.
const (
	ToChannel        = "channel"           // the channel of the command
	ToAnnounce       = "announce"          // ANNOUNCE_CHANNEL
	ToReporter       = "reporter"          // direct message
	FallbackPrefix   = "fallback."         // + key: direct message in place of a message that Slack rejected
	AwaitingApproval = "awaiting_approval" // direct message: the run waits for approval
	Delayed          = "delayed"           // direct message: the run takes long
)

// A Delivery is one message. It is saved before the message is posted, and after.
type Delivery struct {
	StartedAt time.Time `json:"started_at,omitzero"`  // of an attempt that may have posted the message; zero: none
	TS        string    `json:"ts,omitempty"`         // Slack's id of the posted message
	ErrorCode string    `json:"error_code,omitempty"` // Slack's error: the message can never be posted

	// RefusedSince is since when Slack has answered with errors of which it is not known whether they pass.
	RefusedSince time.Time `json:"refused_since,omitzero"`
}

// Completed reports whether nothing is left to do for the delivery. A nil delivery is not completed.
func (d *Delivery) Completed() bool { return d != nil && (d.TS != "" || d.ErrorCode != "") }

// Ended is what is kept of a request that has ended: which run it had and how it ended, and nothing of what people entered.
func (r *Request) Ended() *Request {
	ended := *r
	ended.Email, ended.Properties, ended.Outcome, ended.Key = "", nil, nil, nil
	if o := r.Outcome; o != nil {
		ended.Outcome = &Outcome{Status: o.Status, Links: o.Links, EndedAt: o.EndedAt}
		if i := o.Incident; i != nil {
			ended.Outcome.Incident = &Incident{ID: i.ID, Reference: i.Reference, Permalink: i.Permalink, Severity: i.Severity, Visibility: i.Visibility}
		}
	}
	return &ended
}
