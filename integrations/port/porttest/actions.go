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
	if err := valid("action", "", a); err != nil {
		return err
	}
	trigger, _ := a["trigger"].(map[string]any)
	if err := checkTrigger(trigger); err != nil {
		return err
	}
	method, _ := a["invocationMethod"].(map[string]any)
	kinds := []string{"KAFKA", "WEBHOOK", "GITHUB", "INTEGRATION_ACTION", "GITLAB", "AZURE_DEVOPS", "UPSERT_ENTITY"}
	kind := text(method["type"])
	if !slices.Contains(kinds, kind) {
		return oneOf("invocationMethod/type", kinds)
	}
	return valid(kind, "invocationMethod", method)
}

func checkTrigger(trigger map[string]any) error {
	switch text(trigger["type"]) {
	case "self-service":
		operations := []string{"CREATE", "DAY-2", "DELETE"}
		if trigger["operation"] == nil {
			return invalid(`"trigger" must have required property 'operation'`)
		}
		switch op := text(trigger["operation"]); op {
		case "CREATE", "DAY-2":
			return valid(op, "trigger", trigger)
		case "DELETE":
			return valid("DAY-2", "trigger", trigger)
		}
		return oneOf("trigger/operation", operations)
	case "automation":
		if err := valid("automation", "trigger", trigger); err != nil {
			return err
		}
		event, _ := trigger["event"].(map[string]any)
		switch text(event["type"]) {
		case "ENTITY_CREATED", "ENTITY_UPDATED", "ENTITY_DELETED", "ANY_ENTITY_CHANGE":
			return valid("entity event", "trigger/event", event)
		case "RUN_CREATED", "RUN_UPDATED", "ANY_RUN_CHANGE":
			return valid("run event", "trigger/event", event)
		case "TIMER_PROPERTY_EXPIRED":
			return valid("timer event", "trigger/event", event)
		}
		return oneOf("trigger/event/type", []string{
			"ENTITY_CREATED", "ENTITY_UPDATED", "ENTITY_DELETED", "ANY_ENTITY_CHANGE",
			"TIMER_PROPERTY_EXPIRED", "RUN_CREATED", "RUN_UPDATED", "ANY_RUN_CHANGE",
		})
	}
	return oneOf("trigger/type", []string{"self-service", "automation"})
}

func oneOf(path string, allowed []string) error {
	return invalid("%q must be equal to one of the allowed values %s", path, stringify(allowed))
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
	return asJSON(a), ok
}

// PutRaw creates or replaces an action without any check, for definitions that are odd or old.
func (s *Server) PutRaw(definition json.RawMessage) error {
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
	id := text(a["identifier"])
	old, there := s.actions[id]
	a = s.audited(a, old)
	if a["id"] = old["id"]; !there {
		a["id"] = "action_" + random(16)
		s.order = append(s.order, id)
	}
	if _, ok := a["publish"]; !ok {
		a["publish"] = true
	}
	s.actions[id] = a
	return copyOf(a)
}

// audited is a copy of a definition, with when it was written and by whom. The caller
// holds the lock.
func (s *Server) audited(v, old map[string]any) map[string]any {
	out, now := map[string]any{}, stamp(time.Now())
	for k, v := range copyOf(v) {
		out[k] = v
	}
	out["createdAt"], out["updatedAt"] = now, now
	out["createdBy"], out["updatedBy"] = s.ClientID+"@clients", s.ClientID+"@clients"
	if old != nil {
		out["createdAt"], out["createdBy"] = old["createdAt"], old["createdBy"]
	}
	return out
}

func (s *Server) actionRoutes(route router) {
	c := collection{
		key: "action", kind: "Action", check: checkAction, put: s.putAction,
		get: func(id string) (map[string]any, bool) { v, ok := s.actions[id]; return v, ok },
		remove: func(id string) {
			delete(s.actions, id)
			delete(s.permission, id)
			s.order = slices.DeleteFunc(s.order, func(other string) bool { return other == id })
		},
	}
	s.definitionRoutes(route, "/v1/actions", c)
	route("GET /v1/actions", s.listActions)
	// With {part} in place of "permissions" these give way to those of /v1/actions/runs/{id}.
	route("GET /v1/actions/{id}/{part}", permissions(s.getPermissions))
	route("PATCH /v1/actions/{id}/{part}", permissions(s.patchPermissions))
}

func permissions(h func(*http.Request) (answer, error)) func(*http.Request) (answer, error) {
	return func(r *http.Request) (answer, error) {
		if r.PathValue("part") != "permissions" {
			return unknownRoute(r)
		}
		return h(r)
	}
}

func (s *Server) listActions(r *http.Request) (answer, error) {
	q := r.URL.Query()
	fits := func(key string, value any) bool {
		wanted := append(slices.Clone(q[key]), q[key+"[]"]...)
		return len(wanted) == 0 || slices.Contains(wanted, text(value))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	out := []any{}
	for _, id := range s.order {
		a := s.actions[id]
		trigger, _ := a["trigger"].(map[string]any)
		event, _ := trigger["event"].(map[string]any)
		if fits("action_identifier", id) && fits("blueprint_identifier", trigger["blueprintIdentifier"]) && fits("operation", trigger["operation"]) &&
			fits("published", a["publish"]) && fits("trigger_type", trigger["type"]) && fits("trigger_event", event["type"]) &&
			fits("trigger_event_action_identifier", event["actionIdentifier"]) {
			out = append(out, copyOf(a))
		}
	}
	return answer{body: map[string]any{"actions": out}}, nil
}

// getPermissions gives what everybody may do unless somebody says otherwise. It is kept,
// not enforced.
func (s *Server) getPermissions(r *http.Request) (answer, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	id := r.PathValue("id")
	if _, ok := s.actions[id]; !ok {
		return answer{}, missing("Action", id)
	}
	p := copyOf(s.permission[id])
	if p == nil {
		p = map[string]any{
			"execute": map[string]any{"users": []any{}, "roles": []any{"Member"}, "teams": []any{}, "ownedByTeam": false, "policy": nil},
			"approve": map[string]any{"users": []any{}, "roles": []any{}, "teams": []any{}, "policy": nil},
		}
	}
	return answer{body: map[string]any{"permissions": p}}, nil
}

func (s *Server) patchPermissions(r *http.Request) (answer, error) {
	var in map[string]map[string]any
	if err := decode(r, "anything", &in); err != nil {
		return answer{}, err
	}
	a, err := s.getPermissions(r)
	if err != nil {
		return answer{}, err
	}
	p, _ := a.body["permissions"].(map[string]any)
	for part, change := range in {
		kept, ok := p[part].(map[string]any)
		if !ok {
			return answer{}, invalid("body must NOT have additional properties, additional property: %q", part)
		}
		for k, v := range change {
			if _, known := kept[k]; !known {
				return answer{}, invalid("%q must NOT have additional properties, additional property: %q", part, strings.TrimSpace(k))
			}
			kept[k] = v
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.permission[r.PathValue("id")] = p
	return answer{body: map[string]any{"permissions": copyOf(p)}}, nil
}
