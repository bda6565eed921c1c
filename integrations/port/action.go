package port

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"

	"foghorn/integrations/rest"
)

// An Action is a self-service action or an automation.
type Action struct {
	Identifier string
	Title      string
	Trigger    string          // self-service or automation
	Published  bool            // drafts are not
	Blueprint  string          // identifier; of the entity of a DAY-2 or DELETE action
	Raw        json.RawMessage // the whole definition as Port sent it
}

// UnmarshalJSON reads a definition. It never fails: a value that is not an action has no Identifier.
func (a *Action) UnmarshalJSON(data []byte) error {
	var w struct {
		Identifier string `json:"identifier"`
		Title      string `json:"title"`
		Trigger    struct {
			Type      string          `json:"type"`
			Blueprint json.RawMessage `json:"blueprintIdentifier"`
		} `json:"trigger"`
		Publish json.RawMessage `json:"publish"`
	}
	_ = json.Unmarshal(data, &w) // see decode.go
	*a = Action{
		Identifier: w.Identifier, Title: w.Title, Trigger: w.Trigger.Type, Published: string(w.Publish) != "false",
		Blueprint: parseString(w.Trigger.Blueprint),
		Raw:       slices.Clone(data),
	}
	return nil
}

// GetAction reads an action or automation.
// https://docs.port.io/api-reference/get-an-actionautomation
//
//api:operation GET /v1/actions/{action_identifier}
func (c *Client) GetAction(ctx context.Context, id string) (Action, error) {
	op := fmt.Sprintf("read action %q", id)
	res, err := call[struct{ Action Action }](ctx, c, op, http.MethodGet, rest.Path("v1", "actions", id), nil, nil)
	if err == nil && res.Action.Identifier == "" {
		err = newMissingError(op, http.StatusOK, "action")
	}
	return res.Action, err
}

// ListActions lists all self-service actions and automations.
// https://docs.port.io/api-reference/get-actionsautomations
//
//api:operation GET /v1/actions
func (d Definitions) ListActions(ctx context.Context) ([]Action, error) {
	const op = "list actions"
	res, err := call[struct{ Actions rest.List[Action] }](ctx, d.client, op, http.MethodGet, rest.Path("v1", "actions"), v2(), nil)
	if err == nil && res.Actions.Items == nil {
		err = newMissingError(op, http.StatusOK, "actions")
	}
	return slices.DeleteFunc(res.Actions.Items, func(a Action) bool { return a.Identifier == "" }), err
}

// A ListedAction is what a list shows of an action. It is small: an organization can have a thousand.
type ListedAction struct {
	Identifier  string
	Title       string
	Description string
	Blueprint   string // identifier
	Trigger     string // self-service or automation; "" in definitions of the old form
	Published   bool
}

// UnmarshalJSON reads a definition. It never fails: a value that is not an action has no Identifier.
func (a *ListedAction) UnmarshalJSON(data []byte) error {
	var w struct {
		Identifier  json.RawMessage `json:"identifier"`
		Title       json.RawMessage `json:"title"`
		Description json.RawMessage `json:"description"`
		Trigger     json.RawMessage `json:"trigger"`
		Publish     json.RawMessage `json:"publish"`
	}
	_ = json.Unmarshal(data, &w) // see decode.go
	var trigger struct {
		Type      json.RawMessage `json:"type"`
		Blueprint json.RawMessage `json:"blueprintIdentifier"`
	}
	_ = json.Unmarshal(w.Trigger, &trigger)
	*a = ListedAction{
		Identifier: parseString(w.Identifier), Title: parseString(w.Title), Description: parseString(w.Description),
		Blueprint: parseString(trigger.Blueprint), Trigger: parseString(trigger.Type), Published: string(w.Publish) != "false",
	}
	return nil
}

// ListSelfServiceActions lists the self-service actions, also those that are not published.
// https://docs.port.io/api-reference/get-actionsautomations
//
//api:operation GET /v1/actions
func (d Definitions) ListSelfServiceActions(ctx context.Context) ([]ListedAction, error) {
	const op = "list self-service actions"
	query := v2()
	query.Set("trigger_type", "self-service")
	res, err := call[struct{ Actions rest.List[ListedAction] }](ctx, d.client, op, http.MethodGet, rest.Path("v1", "actions"), query, nil)
	if err == nil && res.Actions.Items == nil {
		err = newMissingError(op, http.StatusOK, "actions")
	}
	return slices.DeleteFunc(res.Actions.Items, func(a ListedAction) bool { return a.Identifier == "" || a.Trigger == "automation" }), err
}
