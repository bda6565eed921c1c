package porttest

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"foghorn/integrations/emulator"
)

// An entityInput is an entity as a caller writes it. A property or relation of null is removed.
type entityInput struct {
	Identifier string         `json:"identifier"` // "": a random one
	Title      *string        `json:"title"`
	Icon       optional       `json:"icon"`
	Team       optional       `json:"team"`
	Properties map[string]any `json:"properties"`
	Relations  map[string]any `json:"relations"`
}

// An optional is a JSON value that may be absent.
type optional struct {
	present bool
	value   any
}

func (o *optional) UnmarshalJSON(data []byte) error {
	o.present = true
	return json.Unmarshal(data, &o.value)
}

// writeOptions say how an entity is stored.
type writeOptions struct {
	merge         bool // keep the values that the input does not have
	createOnly    bool // fail when the entity exists
	mustExist     bool // fail when the entity does not exist
	validateOnly  bool // check only
	createRelated bool // create missing related entities
	chain         int  // number of automations that led to this write
}

// parseEntity reads an entity that conforms to the schema of the API.
func parseEntity(raw any) (entityInput, error) {
	if err := validateSchema("entity", "", raw); err != nil {
		return entityInput{}, err
	}
	return convertJSON[entityInput](raw), nil
}

// storeEntity creates or changes an entity, starts the automations of the change and returns the
// entity as it then is.
func (s *Server) storeEntity(blueprintID string, in entityInput, opts writeOptions) (*entity, error) {
	s.mu.Lock()
	b, ok := s.blueprints[blueprintID]
	if !ok {
		s.mu.Unlock()
		return nil, notFound("Blueprint", blueprintID)
	}
	in.Identifier = cmp.Or(in.Identifier, "e_"+randomHex(16))
	before := s.entities[blueprintID][in.Identifier]
	after, err := s.mergeEntityLocked(b, before, in, opts)
	if err != nil || opts.validateOnly {
		s.mu.Unlock()
		return after, err
	}
	s.entities[blueprintID][in.Identifier] = after
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
	return after, nil
}

// mergeEntityLocked returns the entity that a write results in, after the checks of the API.
// before is the stored entity, or nil.
func (s *Server) mergeEntityLocked(b *blueprint, before *entity, in entityInput, opts writeOptions) (*entity, error) {
	switch {
	case opts.createOnly && before != nil:
		return nil, conflict("Entity", in.Identifier)
	case opts.mustExist && before == nil:
		return nil, notFound("Entity", in.Identifier)
	}
	out := s.newEntity(b.Identifier, in.Identifier)
	if before != nil {
		out.CreatedAt, out.CreatedBy, out.Scorecards = before.CreatedAt, before.CreatedBy, before.Scorecards
		if opts.merge {
			out.Title, out.Icon, out.Team = before.Title, before.Icon, before.Team
			maps.Copy(out.Properties, before.Properties)
			maps.Copy(out.Relations, before.Relations)
		}
	}
	if in.Title != nil {
		out.Title = *in.Title
	}
	if in.Icon.present {
		out.Icon = in.Icon.value
	}
	if in.Team.present {
		out.Team = in.Team.value
	}
	isNull := func(_ string, v any) bool { return v == nil }
	maps.Copy(out.Properties, in.Properties)
	maps.DeleteFunc(out.Properties, isNull)
	maps.Copy(out.Relations, in.Relations)
	maps.DeleteFunc(out.Relations, isNull)
	if err := validateProperties(b.Schema.Properties, b.Schema.Required, out.Properties); err != nil {
		return nil, err
	}
	return out, s.checkRelationsLocked(b, in.Relations, opts)
}

func (s *Server) newEntity(blueprint, id string) *entity {
	now := formatTime(time.Now())
	return &entity{
		Identifier: id, Blueprint: blueprint, Title: id, Team: []any{}, Properties: map[string]any{}, Relations: map[string]any{},
		CreatedAt: now, CreatedBy: s.clientUserID(), UpdatedAt: now, UpdatedBy: s.clientUserID(),
	}
}

// checkRelationsLocked checks that the blueprint has the relations and that the related entities
// exist, if the related blueprint exists. It accepts search queries as values.
func (s *Server) checkRelationsLocked(b *blueprint, relations map[string]any, opts writeOptions) error {
	for _, name := range slices.Sorted(maps.Keys(relations)) {
		relation, ok := b.Relations[name]
		if !ok {
			return invalidRequest(`"relations" must NOT have additional properties, additional property: %q`, name)
		}
		targets := s.entities[relation.Target]
		for _, v := range asList(relations[name]) {
			id, isID := v.(string)
			if !isID || targets == nil || targets[id] != nil {
				continue
			}
			if !opts.createRelated {
				return notFound("Entity", id)
			}
			targets[id] = s.newEntity(relation.Target, id)
		}
	}
	return nil
}
