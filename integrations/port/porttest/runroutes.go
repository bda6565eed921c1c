package porttest

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
)

// The bounds of limit in lists.
const (
	defaultRunsLimit, maxRunsLimit = 50, 1000
	maxLogsLimit                   = 50
)

func (s *Server) runRoutes(route routeFunc) {
	route("POST /v1/actions/{id}/runs", s.createRun)
	route("GET /v1/actions/runs", s.listRuns)
	route("GET /v1/actions/runs/{id}", s.getRun)
	route("PATCH /v1/actions/runs/{id}", s.patchRun)
	route("PATCH /v1/actions/runs/{id}/response", s.patchResponse)
	route("PATCH /v1/actions/runs/{id}/approval", s.patchApproval)
	route("GET /v1/actions/runs/{id}/approvers", s.listApprovers)
	route("GET /v1/actions/runs/{id}/logs", s.listLogs)
	route("POST /v1/actions/runs/{id}/logs", s.createLog)
}

// createRun checks a new run and starts it.
func (s *Server) createRun(r *http.Request) (response, error) {
	var in struct {
		Properties map[string]any `json:"properties"`
		Entity     string         `json:"entity"`
	}
	if err := decodeBody(r, "new run", &in); err != nil {
		return response{}, err
	}
	id, runAs := r.PathValue("id"), r.URL.Query().Get("run_as")
	s.mu.Lock()
	action, ok := s.actions[id]
	action = deepCopy(action)
	_, member := s.users[runAs]
	s.mu.Unlock()
	trigger, _ := action["trigger"].(map[string]any)
	if !ok || trigger["type"] == "automation" {
		return response{}, notFound("Action", id)
	}
	if runAs != "" && !member {
		return response{}, notFound("User", runAs)
	}
	properties, err := s.resolveInputs(action, in.Properties)
	if err != nil {
		return response{}, err
	}
	blueprint, _ := trigger["blueprintIdentifier"].(string)
	if op := trigger["operation"]; op == "DAY-2" || op == "DELETE" {
		if in.Entity == "" {
			return response{}, invalidRequest("body must have required property 'entity'")
		}
		if s.copyEntity(blueprint, in.Entity) == nil {
			return response{}, notFound("Entity", in.Entity)
		}
	}
	run := &Run{
		Action: id, Blueprint: blueprint, Entity: in.Entity, Status: InProgress, Source: sourceAPI,
		RunAs: runAs, Properties: properties, requiredApproval: action["requiredApproval"],
	}
	if needsApproval(run.requiredApproval) {
		run.Status = WaitingForApproval
	}
	return response{status: http.StatusAccepted, body: map[string]any{"run": s.startRun(run)}}, nil
}

func needsApproval(v any) bool {
	_, object := v.(map[string]any)
	return object || v == true
}

func (s *Server) listRuns(r *http.Request) (response, error) {
	q := r.URL.Query()
	limit, err := parseLimit(q.Get("limit"), defaultRunsLimit, maxRunsLimit)
	if err != nil {
		return response{}, err
	}
	version, err := parseVersion(r)
	if err != nil {
		return response{}, err
	}
	fits := func(key, value string) bool { return !q.Has(key) || q.Get(key) == value }
	s.mu.Lock()
	defer s.mu.Unlock()
	out := []any{}
	for _, run := range slices.Backward(s.runs) {
		userID := s.ClientID + "@clients"
		if u := s.users[run.RunAs]; u != nil {
			userID = toText(u["id"])
		}
		switch {
		case len(out) == limit:
		case !fits("action", run.Action), !fits("entity", run.Entity), !fits("blueprint", run.Blueprint):
		case !fits("user_email", run.RunAs), !fits("user_id", userID), !fits("external_run_id", toText(run.externalID)):
		case q.Get("active") == "true" && run.Ended():
		case q.Has("source") && !slices.Contains(q["source"], run.Source):
		default:
			out = append(out, s.runToAPILocked(run, version, q["exclude"]))
		}
	}
	return response{body: map[string]any{"runs": out}}, nil
}

func parseLimit(text string, otherwise, most int) (int, error) {
	if text == "" {
		return otherwise, nil
	}
	n, err := strconv.Atoi(text)
	switch {
	case err != nil:
		return 0, invalidRequest(`"limit" must be integer`)
	case n < 1:
		return 0, invalidRequest(`"limit" must be >= 1`)
	case n > most:
		return 0, invalidRequest(`"limit" must be <= %d`, most)
	}
	return n, nil
}

func parseVersion(r *http.Request) (string, error) {
	v := r.URL.Query().Get("version")
	if v != "" && v != "v1" && v != "v2" {
		return "", invalidRequest(`"version" must be equal to one of the allowed values ["v1","v2"]`)
	}
	return v, nil
}

func (s *Server) getRun(r *http.Request) (response, error) {
	version, err := parseVersion(r)
	if err != nil {
		return response{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	run := s.runsByID[r.PathValue("id")]
	if run == nil {
		return response{}, notFound("Run", r.PathValue("id"))
	}
	return response{body: map[string]any{"run": s.runToAPILocked(run, version, nil)}}, nil
}

func (s *Server) patchRun(r *http.Request) (response, error) {
	var in struct {
		Status     string `json:"status"`
		Label      string `json:"statusLabel"`
		Summary    string `json:"summary"`
		Link       any    `json:"link"`
		ExternalID any    `json:"externalRunId"`
	}
	if err := decodeBody(r, "run change", &in); err != nil {
		return response{}, err
	}
	err := s.updateRun(r.PathValue("id"), func(run *Run) {
		run.Status, run.StatusLabel, run.Summary = firstNonEmpty(in.Status, run.Status), firstNonEmpty(in.Label, run.StatusLabel), firstNonEmpty(in.Summary, run.Summary)
		if in.Link != nil {
			run.Link = in.Link
		}
		if in.ExternalID != nil {
			run.externalID = in.ExternalID
		}
	})
	if err != nil {
		return response{}, s.runStateError(r.PathValue("id"))
	}
	return s.getRun(r)
}

// patchResponse is how Port's own workers store what a backend answered. Automations are not told.
// https://github.com/port-labs/port-agent/blob/main/app/port_client.py
func (s *Server) patchResponse(r *http.Request) (response, error) {
	var in struct {
		Response any `json:"response"`
	}
	if err := decodeBody(r, "run response", &in); err != nil {
		return response{}, err
	}
	s.updateQuietly(r.PathValue("id"), func(run *Run) { run.Response = in.Response })
	return s.getRun(r)
}

func (s *Server) patchApproval(r *http.Request) (response, error) {
	var in struct {
		Status      string `json:"status"`
		Description string `json:"description"`
	}
	if err := decodeBody(r, "approval", &in); err != nil {
		return response{}, err
	}
	if s.decideApproval(r.PathValue("id"), in.Status, in.Description) != nil {
		return response{}, s.runStateError(r.PathValue("id"))
	}
	a, err := s.getRun(r)
	a.status = http.StatusCreated
	return a, err
}

func (s *Server) listApprovers(r *http.Request) (response, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	run := s.runsByID[r.PathValue("id")]
	if run == nil {
		return response{}, notFound("Run", r.PathValue("id"))
	}
	out := []any{}
	if run.Approval != nil {
		out = append(out, deepCopy(run.Approval))
	}
	return response{body: map[string]any{"approvers": out}}, nil
}

// runStateError is why a run cannot be changed.
func (s *Server) runStateError(id string) error {
	run, ok := s.Run(id)
	switch {
	case !ok:
		return notFound("Run", id)
	case run.Ended():
		return invalidRequest("Action run with identifier %q has ended and can no longer be modified", id)
	}
	return invalidRequest("Action run with identifier %q does not wait for approval", id)
}

func (s *Server) listLogs(r *http.Request) (response, error) {
	limit, err := parseLimit(r.URL.Query().Get("limit"), maxLogsLimit, maxLogsLimit)
	if err != nil {
		return response{}, err
	}
	offset, _ := strconv.Atoi(r.URL.Query().Get("offset"))
	run, ok := s.Run(r.PathValue("id"))
	if !ok {
		return response{}, notFound("Run", r.PathValue("id"))
	}
	out := []any{}
	for i := range run.Logs {
		if i >= offset && len(out) < limit {
			out = append(out, s.logToAPI(run, i))
		}
	}
	return response{body: map[string]any{"runLogs": out}}, nil
}

func (s *Server) logToAPI(run Run, i int) map[string]any {
	return map[string]any{
		"id": fmt.Sprintf("%s_log_%d", run.ID, i), "runId": run.ID, "message": run.Logs[i],
		"createdBy": s.ClientID + "@clients", "createdAt": formatTime(run.LogTimes[i]),
	}
}

func (s *Server) createLog(r *http.Request) (response, error) {
	var in struct {
		Message string `json:"message"`
		Status  string `json:"terminationStatus"`
		Label   string `json:"statusLabel"`
	}
	if err := decodeBody(r, "log", &in); err != nil {
		return response{}, err
	}
	id := r.PathValue("id")
	if run, ok := s.Run(id); !ok || run.Ended() {
		return response{}, s.runStateError(id)
	}
	logged := s.appendLog(id, in.Message)
	if in.Status != "" || in.Label != "" {
		_ = s.updateRun(id, func(run *Run) {
			run.Status, run.StatusLabel = firstNonEmpty(in.Status, run.Status), firstNonEmpty(in.Label, run.StatusLabel)
		})
	}
	if logged.ID == "" {
		return response{}, notFound("Run", id)
	}
	return response{status: http.StatusCreated, body: map[string]any{"runLog": s.logToAPI(logged, len(logged.Logs)-1)}}, nil
}

func firstNonEmpty(a, b string) string {
	if a != "" {
		return a
	}
	return b
}
