package port

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"time"

	"foghorn/integrations/rest"
)

// MaxEntities is the most entities that one answer to a search holds.
// https://docs.port.io/api-reference/search-a-blueprints-entities
const MaxEntities = 1000

// An Entity is one thing in the catalog.
type Entity struct {
	Identifier string
	Title      string
	Icon       string
	Blueprint  string
	Teams      []string
	Properties map[string]any
	Relations  map[string]any // an identifier, a list of them, or nil
	CreatedAt  time.Time
	UpdatedAt  time.Time
}

// UnmarshalJSON reads an entity. It never fails: what is no entity has no Identifier.
func (e *Entity) UnmarshalJSON(data []byte) error {
	var w struct {
		Identifier string          `json:"identifier"`
		Title      string          `json:"title"`
		Icon       string          `json:"icon"`
		Blueprint  json.RawMessage `json:"blueprint"`
		Team       json.RawMessage `json:"team"`
		Properties map[string]any  `json:"properties"`
		Relations  map[string]any  `json:"relations"`
		CreatedAt  string          `json:"createdAt"`
		UpdatedAt  string          `json:"updatedAt"`
	}
	_ = json.Unmarshal(data, &w)
	*e = Entity{
		Identifier: w.Identifier, Title: w.Title, Icon: w.Icon, Blueprint: parseIdentifier(w.Blueprint),
		Teams: stringList(w.Team), Properties: w.Properties, Relations: w.Relations,
		CreatedAt: parseTime(w.CreatedAt), UpdatedAt: parseTime(w.UpdatedAt),
	}
	return nil
}

// GetEntity reads an entity.
// https://docs.port.io/api-reference/get-an-entity
//
//api:operation GET /v1/blueprints/{blueprint_identifier}/entities/{entity_identifier}
func (c *Client) GetEntity(ctx context.Context, blueprint, id string) (Entity, error) {
	op := fmt.Sprintf("read entity %q of blueprint %q", id, blueprint)
	answer, err := call[struct{ Entity Entity }](ctx, c, op, http.MethodGet, rest.Path("v1", "blueprints", blueprint, "entities", id), nil, nil)
	if err != nil {
		return Entity{}, err
	}
	if answer.Entity.Identifier == "" {
		return Entity{}, newMissingError(op, http.StatusOK, "entity")
	}
	return answer.Entity, nil
}

// A EntityQuery says which entities to find and what of them to send.
type EntityQuery struct {
	Filter  any      // a Rules, or any value that is one in JSON; nil: all entities
	Include []string // properties and relations to send, $title and the like for others; nil: all
	Limit   int      // 0: Port's own, 200; at most MaxEntities
	From    string   // Next of the page before; "": the first page
}

// Rules is a filter in Port's search language.
// https://docs.port.io/search-and-query
type Rules struct {
	Combinator string `json:"combinator"` // and, or
	Rules      []any  `json:"rules"`      // Rule, Rules, or any value that is one in JSON
}

// A Rule compares a property with a value.
type Rule struct {
	Property string `json:"property"` // $title, $identifier and the like, or a property's name
	Operator string `json:"operator"` // =, contains, in ...
	Value    any    `json:"value,omitempty"`
}

// EntityPage is one page of what a search found.
type EntityPage struct {
	Entities []Entity
	Next     string // where the next page begins; "" on the last
}

// SearchEntities finds entities of a blueprint.
// https://docs.port.io/api-reference/search-a-blueprints-entities
//
//api:operation POST /v1/blueprints/{blueprint_identifier}/entities/search
func (c *Client) SearchEntities(ctx context.Context, blueprint string, q EntityQuery) (EntityPage, error) {
	op := fmt.Sprintf("search entities of blueprint %q", blueprint)
	answer, err := call[struct {
		Entities rest.List[Entity]
		Next     string
	}](ctx, c, op, http.MethodPost, rest.Path("v1", "blueprints", blueprint, "entities", "search"), nil, struct {
		Query   any      `json:"query,omitempty"`
		Include []string `json:"include,omitempty"`
		Limit   int      `json:"limit,omitempty"`
		From    string   `json:"from,omitempty"`
	}{q.Filter, q.Include, max(0, min(q.Limit, MaxEntities)), q.From})
	if err != nil {
		return EntityPage{}, err
	}
	if answer.Entities.Items == nil {
		return EntityPage{}, newMissingError(op, http.StatusOK, "entities")
	}
	found := slices.DeleteFunc(answer.Entities.Items, func(e Entity) bool { return e.Identifier == "" })
	return EntityPage{Entities: found, Next: answer.Next}, nil
}
