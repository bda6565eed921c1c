package porttest

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"foghorn/integrations/emulator"
)

// An Entity is one thing in the catalog.
type Entity struct {
	Identifier string
	Title      string
	Blueprint  string
	Properties map[string]any
	Relations  map[string]any
	CreatedAt  time.Time
	UpdatedAt  time.Time
}

// Entities are those of a blueprint, by identifier.
func (s *Server) Entities(blueprint string) []Entity {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []Entity
	for _, id := range slices.Sorted(maps.Keys(s.entities[blueprint])) {
		e := deepCopy(s.entities[blueprint][id])
		x := Entity{Identifier: id, Title: toText(e["title"]), Blueprint: blueprint}
		x.Properties, _ = e["properties"].(map[string]any)
		x.Relations, _ = e["relations"].(map[string]any)
		x.CreatedAt, _ = time.Parse(timeLayout, toText(e["createdAt"])) // stamp wrote both
		x.UpdatedAt, _ = time.Parse(timeLayout, toText(e["updatedAt"]))
		out = append(out, x)
	}
	return out
}

// WaitEntity waits until a blueprint has an entity that fits.
func (s *Server) WaitEntity(ctx context.Context, blueprint string, fits func(Entity) bool) (Entity, error) {
	for {
		s.mu.Lock()
		changed := s.changed
		s.mu.Unlock()
		for _, e := range s.Entities(blueprint) {
			if fits == nil || fits(e) {
				return e, nil
			}
		}
		select {
		case <-ctx.Done():
			return Entity{}, fmt.Errorf("wait for an entity of %s: %w", blueprint, ctx.Err())
		case <-changed:
		}
	}
}

// PutEntity creates or replaces an entity, checked against its blueprint.
func (s *Server) PutEntity(blueprint string, entity json.RawMessage) error {
	var e map[string]any
	if err := json.Unmarshal(entity, &e); err != nil {
		return fmt.Errorf("put entity: %w", err)
	}
	if _, err := s.putEntity(blueprint, e, writeOptions{}); err != nil {
		return fmt.Errorf("put entity: %w", err)
	}
	return nil
}

func (s *Server) copyEntity(blueprint, id string) map[string]any {
	s.mu.Lock()
	defer s.mu.Unlock()
	return deepCopy(s.entities[blueprint][id])
}

// A writeOptions is how an entity is put.
type writeOptions struct {
	merge         bool // keep what is not given
	createOnly    bool // refuse one that is there
	mustExist     bool // refuse one that is not there
	validateOnly  bool // check only
	createRelated bool // create related entities that are missing
	chain         int  // how many automations led here
}

// putEntity creates an entity or changes it, and gives it as it then is. A property or
// relation of null is taken away.
func (s *Server) putEntity(blueprint string, e map[string]any, w writeOptions) (map[string]any, error) {
	if err := validateSchema("entity", "", nullIfNil(e)); err != nil {
		return nil, err
	}
	e = deepCopy(e)
	s.mu.Lock()
	b, ok := s.blueprints[blueprint]
	if !ok {
		s.mu.Unlock()
		return nil, notFound("Blueprint", blueprint)
	}
	id := firstNonEmpty(toText(e["identifier"]), "e_"+randomHex(16))
	before := deepCopy(s.entities[blueprint][id])
	after, err := s.mergeEntityLocked(b, before, id, e, w)
	if err != nil || w.validateOnly {
		s.mu.Unlock()
		return after, err
	}
	s.entities[blueprint][id] = after
	after = deepCopy(after)
	s.notifyLocked()
	s.mu.Unlock()
	s.Emit(emulator.Event{From: "port", To: "port", Kind: "entity", Text: fmt.Sprintf("%s %q of %s", id, toText(after["title"]), blueprint), Body: after})
	kind := "ENTITY_UPDATED"
	if before == nil {
		kind = "ENTITY_CREATED"
	}
	s.dispatchEntityEvent(kind, w.chain, blueprint, id, before, after)
	return after, nil
}

// mergeEntityLocked is what an entity becomes, checked. The caller holds the lock.
func (s *Server) mergeEntityLocked(b, before map[string]any, id string, e map[string]any, w writeOptions) (map[string]any, error) {
	switch {
	case w.createOnly && before != nil:
		return nil, conflict("Entity", id)
	case w.mustExist && before == nil:
		return nil, notFound("Entity", id)
	}
	now, by := formatTime(time.Now()), s.ClientID+"@clients"
	out := map[string]any{
		"identifier": id, "blueprint": b["identifier"], "title": id, "icon": nil, "team": []any{}, "properties": map[string]any{}, "relations": map[string]any{},
		"createdAt": now, "createdBy": by,
	}
	if before != nil {
		kept := []string{"createdAt", "createdBy"}
		if w.merge {
			kept = slices.Collect(maps.Keys(out))
		}
		for _, k := range kept {
			out[k] = before[k]
		}
	}
	out["updatedAt"], out["updatedBy"] = now, by
	for _, k := range []string{"title", "icon", "team"} {
		if v, given := e[k]; given && (v != nil || k != "title") {
			out[k] = v
		}
	}
	for _, k := range []string{"properties", "relations"} {
		have, _ := out[k].(map[string]any)
		given, _ := e[k].(map[string]any)
		maps.Copy(have, given)
		maps.DeleteFunc(have, func(_ string, v any) bool { return v == nil })
	}
	properties, _ := out["properties"].(map[string]any)
	if err := checkProperties(b, properties); err != nil {
		return nil, err
	}
	relations, _ := e["relations"].(map[string]any)
	return out, s.checkRelationsLocked(b, relations, w)
}

// checkProperties checks properties against a blueprint.
func checkProperties(blueprint, properties map[string]any) error {
	schema, _ := blueprint["schema"].(map[string]any)
	known, _ := schema["properties"].(map[string]any)
	each := map[string]any{}
	for id, p := range known {
		m, _ := p.(map[string]any)
		each[id] = toJSONSchema(m)
	}
	out := map[string]any{"type": "object", "additionalProperties": false, "properties": each}
	if required, ok := schema["required"].([]any); ok && len(required) > 0 {
		out["required"] = required
	}
	return validateWith(out, "properties", properties)
}

// checkRelationsLocked checks that a blueprint knows its relations and that what they name is
// there, as far as the related blueprint is. The caller holds the lock.
func (s *Server) checkRelationsLocked(blueprint, relations map[string]any, w writeOptions) error {
	known, _ := blueprint["relations"].(map[string]any)
	for _, name := range slices.Sorted(maps.Keys(relations)) {
		relation, ok := known[name].(map[string]any)
		if !ok {
			return invalidRequest(`"relations" must NOT have additional properties, additional property: %q`, name)
		}
		target := s.entities[toText(relation["target"])]
		list, many := relations[name].([]any)
		if !many {
			list = []any{relations[name]}
		}
		for _, v := range list {
			id, named := v.(string)
			if !named || target == nil || target[id] != nil {
				continue // a search query is let pass
			}
			if !w.createRelated {
				return notFound("Entity", id)
			}
			target[id] = map[string]any{
				"identifier": id, "title": id, "blueprint": relation["target"], "properties": map[string]any{}, "relations": map[string]any{},
				"createdAt": formatTime(time.Now()), "updatedAt": formatTime(time.Now()),
			}
		}
	}
	return nil
}
