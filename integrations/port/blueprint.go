package port

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"

	"foghorn/integrations/rest"
)

// A Blueprint is the shape of a kind of entity.
type Blueprint struct {
	Identifier string
	Title      string
	Raw        json.RawMessage // the whole definition as Port gave it
}

// UnmarshalJSON reads the members that Foghorn needs and keeps the whole. It never fails:
// what is no blueprint has no Identifier.
func (b *Blueprint) UnmarshalJSON(data []byte) error {
	var w struct {
		Identifier string `json:"identifier"`
		Title      string `json:"title"`
	}
	_ = json.Unmarshal(data, &w)
	*b = Blueprint{Identifier: w.Identifier, Title: w.Title, Raw: append(json.RawMessage(nil), data...)}
	return nil
}

// GetBlueprint reads a blueprint.
// https://docs.port.io/api-reference/get-a-blueprint
//
//api:operation GET /v1/blueprints/{identifier}
func (c *Client) GetBlueprint(ctx context.Context, id string) (Blueprint, error) {
	op := fmt.Sprintf("read blueprint %q", id)
	return c.callBlueprint(ctx, op, http.MethodGet, rest.Path("v1", "blueprints", id), nil)
}

// CreateBlueprint creates the blueprint of a definition. Port adds a page for it to the catalog.
// https://docs.port.io/api-reference/create-a-blueprint
//
//api:operation POST /v1/blueprints
func (c *Client) CreateBlueprint(ctx context.Context, definition json.RawMessage) (Blueprint, error) {
	op := fmt.Sprintf("create blueprint %q", definitionIdentifier(definition))
	return c.callBlueprint(ctx, op, http.MethodPost, rest.Path("v1", "blueprints"), definition)
}

// UpdateBlueprint replaces the definition of a blueprint.
// https://docs.port.io/api-reference/change-a-blueprint
//
//api:operation PUT /v1/blueprints/{identifier}
func (c *Client) UpdateBlueprint(ctx context.Context, id string, definition json.RawMessage) (Blueprint, error) {
	op := fmt.Sprintf("update blueprint %q", id)
	return c.callBlueprint(ctx, op, http.MethodPut, rest.Path("v1", "blueprints", id), definition)
}

// PatchBlueprint changes the members of a blueprint that the definition has.
// https://docs.port.io/api-reference/update-a-blueprint
//
//api:operation PATCH /v1/blueprints/{identifier}
func (c *Client) PatchBlueprint(ctx context.Context, id string, definition json.RawMessage) (Blueprint, error) {
	op := fmt.Sprintf("patch blueprint %q", id)
	return c.callBlueprint(ctx, op, http.MethodPatch, rest.Path("v1", "blueprints", id), definition)
}

func (c *Client) callBlueprint(ctx context.Context, op, method, path string, definition json.RawMessage) (Blueprint, error) {
	var body any
	if definition != nil {
		body = definition
	}
	answer, err := call[struct{ Blueprint Blueprint }](ctx, c, op, method, path, nil, body)
	if err == nil && method == http.MethodGet && answer.Blueprint.Identifier == "" {
		err = newMissingError(op, http.StatusOK, "blueprint")
	}
	return answer.Blueprint, err
}

// definitionIdentifier is that of a definition.
func definitionIdentifier(definition json.RawMessage) string {
	return parseIdentifier(definition)
}

// StripAudit returns a definition without the members that Port adds to it and refuses to
// take back: who made it and when, and Port's own id. It compares equal to what was sent
// when nothing else differs. Members come out sorted by name.
func StripAudit(definition json.RawMessage) (json.RawMessage, error) {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(definition, &members); err != nil {
		return nil, fmt.Errorf("read a definition: %w", err)
	}
	for _, audit := range []string{"createdAt", "updatedAt", "createdBy", "updatedBy", "id"} {
		delete(members, audit)
	}
	return json.Marshal(members)
}
