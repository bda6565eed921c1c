package porttest

import "slices"

// relatedTo is the operator that follows relations.
const relatedTo = "relatedTo"

// An entityKey identifies an entity.
type entityKey struct{ blueprint, id string }

// isRelatedLocked reports whether relations, over any number of entities, connect an entity to one of the rule's:
// downstream from the entity, upstream to it, or without a direction in any order.
func (s *Server) isRelatedLocked(r searchRule, e *entity) bool {
	targets := map[entityKey]bool{}
	for _, v := range asList(r.Value) {
		targets[entityKey{r.Blueprint, toText(v)}] = true
	}
	start := entityKey{e.Blueprint, e.Identifier}
	visited, queue := map[entityKey]bool{start: true}, []*entity{e}
	for len(queue) > 0 {
		current := queue[0]
		queue = queue[1:]
		if key := (entityKey{current.Blueprint, current.Identifier}); key != start && targets[key] {
			return true
		}
		for _, entities := range s.entities {
			for _, next := range entities {
				key := entityKey{next.Blueprint, next.Identifier}
				connected := r.Direction != "upstream" && s.hasRelationLocked(current, next, r.Required) ||
					r.Direction != "downstream" && s.hasRelationLocked(next, current, r.Required)
				if !visited[key] && connected {
					visited[key] = true
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
