package porttest

import (
	"cmp"
	"net/http"
	"slices"
	"strconv"
)

// The limits of the list of runs. Port documents the maximum.
const (
	defaultRunsLimit = 50
	maxRunsLimit     = 1000
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
	action, isMember := s.actions[id], s.users[runAs] != nil
	s.mu.Unlock()
	if action == nil || action.Trigger.Type == "automation" {
		return response{}, notFound("Action", id)
	}
	if runAs != "" && !isMember {
		return response{}, notFound("User", runAs)
	}
	properties, err := s.resolveInputs(action, in.Properties)
	if err != nil {
		return response{}, err
	}
	blueprint := action.Trigger.Blueprint
	target, err := s.findTarget(action.Trigger, in.Entity)
	if err != nil {
		return response{}, err
	}
	if target != nil {
		blueprint = target.Blueprint
	}
	if err := s.checkExecute(action, runAs, target, properties); err != nil {
		return response{}, err
	}
	run := &Run{
		Action: id, Blueprint: blueprint, Entity: in.Entity, Status: InProgress, Source: sourceAPI,
		RunAs: runAs, Properties: properties, requiredApproval: action.RequiredApproval,
	}
	if needsApproval(run.requiredApproval) {
		run.Status = WaitingForApproval
	}
	return newResponse(http.StatusAccepted, "run", s.startRun(run)), nil
}

func needsApproval(v any) bool {
	_, isObject := v.(map[string]any)
	return isObject || v == true
}

// listRuns returns the newest runs first.
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
		switch {
		case len(out) == limit:
		case !fits("action", run.Action), !fits("entity", run.Entity), !fits("blueprint", run.Blueprint):
		case !fits("user_email", run.RunAs), !fits("user_id", s.creatorLocked(run)), !fits("external_run_id", toText(run.externalID)):
		case q.Get("active") == "true" && run.Ended():
		case q.Has("source") && !slices.Contains(q["source"], run.Source):
		default:
			out = append(out, excludeKeys(s.runToAPILocked(run, version), q["exclude"]))
		}
	}
	return newResponse(http.StatusOK, "runs", out), nil
}

// excludeKeys returns a run without some of its keys.
func excludeKeys(run apiRun, keys []string) any {
	if len(keys) == 0 {
		return run
	}
	out := convertJSON[map[string]any](run)
	for _, k := range keys {
		delete(out, k)
	}
	return out
}

// parseLimit reads the query parameter "limit"; text "" means fallback.
func parseLimit(text string, fallback, maximum int) (int, error) {
	if text == "" {
		return fallback, nil
	}
	n, err := strconv.Atoi(text)
	switch {
	case err != nil:
		return 0, invalidRequest(`"limit" must be integer`)
	case n < 1:
		return 0, invalidRequest(`"limit" must be >= 1`)
	case n > maximum:
		return 0, invalidRequest(`"limit" must be <= %d`, maximum)
	}
	return n, nil
}

// parseVersion reads the query parameter "version", which is "v1", "v2" or absent.
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
	return newResponse(http.StatusOK, "run", s.runToAPILocked(run, version)), nil
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
		run.Status = cmp.Or(in.Status, run.Status)
		run.StatusLabel = cmp.Or(in.Label, run.StatusLabel)
		run.Summary = cmp.Or(in.Summary, run.Summary)
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

// patchResponse stores the answer of a backend, as Port's own workers do. It starts no automations.
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
	if s.decideApproval(r.PathValue("id"), s.clientUserID(), in.Status, in.Description) != nil {
		return response{}, s.runStateError(r.PathValue("id"))
	}
	result, err := s.getRun(r)
	result.status = http.StatusCreated
	return result, err
}

// runStateError is the error of the API for a run that cannot be changed.
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
