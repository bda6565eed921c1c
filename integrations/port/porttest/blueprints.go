package porttest

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
)

// PutBlueprint creates or replaces a blueprint.
func (s *Server) PutBlueprint(definition json.RawMessage) error {
	var b map[string]any
	if err := json.Unmarshal(definition, &b); err != nil {
		return fmt.Errorf("put blueprint: %w", err)
	}
	if err := checkBlueprint(b); err != nil {
		return fmt.Errorf("put blueprint: %w", err)
	}
	s.putBlueprint(b)
	return nil
}

// Blueprint is the definition of a blueprint.
func (s *Server) Blueprint(id string) (definition json.RawMessage, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	b, ok := s.blueprints[id]
	return marshalDefinition(b), ok
}

func marshalDefinition(v any) json.RawMessage {
	data, err := json.Marshal(v)
	if err != nil {
		panic("porttest: " + err.Error()) // it came from JSON
	}
	return data
}

func checkBlueprint(b map[string]any) error { return validateSchema("blueprint", "", b) }

func (s *Server) putBlueprint(b map[string]any) map[string]any {
	s.mu.Lock()
	defer s.mu.Unlock()
	id := toText(b["identifier"])
	b = s.stampDefinitionLocked(b, s.blueprints[id])
	s.blueprints[id] = b
	if s.entities[id] == nil {
		s.entities[id] = map[string]map[string]any{}
	}
	return deepCopy(b)
}

func (s *Server) blueprintRoutes(route routeFunc) {
	s.definitionRoutes(route, "/v1/blueprints", definitionKind{
		key: "blueprint", kind: "Blueprint", check: checkBlueprint, put: s.putBlueprint,
		get: func(id string) (map[string]any, bool) { v, ok := s.blueprints[id]; return v, ok },
		remove: func(id string) {
			delete(s.blueprints, id)
			delete(s.entities, id)
		},
	})
	route("GET /v1/blueprints", func(*http.Request) (response, error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		out := []any{}
		for _, id := range slices.Sorted(maps.Keys(s.blueprints)) {
			out = append(out, deepCopy(s.blueprints[id]))
		}
		return response{body: map[string]any{"blueprints": out}}, nil
	})
	route("PATCH /v1/blueprints/{id}", func(r *http.Request) (response, error) {
		var patch map[string]any
		if err := decodeBody(r, "anything", &patch); err != nil {
			return response{}, err
		}
		id := r.PathValue("id")
		s.mu.Lock()
		old, ok := s.blueprints[id]
		b := deepCopy(old)
		s.mu.Unlock()
		if !ok {
			return response{}, notFound("Blueprint", id)
		}
		maps.Copy(b, patch)
		b["identifier"] = id
		if err := checkBlueprint(b); err != nil {
			return response{}, err
		}
		return response{body: map[string]any{"blueprint": s.putBlueprint(b)}}, nil
	})
}
