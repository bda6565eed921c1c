package porttest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
)

// PutAction creates or replaces an action or automation after the same checks as the API.
func (s *Server) PutAction(definition json.RawMessage) error {
	var raw any
	err := json.Unmarshal(definition, &raw)
	if err == nil {
		err = validateSchema("action", "", raw)
	}
	if err != nil {
		return fmt.Errorf("put action: %w", err)
	}
	return s.PutActionUnchecked(definition)
}

// PutActionUnchecked creates or replaces an action or automation without any check. It accepts
// definitions of the old style and invalid ones.
func (s *Server) PutActionUnchecked(definition json.RawMessage) error {
	var raw map[string]any
	if err := json.Unmarshal(definition, &raw); err != nil {
		return fmt.Errorf("put action: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.storeActionLocked(raw)
	return nil
}

// Action returns the definition of an action or automation.
func (s *Server) Action(id string) (definition json.RawMessage, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a, ok := s.actions[id]
	if !ok {
		return nil, false
	}
	definition, err := json.Marshal(a.raw)
	return definition, err == nil
}

// storeActionLocked adds what Port adds to a definition, and creates or replaces the action.
func (s *Server) storeActionLocked(raw map[string]any) response {
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
	return newResponse(http.StatusOK, "action", stamped)
}

func (s *Server) removeActionLocked(id string) {
	delete(s.actions, id)
	delete(s.permissions, id)
	s.actionOrder = slices.DeleteFunc(s.actionOrder, func(other string) bool { return other == id })
}

func (s *Server) createAction(c call) (response, error) {
	raw := convertJSON[map[string]any](c.body)
	id := toText(raw["identifier"])
	if _, exists := s.actions[id]; exists {
		return response{}, conflict("Action", id)
	}
	created := s.storeActionLocked(raw)
	created.status = http.StatusCreated
	return created, nil
}

func (s *Server) getAction(c call) (response, error) {
	a, err := find(s.actions, "Action", c.path["action_identifier"])
	if err != nil {
		return response{}, err
	}
	return newResponse(http.StatusOK, "action", a.raw), nil
}

func (s *Server) replaceAction(c call) (response, error) {
	raw := convertJSON[map[string]any](c.body)
	id, newID := c.path["action_identifier"], toText(raw["identifier"])
	if err := checkRename(s.actions, "Action", id, newID); err != nil {
		return response{}, err
	}
	rename(s.actions, id, newID)
	rename(s.permissions, id, newID)
	s.actionOrder[slices.Index(s.actionOrder, id)] = newID
	return s.storeActionLocked(raw), nil
}

func (s *Server) deleteAction(c call) (response, error) {
	_, err := find(s.actions, "Action", c.path["action_identifier"])
	s.removeActionLocked(c.path["action_identifier"])
	return response{}, err
}

// listActions lists the actions and automations, or the actions of one blueprint.
func (s *Server) listActions(c call) (response, error) {
	blueprint, ofBlueprint := c.path["blueprint_identifier"]
	if _, err := find(s.blueprints, "Blueprint", blueprint); ofBlueprint && err != nil {
		return response{}, err
	}
	out := []any{}
	for _, id := range s.actionOrder {
		t := s.actions[id].Trigger
		values := map[string]string{
			"action_identifier": id, "blueprint_identifier": t.Blueprint, "operation": t.Operation, "trigger_type": t.Type,
			"trigger_event": t.Event.Type, "trigger_event_action_identifier": t.Event.Action,
		}
		if t.Type == "automation" {
			values["published"] = strconv.FormatBool(s.actions[id].Publish)
		}
		if c.matches(values) && (!ofBlueprint || t.Blueprint == blueprint) {
			out = append(out, s.actions[id].raw)
		}
	}
	return newResponse(http.StatusOK, "actions", out), nil
}
