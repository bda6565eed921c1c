package porttest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"time"

	"foghorn/integrations/emulator"
)

// The statuses of a run.
const (
	InProgress = "IN_PROGRESS"
	Waiting    = "WAITING_FOR_APPROVAL"
	Success    = "SUCCESS"
	Failure    = "FAILURE"
	Declined   = "DECLINED"
)

// A Run is one execution of an action or an automation.
type Run struct {
	ID         string
	Action     string // identifier
	Blueprint  string
	Entity     string
	Status     string
	Label      string // statusLabel
	Summary    string
	Source     string         // UI, API or AUTOMATION
	RunAs      string         // e-mail; "" when the credentials ran it themselves
	Properties map[string]any // as they were sent, with defaults
	Payload    any            // what was sent to the backend, secrets masked
	Response   any            // what it answered
	Logs       []string
	CreatedAt  time.Time
	EndedAt    time.Time

	link, external any
	updated        time.Time
	approval       map[string]any
	event          any // of an automation
}

// Ended reports that the run has ended.
func (r Run) Ended() bool {
	return r.Status != InProgress && r.Status != Waiting
}

// Runs are all runs, oldest first; those of automations too.
func (s *Server) Runs() []Run {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]Run, 0, len(s.runs))
	for _, r := range s.runs {
		if r.Source != "AUTOMATION" {
			out = append(out, *r)
		}
	}
	return out
}

// AutomationRuns are the runs of automations, oldest first.
func (s *Server) AutomationRuns() []Run {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []Run
	for _, r := range s.runs {
		if r.Source == "AUTOMATION" {
			out = append(out, *r)
		}
	}
	return out
}

// WaitRun waits until a run has a status.
func (s *Server) WaitRun(ctx context.Context, id, status string) (Run, error) {
	for {
		s.mu.Lock()
		r, changed := s.run(id), s.changed
		if r != nil && r.Status == status {
			defer s.mu.Unlock()
			return *r, nil
		}
		s.mu.Unlock()
		select {
		case <-ctx.Done():
			return Run{}, fmt.Errorf("wait for run %s to be %s: %w", id, status, ctx.Err())
		case <-changed:
		}
	}
}

// run is the run with an id. The caller holds the lock.
func (s *Server) run(id string) *Run {
	for _, r := range slices.Backward(s.runs) {
		if r.ID == id {
			return r
		}
	}
	return nil
}

var errNoRun = errors.New("there is no such run, or it has ended")

// EndRun ends a run as its backend would.
func (s *Server) EndRun(id, status, summary string) error {
	return s.change(context.Background(), id, func(r *Run) { r.Status, r.Summary = status, summary })
}

// Approve lets a run that waits for approval go on.
func (s *Server) Approve(ctx context.Context, id string) error {
	return s.decide(ctx, id, "APPROVE", "")
}

// Decline ends a run that waits for approval.
func (s *Server) Decline(ctx context.Context, id string) error {
	return s.decide(ctx, id, "DECLINE", "")
}

func (s *Server) decide(ctx context.Context, id, decision, why string) error {
	s.mu.Lock()
	r := s.run(id)
	if r == nil || r.Status != Waiting {
		s.mu.Unlock()
		return errNoRun
	}
	s.mu.Unlock()
	err := s.change(ctx, id, func(r *Run) {
		r.approval = map[string]any{"state": decision, "description": why, "userId": s.ClientID}
		if r.Status = InProgress; decision == "DECLINE" {
			r.Status = Declined
		}
	})
	if err == nil && decision == "APPROVE" {
		s.work.Go(func() { s.execute(ctx, id) })
	}
	return err
}

// change changes a run that has not ended, and tells the automations.
func (s *Server) change(ctx context.Context, id string, f func(*Run)) error {
	s.mu.Lock()
	r := s.run(id)
	if r == nil || r.Ended() {
		s.mu.Unlock()
		return errNoRun
	}
	before := s.wire(r, "v2", nil)
	f(r)
	r.updated = time.Now()
	if r.Ended() {
		r.EndedAt = r.updated
	}
	after := s.wire(r, "v2", nil)
	status, summary, source := r.Status, r.Summary, r.Source
	s.notify()
	s.mu.Unlock()
	if before["status"] != status && source != "AUTOMATION" {
		s.Emit(emulator.Event{From: "port", To: "port", Kind: "run", Text: fmt.Sprintf("%s %s %s", id, status, summary)})
	}
	s.runEvent(ctx, "RUN_UPDATED", before, after)
	return nil
}

// wire is a run as the API shows it. The caller holds the lock.
func (s *Server) wire(r *Run, version string, exclude []string) map[string]any {
	out := map[string]any{
		"id": r.ID, "status": r.Status, "statusLabel": orNull(r.Label), "summary": orNull(r.Summary), "source": r.Source,
		"properties": r.Properties, "rawProperties": r.Properties, "requiredApproval": r.approval != nil || r.Status == Waiting,
		"payload": r.Payload, "response": r.Response, "link": r.link, "approval": r.approval,
		"createdBy": s.ClientID + "@clients", "createdAt": stamp(r.CreatedAt), "updatedAt": stamp(r.updated), "endedAt": nil,
	}
	if r.external != nil {
		out["externalRunId"] = r.external
	}
	if r.approval == nil {
		out["approval"] = nil
	}
	if r.link == nil {
		out["link"] = []any{}
	}
	if !r.EndedAt.IsZero() {
		out["endedAt"] = stamp(r.EndedAt)
	}
	if r.RunAs != "" {
		out["impersonatedBy"] = s.ClientID + "@clients"
		if u := s.users[r.RunAs]; u != nil {
			out["createdBy"] = u["id"]
		}
	}
	out["action"] = any(r.Action)
	if version != "v1" {
		action := map[string]any{"identifier": r.Action}
		if a := s.actions[r.Action]; a != nil {
			action["title"], action["icon"], action["deleted"] = a["title"], a["icon"], false
		}
		out["action"] = action
		if r.Blueprint != "" {
			out["blueprint"] = map[string]any{"identifier": r.Blueprint}
		}
		if r.Entity != "" {
			out["entity"] = map[string]any{"identifier": r.Entity}
		}
	}
	for _, k := range exclude {
		delete(out, k)
	}
	return copyOf(out)
}

func orNull(s string) any {
	if s == "" {
		return nil
	}
	return s
}

func (s *Server) runRoutes(ctx context.Context, route func(string, func(*http.Request) (answer, error))) {
	route("POST /v1/actions/{id}/runs", func(r *http.Request) (answer, error) { return s.createRun(ctx, r) })
	route("GET /v1/actions/runs", s.listRuns)
	one := func(r *http.Request) (answer, error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		run := s.run(r.PathValue("id"))
		if run == nil {
			return answer{}, missing("Run", r.PathValue("id"))
		}
		return answer{body: map[string]any{"run": s.wire(run, r.URL.Query().Get("version"), nil)}}, nil
	}
	route("GET /v1/actions/runs/{id}", one)
	route("PATCH /v1/actions/runs/{id}", func(r *http.Request) (answer, error) {
		var in struct {
			Status, StatusLabel, Summary string
			Link, Message, ExternalRunID any
		}
		if err := decode(r, &in); err != nil {
			return answer{}, err
		}
		if in.Status != "" && in.Status != Success && in.Status != Failure {
			return answer{}, invalid(`"status" must be equal to one of the allowed values "SUCCESS", "FAILURE"`)
		}
		err := s.change(ctx, r.PathValue("id"), func(run *Run) {
			run.Status, run.Label, run.Summary = either(in.Status, run.Status), either(in.StatusLabel, run.Label), either(in.Summary, run.Summary)
			if in.Link != nil {
				run.link = in.Link
			}
			if in.ExternalRunID != nil {
				run.external = in.ExternalRunID
			}
		})
		if err != nil {
			return answer{}, s.ended(r.PathValue("id"))
		}
		return one(r)
	})
	route("PATCH /v1/actions/runs/{id}/approval", func(r *http.Request) (answer, error) {
		var in struct{ Status, Description string }
		if err := decode(r, &in); err != nil {
			return answer{}, err
		}
		if in.Status != "APPROVE" && in.Status != "DECLINE" {
			return answer{}, invalid(`"status" must be equal to one of the allowed values "APPROVE", "DECLINE"`)
		}
		if s.decide(ctx, r.PathValue("id"), in.Status, in.Description) != nil {
			return answer{}, s.ended(r.PathValue("id"))
		}
		a, err := one(r)
		a.status = http.StatusCreated
		return a, err
	})
	route("GET /v1/actions/runs/{id}/logs", func(r *http.Request) (answer, error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		run := s.run(r.PathValue("id"))
		if run == nil {
			return answer{}, missing("Run", r.PathValue("id"))
		}
		out := []any{}
		for i, line := range run.Logs {
			out = append(out, map[string]any{"id": fmt.Sprintf("%s_%d", run.ID, i), "runId": run.ID, "message": line, "createdAt": stamp(run.CreatedAt)})
		}
		return answer{body: map[string]any{"runLogs": out}}, nil
	})
	route("POST /v1/actions/runs/{id}/logs", func(r *http.Request) (answer, error) {
		var in struct{ Message, TerminationStatus, StatusLabel string }
		if err := decode(r, &in); err != nil {
			return answer{}, err
		}
		id := r.PathValue("id")
		s.mu.Lock()
		run := s.run(id)
		if run == nil {
			s.mu.Unlock()
			return answer{}, missing("Run", id)
		}
		run.Logs = append(run.Logs, in.Message)
		s.mu.Unlock()
		if in.TerminationStatus == Success || in.TerminationStatus == Failure {
			_ = s.change(ctx, id, func(run *Run) { run.Status, run.Label = in.TerminationStatus, either(in.StatusLabel, run.Label) })
		}
		return answer{status: http.StatusCreated, body: map[string]any{"runLog": map[string]any{"runId": id, "message": in.Message}}}, nil
	})
}

// ended is why a run cannot be changed.
func (s *Server) ended(id string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.run(id) == nil {
		return missing("Run", id)
	}
	return invalid("Action run %q has ended and can no longer be modified", id)
}

func either(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

func (s *Server) listRuns(r *http.Request) (answer, error) {
	q := r.URL.Query()
	limit := 50
	if text := q.Get("limit"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 || n > 1000 {
			return answer{}, invalid(`"limit" must be between 1 and 1000`)
		}
		limit = n
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	out := []any{}
	for _, run := range slices.Backward(s.runs) {
		fits := func(key, value string) bool { return q.Get(key) == "" || q.Get(key) == value }
		switch {
		case len(out) == limit:
		case !fits("action", run.Action), !fits("entity", run.Entity), !fits("blueprint", run.Blueprint), !fits("user_email", run.RunAs):
		case q.Get("active") == "true" && run.Ended():
		case len(q["source"]) > 0 && !slices.Contains(q["source"], run.Source):
		case q.Get("external_run_id") != "" && fmt.Sprint(run.external) != q.Get("external_run_id"):
		default:
			out = append(out, s.wire(run, q.Get("version"), q["exclude"]))
		}
	}
	return answer{body: map[string]any{"runs": out}}, nil
}

// createRun checks a new run and starts it.
func (s *Server) createRun(ctx context.Context, r *http.Request) (answer, error) {
	var in struct {
		Properties map[string]any `json:"properties"`
		Entity     string         `json:"entity"`
	}
	if err := decode(r, &in); err != nil {
		return answer{}, err
	}
	id, runAs := r.PathValue("id"), r.URL.Query().Get("run_as")
	s.mu.Lock()
	action, ok := s.actions[id]
	if !ok {
		s.mu.Unlock()
		return answer{}, missing("Action", id)
	}
	action = copyOf(action)
	_, member := s.users[runAs]
	s.mu.Unlock()
	if in.Properties == nil {
		return answer{}, invalid("body must have required property 'properties'")
	}
	if runAs != "" && !member {
		return answer{}, missing("User", runAs)
	}
	properties, err := s.inputs(action, in.Properties)
	if err != nil {
		return answer{}, err
	}
	trigger, _ := action["trigger"].(map[string]any)
	blueprint, _ := trigger["blueprintIdentifier"].(string)
	if op := trigger["operation"]; op == "DAY-2" || op == "DELETE" {
		if s.entity(blueprint, in.Entity) == nil {
			return answer{}, missing("Entity", in.Entity)
		}
	}
	run := &Run{
		ID: "r_" + random(16), Action: id, Blueprint: blueprint, Entity: in.Entity, Status: InProgress, Source: "API",
		RunAs: runAs, Properties: properties, CreatedAt: time.Now(), updated: time.Now(),
	}
	if needsApproval(action["requiredApproval"]) {
		run.Status = Waiting
	}
	s.begin(ctx, run)
	s.mu.Lock()
	defer s.mu.Unlock()
	return answer{status: http.StatusAccepted, body: map[string]any{"run": s.wire(run, "v2", nil)}}, nil
}

func needsApproval(v any) bool {
	switch v := v.(type) {
	case bool:
		return v
	case map[string]any:
		return true
	}
	return false
}

// begin adds a run, tells the automations and executes it unless it waits.
func (s *Server) begin(ctx context.Context, run *Run) {
	s.mu.Lock()
	s.runs = append(s.runs, run)
	after := s.wire(run, "v2", nil)
	waits := run.Status == Waiting
	s.notify()
	s.mu.Unlock()
	kind := "run"
	if run.Source == "AUTOMATION" {
		kind = "automation"
	}
	s.Emit(emulator.Event{From: "port", To: "port", Kind: kind, Text: run.ID + " of " + run.Action, Body: copyOf(maps.Clone(run.Properties))})
	s.runEvent(ctx, "RUN_CREATED", nil, after)
	if !waits {
		s.work.Go(func() { s.execute(ctx, run.ID) })
	}
}
