package porttest

import (
	"context"
	"encoding/json"
	"strings"
)

// executeRun does what a run's action says.
func (s *Server) executeRun(ctx context.Context, id string) {
	s.mu.Lock()
	run := s.runsByID[id]
	if run == nil || run.Status != InProgress {
		s.mu.Unlock()
		return
	}
	method, _ := deepCopy(s.actions[run.Action])["invocationMethod"].(map[string]any)
	data, chain := s.templateDataLocked(run), run.chain
	s.mu.Unlock()
	switch method["type"] {
	case "WEBHOOK":
		s.invokeWebhook(ctx, id, method, data)
	case "UPSERT_ENTITY":
		s.upsertEntity(id, method, data, chain)
	}
	// The others stay IN_PROGRESS: their backends are not here.
}

// templateDataLocked is what templates see. The caller holds the lock.
// https://docs.port.io/create-self-service-experiences/setup-the-backend#trigger-data
func (s *Server) templateDataLocked(run *Run) map[string]any {
	trigger, _ := s.actions[run.Action]["trigger"].(map[string]any)
	in, _ := trigger["userInputs"].(map[string]any)
	properties, _ := in["properties"].(map[string]any)
	inputs, encrypted := map[string]any{}, []any{}
	for id, p := range properties {
		inputs[id] = nil
		if p, _ := p.(map[string]any); p["encryption"] != nil {
			encrypted = append(encrypted, id)
		}
	}
	for id, v := range run.Properties {
		p, _ := properties[id].(map[string]any)
		inputs[id] = s.expandEntitiesLocked(p, v)
	}
	secrets := map[string]any{}
	for k, v := range s.secrets {
		secrets[k] = v.value
	}
	user, userID := any(map[string]any{"email": nil}), any(s.ClientID+"@clients")
	if u := s.users[run.RunAs]; u != nil {
		user, userID = u, u["id"]
	}
	entity := s.entities[run.Blueprint][run.Entity]
	if entity == nil {
		entity = map[string]any{}
	}
	data := map[string]any{
		"inputs": inputs, "secrets": secrets, "run": map[string]any{"id": run.ID}, "entity": entity, "event": nil,
		"action": map[string]any{"identifier": run.Action, "blueprint": nullIfEmpty(run.Blueprint), "encryptedProperties": encrypted},
		"trigger": map[string]any{
			"by": map[string]any{"orgId": organizationID, "userId": userID, "user": user}, "origin": run.Source,
			"at": formatTime(run.CreatedAt), "operation": trigger["operation"],
		},
	}
	if run.Event != nil {
		data["inputs"], data["entity"], data["event"] = nil, nil, run.Event
	}
	return deepCopy(data)
}

// expandEntitiesLocked makes entities of the identifiers in an entity input.
func (s *Server) expandEntitiesLocked(p map[string]any, v any) any {
	if p["format"] != "entity" {
		items, _ := p["items"].(map[string]any)
		list, many := v.([]any)
		if !many || items["format"] != "entity" {
			return v
		}
		out := make([]any, len(list))
		for i := range list {
			out[i] = s.expandEntitiesLocked(items, list[i])
		}
		return out
	}
	id, _ := v.(string)
	blueprint, _ := p["blueprint"].(string)
	if e := s.entities[blueprint][id]; e != nil {
		return e
	}
	return v
}

// upsertEntity puts the entity that a mapping renders to into the catalog, and ends the run.
// https://docs.port.io/actions-and-automations/setup-backend/create-update-entity
func (s *Server) upsertEntity(id string, method, data map[string]any, chain int) {
	rendered, err := render(method["mapping"], data)
	entity, _ := rendered.(map[string]any)
	blueprint := toText(method["blueprintIdentifier"])
	if err == nil {
		_, err = s.putEntity(blueprint, entity, writeOptions{merge: true, chain: chain})
	}
	payload := s.maskSecrets(map[string]any{"type": "UPSERT_ENTITY", "blueprintIdentifier": blueprint, "mapping": entity})
	_ = s.updateRun(id, func(r *Run) {
		r.Payload = payload
		if r.Status = Success; err != nil {
			r.Status, r.Summary = Failure, err.Error()
		}
	})
}

// maskSecrets takes the secrets out of a rendered payload.
func (s *Server) maskSecrets(v any) any {
	data, err := json.Marshal(v)
	if err != nil {
		return nil
	}
	var masked any
	_ = json.Unmarshal([]byte(s.maskSecretsInText(string(data))), &masked)
	return masked
}

// maskSecretsInText takes the secrets out of text, also as JSON writes them. Shorter ones than four
// characters are no secrets, and would mask half of the text.
func (s *Server) maskSecretsInText(t string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, secret := range s.secrets {
		if len(secret.value) > 3 {
			quoted, _ := json.Marshal(secret.value) // a string always can
			t = strings.ReplaceAll(t, string(quoted[1:len(quoted)-1]), "********")
			t = strings.ReplaceAll(t, secret.value, "********")
		}
	}
	return t
}
