package port

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"foghorn/integrations/rest"
)

// The statuses of a run. Port documents all but StatusCancelled, which its own MCP server
// knows. https://docs.port.io/actions-and-automations/reflect-action-progress
const (
	StatusInProgress         = "IN_PROGRESS"
	StatusSuccess            = "SUCCESS"
	StatusFailure            = "FAILURE"
	StatusWaitingForApproval = "WAITING_FOR_APPROVAL"
	StatusDeclined           = "DECLINED"
	StatusCancelled          = "CANCELLED"
)

// MaxRuns is the most runs that one list holds.
// https://docs.port.io/api-reference/get-all-action-runs
const MaxRuns = 1000

// A Run is one execution of an action. Members that Port left out, or sent in a form that
// is not known, are zero.
type Run struct {
	ID               string
	Action           string // identifier
	Blueprint        string // identifier; empty for an action that is about no blueprint
	Entity           string // identifier of the entity it was run for; may be empty
	Status           string // one of the constants, or one that Port has added since
	StatusLabel      string // the backend's own word for the status
	Summary          string
	Links            []string
	Source           string // UI, API or AUTOMATION
	Properties       map[string]any
	Response         json.RawMessage // what a synchronous backend answered: an object, a list or a string; nil: nothing
	RequiresApproval bool
	CreatedBy        string // a user's id, or that of the credentials with run_as
	ImpersonatedBy   string
	CreatedAt        time.Time
	UpdatedAt        time.Time
	EndedAt          time.Time
}

// HasEnded reports that the run has come to its end: nothing about it changes any more.
func (r Run) HasEnded() bool {
	switch r.Status {
	case StatusSuccess, StatusFailure, StatusDeclined, StatusCancelled:
		return true
	}
	return false
}

// UnmarshalJSON reads a run of version v1 or v2 of Port's API. It never fails: what is no
// run has no ID.
func (r *Run) UnmarshalJSON(data []byte) error {
	var w struct {
		ID               string          `json:"id"`
		Action           json.RawMessage `json:"action"`
		Blueprint        json.RawMessage `json:"blueprint"`
		Entity           json.RawMessage `json:"entity"`
		Status           string          `json:"status"`
		StatusLabel      string          `json:"statusLabel"`
		Summary          string          `json:"summary"`
		Link             json.RawMessage `json:"link"`
		Source           json.RawMessage `json:"source"`
		Properties       map[string]any  `json:"properties"`
		Response         json.RawMessage `json:"response"`
		RequiredApproval json.RawMessage `json:"requiredApproval"`
		CreatedBy        string          `json:"createdBy"`
		ImpersonatedBy   string          `json:"impersonatedBy"`
		CreatedAt        string          `json:"createdAt"`
		UpdatedAt        string          `json:"updatedAt"`
		EndedAt          string          `json:"endedAt"`
	}
	_ = json.Unmarshal(data, &w) // see decode.go
	*r = Run{
		ID: w.ID, Action: parseIdentifier(w.Action), Blueprint: parseIdentifier(w.Blueprint), Entity: parseIdentifier(w.Entity),
		Status: w.Status, StatusLabel: w.StatusLabel, Summary: w.Summary, Links: stringList(w.Link),
		Source: parseSource(w.Source), Properties: w.Properties, Response: nonNull(w.Response),
		RequiresApproval: parseBool(w.RequiredApproval), CreatedBy: w.CreatedBy, ImpersonatedBy: w.ImpersonatedBy,
		CreatedAt: parseTime(w.CreatedAt), UpdatedAt: parseTime(w.UpdatedAt), EndedAt: parseTime(w.EndedAt),
	}
	return nil
}

// parseSource reads where a run came from: a word, or an object that holds it.
func parseSource(raw json.RawMessage) string {
	if s := parseString(raw); s != "" {
		return s
	}
	var o struct {
		Type   string `json:"type"`
		Origin string `json:"origin"`
	}
	_ = json.Unmarshal(raw, &o)
	return cmp.Or(o.Type, o.Origin)
}

// A RunRequest is what to run, and as whom.
type RunRequest struct {
	Action     string
	RunAs      string         // e-mail of a member of the organization; "": the credentials' owner
	Entity     string         // identifier of the entity to run it for; "" for an action that is about none
	Properties map[string]any // the inputs; may be nil
}

// CreateRun runs an action. It takes RunTimeout at the most. An error that is neither
// Refused, Limited nor NotSent leaves open whether there is a run.
// https://docs.port.io/api-reference/execute-a-self-service-action
//
//api:operation POST /v1/actions/{action_identifier}/runs
func (c *Client) CreateRun(ctx context.Context, n RunRequest) (Run, error) {
	ctx, cancel := context.WithTimeout(ctx, CreateRunTimeout)
	defer cancel()
	op := fmt.Sprintf("create run of action %q", n.Action)
	body := struct {
		Properties map[string]any `json:"properties"`
		Entity     string         `json:"entity,omitempty"`
	}{n.Properties, n.Entity}
	if body.Properties == nil {
		body.Properties = map[string]any{}
	}
	query := url.Values{}
	if n.RunAs != "" {
		query.Set("run_as", n.RunAs)
	}
	answer, err := call[struct{ Run Run }](ctx, c, op, http.MethodPost, rest.Path("v1", "actions", n.Action, "runs"), query, body)
	if err != nil {
		if e, ok := errors.AsType[*rest.Error](err); ok {
			e.RedactInLogs(collectStrings(n.Properties)...)
		}
		return Run{}, err
	}
	if answer.Run.ID == "" {
		return Run{}, newMissingError(op, http.StatusAccepted, "run")
	}
	return answer.Run, nil
}

// GetRun reads a run.
// https://docs.port.io/api-reference/get-an-actions-run-details
//
//api:operation GET /v1/actions/runs/{run_id}
func (c *Client) GetRun(ctx context.Context, id string) (Run, error) {
	op := fmt.Sprintf("read run %q", id)
	answer, err := call[struct{ Run Run }](ctx, c, op, http.MethodGet, rest.Path("v1", "actions", "runs", id), v2(), nil)
	if err != nil {
		return Run{}, err
	}
	if answer.Run.ID == "" {
		return Run{}, newMissingError(op, http.StatusOK, "run")
	}
	return answer.Run, nil
}

// A RunsQuery says which runs to list: those that fit every member that is not zero.
type RunsQuery struct {
	Action    string
	UserEmail string
	Active    bool     // only those that have not ended
	Source    []string // UI, API, AUTOMATION
	Exclude   []string // members of the run not to send, such as payload
	Limit     int      // 0: Port's own limit; at most MaxRuns
}

// ListRuns lists runs.
// https://docs.port.io/api-reference/get-all-action-runs
//
//api:operation GET /v1/actions/runs
func (c *Client) ListRuns(ctx context.Context, q RunsQuery) ([]Run, error) {
	query := v2()
	if q.Action != "" {
		query.Set("action", q.Action)
	}
	if q.UserEmail != "" {
		query.Set("user_email", q.UserEmail)
	}
	if q.Active {
		query.Set("active", "true")
	}
	if q.Limit > 0 {
		query.Set("limit", strconv.Itoa(min(q.Limit, MaxRuns)))
	}
	query["source"], query["exclude"] = q.Source, q.Exclude
	const op = "list runs"
	answer, err := call[struct{ Runs rest.List[Run] }](ctx, c, op, http.MethodGet, rest.Path("v1", "actions", "runs"), query, nil)
	if err != nil {
		return nil, err
	}
	if answer.Runs.Items == nil {
		return nil, newMissingError(op, http.StatusOK, "runs")
	}
	return slices.DeleteFunc(answer.Runs.Items, func(r Run) bool { return r.ID == "" }), nil
}
