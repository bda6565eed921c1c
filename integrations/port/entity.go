package port

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"

	"foghorn/integrations/rest"
)

// maxEntities is the most entities in one response to a search.
// https://docs.port.io/api-reference/search-a-blueprints-entities
const maxEntities = 1000

// An Entity is an item of the catalog.
type Entity struct {
	Identifier string
	Title      string
	Teams      []string
	Raw        json.RawMessage // the whole entity as Port sent it
}

// UnmarshalJSON reads an entity. It never fails: a value that is not an entity has no Identifier.
func (e *Entity) UnmarshalJSON(data []byte) error {
	var w struct {
		Identifier string          `json:"identifier"`
		Title      string          `json:"title"`
		Team       json.RawMessage `json:"team"`
	}
	_ = json.Unmarshal(data, &w) // see decode.go
	*e = Entity{Identifier: w.Identifier, Title: w.Title, Teams: stringList(w.Team), Raw: slices.Clone(data)}
	return nil
}

// GetEntity reads an entity.
// https://docs.port.io/api-reference/get-an-entity
//
//api:operation GET /v1/blueprints/{blueprint_identifier}/entities/{entity_identifier}
func (c *Client) GetEntity(ctx context.Context, blueprint, id string) (Entity, error) {
	op := fmt.Sprintf("read entity %q of blueprint %q", id, blueprint)
	path := rest.Path("v1", "blueprints", blueprint, "entities", id)
	res, err := call[struct{ Entity Entity }](ctx, c, op, http.MethodGet, path, nil, nil)
	if err == nil && res.Entity.Identifier == "" {
		err = newMissingError(op, http.StatusOK, "entity")
	}
	return res.Entity, err
}

// An EntityQuery selects entities. Its zero value selects all.
type EntityQuery struct {
	Filter  any      // in Port's search language, encoded as JSON; nil: all. https://docs.port.io/search-and-query
	Include []string // members and properties to return; nil: all
	Limit   int      // per page, at most 1000; 0: Port's own limit, 200
	From    string   // EntityPage.Next of the page before; "": the first page
}

// An EntityPage is one page of a search result.
type EntityPage struct {
	Entities []Entity
	Next     string // EntityQuery.From of the next page; "": this is the last
}

// SearchEntities searches the entities of a blueprint.
// https://docs.port.io/api-reference/search-a-blueprints-entities
//
//api:operation POST /v1/blueprints/{blueprint_identifier}/entities/search
func (c *Client) SearchEntities(ctx context.Context, blueprint string, q EntityQuery) (EntityPage, error) {
	op := fmt.Sprintf("search entities of blueprint %q", blueprint)
	path := rest.Path("v1", "blueprints", blueprint, "entities", "search")
	res, err := call[struct {
		Entities rest.List[Entity]
		Next     string
	}](ctx, c, op, http.MethodPost, path, nil, struct {
		Query   any      `json:"query,omitempty"`
		Include []string `json:"include,omitempty"`
		Limit   int      `json:"limit,omitempty"`
		From    string   `json:"from,omitempty"`
	}{q.Filter, q.Include, max(0, min(q.Limit, maxEntities)), q.From})
	if err == nil && res.Entities.Items == nil {
		err = newMissingError(op, http.StatusOK, "entities")
	}
	entities := slices.DeleteFunc(res.Entities.Items, func(e Entity) bool { return e.Identifier == "" })
	return EntityPage{Entities: entities, Next: res.Next}, err
}
