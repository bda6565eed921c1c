package porttest

import (
	"maps"
	"slices"
)

// relatedTo is the operator that follows relations.
const relatedTo = "relatedTo"

// isRelatedLocked reports whether relations, over any number of entities, connect an entity to one of the rule's:
// downstream from the entity, upstream to it, or without a direction in any order.
func (s *Server) isRelatedLocked(r searchRule, e *Entity) bool {
	start := s.entities[e.Blueprint].items[e.Identifier] // e may be a copy, and deleted meanwhile
	if start == nil {
		return false
	}
	visited, queue := map[*Entity]bool{start: true}, []*Entity{start}
	for len(queue) > 0 {
		current := queue[0]
		queue = queue[1:]
		if current != start && current.Blueprint == r.Blueprint && slices.Contains(asList(r.Value), any(current.Identifier)) {
			return true
		}
		for _, entities := range s.entities {
			for _, next := range entities.items {
				connected := r.Direction != "upstream" && s.hasRelationLocked(current, next, r.Required) ||
					r.Direction != "downstream" && s.hasRelationLocked(next, current, r.Required)
				if connected && !visited[next] {
					visited[next] = true
					queue = append(queue, next)
				}
			}
		}
	}
	return false
}

// referrersLocked returns the entities that have a relation to an entity, or only those with a required one.
func (s *Server) referrersLocked(target *Entity, required bool) []*Entity {
	var out []*Entity
	for _, b := range s.blueprints.all() {
		if !b.hasTarget(target.Blueprint, required) {
			continue
		}
		for _, e := range s.entities[b.Identifier].all() {
			if s.hasRelationLocked(e, target, required) {
				out = append(out, e)
			}
		}
	}
	return out
}

// hasRelationLocked reports whether an entity has a relation, or a required one, to another.
func (s *Server) hasRelationLocked(from, to *Entity, required bool) bool {
	b := s.blueprints.items[from.Blueprint]
	if b == nil {
		return false
	}
	for name, v := range from.Relations {
		relation := b.Relations[name]
		if relation.Target == to.Blueprint && (relation.Required || !required) && slices.Contains(asList(v), any(to.Identifier)) {
			return true
		}
	}
	return false
}

// hasTarget reports whether a blueprint has a relation, or a required one, to another.
func (b *blueprint) hasTarget(id string, required bool) bool {
	for _, r := range b.Relations {
		if r.Target == id && (r.Required || !required) {
			return true
		}
	}
	return false
}

// replaceRelationsLocked makes the relations to an entity lead to another identifier, or to none with nil.
func (s *Server) replaceRelationsLocked(target *Entity, id any) {
	for _, e := range s.referrersLocked(target, false) {
		changed := *e
		changed.Relations = maps.Clone(e.Relations)
		for name, v := range e.Relations {
			if s.blueprints.items[e.Blueprint].Relations[name].Target != target.Blueprint {
				continue
			}
			kept := []any{}
			for _, related := range asList(v) {
				switch {
				case related != any(target.Identifier):
					kept = append(kept, related)
				case id != nil:
					kept = append(kept, id)
				}
			}
			if _, isList := v.([]any); isList {
				changed.Relations[name] = kept
			} else if v == target.Identifier {
				changed.Relations[name] = id
			}
		}
		s.entities[e.Blueprint].items[e.Identifier] = &changed
	}
}
