package porttest

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"time"

	"foghorn/integrations/emulator"
)

// writeOptions say how an entity is stored.
type writeOptions struct {
	merge         bool // keep the values that the input does not have
	createOnly    bool // fail when the entity exists
	validateOnly  bool // check only
	createRelated bool // create missing related entities
	chain         int  // number of automations that led to this write
}

// A storedEntity is the result of a write.
type storedEntity struct {
	entity  *entity
	created bool
}

// storeEntity creates or changes an entity, starts the automations of the change and returns the entity as it then is.
// With an id, the entity must exist, and the input can have a new identifier for it.
func (s *Server) storeEntity(blueprintID, id string, raw any, opts writeOptions) (storedEntity, error) {
	if err := validateSchema("whole entity", "", raw); err != nil {
		return storedEntity{}, err
	}
	s.mu.Lock()
	before, after, err := s.mergeEntityLocked(blueprintID, id, asMap(raw), opts)
	if err != nil || opts.validateOnly {
		s.mu.Unlock()
		return storedEntity{after, before == nil}, err
	}
	s.entities[blueprintID][after.Identifier] = after
	if before != nil && before.Identifier != after.Identifier {
		delete(s.entities[blueprintID], before.Identifier)
		s.replaceRelationsLocked(before, after.Identifier)
		after = s.entities[blueprintID][after.Identifier] // it can have a relation to itself
	}
	s.notifyLocked()
	s.mu.Unlock()
	s.Emit(emulator.Event{
		From: "port", To: "port", Kind: "entity", Text: fmt.Sprintf("%s %q of %s", after.Identifier, after.Title, blueprintID), Body: after,
	})
	kind := "ENTITY_UPDATED"
	if before == nil {
		kind = "ENTITY_CREATED"
	}
	s.dispatchEntityEvent(kind, opts.chain, before, after)
	return storedEntity{after, before == nil}, nil
}

// mergeEntityLocked returns the stored entity, or nil, and the one that a write results in, after the checks of the API.
func (s *Server) mergeEntityLocked(blueprintID, id string, in map[string]any, opts writeOptions) (before, after *entity, err error) {
	b, err := find(s.blueprints, "Blueprint", blueprintID)
	if err != nil {
		return nil, nil, err
	}
	newID := cmp.Or(toText(in["identifier"]), id, "e_"+randomHex(16))
	if id != "" {
		err = checkRename(s.entities[blueprintID], "Entity", id, newID)
	}
	before = s.entities[blueprintID][cmp.Or(id, newID)]
	if opts.createOnly && before != nil {
		err = conflict("Entity", newID)
	}
	if err != nil {
		return nil, nil, err
	}
	out := s.newEntity(b.Identifier, newID)
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
func (e *entity) merge(before *entity, in map[string]any, keep bool) {
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

func (s *Server) newEntity(blueprint, id string) *entity {
	now := formatTime(time.Now())
	return &entity{
		Identifier: id, Blueprint: blueprint, Title: id, Team: []any{}, Properties: map[string]any{}, Relations: map[string]any{},
		CreatedAt: now, CreatedBy: s.clientUserID(), UpdatedAt: now, UpdatedBy: s.clientUserID(),
	}
}

// checkRelationsLocked checks that the blueprint has the relations and that the related entities exist, which are
// created on demand.
func (s *Server) checkRelationsLocked(b *blueprint, relations map[string]any, opts writeOptions) error {
	var missing []*entity
	for _, name := range slices.Sorted(maps.Keys(relations)) {
		relation, err := find(b.Relations, "Relation", name)
		if err != nil {
			return err
		}
		if _, isList := relations[name].([]any); isList && !relation.Many {
			return invalidRequest("%q must be string", "relations/"+name)
		}
		targets, isStored := s.entities[relation.Target] // not those of Port's own blueprints
		for _, v := range asList(relations[name]) {
			if id, isID := v.(string); isID && isStored && targets[id] == nil {
				missing = append(missing, s.newEntity(relation.Target, id))
			}
		}
	}
	if len(missing) > 0 && !opts.createRelated {
		return notFound("Entity", missing[0].Identifier)
	}
	for _, e := range missing {
		if !opts.validateOnly {
			s.entities[e.Blueprint][e.Identifier] = e
		}
	}
	return nil
}
