package porttest

import (
	"cmp"
	"net/http"
	"slices"
)

// defaultRunsLimit is the limit of the list of runs.
const defaultRunsLimit = 50

func (s *Server) createRun(c call) (response, error) {
	in := convertJSON[struct {
		Properties map[string]any
		Entity     string
	}](c.body)
	id, runAs := c.path["action_identifier"], c.text("run_as")
	s.mu.Lock()
	action, isMember := s.actions.items[id], s.users.items[runAs] != nil
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
func (s *Server) listRuns(c call) (response, error) {
	out := []any{}
	for _, run := range slices.Backward(s.runs) {
		if len(out) == c.number("limit", defaultRunsLimit) {
			break
		}
		if run.Ended() && c.flag("active") {
			continue
		}
		values := map[string]string{
			"action": run.Action, "entity": run.Entity, "blueprint": run.Blueprint, "user_email": run.RunAs, "user_id": s.creatorLocked(run),
			"external_run_id": toText(run.externalID), "source": run.Source,
		}
		if !c.matches(values) {
			continue
		}
		shown := s.runToAPILocked(run, c.text("version"))
		for _, key := range c.list("exclude") {
			delete(shown, key)
		}
		out = append(out, shown)
	}
	return newResponse(http.StatusOK, "runs", out), nil
}

func (s *Server) getRun(c call) (response, error) {
	run, err := s.runsByID.find(c.path["run_id"])
	if err != nil {
		return response{}, err
	}
	return newResponse(http.StatusOK, "run", s.runToAPILocked(run, c.text("version"))), nil
}

func (s *Server) patchRun(c call) (response, error) {
	in := asMap(c.body)
	err := s.UpdateRun(c.path["run_id"], func(run *Run) {
		for key, value := range map[string]*string{"status": &run.Status, "statusLabel": &run.StatusLabel, "summary": &run.Summary} {
			if text, given := in[key].(string); given {
				*value = text
			}
		}
		run.Link, run.externalID = cmp.Or(in["link"], run.Link), cmp.Or(in["externalRunId"], run.externalID)
	})
	if err != nil {
		return response{}, s.runStateError(c.path["run_id"])
	}
	return s.locked(s.getRun)(c)
}

// patchResponse stores the answer of a backend, as Port's own workers do. It starts no automations.
// https://github.com/port-labs/port-agent/blob/main/app/port_client.py
func (s *Server) patchResponse(c call) (response, error) {
	s.updateQuietly(c.path["run_id"], func(run *Run) { run.Response = asMap(c.body)["response"] })
	return s.locked(s.getRun)(c)
}

func (s *Server) patchApproval(c call) (response, error) {
	in := convertJSON[struct{ Status, Description string }](c.body)
	if s.decideApproval(c.path["run_id"], s.clientUserID(), in.Status, in.Description) != nil {
		return response{}, s.runStateError(c.path["run_id"])
	}
	result, err := s.locked(s.getRun)(c)
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
