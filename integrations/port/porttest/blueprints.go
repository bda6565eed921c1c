package porttest

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
)

// PutBlueprint creates or replaces a blueprint after the same checks as the API. A definition without a title has its
// identifier as title.
func (s *Server) PutBlueprint(definition json.RawMessage) error {
	var raw map[string]any
	err := json.Unmarshal(definition, &raw)
	if err == nil && raw != nil && raw["title"] == nil {
		raw["title"] = raw["identifier"]
	}
	if err == nil {
		err = validateSchema("new blueprint", "", convertJSON[any](raw))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err == nil {
		_, err = s.storeBlueprintLocked(raw, toText(raw["identifier"]))
	}
	if err != nil {
		return fmt.Errorf("put blueprint: %w", err)
	}
	return nil
}

// Blueprint returns the definition of a blueprint.
func (s *Server) Blueprint(id string) (definition json.RawMessage, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	b, ok := s.blueprints[id]
	if !ok {
		return nil, false
	}
	definition, err := json.Marshal(b.raw)
	return definition, err == nil
}

// storeBlueprintLocked adds what Port adds to a definition, and creates the blueprint or replaces the one with the
// identifier id. Its entities stay, and the relations to it follow a new identifier.
func (s *Server) storeBlueprintLocked(raw map[string]any, id string) (response, error) {
	newID := toText(raw["identifier"])
	relations := map[string]any{}
	for name, relation := range convertJSON[map[string]map[string]any](raw["relations"]) {
		target := toText(relation["target"])
		if target == id {
			target = newID
		}
		isKnown := target == newID || strings.HasPrefix(target, "_") // Port's own: _user, _team
		if _, err := find(s.blueprints, "Blueprint", target); err != nil && !isKnown {
			return response{}, err
		}
		stored := map[string]any{"required": false, "many": false}
		maps.Copy(stored, relation)
		stored["target"] = target
		relations[name] = stored
	}
	stamped := map[string]any{"calculationProperties": map[string]any{}, "aggregationProperties": map[string]any{}}
	maps.Copy(stamped, raw)
	if len(relations) > 0 {
		stamped["relations"] = relations
	}
	var old map[string]any
	if b, exists := s.blueprints[id]; exists {
		old = b.raw
		s.renameBlueprintLocked(id, newID)
	} else {
		s.entities[newID] = map[string]*entity{}
	}
	s.blueprints[newID] = parseBlueprint(s.stampDefinition(stamped, old))
	return newResponse(http.StatusOK, "blueprint", s.blueprints[newID].raw), nil
}

func (s *Server) renameBlueprintLocked(id, newID string) {
	if id == newID {
		return
	}
	rename(s.blueprints, id, newID)
	rename(s.entities, id, newID)
	for entityID, e := range s.entities[newID] {
		renamed := *e
		renamed.Blueprint = newID
		s.entities[newID][entityID] = &renamed
	}
	for otherID, b := range s.blueprints {
		raw := convertJSON[map[string]any](b.raw)
		for _, relation := range asMap(raw["relations"]) {
			if r := asMap(relation); r["target"] == id {
				r["target"] = newID
			}
		}
		s.blueprints[otherID] = parseBlueprint(raw)
	}
}

func (s *Server) createBlueprint(c call) (response, error) {
	raw := asMap(c.body)
	id := toText(raw["identifier"])
	if _, exists := s.blueprints[id]; exists {
		return response{}, conflict("Blueprint", id)
	}
	created, err := s.storeBlueprintLocked(raw, id)
	created.status = http.StatusCreated
	return created, err
}

func (s *Server) listBlueprints(call) (response, error) {
	out := []any{}
	for _, id := range slices.Sorted(maps.Keys(s.blueprints)) {
		out = append(out, s.blueprints[id].raw)
	}
	return newResponse(http.StatusOK, "blueprints", out), nil
}

func (s *Server) getBlueprint(c call) (response, error) {
	b, err := find(s.blueprints, "Blueprint", c.path["identifier"])
	if err != nil {
		return response{}, err
	}
	return newResponse(http.StatusOK, "blueprint", b.raw), nil
}

func (s *Server) replaceBlueprint(c call) (response, error) {
	raw, id := asMap(c.body), c.path["identifier"]
	if raw["identifier"] == nil {
		raw["identifier"] = id
	}
	if err := checkRename(s.blueprints, "Blueprint", id, toText(raw["identifier"])); err != nil {
		return response{}, err
	}
	return s.storeBlueprintLocked(raw, id)
}

// patchBlueprint replaces the members that are given. It keeps the relations that are not, which Port's Terraform
// provider relies on.
func (s *Server) patchBlueprint(c call) (response, error) {
	b, err := find(s.blueprints, "Blueprint", c.path["identifier"])
	if err != nil {
		return response{}, err
	}
	raw := maps.Clone(b.raw)
	maps.Copy(raw, asMap(c.body))
	if patched, ok := raw["relations"].(map[string]any); ok {
		relations := maps.Clone(patched)
		maps.Copy(relations, asMap(b.raw["relations"]))
		maps.Copy(relations, patched)
		raw["relations"] = relations
	}
	if err := validateSchema("new blueprint", "", convertJSON[any](raw)); err != nil {
		return response{}, err
	}
	return s.replaceBlueprint(call{path: c.path, body: raw})
}

// deleteBlueprint deletes a blueprint that has no entities, and that no other blueprint has a relation to.
func (s *Server) deleteBlueprint(c call) (response, error) {
	id := c.path["identifier"]
	if _, err := find(s.blueprints, "Blueprint", id); err != nil {
		return response{}, err
	}
	if len(s.entities[id]) > 0 || s.isTargetLocked(id) {
		return response{}, hasDependents("Blueprint", id)
	}
	for _, action := range slices.Clone(s.actionOrder) {
		if c.flag("delete_actions") && s.actions[action].Trigger.Blueprint == id {
			s.removeActionLocked(action)
		}
	}
	delete(s.blueprints, id)
	delete(s.entities, id)
	return response{}, nil
}

// isTargetLocked reports whether another blueprint has a relation to a blueprint.
func (s *Server) isTargetLocked(id string) bool {
	for otherID, b := range s.blueprints {
		if otherID != id && b.hasTarget(id, false) {
			return true
		}
	}
	return false
}

func (s *Server) listScorecards(c call) (response, error) {
	_, err := find(s.blueprints, "Blueprint", c.path["blueprint_identifier"])
	return newResponse(http.StatusOK, "scorecards", []any{}), err
}

func (s *Server) countEntities(c call) (response, error) {
	id := c.path["blueprint_identifier"]
	_, err := find(s.blueprints, "Blueprint", id)
	return newResponse(http.StatusOK, "count", len(s.entities[id])), err
}
