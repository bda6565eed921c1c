package porttest

import (
	"maps"
	"slices"
)

// resolveInputs validates the inputs of a run against the action and adds defaults. It does not
// evaluate jqQuery, which Port's form does.
func (s *Server) resolveInputs(a *action, given map[string]any) (map[string]any, error) {
	inputs, out := a.Trigger.UserInputs, maps.Clone(given)
	for id, p := range inputs.Properties {
		if _, ok := out[id]; !ok && p.Default != nil && !isJQQuery(p.Default) {
			out[id] = p.Default
		}
	}
	if err := validateProperties(inputs.Properties, convertJSON[[]string](inputs.Required), out); err != nil {
		return nil, err
	}
	for _, id := range slices.Sorted(maps.Keys(inputs.Properties)) {
		if err := s.checkEntitiesExist(inputs.Properties[id], id, out[id]); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// checkEntitiesExist returns an error when an entity input, or a list of them, names an entity
// that does not exist.
func (s *Server) checkEntitiesExist(p property, id string, value any) error {
	if _, isList := value.([]any); isList && p.Items != nil {
		p = *p.Items
	}
	if p.Format != "entity" {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, v := range asList(value) {
		if entity, ok := v.(string); ok && s.entities[p.Blueprint].items[entity] == nil {
			return invalidRequest("%q: Entity with identifier %q of blueprint %q was not found", "properties/"+id, entity, p.Blueprint)
		}
	}
	return nil
}

// findTarget returns the entity that an action runs on; nil if it creates one. An action without a blueprint runs on an
// entity of any.
func (s *Server) findTarget(t trigger, id string) (*Entity, error) {
	switch {
	case t.Operation == "CREATE" && id != "":
		return nil, invalidRequest("body must NOT have additional properties, additional property: %q", "entity")
	case t.Operation == "CREATE":
		return nil, nil
	case id == "":
		return nil, invalidRequest("body must have required property 'entity'")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, blueprint := range s.blueprints.ids() {
		if e := s.entities[blueprint].items[id]; e != nil && (t.Blueprint == "" || t.Blueprint == blueprint) {
			return e, nil
		}
	}
	return nil, notFound("Entity", id)
}

func isJQQuery(v any) bool {
	m, ok := v.(map[string]any)
	return ok && m["jqQuery"] != nil
}
