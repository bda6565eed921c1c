package dialog

import (
	"context"
	"strings"

	"foghorn/bot/form"
	"foghorn/bot/identity"
	"foghorn/integrations/port"
	"foghorn/integrations/rest"
)

// addEntities adds to a session what its conditions read about entities: the one of a DAY-2 or DELETE action, and those
// that were chosen for inputs. Only forms that use them cost calls.
func (d *Dialog) addEntities(ctx context.Context, s *session, values form.Values) error {
	s.eval.Entity = nil
	if id, _ := values[form.TargetID].(string); s.form.UsesEntity {
		entity, err := d.evalEntity(ctx, s.form.Blueprint, id)
		if err != nil {
			return err
		}
		s.eval.Entity = entity
	}
	for id, value := range values {
		field := s.form.Field(id)
		if field == nil || !field.ReadsEntity {
			continue
		}
		for _, v := range form.Entries(value) {
			chosen, _ := v.(string)
			entity, err := d.evalEntity(ctx, field.Blueprint, chosen)
			if err != nil {
				return err
			}
			if entity != nil {
				s.eval.Entities[chosen] = entity
			}
		}
	}
	return nil
}

// evalEntity is an entity as conditions read it; nil if there is none.
func (d *Dialog) evalEntity(ctx context.Context, blueprint, id string) (map[string]any, error) {
	if blueprint == "" || id == "" {
		return nil, nil
	}
	e, err := d.entity.get(ctx, blueprint+"\n"+id)
	if rest.IsRejected(err) {
		return nil, nil // it was deleted: running the action reports it
	}
	if err != nil {
		return nil, err
	}
	return identity.EvalEntity(e), nil
}

// readEntity reads an entity by its blueprint and identifier, separated by a line end.
func readEntity(p Port) func(context.Context, string) (port.Entity, error) {
	return func(ctx context.Context, key string) (port.Entity, error) {
		blueprint, id, _ := strings.Cut(key, "\n")
		return p.GetEntity(ctx, blueprint, id)
	}
}
