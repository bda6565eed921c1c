package porttest

import (
	"maps"
	"slices"
)

// resolveInputs checks what a run is given against the action's inputs and fills in defaults.
// Conditions (jqQuery) are the form's business and are not evaluated.
func (s *Server) resolveInputs(action, given map[string]any) (map[string]any, error) {
	trigger, _ := action["trigger"].(map[string]any)
	in, _ := trigger["userInputs"].(map[string]any)
	if in == nil {
		in, _ = action["userInputs"].(map[string]any) // the old style
	}
	properties, _ := in["properties"].(map[string]any)
	out, known := maps.Clone(given), map[string]any{}
	for id, p := range properties {
		p, _ := p.(map[string]any)
		if _, ok := out[id]; !ok && p["default"] != nil && !isJQQuery(p["default"]) {
			out[id] = p["default"]
		}
		known[id] = toJSONSchema(p)
	}
	schema := map[string]any{"type": "object", "additionalProperties": false, "properties": known}
	if required, ok := in["required"].([]any); ok {
		schema["required"] = required
	}
	if err := validateWith(schema, "properties", out); err != nil {
		return nil, err
	}
	for _, id := range slices.Sorted(maps.Keys(properties)) {
		p, _ := properties[id].(map[string]any)
		if err := s.entitiesExist(p, id, out[id]); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// entitiesExist refuses an entity input, or a list of them, that names what is not there.
func (s *Server) entitiesExist(p map[string]any, id string, v any) error {
	list, many := v.([]any)
	if many {
		p, _ = p["items"].(map[string]any)
	} else {
		list = []any{v}
	}
	if p["format"] != "entity" {
		return nil
	}
	blueprint, _ := p["blueprint"].(string)
	for _, v := range list {
		if entity, ok := v.(string); ok && s.copyEntity(blueprint, entity) == nil {
			return invalidRequest("%q: Entity with identifier %q of blueprint %q was not found", "properties/"+id, entity, blueprint)
		}
	}
	return nil
}

func isJQQuery(v any) bool {
	m, ok := v.(map[string]any)
	return ok && m["jqQuery"] != nil
}
