package porttest

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"strings"
)

// PutBlueprint creates or replaces a blueprint after the same checks as the API. A definition without a title has its
// identifier as title.
func (s *Server) PutBlueprint(definition json.RawMessage) error {
	raw, err := parseBody(definition, "blueprint")
	if b := asMap(raw); err == nil && b["title"] == nil {
		b["title"] = b["identifier"]
	}
	if err == nil {
		err = validateSchema("new blueprint", "", raw)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err == nil {
		_, err = s.storeBlueprintLocked(asMap(raw), toText(asMap(raw)["identifier"]))
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
	return definitionOf(s.blueprints, id)
}

// storeBlueprintLocked adds what Port adds to a definition, and creates the blueprint or replaces the one with the
// identifier id. Its entities stay, and the relations to it follow a new identifier.
func (s *Server) storeBlueprintLocked(raw map[string]any, id string) (*blueprint, error) {
	newID := toText(raw["identifier"])
	stamped := map[string]any{"calculationProperties": map[string]any{}, "aggregationProperties": map[string]any{}}
	old, isOld := s.blueprints.items[id]
	if !isOld {
		old = &blueprint{}
	}
	s.stampDefinition(stamped, raw, old.raw)
	relations := map[string]any{}
	for name, relation := range convertJSON[map[string]map[string]any](raw["relations"]) {
		target := toText(relation["target"])
		if target == id {
			target = newID
		}
		isKnown := target == newID || strings.HasPrefix(target, "_") // Port's own: _user, _team
		if _, err := s.blueprints.find(target); err != nil && !isKnown {
			return nil, err
		}
		stored := map[string]any{"required": false, "many": false}
		maps.Copy(stored, relation)
		stored["target"] = target
		relations[name] = stored
	}
	if len(relations) > 0 {
		stamped["relations"] = relations
	}
	if isOld && id != newID {
		if err := s.renameBlueprintLocked(id, newID); err != nil {
			return nil, err
		}
	} else if !isOld {
		s.entities[newID] = newStore[*Entity]("Entity")
	}
	b := parseBlueprint(stamped)
	s.blueprints.items[newID] = b
	return b, nil
}

func (s *Server) renameBlueprintLocked(id, newID string) error {
	if err := s.blueprints.rename(id, newID); err != nil {
		return err
	}
	s.entities[newID] = s.entities[id]
	delete(s.entities, id)
	for entityID, e := range s.entities[newID].items {
		renamed := *e
		renamed.Blueprint = newID
		s.entities[newID].items[entityID] = &renamed
	}
	for otherID, b := range s.blueprints.items {
		raw := convertJSON[map[string]any](b.raw)
		for _, relation := range asMap(raw["relations"]) {
			if r := asMap(relation); r["target"] == id {
				r["target"] = newID
			}
		}
		s.blueprints.items[otherID] = parseBlueprint(raw)
	}
	return nil
}

func (s *Server) createBlueprint(c call) (response, error) {
	raw := asMap(c.body)
	id := toText(raw["identifier"])
	if err := s.blueprints.checkNew(id); err != nil {
		return response{}, err
	}
	b, err := s.storeBlueprintLocked(raw, id)
	return newResponse(http.StatusCreated, "blueprint", b), err
}

func (s *Server) replaceBlueprint(c call) (response, error) {
	raw, id := asMap(c.body), c.path["identifier"]
	if _, err := s.blueprints.find(id); err != nil {
		return response{}, err
	}
	if raw["identifier"] == nil {
		raw["identifier"] = id
	}
	b, err := s.storeBlueprintLocked(raw, id)
	return newResponse(http.StatusOK, "blueprint", b), err
}

// patchBlueprint replaces the members that are given. It keeps the relations that are not, which Port's Terraform
// provider relies on.
func (s *Server) patchBlueprint(c call) (response, error) {
	b, err := s.blueprints.find(c.path["identifier"])
	if err != nil {
		return response{}, err
	}
	raw := maps.Clone(b.raw)
	maps.Copy(raw, asMap(c.body))
	if patched, ok := raw["relations"].(map[string]any); ok {
		relations := map[string]any{}
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
	if _, err := s.blueprints.find(id); err != nil {
		return response{}, err
	}
	if len(s.entities[id].items) > 0 || s.isTargetLocked(id) {
		return response{}, hasDependents("Blueprint", id)
	}
	for _, a := range s.actions.all() {
		if c.flag("delete_actions") && a.Trigger.Blueprint == id {
			delete(s.permissions, a.Identifier)
			delete(s.actions.items, a.Identifier)
		}
	}
	delete(s.entities, id)
	delete(s.blueprints.items, id)
	return response{}, nil
}

// isTargetLocked reports whether another blueprint has a relation to a blueprint.
func (s *Server) isTargetLocked(id string) bool {
	for otherID, b := range s.blueprints.items {
		if otherID != id && b.hasTarget(id, false) {
			return true
		}
	}
	return false
}

func (s *Server) listScorecards(c call) (response, error) {
	_, err := s.blueprints.find(c.path["blueprint_identifier"])
	return newResponse(http.StatusOK, "scorecards", []any{}), err
}

func (s *Server) countEntities(c call) (response, error) {
	entities, err := s.entitiesLocked(c.path["blueprint_identifier"])
	return newResponse(http.StatusOK, "count", len(entities.items)), err
}
