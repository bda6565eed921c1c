package porttest

import (
	"cmp"
	"maps"
	"net/http"
	"slices"
	"strings"
)

const defaultSearchLimit = 200 // entities a page

func (s *Server) searchRoutes(route routeFunc) {
	route("GET /v1/blueprints/{blueprint}/entities", func(r *http.Request) (response, error) {
		return s.searchEntities(r.PathValue("blueprint"), searchRequest{})
	})
	route("POST /v1/blueprints/{blueprint}/entities/search", func(r *http.Request) (response, error) {
		var in searchRequest
		if err := decodeBody(r, "blueprint search", &in); err != nil {
			return response{}, err
		}
		in.Limit = cmp.Or(in.Limit, defaultSearchLimit)
		return s.searchEntities(r.PathValue("blueprint"), in)
	})
	route("POST /v1/entities/search", func(r *http.Request) (response, error) {
		var in map[string]any
		if err := decodeBody(r, "group", &in); err != nil {
			return response{}, err
		}
		q := r.URL.Query()
		return s.searchEntities("", searchRequest{Query: in, Include: q["include"], Exclude: q["exclude"]})
	})
}

// A searchRequest is what a search asks for. Without a Limit it is everything.
type searchRequest struct {
	Query   map[string]any `json:"query"`
	Include []string       `json:"include"`
	Exclude []string       `json:"exclude"`
	Limit   int            `json:"limit"`
	From    string         `json:"from"`
}

// searchEntities finds the entities of a blueprint, or of all when it is "".
func (s *Server) searchEntities(blueprint string, p searchRequest) (response, error) {
	if err := checkRules(p.Query, 0); err != nil {
		return response{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	blueprints := []string{blueprint}
	if blueprint == "" {
		blueprints = slices.Sorted(maps.Keys(s.blueprints))
	} else if s.blueprints[blueprint] == nil {
		return response{}, notFound("Blueprint", blueprint)
	}
	out, body := []any{}, map[string]any{}
	for _, b := range blueprints {
		for _, id := range slices.Sorted(maps.Keys(s.entities[b])) {
			e := s.entities[b][id]
			if p.From != "" && id <= p.From || p.Query != nil && !s.matchesLocked(p.Query, e) {
				continue
			}
			if p.Limit > 0 && len(out) == p.Limit {
				body["next"] = out[len(out)-1].(map[string]any)["identifier"]
				body["entities"] = selectFields(out, p)
				return response{body: body}, nil
			}
			out = append(out, deepCopy(e))
		}
	}
	body["entities"] = selectFields(out, p)
	return response{body: body}, nil
}

// selectFields leaves of entities what is included and not excluded: meta-properties by their
// name ("title", "$title") and properties by theirs ("tier", "properties.tier").
func selectFields(entities []any, p searchRequest) []any {
	if len(p.Include) == 0 && len(p.Exclude) == 0 {
		return entities
	}
	named := func(list []string, names ...string) bool {
		return slices.ContainsFunc(names, func(n string) bool { return slices.Contains(list, n) })
	}
	drop := func(names ...string) bool {
		return len(p.Include) > 0 && !named(p.Include, names...) || named(p.Exclude, names...)
	}
	out := make([]any, len(entities))
	for i, e := range entities {
		e, _ := e.(map[string]any)
		kept := map[string]any{}
		for k, v := range e {
			parts, nested := v.(map[string]any)
			switch {
			case nested:
				left := maps.Clone(parts)
				maps.DeleteFunc(left, func(id string, _ any) bool { return drop(id, k+"."+id, k) })
				if len(left) > 0 && !named(p.Exclude, k) {
					kept[k] = left
				}
			case k == "identifier" && !named(p.Exclude, k, "$"+k), !drop(k, "$"+k):
				kept[k] = v
			}
		}
		out[i] = kept
	}
	return out
}

// matchesLocked evaluates a rule or a group of rules. The caller holds the lock.
// https://docs.port.io/search-and-query/
func (s *Server) matchesLocked(rule any, e map[string]any) bool {
	r, ok := rule.(map[string]any)
	if !ok {
		return false
	}
	if rules, ok := r["rules"].([]any); ok {
		yes := 0
		for _, rule := range rules {
			if s.matchesLocked(rule, e) {
				yes++
			}
		}
		if strings.EqualFold(toText(r["combinator"]), "or") && len(rules) > 0 {
			return yes > 0
		}
		return yes == len(rules)
	}
	if r["operator"] == "relatedTo" {
		return s.isRelatedLocked(r, e)
	}
	op, ok := operators[toText(r["operator"])]
	return ok && op(propertyValue(e, toText(r["property"])), r["value"])
}

// checkRules refuses what no search knows.
func checkRules(group map[string]any, depth int) error {
	if group == nil {
		return nil
	}
	if depth > maxDepth {
		return invalidRequest(`"query" is nested too deeply`)
	}
	rules, _ := group["rules"].([]any)
	for _, rule := range rules {
		r, _ := rule.(map[string]any)
		if r["rules"] != nil {
			if err := checkRules(r, depth+1); err != nil {
				return err
			}
			continue
		}
		name := toText(r["operator"])
		if _, ok := operators[name]; !ok && name != "relatedTo" {
			return enumError("query/rules/operator", append(slices.Sorted(maps.Keys(operators)), "relatedTo"))
		}
	}
	return nil
}

// isRelatedLocked reports that an entity can be reached from another over relations, in
// either direction.
func (s *Server) isRelatedLocked(rule, e map[string]any) bool {
	type node struct{ blueprint, id string }
	targets, many := rule["value"].([]any)
	if !many {
		targets = []any{rule["value"]}
	}
	want := map[node]bool{}
	for _, v := range targets {
		want[node{toText(rule["blueprint"]), toText(v)}] = true
	}
	start := node{toText(e["blueprint"]), toText(e["identifier"])}
	seen, todo := map[node]bool{start: true}, []node{start}
	for len(todo) > 0 {
		at := todo[0]
		todo = todo[1:]
		if want[at] && at != start {
			return true
		}
		for blueprint, all := range s.entities {
			for id, other := range all {
				next := node{blueprint, id}
				if !seen[next] && (s.hasRelationLocked(s.entities[at.blueprint][at.id], blueprint, id) || s.hasRelationLocked(other, at.blueprint, at.id)) {
					seen[next] = true
					todo = append(todo, next)
				}
			}
		}
	}
	return false
}

// hasRelationLocked reports that an entity has a relation to another.
func (s *Server) hasRelationLocked(e map[string]any, blueprint, id string) bool {
	known, _ := s.blueprints[toText(e["blueprint"])]["relations"].(map[string]any)
	relations, _ := e["relations"].(map[string]any)
	for name, v := range relations {
		relation, _ := known[name].(map[string]any)
		list, many := v.([]any)
		if relation["target"] == blueprint && (v == id || many && slices.Contains(list, any(id))) {
			return true
		}
	}
	return false
}

func propertyValue(e map[string]any, name string) any {
	if meta, ok := strings.CutPrefix(name, "$"); ok {
		return e[meta]
	}
	properties, _ := e["properties"].(map[string]any)
	return properties[name]
}
