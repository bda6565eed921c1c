package request

import "time"

// A Status is how a request ended. The first four are Port's statuses of a run.
// https://docs.port.io/create-self-service-experiences/reflect-action-progress/
const (
	Success    = "SUCCESS"
	Failure    = "FAILURE"
	Declined   = "DECLINED"
	Cancelled  = "CANCELLED"
	Rejected   = "REJECTED"    // Port did not create the run
	NotStarted = "NOT_STARTED" // Port or Slack could not be reached in time, and no run was created
	NoEmail    = "NO_EMAIL"    // the reporter's e-mail address is not known
	Denied     = "DENIED"      // the reporter may not run the action
	Unknown    = "UNKNOWN"     // Port no longer has the run, or the run did not end
	Abandoned  = "ABANDONED"   // an operator ended the request
)

// An Outcome is how a request ended.
type Outcome struct {
	Status   string    `json:"status"`
	Reason   string    `json:"reason,omitempty"`   // in the vendor's words; empty for Success
	Summary  string    `json:"summary,omitempty"`  // of a run that succeeded, or its status label, in the vendor's words
	Log      []string  `json:"log,omitempty"`      // the last lines of the log of a run that failed
	Hint     string    `json:"hint,omitempty"`     // what can be done about it, where that is known
	Incident *Incident `json:"incident,omitempty"` // nil: the response contained none
	Links    []string  `json:"links,omitempty"`    // of the run
	EndedAt  time.Time `json:"ended_at,omitzero"`  // of the run
	Entity   *Entity   `json:"entity,omitempty"`   // that Port relates to the run; nil: none, or it was deleted

	DeclinedBy string `json:"declined_by,omitempty"`  // name of the person who declined the run; empty: unknown
	MayHaveRun bool   `json:"may_have_run,omitempty"` // of Abandoned: whether Port has created a run is not known
}

// An Entity is an item of Port's catalog.
type Entity struct {
	Blueprint  string `json:"blueprint"` // identifier
	Identifier string `json:"identifier"`
	Title      string `json:"title,omitempty"`
}

// An Incident is the part of incident.io's answer that messages show.
// https://docs.incident.io/api-reference/incidents-v2/create
type Incident struct {
	ID         string `json:"id,omitempty"`
	Name       string `json:"name,omitempty"`
	Reference  string `json:"reference,omitempty"` // such as INC-123
	Permalink  string `json:"permalink,omitempty"`
	Severity   string `json:"severity,omitempty"` // name
	Status     string `json:"status,omitempty"`   // name
	Summary    string `json:"summary,omitempty"`
	Visibility string `json:"visibility,omitempty"` // public or private
	Channel    string `json:"channel,omitempty"`    // Slack id of the incident's own channel; empty: not created yet

	SeverityID string        `json:"severity_id,omitempty"`
	Level      int           `json:"level,omitempty"`    // of the severity: 1 is the organization's highest, 2 the next; 0: unknown
	Category   string        `json:"category,omitempty"` // of the status, such as live or closed
	Lead       string        `json:"lead,omitempty"`     // name
	LeadUser   string        `json:"lead_user,omitempty"`
	EndedAfter time.Duration `json:"ended_after,omitempty"` // of an incident that has ended
}

// HasEnded reports whether the incident is closed, or ended in another way. Other categories, and those that are not
// known, are those of open incidents.
// https://docs.incident.io/api-reference/incident-statuses-v1/list
func (i Incident) HasEnded() bool {
	switch i.Category {
	case "closed", "declined", "merged", "canceled":
		return true
	}
	return false
}
