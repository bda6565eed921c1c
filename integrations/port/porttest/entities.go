package porttest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
)

// An Entity is an item of the catalog, as the API shows it. A stored entity is replaced, never changed.
type Entity struct {
	Identifier string         `json:"identifier"`
	Blueprint  string         `json:"blueprint"`
	Title      string         `json:"title"`
	Icon       any            `json:"icon"` // a string or null
	Team       any            `json:"team"` // a string, a list of strings or null
	Properties map[string]any `json:"properties"`
	Relations  map[string]any `json:"relations"`
	CreatedAt  string         `json:"createdAt"`
	CreatedBy  string         `json:"createdBy"`
	UpdatedAt  string         `json:"updatedAt"`
	UpdatedBy  string         `json:"updatedBy"`
	Scorecards map[string]any `json:"scorecards,omitempty"`
}

// Entities returns the entities of a blueprint, sorted by identifier.
func (s *Server) Entities(blueprint string) []Entity {
	s.mu.Lock()
	defer s.mu.Unlock()
	return convertJSON[[]Entity](s.entities[blueprint].all())
}

// WaitEntity waits until a blueprint has an entity for which accept is true, and returns it. A nil accept accepts every
// entity. accept must not call the Server.
func (s *Server) WaitEntity(ctx context.Context, blueprint string, accept func(Entity) bool) (out Entity, err error) {
	err = s.wait(ctx, "an entity of "+blueprint, func() bool {
		entities := s.entities[blueprint].all()
		i := slices.IndexFunc(entities, func(e *Entity) bool { return accept == nil || accept(convertJSON[Entity](e)) })
		if i >= 0 {
			out = convertJSON[Entity](entities[i])
		}
		return i >= 0
	})
	return out, err
}

// PutEntity creates or replaces an entity after the same checks as the API.
func (s *Server) PutEntity(blueprint string, entity json.RawMessage) error {
	raw, err := parseBody(entity, "whole entity")
	if err == nil {
		_, _, err = s.storeEntity(blueprint, "", raw, writeOptions{})
	}
	if err != nil {
		return fmt.Errorf("put entity: %w", err)
	}
	return nil
}

// SetScorecards sets the results of the scorecards of an entity, which Port calculates: by scorecard
// {"level", "rules": [{"identifier", "status", "level"}]}.
func (s *Server) SetScorecards(blueprint, id string, scorecards json.RawMessage) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var changed Entity
	e, err := s.findEntityLocked(blueprint, id)
	if err == nil {
		changed = *e
		err = json.Unmarshal(scorecards, &changed.Scorecards)
	}
	if err != nil {
		return fmt.Errorf("set scorecards: %w", err)
	}
	s.entities[blueprint].items[id] = &changed
	return nil
}

// entitiesLocked returns the entities of a blueprint, or the error of the API.
func (s *Server) entitiesLocked(blueprint string) (store[*Entity], error) {
	_, err := s.blueprints.find(blueprint)
	return s.entities[blueprint], err
}

// findEntityLocked returns an entity, or the error of the API.
func (s *Server) findEntityLocked(blueprint, id string) (*Entity, error) {
	entities, err := s.entitiesLocked(blueprint)
	if err != nil {
		return nil, err
	}
	return entities.find(id)
}

// createOptions are the options of the routes that create entities.
func createOptions(c call) writeOptions {
	return writeOptions{
		createOnly: !c.flag("upsert"), merge: c.flag("upsert") && c.flag("merge"),
		validateOnly: c.flag("validation_only"), createRelated: c.flag("create_missing_related_entities"),
	}
}

func (s *Server) createEntity(c call) (response, error) {
	e, _, err := s.storeEntity(c.path["blueprint_identifier"], "", c.body, createOptions(c))
	return newResponse(http.StatusCreated, "entity", e), err
}

// createEntitiesInBulk stores the entities that are valid, and reports the others.
func (s *Server) createEntitiesInBulk(c call) (response, error) {
	s.mu.Lock()
	_, err := s.blueprints.find(c.path["blueprint_identifier"])
	s.mu.Unlock()
	if err != nil {
		return response{}, err
	}
	status, entities, failed := http.StatusOK, []any{}, []any{}
	for i, raw := range asList(asMap(c.body)["entities"]) {
		e, created, err := s.storeEntity(c.path["blueprint_identifier"], "", raw, createOptions(c))
		if refused, ok := errors.AsType[*apiError](err); ok {
			status = http.StatusMultiStatus
			failed = append(failed, map[string]any{
				"identifier": toText(asMap(raw)["identifier"]), "index": i,
				"statusCode": refused.status, "error": refused.code, "message": refused.message,
			})
			continue
		}
		entities = append(entities, map[string]any{"identifier": e.Identifier, "index": i, "created": created})
	}
	return response{status: status, body: map[string]any{"entities": entities, "errors": failed}}, nil
}

// changeEntity returns a handler that replaces an entity, or with merge changes the members that are given.
func (s *Server) changeEntity(merge bool) handler {
	return func(c call) (response, error) {
		e, _, err := s.storeEntity(c.path["blueprint_identifier"], c.path["entity_identifier"], c.body,
			writeOptions{merge: merge, createRelated: c.flag("create_missing_related_entities")})
		return newResponse(http.StatusOK, "entity", e), err
	}
}

func (s *Server) getEntity(c call) (response, error) {
	s.mu.Lock()
	e, err := s.findEntityLocked(c.path["blueprint_identifier"], c.path["entity_identifier"])
	s.mu.Unlock()
	if err != nil {
		return response{}, err
	}
	found := []*Entity{e}
	if !c.flag("exclude_calculated_properties") {
		found = s.withCalculated(found)
	}
	return newResponse(http.StatusOK, "entity", selectFields(found, c.list("include"), c.list("exclude"))[0]), nil
}
