package porttest

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"time"
)

// identifiers are what actions are called.
// https://docs.port.io/api-reference/create-an-action-automation
var identifiers = regexp.MustCompile(`^[\p{L}0-9@_.+:=-]+$`)

// actionKeys are those of an action that a client may write.
var actionKeys = map[string]bool{
	"identifier": true, "title": true, "icon": true, "description": true, "trigger": true, "invocationMethod": true,
	"requiredApproval": true, "approvalNotification": true, "publish": true, "allowAnyoneToViewRuns": true,
}

var invocationTypes = map[string]bool{
	"KAFKA": true, "WEBHOOK": true, "GITHUB": true, "INTEGRATION_ACTION": true, "GITLAB": true, "AZURE_DEVOPS": true, "UPSERT_ENTITY": true,
}

var automationEvents = map[string]bool{
	"ENTITY_CREATED": true, "ENTITY_UPDATED": true, "ENTITY_DELETED": true, "ANY_ENTITY_CHANGE": true,
	"TIMER_PROPERTY_EXPIRED": true, "RUN_CREATED": true, "RUN_UPDATED": true, "ANY_RUN_CHANGE": true,
}

// checkAction is what the API refuses in an action or automation.
func checkAction(a map[string]any) error {
	for k := range a {
		if !actionKeys[k] {
			return invalid("body must NOT have additional properties, additional property: %q", k)
		}
	}
	id, _ := a["identifier"].(string)
	if !identifiers.MatchString(id) {
		return invalid(`"identifier" must match pattern "^(?!\.{1,2}$)[\p{L}0-9@_.+:=-]+$"`)
	}
	trigger, ok := a["trigger"].(map[string]any)
	if !ok {
		return invalid(`"trigger" must be object`)
	}
	switch trigger["type"] {
	case "self-service":
		op, _ := trigger["operation"].(string)
		if !slices.Contains([]string{"CREATE", "DAY-2", "DELETE"}, op) {
			return invalid(`"trigger/operation" must be equal to one of the allowed values "CREATE", "DAY-2", "DELETE"`)
		}
		if _, ok := trigger["userInputs"].(map[string]any); !ok {
			return invalid(`"trigger" must have required property 'userInputs'`)
		}
	case "automation":
		event, _ := trigger["event"].(map[string]any)
		if kind, _ := event["type"].(string); !automationEvents[kind] {
			return invalid(`"trigger/event/type" must be equal to one of the allowed values`)
		}
	default:
		return invalid(`"trigger/type" must be equal to one of the allowed values "self-service", "automation"`)
	}
	method, _ := a["invocationMethod"].(map[string]any)
	if kind, _ := method["type"].(string); !invocationTypes[kind] {
		return invalid(`"invocationMethod/type" must be equal to one of the allowed values`)
	}
	return nil
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
	id, _ := a["identifier"].(string)
	a = copyOf(a)
	a["createdAt"] = stamp(time.Now())
	if old, ok := s.actions[id]; ok {
		a["createdAt"], a["id"] = old["createdAt"], old["id"]
	} else {
		a["id"] = "action_" + random(16)
		s.order = append(s.order, id)
	}
	a["updatedAt"] = stamp(time.Now())
	a["createdBy"], a["updatedBy"] = s.ClientID+"@clients", s.ClientID+"@clients"
	if _, ok := a["publish"]; !ok {
		a["publish"] = true
	}
	s.actions[id] = a
	return copyOf(a)
}

// SetSecret creates or replaces a secret.
func (s *Server) SetSecret(name, value string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.secrets[name] = value
}

// PutBlueprint creates or replaces a blueprint.
func (s *Server) PutBlueprint(definition json.RawMessage) error {
	var b map[string]any
	if err := json.Unmarshal(definition, &b); err != nil {
		return fmt.Errorf("put blueprint: %w", err)
	}
	if err := checkBlueprint(b); err != nil {
		return fmt.Errorf("put blueprint: %w", err)
	}
	s.putBlueprint(b)
	return nil
}

func checkBlueprint(b map[string]any) error {
	if id, _ := b["identifier"].(string); !identifiers.MatchString(id) {
		return invalid(`"identifier" must match pattern "^[A-Za-z0-9@_=\-]+$"`)
	}
	schema, _ := b["schema"].(map[string]any)
	if _, ok := schema["properties"].(map[string]any); !ok {
		return invalid(`"schema" must have required property 'properties'`)
	}
	return nil
}

func (s *Server) putBlueprint(b map[string]any) map[string]any {
	s.mu.Lock()
	defer s.mu.Unlock()
	id, _ := b["identifier"].(string)
	b = copyOf(b)
	b["createdAt"], b["updatedAt"] = stamp(time.Now()), stamp(time.Now())
	b["createdBy"], b["updatedBy"] = s.ClientID+"@clients", s.ClientID+"@clients"
	if old, ok := s.blueprints[id]; ok {
		b["createdAt"] = old["createdAt"]
	}
	s.blueprints[id] = b
	if s.entities[id] == nil {
		s.entities[id] = map[string]map[string]any{}
	}
	return copyOf(b)
}

func (s *Server) definitionRoutes(route func(string, func(*http.Request) (answer, error))) {
	route("GET /v1/actions", func(r *http.Request) (answer, error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		out := []any{}
		q := r.URL.Query()
		for _, id := range s.order {
			a := s.actions[id]
			trigger, _ := a["trigger"].(map[string]any)
			if kind := q.Get("trigger_type"); kind != "" && trigger["type"] != kind {
				continue
			}
			if ids := q["action_identifier"]; len(ids) > 0 && !slices.Contains(ids, id) {
				continue
			}
			out = append(out, copyOf(a))
		}
		return answer{body: map[string]any{"actions": out}}, nil
	})
	s.crud(route, "/v1/actions", "action", "Action", func() map[string]map[string]any { return s.actions }, checkAction, s.putAction)
	s.crud(route, "/v1/blueprints", "blueprint", "Blueprint", func() map[string]map[string]any { return s.blueprints }, checkBlueprint, s.putBlueprint)
	route("PATCH /v1/blueprints/{id}", func(r *http.Request) (answer, error) {
		var patch map[string]any
		if err := decode(r, &patch); err != nil {
			return answer{}, err
		}
		s.mu.Lock()
		old, ok := s.blueprints[r.PathValue("id")]
		b := copyOf(old)
		s.mu.Unlock()
		if !ok {
			return answer{}, missing("Blueprint", r.PathValue("id"))
		}
		maps.Copy(b, patch)
		if err := checkBlueprint(b); err != nil {
			return answer{}, err
		}
		return answer{body: map[string]any{"blueprint": s.putBlueprint(b)}}, nil
	})
	s.secretRoutes(route)
	route("GET /v1/users/{email}", func(r *http.Request) (answer, error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		u, ok := s.users[r.PathValue("email")]
		if !ok {
			return answer{}, missing("User", r.PathValue("email"))
		}
		return answer{body: map[string]any{"user": copyOf(u)}}, nil
	})
	route("GET /v1/teams", func(*http.Request) (answer, error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		out := []any{}
		for _, t := range s.teams {
			out = append(out, map[string]any{"id": "team_" + t, "name": t, "provider": "port"})
		}
		return answer{body: map[string]any{"teams": out}}, nil
	})
}

// crud are the routes that create, read, replace and delete one kind of definition.
func (s *Server) crud(route func(string, func(*http.Request) (answer, error)), path, key, kind string,
	all func() map[string]map[string]any, check func(map[string]any) error, put func(map[string]any) map[string]any) {
	known := func(id string) (map[string]any, bool) {
		s.mu.Lock()
		defer s.mu.Unlock()
		v, ok := all()[id]
		return copyOf(v), ok
	}
	route("POST "+path, func(r *http.Request) (answer, error) {
		var v map[string]any
		if err := decode(r, &v); err != nil {
			return answer{}, err
		}
		if err := check(v); err != nil {
			return answer{}, err
		}
		id, _ := v["identifier"].(string)
		if _, there := known(id); there {
			return answer{}, &refusal{status: http.StatusConflict, code: "conflict", message: fmt.Sprintf("%s with identifier %q already exists", kind, id)}
		}
		return answer{status: http.StatusCreated, body: map[string]any{key: put(v)}}, nil
	})
	route("GET "+path+"/{id}", func(r *http.Request) (answer, error) {
		v, ok := known(r.PathValue("id"))
		if !ok {
			return answer{}, missing(kind, r.PathValue("id"))
		}
		return answer{body: map[string]any{key: v}}, nil
	})
	route("PUT "+path+"/{id}", func(r *http.Request) (answer, error) {
		var v map[string]any
		if err := decode(r, &v); err != nil {
			return answer{}, err
		}
		if _, ok := known(r.PathValue("id")); !ok {
			return answer{}, missing(kind, r.PathValue("id"))
		}
		if err := check(v); err != nil {
			return answer{}, err
		}
		return answer{body: map[string]any{key: put(v)}}, nil
	})
	route("DELETE "+path+"/{id}", func(r *http.Request) (answer, error) {
		if _, ok := known(r.PathValue("id")); !ok {
			return answer{}, missing(kind, r.PathValue("id"))
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(all(), r.PathValue("id"))
		s.order = slices.DeleteFunc(s.order, func(id string) bool { return s.actions[id] == nil })
		return answer{}, nil
	})
}

func (s *Server) secretRoutes(route func(string, func(*http.Request) (answer, error))) {
	const path = "/v1/organization/secrets"
	meta := func(name string) map[string]any { return map[string]any{"secretName": name, "description": ""} }
	type secret struct {
		SecretName  string `json:"secretName"`
		SecretValue string `json:"secretValue"`
		Description string `json:"description"`
	}
	route("GET "+path, func(*http.Request) (answer, error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		out := []any{}
		for _, name := range slices.Sorted(maps.Keys(s.secrets)) {
			out = append(out, meta(name))
		}
		return answer{body: map[string]any{"secrets": out}}, nil
	})
	route("GET "+path+"/{id}", func(r *http.Request) (answer, error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		if _, ok := s.secrets[r.PathValue("id")]; !ok {
			return answer{}, missing("Secret", r.PathValue("id"))
		}
		return answer{body: map[string]any{"secret": meta(r.PathValue("id"))}}, nil
	})
	write := func(status int, replace bool) func(*http.Request) (answer, error) {
		return func(r *http.Request) (answer, error) {
			var in secret
			if err := decode(r, &in); err != nil {
				return answer{}, err
			}
			if replace {
				in.SecretName = r.PathValue("id")
			}
			s.mu.Lock()
			defer s.mu.Unlock()
			_, there := s.secrets[in.SecretName]
			switch {
			case replace && !there:
				return answer{}, missing("Secret", in.SecretName)
			case !replace && there:
				return answer{}, &refusal{status: http.StatusConflict, code: "conflict", message: fmt.Sprintf("Secret %q already exists", in.SecretName)}
			case in.SecretName == "" || in.SecretValue == "":
				return answer{}, invalid("body must have required property 'secretValue'")
			}
			s.secrets[in.SecretName] = in.SecretValue
			return answer{status: status, body: map[string]any{"secret": meta(in.SecretName)}}, nil
		}
	}
	route("POST "+path, write(http.StatusOK, false))
	route("PATCH "+path+"/{id}", write(http.StatusOK, true))
}
