package porttest

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"time"

	"foghorn/integrations/emulator"
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

// entityPath is the route of the entities of a blueprint.
const entityPath = "/v1/blueprints/{blueprint}/entities"

func (s *Server) entityRoutes(route routeFunc) {
	route("POST "+entityPath, s.createEntity)
	route("GET "+entityPath+"/{entity}", s.getEntity)
	route("PUT "+entityPath+"/{entity}", s.replaceEntity)
	route("PATCH "+entityPath+"/{entity}", s.patchEntity)
	route("DELETE "+entityPath+"/{entity}", s.deleteEntity)
}

// Entities returns the entities of a blueprint, sorted by identifier.
func (s *Server) Entities(blueprint string) []Entity {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []Entity
	for _, id := range slices.Sorted(maps.Keys(s.entities[blueprint])) {
		e := convertJSON[entity](s.entities[blueprint][id]) // a deep copy
		created, _ := time.Parse(timeLayout, e.CreatedAt)   // formatTime wrote both
		updated, _ := time.Parse(timeLayout, e.UpdatedAt)
		out = append(out, Entity{
			Identifier: id, Title: e.Title, Blueprint: blueprint, Properties: e.Properties, Relations: e.Relations,
			CreatedAt: created, UpdatedAt: updated,
		})
	}
	return out
}

// WaitEntity waits until a blueprint has an entity for which accept is true, and returns it.
// A nil accept accepts every entity.
func (s *Server) WaitEntity(ctx context.Context, blueprint string, accept func(Entity) bool) (Entity, error) {
	for {
		s.mu.Lock()
		changed := s.changed
		s.mu.Unlock()
		for _, e := range s.Entities(blueprint) {
			if accept == nil || accept(e) {
				return e, nil
			}
		}
		select {
		case <-ctx.Done():
			return Entity{}, fmt.Errorf("wait for an entity of %s: %w", blueprint, ctx.Err())
		case <-changed:
		}
	}
}

// PutEntity creates or replaces an entity after the same checks as the API.
func (s *Server) PutEntity(blueprint string, entity json.RawMessage) error {
	var raw any
	if err := json.Unmarshal(entity, &raw); err != nil {
		return fmt.Errorf("put entity: %w", err)
	}
	in, err := parseEntity(raw)
	if err != nil {
		return fmt.Errorf("put entity: %w", err)
	}
	if _, err := s.storeEntity(blueprint, in, writeOptions{}); err != nil {
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

func (s *Server) createEntity(r *http.Request) (response, error) {
	q := r.URL.Query()
	upsert := q.Get("upsert") == "true"
	return s.writeEntity(r, http.StatusCreated, writeOptions{createOnly: !upsert, merge: upsert && q.Get("merge") == "true"})
}

func (s *Server) replaceEntity(r *http.Request) (response, error) {
	return s.writeEntity(r, http.StatusOK, writeOptions{mustExist: true})
}

func (s *Server) patchEntity(r *http.Request) (response, error) {
	return s.writeEntity(r, http.StatusOK, writeOptions{mustExist: true, merge: true})
}

func (s *Server) writeEntity(r *http.Request, status int, opts writeOptions) (response, error) {
	var in entityInput
	schema := "whole entity"
	if r.Method == http.MethodPatch {
		schema = "entity" // the one that has no other members
	}
	if err := decodeBody(r, schema, &in); err != nil {
		return response{}, err
	}
	if id := r.PathValue("entity"); id != "" && (in.Identifier == "" || opts.merge) {
		in.Identifier = id
	}
	q := r.URL.Query()
	opts.validateOnly = q.Get("validation_only") == "true"
	opts.createRelated = q.Get("create_missing_related_entities") == "true"
	stored, err := s.storeEntity(r.PathValue("blueprint"), in, opts)
	if err != nil {
		return response{}, err
	}
	return newResponse(status, "entity", stored), nil
}

func (s *Server) getEntity(r *http.Request) (response, error) {
	e := s.findEntity(r.PathValue("blueprint"), r.PathValue("entity"))
	if e == nil {
		return response{}, notFound("Entity", r.PathValue("entity"))
	}
	return newResponse(http.StatusOK, "entity", e), nil
}

func (s *Server) deleteEntity(r *http.Request) (response, error) {
	return response{}, s.DeleteEntity(r.PathValue("blueprint"), r.PathValue("entity"))
}

// DeleteEntity deletes an entity, as a person or the API does.
func (s *Server) DeleteEntity(blueprint, id string) error {
	s.mu.Lock()
	before := s.entities[blueprint][id]
	if before == nil {
		s.mu.Unlock()
		return notFound("Entity", id)
	}
	delete(s.entities[blueprint], id)
	s.notifyLocked()
	s.mu.Unlock()
	s.Emit(emulator.Event{From: "port", To: "port", Kind: "entity", Text: fmt.Sprintf("%s of %s is deleted", id, blueprint)})
	s.dispatchEntityEvent("ENTITY_DELETED", 0, before, nil)
	return nil
}

// findEntity returns an entity, or nil.
func (s *Server) findEntity(blueprint, id string) *entity {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.entities[blueprint][id]
}
