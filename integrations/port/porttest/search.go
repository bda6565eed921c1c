package porttest

import (
	"cmp"
	"encoding/base64"
	"maps"
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
	From    string      `json:"from"` // the entities after this identifier

	stored bool // without the properties that Port calculates
}

// A searchRule is a comparison or, when Rules is not nil, a group of rules.
// https://docs.port.io/search-and-query/
type searchRule struct {
	Combinator string       `json:"combinator"`
	Rules      []searchRule `json:"rules"`

	Operator string `json:"operator"`
	Property string `json:"property"`
	Value    any    `json:"value"`

	// of relatedTo
	Blueprint string `json:"blueprint"`
	Direction string `json:"direction"`
	Required  bool   `json:"required"`
}

func (s *Server) listEntities(c call) (response, error) {
	return s.searchEntities(c.path["blueprint_identifier"], newSearch(c, nil))
}

func (s *Server) searchCatalog(c call) (response, error) {
	query := convertJSON[searchRule](c.body)
	return s.searchEntities("", newSearch(c, &query))
}

// newSearch returns a search with the query parameters of a call.
func newSearch(c call, query *searchRule) searchRequest {
	return searchRequest{
		Query: query, Include: c.list("include"), Exclude: c.list("exclude"), stored: c.flag("exclude_calculated_properties"),
	}
}

// searchBlueprint answers with a page of entities. The token of a page is the last identifier of the page before.
func (s *Server) searchBlueprint(c call) (response, error) {
	in := convertJSON[searchRequest](c.body)
	in.Limit = cmp.Or(in.Limit, defaultSearchLimit)
	from, err := base64.URLEncoding.DecodeString(in.From)
	if err != nil {
		return response{}, invalidRequest("%q is not the token of a page", "from")
	}
	in.From = string(from)
	return s.searchEntities(c.path["blueprint_identifier"], in)
}

// searchEntities finds the entities of a blueprint, or of all blueprints for "".
func (s *Server) searchEntities(blueprint string, in searchRequest) (response, error) {
	s.mu.Lock()
	blueprints := []string{blueprint}
	if blueprint == "" {
		blueprints = s.blueprints.ids()
	} else if _, err := s.blueprints.find(blueprint); err != nil {
		s.mu.Unlock()
		return response{}, err
	}
	var entities []*Entity
	for _, b := range blueprints {
		for _, e := range s.entities[b].all() {
			if e.Identifier > in.From {
				entities = append(entities, e)
			}
		}
	}
	s.mu.Unlock()
	shown := s.withCalculated(entities)
	s.mu.Lock()
	defer s.mu.Unlock()
	body, found, matching := map[string]any{}, []*Entity{}, []string{}
	for i, e := range shown {
		if in.Query != nil && !s.matchesLocked(*in.Query, e) {
			continue
		}
		if in.stored {
			e = entities[i]
		}
		found = append(found, e)
		if !slices.Contains(matching, e.Blueprint) {
			matching = append(matching, e.Blueprint)
		}
	}
	if blueprint == "" {
		body["matchingBlueprints"], body["failedBlueprints"] = matching, []string{}
	}
	if in.Limit > 0 && len(found) > in.Limit {
		found = found[:in.Limit]
		body["next"] = base64.URLEncoding.EncodeToString([]byte(found[in.Limit-1].Identifier))
	}
	body["entities"] = selectFields(found, in.Include, in.Exclude)
	return response{body: body}, nil
}

// selectFields returns the entities with the fields that are included and not excluded. A
// request names a field of the entity "title" or "$title", and a property "tier" or
// "properties.tier".
func selectFields(entities []*Entity, include, exclude []string) []any {
	contains := func(list []string, names ...string) bool {
		return slices.ContainsFunc(names, func(n string) bool { return slices.Contains(list, n) })
	}
	selected := func(names ...string) bool {
		return (len(include) == 0 || contains(include, names...)) && !contains(exclude, names...)
	}
	out := make([]any, len(entities))
	for i, e := range entities {
		if out[i] = e; len(include)+len(exclude) == 0 {
			continue
		}
		fields := map[string]any{}
		out[i] = fields
		for k, v := range convertJSON[map[string]any](e) {
			values, isGroup := v.(map[string]any) // properties or relations
			switch {
			case isGroup:
				maps.DeleteFunc(values, func(id string, _ any) bool { return !selected(id, k+"."+id, k) })
				if len(values) > 0 && !contains(exclude, k) {
					fields[k] = values
				}
			case k == "identifier" && !contains(exclude, k, "$"+k), selected(k, "$"+k):
				fields[k] = v
			}
		}
	}
	return out
}

// matchesLocked evaluates a rule or a group of rules.
func (s *Server) matchesLocked(r searchRule, e *Entity) bool {
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
	return ok && compare(e.field(r.Property), r.Value)
}

// field returns the value of a property, or of a field of the entity for a name such as "$title".
func (e *Entity) field(name string) any {
	if !strings.HasPrefix(name, "$") {
		return e.Properties[name]
	}
	return map[string]any{
		"$identifier": e.Identifier, "$title": e.Title, "$blueprint": e.Blueprint, "$icon": e.Icon, "$team": e.Team,
		"$createdAt": e.CreatedAt, "$createdBy": e.CreatedBy, "$updatedAt": e.UpdatedAt, "$updatedBy": e.UpdatedBy,
	}[name]
}
