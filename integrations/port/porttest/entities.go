package porttest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"time"
)

// An Entity is an item of the catalog.
type Entity struct {
	Identifier string
	Title      string
	Blueprint  string
	Properties map[string]any
	Relations  map[string]any
	CreatedAt  time.Time
	UpdatedAt  time.Time
}

// An entity is an Entity as the API shows it. A stored entity is replaced, never changed.
type entity struct {
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
	return s.entitiesLocked(blueprint)
}

func (s *Server) entitiesLocked(blueprint string) (out []Entity) {
	for _, id := range slices.Sorted(maps.Keys(s.entities[blueprint])) {
		out = append(out, convertJSON[Entity](s.entities[blueprint][id])) // a deep copy
	}
	return out
}

// WaitEntity waits until a blueprint has an entity for which accept is true, and returns it. A nil accept accepts every
// entity. accept must not call the Server.
func (s *Server) WaitEntity(ctx context.Context, blueprint string, accept func(Entity) bool) (out Entity, err error) {
	err = s.wait(ctx, "an entity of "+blueprint, func() bool {
		entities := s.entitiesLocked(blueprint)
		i := slices.IndexFunc(entities, func(e Entity) bool { return accept == nil || accept(e) })
		if i >= 0 {
			out = entities[i]
		}
		return i >= 0
	})
	return out, err
}

// PutEntity creates or replaces an entity after the same checks as the API.
func (s *Server) PutEntity(blueprint string, entity json.RawMessage) error {
	var raw any
	err := json.Unmarshal(entity, &raw)
	if err == nil {
		_, err = s.storeEntity(blueprint, "", raw, writeOptions{})
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
	e := s.entities[blueprint][id]
	if e == nil {
		return fmt.Errorf("set scorecards: %w", notFound("Entity", id))
	}
	changed := *e
	if err := json.Unmarshal(scorecards, &changed.Scorecards); err != nil {
		return fmt.Errorf("set scorecards: %w", err)
	}
	s.entities[blueprint][id] = &changed
	return nil
}

// createOptions are the options of the routes that create entities.
func createOptions(c call) writeOptions {
	return writeOptions{
		createOnly: !c.flag("upsert"), merge: c.flag("upsert") && c.flag("merge"),
		validateOnly: c.flag("validation_only"), createRelated: c.flag("create_missing_related_entities"),
	}
}

func (s *Server) createEntity(c call) (response, error) {
	stored, err := s.storeEntity(c.path["blueprint_identifier"], "", c.body, createOptions(c))
	return newResponse(http.StatusCreated, "entity", stored.entity), err
}

// createEntitiesInBulk stores the entities that are valid, and reports the others.
func (s *Server) createEntitiesInBulk(c call) (response, error) {
	s.mu.Lock()
	_, err := find(s.blueprints, "Blueprint", c.path["blueprint_identifier"])
	s.mu.Unlock()
	if err != nil {
		return response{}, err
	}
	status, entities, failed := http.StatusOK, []any{}, []any{}
	for i, raw := range asList(asMap(c.body)["entities"]) {
		stored, err := s.storeEntity(c.path["blueprint_identifier"], "", raw, createOptions(c))
		if e, ok := errors.AsType[*apiError](err); ok {
			status = http.StatusMultiStatus
			failed = append(failed, map[string]any{
				"identifier": toText(asMap(raw)["identifier"]), "index": i, "statusCode": e.status, "error": e.code, "message": e.message,
			})
			continue
		}
		entities = append(entities, map[string]any{"identifier": stored.entity.Identifier, "index": i, "created": stored.created})
	}
	return response{status: status, body: map[string]any{"entities": entities, "errors": failed}}, nil
}

// changeEntity replaces an entity that exists, or changes the members that are given.
func (s *Server) changeEntity(opts writeOptions) handler {
	return func(c call) (response, error) {
		opts := opts
		opts.createRelated = c.flag("create_missing_related_entities")
		stored, err := s.storeEntity(c.path["blueprint_identifier"], c.path["entity_identifier"], c.body, opts)
		return newResponse(http.StatusOK, "entity", stored.entity), err
	}
}

func (s *Server) getEntity(c call) (response, error) {
	s.mu.Lock()
	e, err := find(s.entities[c.path["blueprint_identifier"]], "Entity", c.path["entity_identifier"])
	s.mu.Unlock()
	if err != nil {
		return response{}, err
	}
	found := []*entity{e}
	if !c.flag("exclude_calculated_properties") {
		found = s.withCalculated(found)
	}
	return newResponse(http.StatusOK, "entity", selectFields(found, c.list("include"), c.list("exclude"))[0]), nil
}

// findEntity returns an entity, or nil.
func (s *Server) findEntity(blueprint, id string) *entity {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.entities[blueprint][id]
}
