package porttest

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
)

func (s *Server) blueprintRoutes(route routeFunc) {
	route("POST /v1/blueprints", s.createBlueprint)
	route("GET /v1/blueprints", s.listBlueprints)
	route("GET /v1/blueprints/{id}", s.getBlueprint)
	route("PUT /v1/blueprints/{id}", s.replaceBlueprint)
	route("PATCH /v1/blueprints/{id}", s.patchBlueprint)
	route("DELETE /v1/blueprints/{id}", s.deleteBlueprint)
}

// PutBlueprint creates or replaces a blueprint after the same checks as the API.
func (s *Server) PutBlueprint(definition json.RawMessage) error {
	var raw map[string]any
	if err := json.Unmarshal(definition, &raw); err != nil {
		return fmt.Errorf("put blueprint: %w", err)
	}
	if err := validateSchema("blueprint", "", raw); err != nil {
		return fmt.Errorf("put blueprint: %w", err)
	}
	s.storeBlueprint(raw)
	return nil
}

// Blueprint returns the definition of a blueprint.
func (s *Server) Blueprint(id string) (definition json.RawMessage, ok bool) {
	b, ok := s.findBlueprint(id)
	if !ok {
		return nil, false
	}
	return marshalDefinition(b.raw), true
}

func (s *Server) findBlueprint(id string) (*blueprint, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	b, ok := s.blueprints[id]
	return b, ok
}

// storeBlueprint adds what Port adds to a definition, and creates or replaces the blueprint.
func (s *Server) storeBlueprint(raw map[string]any) *blueprint {
	s.mu.Lock()
	defer s.mu.Unlock()
	id := toText(raw["identifier"])
	var old map[string]any
	if b, exists := s.blueprints[id]; exists {
		old = b.raw
	} else {
		s.entities[id] = map[string]*entity{}
	}
	s.blueprints[id] = parseBlueprint(s.stampDefinition(raw, old))
	return s.blueprints[id]
}

// removeBlueprint removes a blueprint and its entities.
func (s *Server) removeBlueprint(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.blueprints, id)
	delete(s.entities, id)
}

func (s *Server) createBlueprint(r *http.Request) (response, error) {
	raw, err := decodeBlueprint(r)
	if err != nil {
		return response{}, err
	}
	id := toText(raw["identifier"])
	if _, exists := s.findBlueprint(id); exists {
		return response{}, conflict("Blueprint", id)
	}
	return newResponse(http.StatusCreated, "blueprint", s.storeBlueprint(raw).raw), nil
}

func (s *Server) listBlueprints(*http.Request) (response, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := []any{}
	for _, id := range slices.Sorted(maps.Keys(s.blueprints)) {
		out = append(out, s.blueprints[id].raw)
	}
	return newResponse(http.StatusOK, "blueprints", out), nil
}

func (s *Server) getBlueprint(r *http.Request) (response, error) {
	b, ok := s.findBlueprint(r.PathValue("id"))
	if !ok {
		return response{}, notFound("Blueprint", r.PathValue("id"))
	}
	return newResponse(http.StatusOK, "blueprint", b.raw), nil
}

func (s *Server) replaceBlueprint(r *http.Request) (response, error) {
	raw, err := decodeBlueprint(r)
	if err != nil {
		return response{}, err
	}
	id, newID := r.PathValue("id"), toText(raw["identifier"])
	if _, exists := s.findBlueprint(id); !exists {
		return response{}, notFound("Blueprint", id)
	}
	if newID != id {
		if _, exists := s.findBlueprint(newID); exists {
			return response{}, conflict("Blueprint", newID)
		}
		s.removeBlueprint(id)
	}
	return newResponse(http.StatusOK, "blueprint", s.storeBlueprint(raw).raw), nil
}

func (s *Server) patchBlueprint(r *http.Request) (response, error) {
	var patch map[string]any
	if err := decodeBody(r, "anything", &patch); err != nil {
		return response{}, err
	}
	id := r.PathValue("id")
	b, ok := s.findBlueprint(id)
	if !ok {
		return response{}, notFound("Blueprint", id)
	}
	raw := maps.Clone(b.raw)
	maps.Copy(raw, patch)
	raw["identifier"] = id
	if err := validateSchema("blueprint", "", raw); err != nil {
		return response{}, err
	}
	return newResponse(http.StatusOK, "blueprint", s.storeBlueprint(raw).raw), nil
}

func (s *Server) deleteBlueprint(r *http.Request) (response, error) {
	id := r.PathValue("id")
	if _, exists := s.findBlueprint(id); !exists {
		return response{}, notFound("Blueprint", id)
	}
	s.removeBlueprint(id)
	return response{}, nil
}

func decodeBlueprint(r *http.Request) (map[string]any, error) {
	var raw map[string]any
	if err := decodeBody(r, "anything", &raw); err != nil {
		return nil, err
	}
	return raw, validateSchema("blueprint", "", raw)
}
