package porttest

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
)

// The bounds of limit in lists.
const (
	runsDefault, runsMost = 50, 1000
	logsMost              = 50
)

func (s *Server) runRoutes(route router) {
	route("POST /v1/actions/{id}/runs", s.createRun)
	route("GET /v1/actions/runs", s.listRuns)
	route("GET /v1/actions/runs/{id}", s.getRun)
	route("PATCH /v1/actions/runs/{id}", s.patchRun)
	route("PATCH /v1/actions/runs/{id}/response", s.patchResponse)
	route("PATCH /v1/actions/runs/{id}/approval", s.patchApproval)
	route("GET /v1/actions/runs/{id}/approvers", s.approvers)
	route("GET /v1/actions/runs/{id}/logs", s.listLogs)
	route("POST /v1/actions/runs/{id}/logs", s.addLog)
}

// createRun checks a new run and starts it.
func (s *Server) createRun(r *http.Request) (answer, error) {
	var in struct {
		Properties map[string]any `json:"properties"`
		Entity     string         `json:"entity"`
	}
	if err := decode(r, "new run", &in); err != nil {
		return answer{}, err
	}
	id, runAs := r.PathValue("id"), r.URL.Query().Get("run_as")
	s.mu.Lock()
	action, ok := s.actions[id]
	action = copyOf(action)
	_, member := s.users[runAs]
	s.mu.Unlock()
	trigger, _ := action["trigger"].(map[string]any)
	if !ok || trigger["type"] == "automation" {
		return answer{}, missing("Action", id)
	}
	if runAs != "" && !member {
		return answer{}, missing("User", runAs)
	}
	properties, err := s.inputs(action, in.Properties)
	if err != nil {
		return answer{}, err
	}
	blueprint, _ := trigger["blueprintIdentifier"].(string)
	if op := trigger["operation"]; op == "DAY-2" || op == "DELETE" {
		if in.Entity == "" {
			return answer{}, invalid("body must have required property 'entity'")
		}
		if s.entity(blueprint, in.Entity) == nil {
			return answer{}, missing("Entity", in.Entity)
		}
	}
	run := &Run{
		Action: id, Blueprint: blueprint, Entity: in.Entity, Status: InProgress, Source: sourceAPI,
		RunAs: runAs, Properties: properties, requiredApproval: action["requiredApproval"],
	}
	if needsApproval(run.requiredApproval) {
		run.Status = Waiting
	}
	return answer{status: http.StatusAccepted, body: map[string]any{"run": s.begin(run)}}, nil
}

func needsApproval(v any) bool {
	_, object := v.(map[string]any)
	return object || v == true
}

func (s *Server) listRuns(r *http.Request) (answer, error) {
	q := r.URL.Query()
	limit, err := limitOf(q.Get("limit"), runsDefault, runsMost)
	if err != nil {
		return answer{}, err
	}
	version, err := versionOf(r)
	if err != nil {
		return answer{}, err
	}
	fits := func(key, value string) bool { return !q.Has(key) || q.Get(key) == value }
	s.mu.Lock()
	defer s.mu.Unlock()
	out := []any{}
	for _, run := range slices.Backward(s.runs) {
		userID := s.ClientID + "@clients"
		if u := s.users[run.RunAs]; u != nil {
			userID = text(u["id"])
		}
		switch {
		case len(out) == limit:
		case !fits("action", run.Action), !fits("entity", run.Entity), !fits("blueprint", run.Blueprint):
		case !fits("user_email", run.RunAs), !fits("user_id", userID), !fits("external_run_id", text(run.external)):
		case q.Get("active") == "true" && run.Ended():
		case q.Has("source") && !slices.Contains(q["source"], run.Source):
		default:
			out = append(out, s.wire(run, version, q["exclude"]))
		}
	}
	return answer{body: map[string]any{"runs": out}}, nil
}

func limitOf(text string, otherwise, most int) (int, error) {
	if text == "" {
		return otherwise, nil
	}
	n, err := strconv.Atoi(text)
	switch {
	case err != nil:
		return 0, invalid(`"limit" must be integer`)
	case n < 1:
		return 0, invalid(`"limit" must be >= 1`)
	case n > most:
		return 0, invalid(`"limit" must be <= %d`, most)
	}
	return n, nil
}

func versionOf(r *http.Request) (string, error) {
	v := r.URL.Query().Get("version")
	if v != "" && v != "v1" && v != "v2" {
		return "", invalid(`"version" must be equal to one of the allowed values ["v1","v2"]`)
	}
	return v, nil
}

func (s *Server) getRun(r *http.Request) (answer, error) {
	version, err := versionOf(r)
	if err != nil {
		return answer{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	run := s.byID[r.PathValue("id")]
	if run == nil {
		return answer{}, missing("Run", r.PathValue("id"))
	}
	return answer{body: map[string]any{"run": s.wire(run, version, nil)}}, nil
}

func (s *Server) patchRun(r *http.Request) (answer, error) {
	var in struct {
		Status     string `json:"status"`
		Label      string `json:"statusLabel"`
		Summary    string `json:"summary"`
		Link       any    `json:"link"`
		ExternalID any    `json:"externalRunId"`
	}
	if err := decode(r, "run change", &in); err != nil {
		return answer{}, err
	}
	err := s.change(r.PathValue("id"), func(run *Run) {
		run.Status, run.Label, run.Summary = either(in.Status, run.Status), either(in.Label, run.Label), either(in.Summary, run.Summary)
		if in.Link != nil {
			run.Link = in.Link
		}
		if in.ExternalID != nil {
			run.external = in.ExternalID
		}
	})
	if err != nil {
		return answer{}, s.unchangeable(r.PathValue("id"))
	}
	return s.getRun(r)
}

// patchResponse is how Port's own workers store what a backend answered. Automations are not told.
// https://github.com/port-labs/port-agent/blob/main/app/port_client.py
func (s *Server) patchResponse(r *http.Request) (answer, error) {
	var in struct {
		Response any `json:"response"`
	}
	if err := decode(r, "run response", &in); err != nil {
		return answer{}, err
	}
	s.note(r.PathValue("id"), func(run *Run) { run.Response = in.Response })
	return s.getRun(r)
}

func (s *Server) patchApproval(r *http.Request) (answer, error) {
	var in struct {
		Status      string `json:"status"`
		Description string `json:"description"`
	}
	if err := decode(r, "approval", &in); err != nil {
		return answer{}, err
	}
	if s.decide(r.PathValue("id"), in.Status, in.Description) != nil {
		return answer{}, s.unchangeable(r.PathValue("id"))
	}
	a, err := s.getRun(r)
	a.status = http.StatusCreated
	return a, err
}

func (s *Server) approvers(r *http.Request) (answer, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	run := s.byID[r.PathValue("id")]
	if run == nil {
		return answer{}, missing("Run", r.PathValue("id"))
	}
	out := []any{}
	if run.Approval != nil {
		out = append(out, copyOf(run.Approval))
	}
	return answer{body: map[string]any{"approvers": out}}, nil
}

// unchangeable is why a run cannot be changed.
func (s *Server) unchangeable(id string) error {
	run, ok := s.Run(id)
	switch {
	case !ok:
		return missing("Run", id)
	case run.Ended():
		return invalid("Action run with identifier %q has ended and can no longer be modified", id)
	}
	return invalid("Action run with identifier %q does not wait for approval", id)
}

func (s *Server) listLogs(r *http.Request) (answer, error) {
	limit, err := limitOf(r.URL.Query().Get("limit"), logsMost, logsMost)
	if err != nil {
		return answer{}, err
	}
	offset, _ := strconv.Atoi(r.URL.Query().Get("offset"))
	run, ok := s.Run(r.PathValue("id"))
	if !ok {
		return answer{}, missing("Run", r.PathValue("id"))
	}
	out := []any{}
	for i := range run.Logs {
		if i >= offset && len(out) < limit {
			out = append(out, s.wireLog(run, i))
		}
	}
	return answer{body: map[string]any{"runLogs": out}}, nil
}

func (s *Server) wireLog(run Run, i int) map[string]any {
	return map[string]any{
		"id": fmt.Sprintf("%s_log_%d", run.ID, i), "runId": run.ID, "message": run.Logs[i],
		"createdBy": s.ClientID + "@clients", "createdAt": stamp(run.Logged[i]),
	}
}

func (s *Server) addLog(r *http.Request) (answer, error) {
	var in struct {
		Message string `json:"message"`
		Status  string `json:"terminationStatus"`
		Label   string `json:"statusLabel"`
	}
	if err := decode(r, "log", &in); err != nil {
		return answer{}, err
	}
	id := r.PathValue("id")
	if run, ok := s.Run(id); !ok || run.Ended() {
		return answer{}, s.unchangeable(id)
	}
	logged := s.log(id, in.Message)
	if in.Status != "" || in.Label != "" {
		_ = s.change(id, func(run *Run) { run.Status, run.Label = either(in.Status, run.Status), either(in.Label, run.Label) })
	}
	if logged.ID == "" {
		return answer{}, missing("Run", id)
	}
	return answer{status: http.StatusCreated, body: map[string]any{"runLog": s.wireLog(logged, len(logged.Logs)-1)}}, nil
}

func either(a, b string) string {
	if a != "" {
		return a
	}
	return b
}
