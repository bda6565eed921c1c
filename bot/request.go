package bot

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"time"

	"foghorn/bot/card"
)

// A Stage is how far a request has come. The stages are in their order.
type Stage string

// The stages of a request. What is found in the journal at Asking was begun by a process
// that did not live to write down the end: nobody knows whether Port made the run.
const (
	Accepted Stage = "accepted" // on disk; nothing has been asked of Port
	Asking   Stage = "asking"   // the run is being asked for
	Running  Stage = "running"  // Port has the run
	Telling  Stage = "telling"  // it has ended, and people are being told
	Linking  Stage = "linking"  // they are told; the incident's own channel is awaited, to show it too
	Told     Stage = "told"     // done
)

// formatVersion is the version of Request's JSON. A record of a later version is left alone.
const formatVersion = 1

// A Request is what the journal holds of one submission: all that is needed to go on with
// it after a crash. Fields that this version does not know are kept.
type Request struct {
	Version int       `json:"v"`
	ID      string    `json:"id"` // Slack's id of the view that was submitted
	Stage   Stage     `json:"stage"`
	Since   time.Time `json:"since"` // of the stage
	Made    time.Time `json:"made"`  // when it was accepted

	User    string `json:"user"`            // Slack id of who asked
	Email   string `json:"email,omitempty"` // of who asked, once it is known
	Channel string `json:"channel,omitempty"`

	Action     string         `json:"action"`
	Title      string         `json:"title"`                // of the action
	Target     string         `json:"target,omitempty"`     // entity of a DAY-2 or DELETE action
	Properties map[string]any `json:"properties,omitempty"` // forgotten when the request is told
	Marked     bool           `json:"marked,omitempty"`     // Properties hold this request's id: a run is found by it

	RunID   string           `json:"run,omitempty"`
	Outcome *card.Outcome    `json:"outcome,omitempty"`
	Posts   map[string]*Post `json:"posts,omitempty"` // by what they tell

	revision uint64                     // of the record in the journal; 0: not there yet
	logged   Stage                      // the last stage that was logged
	unknown  map[string]json.RawMessage // fields of a later version
}

// A Post is one message to people, written down before it is sent and after.
// Found with neither TS nor Refused, it may have been sent.
type Post struct {
	Begun   time.Time `json:"begun"`
	TS      string    `json:"ts,omitempty"`      // Slack's id of the message: it was sent
	Refused string    `json:"refused,omitempty"` // Slack's code: it can never be sent
}

func (p *Post) done() bool { return p != nil && (p.TS != "" || p.Refused != "") }

// enter moves the request to a stage. It is not yet written down.
func (r *Request) enter(s Stage) {
	r.Stage, r.Since = s, time.Now().UTC()
}

// end is how a request stops following Port and starts telling people.
func (r *Request) end(o card.Outcome) {
	r.Outcome = &o
	r.enter(Telling)
}

// facts is what the cards are made from.
func (r *Request) facts() card.Facts {
	f := card.Facts{
		Title: r.Title, Reporter: r.User, Channel: r.Channel,
		Properties: r.Properties, RunID: r.RunID, Refused: map[string]string{},
	}
	if r.Outcome != nil {
		f.Outcome = *r.Outcome
	}
	for key, p := range r.Posts {
		if p != nil && p.Refused != "" {
			f.Refused[key] = p.Refused
		}
	}
	return f
}

// encode writes a request as JSON, with the fields of a later version that it was read with.
func (r *Request) encode() ([]byte, error) {
	r.Version = formatVersion
	known, err := json.Marshal(r)
	if err != nil || len(r.unknown) == 0 {
		return known, err
	}
	var all map[string]json.RawMessage
	if err := json.Unmarshal(known, &all); err != nil {
		return nil, err
	}
	for k, v := range r.unknown {
		if _, ours := all[k]; !ours {
			all[k] = v
		}
	}
	return json.Marshal(all)
}

// errNotOurs says that a record is kept, and left alone.
var errNotOurs = errors.New("the record is left as it is")

// decode reads a request. Its errors are errNotOurs.
func decode(data []byte) (*Request, error) {
	r := &Request{}
	if err := json.Unmarshal(data, r); err != nil {
		return nil, fmt.Errorf("read request: %w: %w", err, errNotOurs)
	}
	if r.Version > formatVersion {
		return nil, fmt.Errorf("read request of version %d, where %d is known: %w", r.Version, formatVersion, errNotOurs)
	}
	if err := json.Unmarshal(data, &r.unknown); err != nil {
		return nil, fmt.Errorf("read request: %w: %w", err, errNotOurs)
	}
	maps.DeleteFunc(r.unknown, func(k string, _ json.RawMessage) bool { return requestFields[k] })
	return r, nil
}

// requestFields are the JSON names of Request.
var requestFields = map[string]bool{
	"v": true, "id": true, "stage": true, "since": true, "made": true, "user": true, "email": true,
	"channel": true, "action": true, "title": true, "target": true, "properties": true, "marked": true,
	"run": true, "outcome": true, "posts": true,
}
