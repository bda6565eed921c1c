package porttest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// checkAction is what the API refuses in an action or automation.
// https://docs.port.io/api-reference/create-an-action-automation
func checkAction(a map[string]any) error {
	if err := validateSchema("action", "", a); err != nil {
		return err
	}
	trigger, _ := a["trigger"].(map[string]any)
	if err := checkTrigger(trigger); err != nil {
		return err
	}
	method, _ := a["invocationMethod"].(map[string]any)
	kinds := []string{"KAFKA", "WEBHOOK", "GITHUB", "INTEGRATION_ACTION", "GITLAB", "AZURE_DEVOPS", "UPSERT_ENTITY"}
	kind := toText(method["type"])
	if !slices.Contains(kinds, kind) {
		return enumError("invocationMethod/type", kinds)
	}
	return validateSchema(kind, "invocationMethod", method)
}

func checkTrigger(trigger map[string]any) error {
	switch toText(trigger["type"]) {
	case "self-service":
		operations := []string{"CREATE", "DAY-2", "DELETE"}
		if trigger["operation"] == nil {
			return invalidRequest(`"trigger" must have required property 'operation'`)
		}
		switch op := toText(trigger["operation"]); op {
		case "CREATE", "DAY-2":
			return validateSchema(op, "trigger", trigger)
		case "DELETE":
			return validateSchema("DAY-2", "trigger", trigger)
		}
		return enumError("trigger/operation", operations)
	case "automation":
		if err := validateSchema("automation", "trigger", trigger); err != nil {
			return err
		}
		event, _ := trigger["event"].(map[string]any)
		switch toText(event["type"]) {
		case "ENTITY_CREATED", "ENTITY_UPDATED", "ENTITY_DELETED", "ANY_ENTITY_CHANGE":
			return validateSchema("entity event", "trigger/event", event)
		case "RUN_CREATED", "RUN_UPDATED", "ANY_RUN_CHANGE":
			return validateSchema("run event", "trigger/event", event)
		case "TIMER_PROPERTY_EXPIRED":
			return validateSchema("timer event", "trigger/event", event)
		}
		return enumError("trigger/event/type", []string{
			"ENTITY_CREATED", "ENTITY_UPDATED", "ENTITY_DELETED", "ANY_ENTITY_CHANGE",
			"TIMER_PROPERTY_EXPIRED", "RUN_CREATED", "RUN_UPDATED", "ANY_RUN_CHANGE",
		})
	}
	return enumError("trigger/type", []string{"self-service", "automation"})
}

func enumError(path string, allowed []string) error {
	return invalidRequest("%q must be equal to one of the allowed values %s", path, stringify(allowed))
}

// PutAction creates or replaces an action or automation, checked as the API does.
func (s *Server) PutAction(definition json.RawMessage) error {
	var a map[string]any
	if err := json.Unmarshal(definition, &a); err != nil {
		return fmt.Errorf("put action: %w", err)
	}
	if err := checkAction(a); err != nil {
		return fmt.Errorf("put action: %w", err)
	}
	s.putAction(a)
	return nil
}

// Action is the definition of an action or automation.
func (s *Server) Action(id string) (definition json.RawMessage, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a, ok := s.actions[id]
	return marshalDefinition(a), ok
}

// PutActionUnchecked creates or replaces an action without any check, for definitions that are odd or old.
func (s *Server) PutActionUnchecked(definition json.RawMessage) error {
	var a map[string]any
	if err := json.Unmarshal(definition, &a); err != nil {
		return fmt.Errorf("put action: %w", err)
	}
	s.putAction(a)
	return nil
}

func (s *Server) putAction(a map[string]any) map[string]any {
	s.mu.Lock()
	defer s.mu.Unlock()
	id := toText(a["identifier"])
	old, there := s.actions[id]
	a = s.stampDefinitionLocked(a, old)
	if a["id"] = old["id"]; !there {
		a["id"] = "action_" + randomHex(16)
		s.actionOrder = append(s.actionOrder, id)
	}
	if _, ok := a["publish"]; !ok {
		a["publish"] = true
	}
	s.actions[id] = a
	return deepCopy(a)
}

// stampDefinitionLocked is a copy of a definition, with when it was written and by whom. The caller
// holds the lock.
func (s *Server) stampDefinitionLocked(v, old map[string]any) map[string]any {
	out, now := map[string]any{}, formatTime(time.Now())
	for k, v := range deepCopy(v) {
		out[k] = v
	}
	out["createdAt"], out["updatedAt"] = now, now
	out["createdBy"], out["updatedBy"] = s.ClientID+"@clients", s.ClientID+"@clients"
	if old != nil {
		out["createdAt"], out["createdBy"] = old["createdAt"], old["createdBy"]
	}
	return out
}

func (s *Server) actionRoutes(route routeFunc) {
	c := definitionKind{
		key: "action", kind: "Action", check: checkAction, put: s.putAction,
		get: func(id string) (map[string]any, bool) { v, ok := s.actions[id]; return v, ok },
		remove: func(id string) {
			delete(s.actions, id)
			delete(s.permissions, id)
			s.actionOrder = slices.DeleteFunc(s.actionOrder, func(other string) bool { return other == id })
		},
	}
	s.definitionRoutes(route, "/v1/actions", c)
	route("GET /v1/actions", s.listActions)
	// With {part} in place of "permissions" these give way to those of /v1/actions/runs/{id}.
	route("GET /v1/actions/{id}/{part}", permissionsRoute(s.getPermissions))
	route("PATCH /v1/actions/{id}/{part}", permissionsRoute(s.patchPermissions))
}

func permissionsRoute(h func(*http.Request) (response, error)) func(*http.Request) (response, error) {
	return func(r *http.Request) (response, error) {
		if r.PathValue("part") != "permissions" {
			return unknownRoute(r)
		}
		return h(r)
	}
}

func (s *Server) listActions(r *http.Request) (response, error) {
	q := r.URL.Query()
	fits := func(key string, value any) bool {
		wanted := append(slices.Clone(q[key]), q[key+"[]"]...)
		return len(wanted) == 0 || slices.Contains(wanted, toText(value))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	out := []any{}
	for _, id := range s.actionOrder {
		a := s.actions[id]
		trigger, _ := a["trigger"].(map[string]any)
		event, _ := trigger["event"].(map[string]any)
		if fits("action_identifier", id) && fits("blueprint_identifier", trigger["blueprintIdentifier"]) && fits("operation", trigger["operation"]) &&
			fits("published", a["publish"]) && fits("trigger_type", trigger["type"]) && fits("trigger_event", event["type"]) &&
			fits("trigger_event_action_identifier", event["actionIdentifier"]) {
			out = append(out, deepCopy(a))
		}
	}
	return response{body: map[string]any{"actions": out}}, nil
}

// getPermissions gives what everybody may do unless somebody says otherwise. It is kept,
// not enforced.
func (s *Server) getPermissions(r *http.Request) (response, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	id := r.PathValue("id")
	if _, ok := s.actions[id]; !ok {
		return response{}, notFound("Action", id)
	}
	p := deepCopy(s.permissions[id])
	if p == nil {
		p = map[string]any{
			"execute": map[string]any{"users": []any{}, "roles": []any{"Member"}, "teams": []any{}, "ownedByTeam": false, "policy": nil},
			"approve": map[string]any{"users": []any{}, "roles": []any{}, "teams": []any{}, "policy": nil},
		}
	}
	return response{body: map[string]any{"permissions": p}}, nil
}

func (s *Server) patchPermissions(r *http.Request) (response, error) {
	var in map[string]map[string]any
	if err := decodeBody(r, "anything", &in); err != nil {
		return response{}, err
	}
	a, err := s.getPermissions(r)
	if err != nil {
		return response{}, err
	}
	p, _ := a.body["permissions"].(map[string]any)
	for part, change := range in {
		kept, ok := p[part].(map[string]any)
		if !ok {
			return response{}, invalidRequest("body must NOT have additional properties, additional property: %q", part)
		}
		for k, v := range change {
			if _, known := kept[k]; !known {
				return response{}, invalidRequest("%q must NOT have additional properties, additional property: %q", part, strings.TrimSpace(k))
			}
			kept[k] = v
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.permissions[r.PathValue("id")] = p
	return response{body: map[string]any{"permissions": deepCopy(p)}}, nil
}
