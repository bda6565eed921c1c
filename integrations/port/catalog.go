package port

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"

	"foghorn/integrations/rest"
)

// Catalog changes entities, and reads what is known about where they come from. Make one with NewCatalog.
type Catalog struct{ client *Client }

// NewCatalog returns the calls about the catalog of a Client.
func NewCatalog(c *Client) Catalog { return Catalog{c} }

// An EntityChange is what UpdateEntity changes. What it does not contain stays as it is.
type EntityChange struct {
	Title      string         `json:"title,omitempty"`      // "": unchanged
	Properties map[string]any `json:"properties,omitempty"` // nil as a value removes the value of the property
}

// UpdateEntity changes single members of an entity that exists. Port rejects a value that the blueprint does not allow,
// and then changes nothing; an entity that does not exist is not created. The same change twice is the same as once.
// https://docs.port.io/api-reference/update-an-entity
//
//api:operation PATCH /v1/blueprints/{blueprint_identifier}/entities/{entity_identifier}
func (c Catalog) UpdateEntity(ctx context.Context, blueprint, id string, change EntityChange) error {
	op := fmt.Sprintf("update entity %q of blueprint %q", id, blueprint)
	path := rest.Path("v1", "blueprints", blueprint, "entities", id)
	_, err := call[struct{}](ctx, c.client, op, http.MethodPatch, path, nil, change)
	return err
}

// A Property is what a blueprint says about a property of its entities.
type Property struct {
	Type     string   // such as string
	Format   string   // such as url; "": none
	Enum     []string // the values that are allowed; nil: all
	Required bool
}

// ListProperties lists the properties of a blueprint by their names. Calculated, mirrored and aggregated ones, which
// cannot be written, are not among them.
func (c Catalog) ListProperties(ctx context.Context, blueprint string) (map[string]Property, error) {
	b, err := c.client.Definitions().GetBlueprint(ctx, blueprint)
	if err != nil {
		return nil, err
	}
	var w struct {
		Schema struct {
			Properties map[string]json.RawMessage `json:"properties"`
			Required   json.RawMessage            `json:"required"`
		} `json:"schema"`
	}
	_ = json.Unmarshal(b.Raw, &w) // see decode.go
	required := stringList(w.Schema.Required)
	properties := make(map[string]Property, len(w.Schema.Properties))
	for name, raw := range w.Schema.Properties {
		var p struct {
			Type   json.RawMessage `json:"type"`
			Format json.RawMessage `json:"format"`
			Enum   json.RawMessage `json:"enum"`
		}
		_ = json.Unmarshal(raw, &p)
		properties[name] = Property{
			Type: parseString(p.Type), Format: parseString(p.Format), Enum: stringList(p.Enum), Required: slices.Contains(required, name),
		}
	}
	return properties, nil
}

// An Integration imports data of another service into Port.
type Integration struct {
	Identifier string          // the id of the installation, which people chose; else the one of Port
	Raw        json.RawMessage // the whole integration as Port sent it, with its mapping
}

// UnmarshalJSON reads an integration. It never fails.
func (i *Integration) UnmarshalJSON(data []byte) error {
	var w struct {
		Identifier   string `json:"identifier"`
		Installation string `json:"installationId"`
	}
	_ = json.Unmarshal(data, &w) // see decode.go
	*i = Integration{Identifier: w.Identifier, Raw: slices.Clone(data)}
	if w.Installation != "" {
		i.Identifier = w.Installation
	}
	return nil
}

// ListIntegrations lists the integrations of the organization. The credentials need the role Moderator or Admin.
// https://docs.port.io/api-reference/get-all-integrations
//
//api:operation GET /v1/integration
func (c Catalog) ListIntegrations(ctx context.Context) ([]Integration, error) {
	const op = "list integrations"
	res, err := call[struct{ Integrations rest.List[Integration] }](ctx, c.client, op, http.MethodGet, rest.Path("v1", "integration"), nil, nil)
	if err == nil && res.Integrations.Items == nil {
		err = newMissingError(op, http.StatusOK, "integrations")
	}
	return res.Integrations.Items, err
}
