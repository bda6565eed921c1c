package porttest

import (
	"context"
)

// executeRun invokes the backend of a run's action. A run with a backend that the emulator does
// not have stays IN_PROGRESS.
func (s *Server) executeRun(ctx context.Context, id string) {
	s.mu.Lock()
	run := s.runsByID.items[id]
	if run == nil || run.Status != InProgress || s.actions.items[run.Action] == nil {
		s.mu.Unlock()
		return
	}
	method := s.actions.items[run.Action].InvocationMethod
	data, chain, outcome := s.templateDataLocked(run), run.chain, s.takeOutcomeLocked(run.Action)
	s.mu.Unlock()
	if outcome != nil {
		outcome.apply(s, id)
		return
	}
	switch method.Type {
	case "WEBHOOK":
		s.invokeWebhook(ctx, id, method, data)
	case "UPSERT_ENTITY":
		s.upsertEntity(id, method, data, chain)
	}
}

// upsertEntity stores the entity that a mapping renders to, and ends the run.
// https://docs.port.io/actions-and-automations/setup-backend/create-update-entity
func (s *Server) upsertEntity(id string, method invocationMethod, data map[string]any, chain int) {
	rendered, err := render(method.Mapping, data)
	if err == nil {
		_, _, err = s.storeEntity(method.Blueprint, "", rendered, writeOptions{merge: true, chain: chain})
	}
	payload := s.maskSecrets(map[string]any{"type": "UPSERT_ENTITY", "blueprintIdentifier": method.Blueprint, "mapping": rendered})
	_ = s.UpdateRun(id, func(r *Run) {
		r.Payload = payload
		if r.Status = Success; err != nil {
			r.Status, r.Summary = Failure, err.Error()
		}
	})
}

// templateDataLocked returns the data of a run that templates can use, as JSON values.
// https://docs.port.io/create-self-service-experiences/setup-the-backend#trigger-data
func (s *Server) templateDataLocked(run *Run) map[string]any {
	action := s.actions.items[run.Action]
	inputs, encrypted := map[string]any{}, []string{}
	for id, p := range action.Trigger.UserInputs.Properties {
		inputs[id] = nil
		if p.Encryption != nil {
			encrypted = append(encrypted, id)
		}
	}
	for id, v := range run.Properties {
		inputs[id] = s.expandEntitiesLocked(action.Trigger.UserInputs.Properties[id], v)
	}
	secrets := map[string]string{}
	for name, secret := range s.secrets.items {
		secrets[name] = secret.value
	}
	caller := any(map[string]any{"email": nil})
	if u := s.users.items[run.RunAs]; u != nil {
		caller = u
	}
	subject := any(map[string]any{})
	if e := s.entities[run.Blueprint].items[run.Entity]; e != nil {
		subject = e
	}
	data := map[string]any{
		"inputs": inputs, "secrets": secrets, "run": map[string]any{"id": run.ID}, "entity": subject, "event": nil,
		"action": map[string]any{"identifier": run.Action, "blueprint": nullIfEmpty(run.Blueprint), "encryptedProperties": encrypted},
		"trigger": map[string]any{
			"by":     map[string]any{"orgId": organizationID, "userId": s.creatorLocked(run), "user": caller},
			"origin": run.Source, "at": formatTime(run.CreatedAt), "operation": nullIfEmpty(action.Trigger.Operation),
		},
	}
	if run.Event != nil {
		data["inputs"], data["entity"], data["event"] = nil, nil, run.Event
	}
	return convertJSON[map[string]any](data)
}

// expandEntitiesLocked replaces the identifiers in an entity input by the entities.
func (s *Server) expandEntitiesLocked(p property, v any) any {
	if p.Format == "entity" {
		id, _ := v.(string)
		if e := s.entities[p.Blueprint].items[id]; e != nil {
			return e
		}
		return v
	}
	list, isList := v.([]any)
	if !isList || p.Items == nil || p.Items.Format != "entity" {
		return v
	}
	out := make([]any, len(list))
	for i := range list {
		out[i] = s.expandEntitiesLocked(*p.Items, list[i])
	}
	return out
}
