package porttest

import (
	"net/http"
	"slices"
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
	entities, err := s.entitiesLocked(id)
	ids := entities.ids()
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
	s.migrations.items[m.ID] = m
	return newResponse(http.StatusOK, "migrationId", m.ID), nil
}

// deleteEntities deletes entities of a blueprint, and with dependents those that have a relation to them. Otherwise it
// deletes nothing if a required relation leads to one of them, and empties the other relations. It returns the
// identifiers of all that it deleted.
// https://docs.port.io/build-your-software-catalog/custom-integration/api/advanced
func (s *Server) deleteEntities(blueprint string, ids []string, dependents bool) ([]string, error) {
	s.mu.Lock()
	removed, err := s.findRemovedLocked(blueprint, ids, dependents)
	for _, e := range removed {
		delete(s.entities[e.Blueprint].items, e.Identifier)
	}
	for _, e := range removed {
		s.replaceRelationsLocked(e, nil)
	}
	s.notifyLocked()
	s.mu.Unlock()
	deleted := []string{}
	for _, e := range removed {
		deleted = append(deleted, e.Identifier)
		s.reportEntity(0, e, nil)
	}
	return deleted, err
}

// findRemovedLocked returns the entities that a deletion removes.
func (s *Server) findRemovedLocked(blueprint string, ids []string, dependents bool) ([]*Entity, error) {
	var removed []*Entity
	for _, id := range slices.Compact(slices.Sorted(slices.Values(ids))) {
		e, err := s.findEntityLocked(blueprint, id)
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
