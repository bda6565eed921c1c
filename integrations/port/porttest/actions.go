package porttest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
)

func (s *Server) actionRoutes(route routeFunc) {
	route("POST /v1/actions", s.createAction)
	route("GET /v1/actions", s.listActions)
	route("GET /v1/actions/{id}", s.getAction)
	route("PUT /v1/actions/{id}", s.replaceAction)
	route("DELETE /v1/actions/{id}", s.deleteAction)
	// The wildcard {part} stands for "permissions", which would conflict with /v1/actions/runs/{id}.
	route("GET /v1/actions/{id}/{part}", permissionsRoute(s.getPermissions))
	route("PATCH /v1/actions/{id}/{part}", permissionsRoute(s.patchPermissions))
}

// PutAction creates or replaces an action or automation after the same checks as the API.
func (s *Server) PutAction(definition json.RawMessage) error {
	var raw map[string]any
	if err := json.Unmarshal(definition, &raw); err != nil {
		return fmt.Errorf("put action: %w", err)
	}
	if err := checkAction(raw); err != nil {
		return fmt.Errorf("put action: %w", err)
	}
	s.storeAction(raw)
	return nil
}

// PutActionUnchecked creates or replaces an action or automation without any check. It accepts
// definitions of the old style and invalid ones.
func (s *Server) PutActionUnchecked(definition json.RawMessage) error {
	var raw map[string]any
	if err := json.Unmarshal(definition, &raw); err != nil {
		return fmt.Errorf("put action: %w", err)
	}
	s.storeAction(raw)
	return nil
}

// Action returns the definition of an action or automation.
func (s *Server) Action(id string) (definition json.RawMessage, ok bool) {
	a, ok := s.findAction(id)
	if !ok {
		return nil, false
	}
	return marshalDefinition(a.raw), true
}

func (s *Server) findAction(id string) (*action, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a, ok := s.actions[id]
	return a, ok
}

// storeAction adds what Port adds to a definition, and creates or replaces the action.
func (s *Server) storeAction(raw map[string]any) *action {
	s.mu.Lock()
	defer s.mu.Unlock()
	id := toText(raw["identifier"])
	var old map[string]any
	if a, exists := s.actions[id]; exists {
		old = a.raw
	} else {
		old = map[string]any{"id": "action_" + randomHex(16)}
		s.actionOrder = append(s.actionOrder, id)
	}
	stamped := s.stampDefinition(raw, old)
	stamped["id"] = old["id"]
	if _, ok := stamped["publish"]; !ok {
		stamped["publish"] = true
	}
	s.actions[id] = parseAction(stamped)
	return s.actions[id]
}

func (s *Server) removeAction(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.actions, id)
	delete(s.permissions, id)
	s.actionOrder = slices.DeleteFunc(s.actionOrder, func(other string) bool { return other == id })
}

func (s *Server) createAction(r *http.Request) (response, error) {
	raw, err := decodeAction(r)
	if err != nil {
		return response{}, err
	}
	id := toText(raw["identifier"])
	if _, exists := s.findAction(id); exists {
		return response{}, conflict("Action", id)
	}
	return newResponse(http.StatusCreated, "action", s.storeAction(raw).raw), nil
}

func (s *Server) getAction(r *http.Request) (response, error) {
	a, ok := s.findAction(r.PathValue("id"))
	if !ok {
		return response{}, notFound("Action", r.PathValue("id"))
	}
	return newResponse(http.StatusOK, "action", a.raw), nil
}

func (s *Server) replaceAction(r *http.Request) (response, error) {
	raw, err := decodeAction(r)
	if err != nil {
		return response{}, err
	}
	id, newID := r.PathValue("id"), toText(raw["identifier"])
	if _, exists := s.findAction(id); !exists {
		return response{}, notFound("Action", id)
	}
	if newID != id {
		if _, exists := s.findAction(newID); exists {
			return response{}, conflict("Action", newID)
		}
		s.removeAction(id)
	}
	return newResponse(http.StatusOK, "action", s.storeAction(raw).raw), nil
}

func (s *Server) deleteAction(r *http.Request) (response, error) {
	id := r.PathValue("id")
	if _, exists := s.findAction(id); !exists {
		return response{}, notFound("Action", id)
	}
	s.removeAction(id)
	return response{}, nil
}

func (s *Server) listActions(r *http.Request) (response, error) {
	q := r.URL.Query()
	fits := func(key, value string) bool {
		wanted := append(slices.Clone(q[key]), q[key+"[]"]...)
		return len(wanted) == 0 || slices.Contains(wanted, value)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	out := []any{}
	for _, id := range s.actionOrder {
		a := s.actions[id]
		if fits("action_identifier", id) && fits("blueprint_identifier", a.Trigger.Blueprint) &&
			fits("operation", a.Trigger.Operation) && (a.Trigger.Type != "automation" || fits("published", strconv.FormatBool(a.Publish))) &&
			fits("trigger_type", a.Trigger.Type) && fits("trigger_event", a.Trigger.Event.Type) &&
			fits("trigger_event_action_identifier", a.Trigger.Event.Action) {
			out = append(out, a.raw)
		}
	}
	return newResponse(http.StatusOK, "actions", out), nil
}

func decodeAction(r *http.Request) (map[string]any, error) {
	var raw map[string]any
	if err := decodeBody(r, "anything", &raw); err != nil {
		return nil, err
	}
	return raw, checkAction(raw)
}
