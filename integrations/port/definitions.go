package port

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"

	"foghorn/integrations/rest"
)

// Definitions reads and writes what is set up once in an organization: actions, automations, blueprints and secrets.
// Client.Definitions returns it.
type Definitions struct{ client *Client }

// Definitions returns the calls that set up an organization.
func (c *Client) Definitions() Definitions { return Definitions{c} }

// CreateAction creates an action or automation from a definition. Port refuses members that it does not know, also the
// audit members that it adds itself: see [StripAudit].
// https://docs.port.io/api-reference/create-an-actionautomation
//
//api:operation POST /v1/actions
func (d Definitions) CreateAction(ctx context.Context, definition json.RawMessage) (Action, error) {
	op := fmt.Sprintf("create action %q", parseIdentifier(definition))
	res, err := call[struct{ Action Action }](ctx, d.client, op, http.MethodPost, rest.Path("v1", "actions"), nil, definition)
	return res.Action, err
}

// UpdateAction replaces the definition of an action or automation.
// https://docs.port.io/api-reference/change-an-actionautomation
//
//api:operation PUT /v1/actions/{action_identifier}
func (d Definitions) UpdateAction(ctx context.Context, id string, definition json.RawMessage) (Action, error) {
	op := fmt.Sprintf("update action %q", id)
	res, err := call[struct{ Action Action }](ctx, d.client, op, http.MethodPut, rest.Path("v1", "actions", id), nil, definition)
	return res.Action, err
}

// A Blueprint is the schema of a kind of entity.
type Blueprint struct {
	Identifier string
	Title      string
	Raw        json.RawMessage // the whole definition as Port sent it
}

// UnmarshalJSON reads a definition. It never fails: a value that is not a blueprint has no Identifier.
func (b *Blueprint) UnmarshalJSON(data []byte) error {
	var w struct {
		Identifier string `json:"identifier"`
		Title      string `json:"title"`
	}
	_ = json.Unmarshal(data, &w) // see decode.go
	*b = Blueprint{Identifier: w.Identifier, Title: w.Title, Raw: slices.Clone(data)}
	return nil
}

// GetBlueprint reads a blueprint.
// https://docs.port.io/api-reference/get-a-blueprint
//
//api:operation GET /v1/blueprints/{identifier}
func (d Definitions) GetBlueprint(ctx context.Context, id string) (Blueprint, error) {
	op := fmt.Sprintf("read blueprint %q", id)
	res, err := call[struct{ Blueprint Blueprint }](ctx, d.client, op, http.MethodGet, rest.Path("v1", "blueprints", id), nil, nil)
	if err == nil && res.Blueprint.Identifier == "" {
		err = newMissingError(op, http.StatusOK, "blueprint")
	}
	return res.Blueprint, err
}

// CreateBlueprint creates a blueprint from a definition. Port adds a page for it to the catalog.
// https://docs.port.io/api-reference/create-a-blueprint
//
//api:operation POST /v1/blueprints
func (d Definitions) CreateBlueprint(ctx context.Context, definition json.RawMessage) (Blueprint, error) {
	op := fmt.Sprintf("create blueprint %q", parseIdentifier(definition))
	res, err := call[struct{ Blueprint Blueprint }](ctx, d.client, op, http.MethodPost, rest.Path("v1", "blueprints"), nil, definition)
	return res.Blueprint, err
}

// UpdateBlueprint replaces the definition of a blueprint.
// https://docs.port.io/api-reference/change-a-blueprint
//
//api:operation PUT /v1/blueprints/{identifier}
func (d Definitions) UpdateBlueprint(ctx context.Context, id string, definition json.RawMessage) (Blueprint, error) {
	op := fmt.Sprintf("update blueprint %q", id)
	res, err := call[struct{ Blueprint Blueprint }](ctx, d.client, op, http.MethodPut, rest.Path("v1", "blueprints", id), nil, definition)
	return res.Blueprint, err
}

// StripAudit returns a definition without the members that Port adds and does not accept back: who changed it, when,
// and Port's own id. The other members are unchanged, sorted by name.
func StripAudit(definition json.RawMessage) (json.RawMessage, error) {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(definition, &members); err != nil {
		return nil, fmt.Errorf("decode definition: %w", err)
	}
	for _, audit := range []string{"createdAt", "updatedAt", "createdBy", "updatedBy", "id"} {
		delete(members, audit)
	}
	return json.Marshal(members)
}
