package porttest

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
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
}

// Entities are those of a blueprint, by identifier.
func (s *Server) Entities(blueprint string) []Entity {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []Entity
	for _, id := range slices.Sorted(maps.Keys(s.entities[blueprint])) {
		e := copyOf(s.entities[blueprint][id])
		x := Entity{Identifier: id, Title: text(e["title"]), Blueprint: blueprint}
		x.Properties, _ = e["properties"].(map[string]any)
		x.Relations, _ = e["relations"].(map[string]any)
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
	return s.putEntity(context.Background(), blueprint, e, false)
}

func (s *Server) entity(blueprint, id string) map[string]any {
	s.mu.Lock()
	defer s.mu.Unlock()
	return copyOf(s.entities[blueprint][id])
}

// putEntity creates an entity or changes it: merged, it keeps what is not given. Null
// properties count as not given.
func (s *Server) putEntity(ctx context.Context, blueprint string, e map[string]any, merge bool) error {
	e = copyOf(e)
	s.mu.Lock()
	b, ok := s.blueprints[blueprint]
	if !ok {
		s.mu.Unlock()
		return missing("Blueprint", blueprint)
	}
	id, _ := e["identifier"].(string)
	if id == "" {
		if id = "e_" + random(12); e["identifier"] != nil {
			s.mu.Unlock()
			return invalid(`"identifier" must be string`)
		}
	}
	given, _ := e["properties"].(map[string]any)
	properties := map[string]any{}
	before := copyOf(s.entities[blueprint][id])
	out := map[string]any{"identifier": id, "blueprint": blueprint, "title": id, "relations": map[string]any{}, "createdAt": stamp(time.Now())}
	if before != nil {
		out["createdAt"] = before["createdAt"]
		if merge {
			out["title"], out["relations"] = before["title"], before["relations"]
			properties, _ = copyOf(before)["properties"].(map[string]any)
		}
	}
	for k, v := range given {
		if v != nil {
			properties[k] = v
		}
	}
	if err := checkEntity(b, properties); err != nil {
		s.mu.Unlock()
		return err
	}
	if title, ok := e["title"].(string); ok && title != "" {
		out["title"] = title
	}
	if relations, ok := e["relations"].(map[string]any); ok {
		merged, _ := copyOf(out["relations"]).(map[string]any)
		maps.Copy(merged, relations)
		out["relations"] = merged
	}
	if team, ok := e["team"]; ok {
		out["team"] = team
	}
	out["properties"], out["updatedAt"] = properties, stamp(time.Now())
	s.entities[blueprint][id] = out
	after := copyOf(out)
	s.notify()
	s.mu.Unlock()
	s.Emit(emulator.Event{From: "port", To: "port", Kind: "entity", Text: fmt.Sprintf("%s %q of %s", id, text(after["title"]), blueprint), Body: after})
	kind := "ENTITY_UPDATED"
	if before == nil {
		kind = "ENTITY_CREATED"
	}
	s.entityEvent(ctx, kind, blueprint, id, before, after)
	return nil
}

// checkEntity checks properties against a blueprint.
func checkEntity(blueprint, properties map[string]any) error {
	schema, _ := blueprint["schema"].(map[string]any)
	known, _ := schema["properties"].(map[string]any)
	out := map[string]any{"type": "object", "additionalProperties": false, "properties": map[string]any{}}
	for id, p := range known {
		m, _ := p.(map[string]any)
		out["properties"].(map[string]any)[id] = jsonSchema(m)
	}
	if required, ok := schema["required"].([]any); ok && len(required) > 0 {
		out["required"] = required
	}
	return check(out, properties)
}

func (s *Server) entityRoutes(ctx context.Context, route func(string, func(*http.Request) (answer, error))) {
	const path = "/v1/blueprints/{blueprint}/entities"
	read := func(r *http.Request) (answer, error) {
		e := s.entity(r.PathValue("blueprint"), r.PathValue("entity"))
		if e == nil {
			return answer{}, missing("Entity", r.PathValue("entity"))
		}
		return answer{body: map[string]any{"entity": e}}, nil
	}
	route("GET "+path+"/{entity}", read)
	route("POST "+path, func(r *http.Request) (answer, error) {
		var e map[string]any
		if err := decode(r, &e); err != nil {
			return answer{}, err
		}
		blueprint, id, q := r.PathValue("blueprint"), text(e["identifier"]), r.URL.Query()
		if s.entity(blueprint, id) != nil && q.Get("upsert") != "true" {
			return answer{}, &refusal{status: http.StatusConflict, code: "conflict", message: fmt.Sprintf("Entity with identifier %q already exists", id)}
		}
		if err := s.putEntity(ctx, blueprint, e, q.Get("merge") == "true"); err != nil {
			return answer{}, err
		}
		return answer{status: http.StatusCreated, body: map[string]any{"entity": s.entity(blueprint, id)}}, nil
	})
	route("PATCH "+path+"/{entity}", func(r *http.Request) (answer, error) {
		if _, err := read(r); err != nil {
			return answer{}, err
		}
		var e map[string]any
		if err := decode(r, &e); err != nil {
			return answer{}, err
		}
		e["identifier"] = r.PathValue("entity")
		if err := s.putEntity(ctx, r.PathValue("blueprint"), e, true); err != nil {
			return answer{}, err
		}
		return read(r)
	})
	route("DELETE "+path+"/{entity}", func(r *http.Request) (answer, error) {
		blueprint, id := r.PathValue("blueprint"), r.PathValue("entity")
		before := s.entity(blueprint, id)
		if before == nil {
			return answer{}, missing("Entity", id)
		}
		s.mu.Lock()
		delete(s.entities[blueprint], id)
		s.notify()
		s.mu.Unlock()
		s.entityEvent(ctx, "ENTITY_DELETED", blueprint, id, before, nil)
		return answer{}, nil
	})
	route("GET "+path, func(r *http.Request) (answer, error) {
		return s.search(r.PathValue("blueprint"), nil, 0, "")
	})
	route("POST "+path+"/search", func(r *http.Request) (answer, error) {
		var in struct {
			Query            any
			Include, Exclude []string
			Limit            int
			From             string
		}
		if err := decode(r, &in); err != nil {
			return answer{}, err
		}
		return s.search(r.PathValue("blueprint"), in.Query, in.Limit, in.From)
	})
}

// search finds the entities of a blueprint, a page at a time.
func (s *Server) search(blueprint string, query any, limit int, from string) (answer, error) {
	if limit == 0 {
		limit = 200
	}
	if limit < 1 || limit > 1000 {
		return answer{}, invalid(`"limit" must be between 1 and 1000`)
	}
	if group, ok := query.(map[string]any); ok && group["combinator"] == nil {
		return answer{}, invalid(`"query" must have required property 'combinator'`)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.blueprints[blueprint] == nil {
		return answer{}, missing("Blueprint", blueprint)
	}
	out, body := []any{}, map[string]any{}
	for _, id := range slices.Sorted(maps.Keys(s.entities[blueprint])) {
		e := s.entities[blueprint][id]
		if id <= from && from != "" || query != nil && !matches(query, e) {
			continue
		}
		if len(out) == limit {
			body["next"] = out[limit-1].(map[string]any)["identifier"]
			break
		}
		out = append(out, copyOf(e))
	}
	body["entities"] = out
	return answer{body: body}, nil
}

// matches evaluates a rule or a group of rules.
// https://docs.port.io/search-and-query/
func matches(rule any, e map[string]any) bool {
	r, ok := rule.(map[string]any)
	if !ok {
		return false
	}
	if rules, ok := r["rules"].([]any); ok {
		any, all := false, true
		for _, rule := range rules {
			yes := matches(rule, e)
			any, all = any || yes, all && yes
		}
		if r["combinator"] == "or" {
			return any || len(rules) == 0
		}
		return all
	}
	want := r["value"]
	if r["operator"] == "relatedTo" {
		relations, _ := e["relations"].(map[string]any)
		for _, v := range relations {
			if equal(v, want) || contains(v, want) {
				return true
			}
		}
		return false
	}
	have := property(e, text(r["property"]))
	switch r["operator"] {
	case "=":
		return equal(have, want)
	case "!=":
		return !equal(have, want)
	case ">", ">=", "<", "<=":
		return compare(have, want, text(r["operator"]))
	case "isEmpty":
		return have == nil || have == ""
	case "isNotEmpty":
		return have != nil && have != ""
	case "contains":
		return contains(have, want)
	case "doesNotContains":
		return !contains(have, want)
	case "containsAny":
		list, _ := want.([]any)
		return slices.ContainsFunc(list, func(v any) bool { return contains(have, v) })
	case "beginsWith":
		return strings.HasPrefix(lower(have), lower(want))
	case "endsWith":
		return strings.HasSuffix(lower(have), lower(want))
	case "in":
		list, _ := want.([]any)
		return slices.ContainsFunc(list, func(v any) bool { return equal(have, v) })
	case "notIn":
		list, _ := want.([]any)
		return !slices.ContainsFunc(list, func(v any) bool { return equal(have, v) })
	}
	return false
}

func property(e map[string]any, name string) any {
	if meta, ok := strings.CutPrefix(name, "$"); ok {
		return e[meta]
	}
	properties, _ := e["properties"].(map[string]any)
	return properties[name]
}

func lower(v any) string { return strings.ToLower(text(v)) }

func equal(a, b any) bool { return stringify(a) == stringify(b) }

func contains(have, want any) bool {
	if list, ok := have.([]any); ok {
		return slices.ContainsFunc(list, func(v any) bool { return equal(v, want) })
	}
	return have != nil && strings.Contains(lower(have), lower(want))
}

func compare(a, b any, op string) bool {
	x, okX := a.(float64)
	y, okY := b.(float64)
	if !okX || !okY {
		if op[0] == '>' {
			return text(a) > text(b) || len(op) > 1 && text(a) == text(b)
		}
		return text(a) < text(b) || len(op) > 1 && text(a) == text(b)
	}
	if op[0] == '>' {
		return x > y || len(op) > 1 && x == y
	}
	return x < y || len(op) > 1 && x == y
}
