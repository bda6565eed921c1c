package porttest

import (
	"cmp"
	"maps"
	"slices"
	"time"
)

// writeOptions say how an entity is stored.
type writeOptions struct {
	merge         bool // keep the values that the input does not have
	createOnly    bool // fail when the entity exists
	validateOnly  bool // check only
	createRelated bool // create missing related entities
	chain         int  // number of automations that led to this write
}

// storeEntity creates or changes an entity, starts the automations of the change and returns the entity as it then is.
// With an id, the entity must exist, and the input can have a new identifier for it.
func (s *Server) storeEntity(blueprintID, id string, raw any, opts writeOptions) (after *Entity, created bool, err error) {
	if err := validateSchema("whole entity", "", raw); err != nil {
		return nil, false, err
	}
	s.mu.Lock()
	before, after, err := s.mergeEntityLocked(blueprintID, id, asMap(raw), opts)
	if err != nil || opts.validateOnly {
		s.mu.Unlock()
		return after, before == nil, err
	}
	entities := s.entities[blueprintID].items
	entities[after.Identifier] = after
	if before != nil && before.Identifier != after.Identifier {
		delete(entities, before.Identifier)
		s.replaceRelationsLocked(before, after.Identifier)
		after = entities[after.Identifier] // it can have a relation to itself
	}
	s.notifyLocked()
	s.mu.Unlock()
	s.reportEntity(opts.chain, before, after)
	return after, before == nil, nil
}

// mergeEntityLocked returns the stored entity, or nil, and the one that a write results in, after the checks of the API.
func (s *Server) mergeEntityLocked(blueprintID, id string, in map[string]any, opts writeOptions) (before, after *Entity, err error) {
	b, err := s.blueprints.find(blueprintID)
	if err != nil {
		return nil, nil, err
	}
	entities, newID := s.entities[blueprintID], cmp.Or(toText(in["identifier"]), id, "e_"+randomHex(16))
	if id != "" {
		_, err = entities.find(id)
	}
	if id != newID && (id != "" || opts.createOnly) {
		err = cmp.Or(err, entities.checkNew(newID))
	}
	if err != nil {
		return nil, nil, err
	}
	before = entities.items[cmp.Or(id, newID)]
	out := s.newEntity(blueprintID, newID)
	out.merge(before, in, opts.merge)
	values := maps.Clone(out.Properties) // null is no value
	maps.DeleteFunc(values, func(_ string, v any) bool { return v == nil })
	if err := validateProperties(b.Schema.Properties, b.Schema.Required, values); err != nil {
		return nil, nil, err
	}
	for _, name := range slices.Sorted(maps.Keys(b.Relations)) {
		if b.Relations[name].Required && out.Relations[name] == nil {
			return nil, nil, invalidRequest("%q must have required property '%s'", "relations", name)
		}
	}
	return before, out, s.checkRelationsLocked(b, asMap(in["relations"]), opts)
}

// merge sets what an input and the stored entity, if any, say; keep: also the stored values that the input does not have.
func (e *Entity) merge(before *Entity, in map[string]any, keep bool) {
	if before != nil {
		e.CreatedAt, e.CreatedBy, e.Scorecards = before.CreatedAt, before.CreatedBy, before.Scorecards
	}
	if before != nil && keep {
		e.Title, e.Icon, e.Team = before.Title, before.Icon, before.Team
		maps.Copy(e.Properties, before.Properties)
		maps.Copy(e.Relations, before.Relations)
	}
	if title, ok := in["title"].(string); ok {
		e.Title = title
	}
	if icon, ok := in["icon"]; ok {
		e.Icon = icon
	}
	if team, ok := in["team"]; ok {
		e.Team = team
	}
	maps.Copy(e.Properties, asMap(in["properties"]))
	maps.Copy(e.Relations, asMap(in["relations"]))
}

func (s *Server) newEntity(blueprint, id string) *Entity {
	now := formatTime(time.Now())
	return &Entity{
		Identifier: id, Blueprint: blueprint, Title: id, Team: []any{}, Properties: map[string]any{}, Relations: map[string]any{},
		CreatedAt: now, CreatedBy: s.clientUserID(), UpdatedAt: now, UpdatedBy: s.clientUserID(),
	}
}

// checkRelationsLocked checks that the blueprint has the relations and that the related entities exist, which are
// created on demand.
func (s *Server) checkRelationsLocked(b *blueprint, relations map[string]any, opts writeOptions) error {
	var missing []*Entity
	for _, name := range slices.Sorted(maps.Keys(relations)) {
		relation, ok := b.Relations[name]
		if !ok {
			return notFound("Relation", name)
		}
		if _, isList := relations[name].([]any); isList && !relation.Many {
			return invalidRequest("%q must be string", "relations/"+name)
		}
		targets, isStored := s.entities[relation.Target] // not those of Port's own blueprints
		for _, v := range asList(relations[name]) {
			if id := toText(v); id != "" && isStored && targets.items[id] == nil {
				missing = append(missing, s.newEntity(relation.Target, id))
			}
		}
	}
	if len(missing) > 0 && !opts.createRelated {
		return notFound("Entity", missing[0].Identifier)
	}
	for _, e := range missing {
		if !opts.validateOnly {
			s.entities[e.Blueprint].items[e.Identifier] = e
		}
	}
	return nil
}
