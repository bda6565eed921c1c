package porttest

import (
	"fmt"
	"maps"
	"net/http"
	"slices"

	"foghorn/integrations/emulator"
)

// A migration is the deletion of all entities of a blueprint. The emulator has completed it when the call returns.
// https://docs.port.io/api-reference/get-a-migration
type migration struct {
	ID     string `json:"id"`
	Source string `json:"sourceBlueprint"`
	Status string `json:"status"`
}

// DeleteEntity deletes an entity, as a person or the API does.
func (s *Server) DeleteEntity(blueprint, id string) error {
	_, err := s.deleteEntities(blueprint, []string{id}, false)
	return err
}

func (s *Server) deleteEntity(c call) (response, error) {
	ids := []string{c.path["entity_identifier"]}
	_, err := s.deleteEntities(c.path["blueprint_identifier"], ids, c.flag("delete_dependents"))
	return response{}, err
}

func (s *Server) deleteEntitiesInBulk(c call) (response, error) {
	ids := convertJSON[[]string](asMap(c.body)["entities"])
	deleted, err := s.deleteEntities(c.path["blueprint_identifier"], ids, c.flag("delete_dependents"))
	return newResponse(http.StatusOK, "deletedEntities", deleted), err
}

func (s *Server) deleteAllEntities(c call) (response, error) {
	id := c.path["blueprint_identifier"]
	s.mu.Lock()
	_, err := find(s.blueprints, "Blueprint", id)
	ids := slices.Sorted(maps.Keys(s.entities[id]))
	if err == nil && c.flag("delete_blueprint") && s.isTargetLocked(id) {
		err = hasDependents("Blueprint", id)
	}
	s.mu.Unlock()
	if err == nil {
		_, err = s.deleteEntities(id, ids, false)
	}
	if err != nil {
		return response{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if c.flag("delete_blueprint") {
		if _, err := s.deleteBlueprint(call{path: map[string]string{"identifier": id}}); err != nil {
			return response{}, err
		}
	}
	m := migration{ID: "migration_" + randomHex(16), Source: id, Status: "COMPLETED"}
	s.migrations[m.ID] = m
	return newResponse(http.StatusOK, "migrationId", m.ID), nil
}

func (s *Server) getMigration(c call) (response, error) {
	m, err := find(s.migrations, "Migration", c.path["migration_id"])
	return newResponse(http.StatusOK, "migration", m), err
}

// deleteEntities deletes entities of a blueprint, and with dependents those that have a relation to them. Otherwise it
// deletes nothing if a required relation leads to one of them, and empties the other relations. It returns the
// identifiers of all that it deleted.
// https://docs.port.io/build-your-software-catalog/custom-integration/api/advanced
func (s *Server) deleteEntities(blueprint string, ids []string, dependents bool) ([]string, error) {
	s.mu.Lock()
	removed, err := s.findRemovedLocked(blueprint, ids, dependents)
	if err != nil {
		s.mu.Unlock()
		return nil, err
	}
	for _, e := range removed {
		delete(s.entities[e.Blueprint], e.Identifier)
	}
	for _, e := range removed {
		s.replaceRelationsLocked(e, nil)
	}
	s.notifyLocked()
	s.mu.Unlock()
	deleted := []string{}
	for _, e := range removed {
		deleted = append(deleted, e.Identifier)
		s.Emit(emulator.Event{From: "port", To: "port", Kind: "entity", Text: fmt.Sprintf("%s of %s is deleted", e.Identifier, e.Blueprint)})
		s.dispatchEntityEvent("ENTITY_DELETED", 0, e, nil)
	}
	return deleted, nil
}

// findRemovedLocked returns the entities that a deletion removes.
func (s *Server) findRemovedLocked(blueprint string, ids []string, dependents bool) ([]*entity, error) {
	var removed []*entity
	for _, id := range slices.Compact(slices.Sorted(slices.Values(ids))) {
		e, err := find(s.entities[blueprint], "Entity", id)
		if err != nil {
			return nil, err
		}
		removed = append(removed, e)
	}
	for i := 0; i < len(removed); i++ { // removed grows
		for _, other := range s.referrersLocked(removed[i], !dependents) {
			switch {
			case slices.Contains(removed, other):
			case !dependents:
				return nil, hasDependents("Entity", removed[i].Identifier)
			default:
				removed = append(removed, other)
			}
		}
	}
	return removed, nil
}

// referrersLocked returns the entities that have a relation to an entity, or only those with a required one.
func (s *Server) referrersLocked(target *entity, required bool) []*entity {
	var out []*entity
	for _, blueprint := range slices.Sorted(maps.Keys(s.blueprints)) {
		if !s.blueprints[blueprint].hasTarget(target.Blueprint, required) {
			continue
		}
		for _, id := range slices.Sorted(maps.Keys(s.entities[blueprint])) {
			if e := s.entities[blueprint][id]; s.hasRelationLocked(e, target, required) {
				out = append(out, e)
			}
		}
	}
	return out
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
func (s *Server) replaceRelationsLocked(target *entity, id any) {
	for _, e := range s.referrersLocked(target, false) {
		changed := *e
		changed.Relations = maps.Clone(e.Relations)
		for name, v := range e.Relations {
			if s.blueprints[e.Blueprint].Relations[name].Target != target.Blueprint {
				continue
			}
			if list, isList := v.([]any); isList {
				list = slices.Clone(list)
				if i := slices.Index(list, any(target.Identifier)); i >= 0 && id == nil {
					list = slices.Delete(list, i, i+1)
				} else if i >= 0 {
					list[i] = id
				}
				changed.Relations[name] = list
			} else if v == target.Identifier {
				changed.Relations[name] = id
			}
		}
		s.entities[e.Blueprint][e.Identifier] = &changed
	}
}
