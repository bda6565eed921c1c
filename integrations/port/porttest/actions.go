package porttest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
)

// PutAction creates or replaces an action or automation after the same checks as the API.
func (s *Server) PutAction(definition json.RawMessage) error {
	if _, err := parseBody(definition, "action"); err != nil {
		return fmt.Errorf("put action: %w", err)
	}
	return s.PutActionUnchecked(definition)
}

// PutActionUnchecked creates or replaces an action or automation without any check. It accepts
// definitions of the old style and invalid ones.
func (s *Server) PutActionUnchecked(definition json.RawMessage) error {
	raw, err := parseBody(definition, "")
	if err != nil {
		return fmt.Errorf("put action: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.storeActionLocked(asMap(raw))
	return nil
}

// Action returns the definition of an action or automation.
func (s *Server) Action(id string) (definition json.RawMessage, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return definitionOf(s.actions, id)
}

// storeActionLocked adds what Port adds to a definition, and creates or replaces the action.
func (s *Server) storeActionLocked(raw map[string]any) *action {
	stamped := map[string]any{"publish": true}
	old, err := s.actions.find(toText(raw["identifier"]))
	if err != nil {
		old = &action{raw: map[string]any{"id": "action_" + randomHex(16)}}
	}
	s.stampDefinition(stamped, raw, old.raw)
	stamped["id"] = old.raw["id"]
	a := parseAction(stamped)
	s.actions.items[toText(raw["identifier"])] = a
	return a
}

func (s *Server) createAction(c call) (response, error) {
	raw := asMap(c.body)
	if err := s.actions.checkNew(toText(raw["identifier"])); err != nil {
		return response{}, err
	}
	return newResponse(http.StatusCreated, "action", s.storeActionLocked(raw)), nil
}

func (s *Server) replaceAction(c call) (response, error) {
	raw, id := asMap(c.body), c.path["action_identifier"]
	newID := toText(raw["identifier"])
	if err := s.actions.rename(id, newID); err != nil {
		return response{}, err
	}
	if p, ok := s.permissions[id]; ok {
		delete(s.permissions, id)
		s.permissions[newID] = p
	}
	return newResponse(http.StatusOK, "action", s.storeActionLocked(raw)), nil
}

func (s *Server) deleteAction(c call) (response, error) {
	id := c.path["action_identifier"]
	delete(s.permissions, id)
	return response{}, s.actions.remove(id)
}

// listActions lists the actions and automations, or the actions of one blueprint.
func (s *Server) listActions(c call) (response, error) {
	blueprint, ofBlueprint := c.path["blueprint_identifier"]
	if _, err := s.blueprints.find(blueprint); ofBlueprint && err != nil {
		return response{}, err
	}
	out := []*action{}
	for _, a := range s.actions.all() {
		t := a.Trigger
		values := map[string]string{
			"action_identifier": a.Identifier, "blueprint_identifier": t.Blueprint, "operation": t.Operation, "trigger_type": t.Type,
			"trigger_event": t.Event.Type, "trigger_event_action_identifier": t.Event.Action,
		}
		if t.Type == "automation" {
			values["published"] = strconv.FormatBool(a.Publish)
		}
		if c.matches(values) && (!ofBlueprint || t.Blueprint == blueprint) {
			out = append(out, a)
		}
	}
	return newResponse(http.StatusOK, "actions", out), nil
}
