package porttest

import (
	"maps"
	"slices"
	"strings"
)

// withCalculated returns entities with the properties that Port calculates: those that mirror a related entity, then
// those whose jq program reads the entity. The value of a program that fails is null.
// https://docs.port.io/build-your-software-catalog/customize-integrations/configure-data-model/setup-blueprint/properties/
func (s *Server) withCalculated(entities []*Entity) []*Entity {
	out, programs := slices.Clone(entities), make([]map[string]string, len(entities))
	s.mu.Lock()
	for i, e := range entities {
		b := s.blueprints.items[e.Blueprint]
		if b == nil || len(b.MirrorProperties)+len(b.CalculationProperties) == 0 {
			continue
		}
		shown := *e
		shown.Properties, programs[i] = maps.Clone(e.Properties), map[string]string{}
		for id, p := range b.MirrorProperties {
			shown.Properties[id] = s.mirrorLocked(e, strings.Split(p.Path, "."))
		}
		for id, p := range b.CalculationProperties {
			programs[i][id] = p.Calculation
		}
		out[i] = &shown
	}
	s.mu.Unlock()
	for i, e := range out {
		if len(programs[i]) == 0 {
			continue
		}
		values, _ := evaluatePrograms(slices.Collect(maps.Values(programs[i])), convertJSON[any](e))
		for id, program := range programs[i] {
			if e.Properties[id] = values[program]; values[program] == (undefined{}) {
				e.Properties[id] = nil
			}
		}
	}
	return out
}

// mirrorLocked returns the value at the end of a path of relations, or a list of them if a relation has many entities.
func (s *Server) mirrorLocked(e *Entity, path []string) any {
	b := s.blueprints.items[e.Blueprint]
	if len(path) == 1 || b == nil {
		return e.field(path[0])
	}
	values := []any{}
	for _, id := range asList(e.Relations[path[0]]) {
		if related := s.entities[b.Relations[path[0]].Target].items[toText(id)]; related != nil {
			values = append(values, s.mirrorLocked(related, path[1:]))
		}
	}
	switch {
	case b.Relations[path[0]].Many:
		return values
	case len(values) == 0:
		return nil
	}
	return values[0]
}
