package porttest

import (
	"cmp"
	"maps"
	"net/http"
	"slices"
	"strings"
)

// defaultSearchLimit is the number of entities per page unless the request gives one.
const defaultSearchLimit = 200

// A searchRequest selects entities. A Limit of 0 means all of them.
type searchRequest struct {
	Query   *searchRule `json:"query"`
	Include []string    `json:"include"`
	Exclude []string    `json:"exclude"`
	Limit   int         `json:"limit"`
	From    string      `json:"from"` // identifier of the last entity of the page before
}

// A searchRule is a comparison or, when Rules is not nil, a group of rules.
// https://docs.port.io/search-and-query/
type searchRule struct {
	Combinator string       `json:"combinator"`
	Rules      []searchRule `json:"rules"`

	Operator  string `json:"operator"`
	Property  any    `json:"property"`
	Blueprint any    `json:"blueprint"`
	Value     any    `json:"value"`
}

func (s *Server) searchRoutes(route routeFunc) {
	route("GET "+entityPath, s.listEntities)
	route("POST "+entityPath+"/search", s.searchBlueprint)
	route("POST /v1/entities/search", s.searchCatalog)
}

func (s *Server) listEntities(r *http.Request) (response, error) {
	return s.searchEntities(r.PathValue("blueprint"), searchRequest{})
}

func (s *Server) searchBlueprint(r *http.Request) (response, error) {
	var in searchRequest
	if err := decodeBody(r, "blueprint search", &in); err != nil {
		return response{}, err
	}
	in.Limit = cmp.Or(in.Limit, defaultSearchLimit)
	return s.searchEntities(r.PathValue("blueprint"), in)
}

func (s *Server) searchCatalog(r *http.Request) (response, error) {
	var query searchRule
	if err := decodeBody(r, "group", &query); err != nil {
		return response{}, err
	}
	q := r.URL.Query()
	return s.searchEntities("", searchRequest{Query: &query, Include: q["include"], Exclude: q["exclude"]})
}

// searchEntities finds the entities of a blueprint, or of all blueprints for "".
func (s *Server) searchEntities(blueprint string, in searchRequest) (response, error) {
	if in.Query != nil {
		if err := checkRules(in.Query.Rules, 0); err != nil {
			return response{}, err
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	blueprints := []string{blueprint}
	if blueprint == "" {
		blueprints = slices.Sorted(maps.Keys(s.blueprints))
	} else if s.blueprints[blueprint] == nil {
		return response{}, notFound("Blueprint", blueprint)
	}
	body := map[string]any{}
	found := []*entity{}
	for _, b := range blueprints {
		for _, id := range slices.Sorted(maps.Keys(s.entities[b])) {
			e := s.entities[b][id]
			if in.From != "" && id <= in.From || in.Query != nil && !s.matchesLocked(*in.Query, e) {
				continue
			}
			found = append(found, e)
		}
	}
	if in.Limit > 0 && len(found) > in.Limit {
		found = found[:in.Limit]
		body["next"] = found[in.Limit-1].Identifier
	}
	body["entities"] = selectFields(found, in)
	return response{body: body}, nil
}

// selectFields returns the entities with the fields that are included and not excluded. A
// request names a field of the entity "title" or "$title", and a property "tier" or
// "properties.tier".
func selectFields(entities []*entity, in searchRequest) any {
	if len(in.Include) == 0 && len(in.Exclude) == 0 {
		return entities
	}
	contains := func(list []string, names ...string) bool {
		return slices.ContainsFunc(names, func(n string) bool { return slices.Contains(list, n) })
	}
	selected := func(names ...string) bool {
		return (len(in.Include) == 0 || contains(in.Include, names...)) && !contains(in.Exclude, names...)
	}
	out := make([]map[string]any, len(entities))
	for i, e := range entities {
		out[i] = map[string]any{}
		for k, v := range convertJSON[map[string]any](e) {
			values, isGroup := v.(map[string]any) // properties or relations
			switch {
			case isGroup:
				maps.DeleteFunc(values, func(id string, _ any) bool { return !selected(id, k+"."+id, k) })
				if len(values) > 0 && !contains(in.Exclude, k) {
					out[i][k] = values
				}
			case k == "identifier" && !contains(in.Exclude, k, "$"+k), selected(k, "$"+k):
				out[i][k] = v
			}
		}
	}
	return out
}

// checkRules returns an error for an operator that does not exist.
func checkRules(rules []searchRule, depth int) error {
	if depth > maxDepth {
		return invalidRequest(`"query" is nested too deeply`)
	}
	for _, r := range rules {
		if r.Rules != nil {
			if err := checkRules(r.Rules, depth+1); err != nil {
				return err
			}
			continue
		}
		if _, ok := operators[r.Operator]; !ok && r.Operator != relatedTo {
			return enumError("query/rules/operator", append(slices.Sorted(maps.Keys(operators)), relatedTo))
		}
	}
	return nil
}

// matchesLocked evaluates a rule or a group of rules.
func (s *Server) matchesLocked(r searchRule, e *entity) bool {
	if r.Rules != nil {
		trueCount := 0
		for _, rule := range r.Rules {
			if s.matchesLocked(rule, e) {
				trueCount++
			}
		}
		if strings.EqualFold(r.Combinator, "or") && len(r.Rules) > 0 {
			return trueCount > 0
		}
		return trueCount == len(r.Rules)
	}
	if r.Operator == relatedTo {
		return s.isRelatedLocked(r, e)
	}
	compare, ok := operators[r.Operator]
	return ok && compare(e.field(toText(r.Property)), r.Value)
}

// field returns the value of a property, or of a field of the entity for a name such as "$title".
func (e *entity) field(name string) any {
	key, isMeta := strings.CutPrefix(name, "$")
	if !isMeta {
		return e.Properties[name]
	}
	switch key {
	case "identifier":
		return e.Identifier
	case "title":
		return e.Title
	case "blueprint":
		return e.Blueprint
	case "icon":
		return e.Icon
	case "team":
		return e.Team
	case "createdAt":
		return e.CreatedAt
	case "createdBy":
		return e.CreatedBy
	case "updatedAt":
		return e.UpdatedAt
	case "updatedBy":
		return e.UpdatedBy
	}
	return nil
}
