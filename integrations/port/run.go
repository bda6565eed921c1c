package port

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"foghorn/integrations/rest"
)

const (
	// CreateRunTimeout bounds CreateRun, including the token and a second attempt with another one. Once it has passed
	// since CreateRun was called, the run either exists or will never exist.
	CreateRunTimeout = 10 * time.Second

	// MaxRuns is the most runs that ListRuns returns. https://docs.port.io/api-reference/get-all-action-runs
	MaxRuns = 1000
)

// Statuses of a run that Foghorn distinguishes. Port does not document StatusCancelled, but its MCP server knows it.
// https://docs.port.io/actions-and-automations/reflect-action-progress
const (
	StatusSuccess            = "SUCCESS"
	StatusFailure            = "FAILURE"
	StatusWaitingForApproval = "WAITING_FOR_APPROVAL"
	StatusDeclined           = "DECLINED"
	StatusCancelled          = "CANCELLED"
)

// A Run is one execution of an action. Members that Port did not send, or sent in an unknown form, are zero.
type Run struct {
	ID          string
	Action      string // identifier
	Status      string // one of the constants, IN_PROGRESS, or one that Port has added since
	StatusLabel string // the backend's own name for the status
	Summary     string
	Links       []string
	Properties  map[string]any   // the inputs; an entity can be an object
	RawInputs   map[string]any   // the inputs as they were sent; nil: Port did not return them
	Response    json.RawMessage  // of a synchronous backend: an object, a list or a string; nil: none
	Comment     string           // of who approved or declined the run
	Entity      *EntityReference // that the run is for, or that Port relates to it; nil: none
	CreatedAt   time.Time        // by the clock of this machine
	EndedAt     time.Time        // the same
}

// An EntityReference names an entity.
type EntityReference struct {
	Blueprint  string // identifier
	Identifier string
	Title      string
	Deleted    bool // the catalog does not have it any more
}

// parseReference reads a reference from the members of a run, which are identifiers or objects; nil if one is missing.
func parseReference(blueprint, entity json.RawMessage) *EntityReference {
	var w struct {
		Title   string `json:"title"`
		Deleted bool   `json:"deleted"`
	}
	_ = json.Unmarshal(entity, &w) // see decode.go
	r := EntityReference{Blueprint: parseIdentifier(blueprint), Identifier: parseIdentifier(entity), Title: w.Title, Deleted: w.Deleted}
	if r.Blueprint == "" || r.Identifier == "" {
		return nil
	}
	return &r
}

// HasEnded reports that the run has ended: nothing about it changes any more.
func (r Run) HasEnded() bool {
	switch r.Status {
	case StatusSuccess, StatusFailure, StatusDeclined, StatusCancelled:
		return true
	}
	return false
}

// UnmarshalJSON reads a run of version v1 or v2 of Port's API. It never fails: a value that is not a run has no ID.
func (r *Run) UnmarshalJSON(data []byte) error {
	var w struct {
		ID          string          `json:"id"`
		Action      json.RawMessage `json:"action"`
		Status      string          `json:"status"`
		StatusLabel string          `json:"statusLabel"`
		Summary     string          `json:"summary"`
		Link        json.RawMessage `json:"link"`
		Properties  map[string]any  `json:"properties"`
		RawInputs   map[string]any  `json:"rawProperties"`
		Response    json.RawMessage `json:"response"`
		Approval    Approver        `json:"approval"`
		Entity      json.RawMessage `json:"entity"`
		Blueprint   json.RawMessage `json:"blueprint"`
		CreatedAt   string          `json:"createdAt"`
		EndedAt     string          `json:"endedAt"`
	}
	_ = json.Unmarshal(data, &w) // see decode.go
	*r = Run{
		ID: w.ID, Action: parseIdentifier(w.Action), Status: w.Status, StatusLabel: w.StatusLabel, Summary: w.Summary,
		Links: stringList(w.Link), Properties: w.Properties, RawInputs: w.RawInputs, Response: nonNull(w.Response), Comment: w.Approval.Description, Entity: parseReference(w.Blueprint, w.Entity),
		CreatedAt: parseTime(w.CreatedAt), EndedAt: parseTime(w.EndedAt),
	}
	return nil
}

// maxExactOffset is the largest difference between the clocks of Port and this machine that times are not corrected for:
// it is measured to about a second.
const maxExactOffset = 5 * time.Second

// setLocalTimes corrects the times of runs by the difference between the clocks.
func (c *Client) setLocalTimes(runs []Run) {
	offset := c.api.ClockOffset()
	if offset.Abs() < maxExactOffset {
		return
	}
	for i := range runs {
		for _, t := range []*time.Time{&runs[i].CreatedAt, &runs[i].EndedAt} {
			if !t.IsZero() {
				*t = t.Add(-offset)
			}
		}
	}
}

func (c *Client) withLocalTimes(r Run) Run {
	runs := []Run{r}
	c.setLocalTimes(runs)
	return runs[0]
}

// A RunRequest says which action to run, as whom and with which inputs.
type RunRequest struct {
	Action     string         // identifier
	RunAs      string         // e-mail of a member of the organization; "": the owner of the credentials
	Entity     string         // identifier of the entity to run it for; "": none
	Properties map[string]any // the inputs; may be nil
}

// CreateRun runs an action. It takes at most CreateRunTimeout. If the error is neither rest.IsRejected nor
// rest.IsRateLimited nor rest.IsNotSent, the run may exist.
// https://docs.port.io/api-reference/execute-a-self-service-action
//
//api:operation POST /v1/actions/{action_identifier}/runs
func (c *Client) CreateRun(ctx context.Context, run RunRequest) (Run, error) {
	ctx, cancel := context.WithTimeout(ctx, CreateRunTimeout)
	defer cancel()
	op := fmt.Sprintf("create run of action %q", run.Action)
	body := struct {
		Properties map[string]any `json:"properties"`
		Entity     string         `json:"entity,omitempty"`
	}{run.Properties, run.Entity}
	if body.Properties == nil {
		body.Properties = map[string]any{}
	}
	query := url.Values{}
	if run.RunAs != "" {
		query.Set("run_as", run.RunAs)
	}
	path := rest.Path("v1", "actions", run.Action, "runs")
	res, err := call[struct{ Run Run }](ctx, c, op, http.MethodPost, path, query, body)
	if err == nil && res.Run.ID == "" {
		err = newMissingError(op, http.StatusAccepted, "run")
	}
	return c.withLocalTimes(res.Run), rest.RedactInLogs(err, collectStrings(run.Properties)...)
}

// GetRun reads a run.
// https://docs.port.io/api-reference/get-an-actions-run-details
//
//api:operation GET /v1/actions/runs/{run_id}
func (c *Client) GetRun(ctx context.Context, id string) (Run, error) {
	op := fmt.Sprintf("read run %q", id)
	res, err := call[struct{ Run Run }](ctx, c, op, http.MethodGet, rest.Path("v1", "actions", "runs", id), v2(), nil)
	if err == nil && res.Run.ID == "" {
		err = newMissingError(op, http.StatusOK, "run")
	}
	return c.withLocalTimes(res.Run), err
}

// A RunsQuery selects runs: those that match every member that is not zero.
type RunsQuery struct {
	Action    string
	UserEmail string
	Active    bool     // only runs that have not ended
	Exclude   []string // members of a run to leave out, such as payload
	Limit     int      // at most MaxRuns; 0: Port's own limit
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
	query["exclude"] = q.Exclude
	const op = "list runs"
	res, err := call[struct{ Runs rest.List[Run] }](ctx, c, op, http.MethodGet, rest.Path("v1", "actions", "runs"), query, nil)
	if err == nil && res.Runs.Items == nil {
		err = newMissingError(op, http.StatusOK, "runs")
	}
	c.setLocalTimes(res.Runs.Items)
	return slices.DeleteFunc(res.Runs.Items, func(r Run) bool { return r.ID == "" }), err
}
