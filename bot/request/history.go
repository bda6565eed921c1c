package request

import (
	"slices"
	"strings"
	"time"
)

// A Step is a stage that a request has entered. A stage that is entered again after a failure is the same step, so that a
// request has at most one step for each stage.
type Step struct {
	Stage    Stage     `json:"stage"`
	At       time.Time `json:"at"`                 // when it was entered first
	Failures int       `json:"failures,omitempty"` // attempts that failed
	Error    string    `json:"error,omitempty"`    // of the latest one
	FailedAt time.Time `json:"failed_at,omitzero"` // the same
}

// maxErrorLen is how much of an error a Step keeps, in bytes.
const maxErrorLen = 200

// startHistory begins the history with the stage that the request is in.
func (r *Request) startHistory() {
	if len(r.History) == 0 && r.Stage != "" {
		r.History = []Step{{Stage: r.Stage, At: r.StageEnteredAt}}
	}
}

// AddFailures records failed attempts at the current step. The caller saves the request.
func (r *Request) AddFailures(f Failures) {
	if r.startHistory(); f.Count == 0 || len(r.History) == 0 {
		return
	}
	r.History = slices.Clone(r.History) // copies of the request share it
	last := &r.History[len(r.History)-1]
	last.Failures += f.Count
	last.Error, last.FailedAt = f.Error, f.At
}

// Failures are attempts that failed.
type Failures struct {
	Count int
	Error string // of the latest one, as Shorten returns it
	At    time.Time
}

// Shorten makes an error's text fit for a Step.
func Shorten(text string) string {
	text = strings.Join(strings.Fields(text), " ")
	if len(text) > maxErrorLen {
		text = strings.ToValidUTF8(text[:maxErrorLen], "") + "…"
	}
	return text
}

// Kinds of interventions.
const (
	Retry   = "retry"
	Abandon = "abandon"
)

// maxInterventions is how many interventions a request keeps.
const maxInterventions = 10

// An Intervention is what an operator did to a request.
type Intervention struct {
	Kind   string    `json:"kind"`
	By     string    `json:"by"`               // who, such as alice@host
	Reason string    `json:"reason,omitempty"` // of Abandon
	At     time.Time `json:"at"`
}

// Has reports whether an intervention is recorded.
func (r *Request) Has(i Intervention) bool {
	return slices.ContainsFunc(r.Interventions, func(other Intervention) bool {
		return other.Kind == i.Kind && other.By == i.By && other.At.Equal(i.At)
	})
}

// AddIntervention records an intervention. The caller saves the request.
func (r *Request) AddIntervention(i Intervention) {
	all := append(slices.Clone(r.Interventions), i)
	r.Interventions = all[max(0, len(all)-maxInterventions):]
}
