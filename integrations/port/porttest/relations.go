package porttest

import "slices"

// relatedTo is the operator that follows relations.
const relatedTo = "relatedTo"

// isRelatedLocked reports whether relations, over any number of entities, connect an entity to one of the rule's:
// downstream from the entity, upstream to it, or without a direction in any order.
func (s *Server) isRelatedLocked(r searchRule, e *entity) bool {
	start := s.entities[e.Blueprint][e.Identifier] // e may be a copy, and deleted meanwhile
	if start == nil {
		return false
	}
	visited, queue := map[*entity]bool{start: true}, []*entity{start}
	for len(queue) > 0 {
		current := queue[0]
		queue = queue[1:]
		if current != start && current.Blueprint == r.Blueprint && slices.Contains(asList(r.Value), any(current.Identifier)) {
			return true
		}
		for _, entities := range s.entities {
			for _, next := range entities {
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

// hasRelationLocked reports whether an entity has a relation, or a required one, to another.
func (s *Server) hasRelationLocked(from, to *entity, required bool) bool {
	b := s.blueprints[from.Blueprint]
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
