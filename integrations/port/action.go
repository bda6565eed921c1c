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
	Identifier       string
	Title            string
	Trigger          string // self-service or automation
	Published        bool
	RequiresApproval bool
	Raw              json.RawMessage // the whole definition as Port gave it
}

// UnmarshalJSON reads the members that Foghorn needs and keeps the whole. It never fails:
// what is no action has no Identifier.
func (a *Action) UnmarshalJSON(data []byte) error {
	var w struct {
		Identifier string `json:"identifier"`
		Title      string `json:"title"`
		Trigger    struct {
			Type string `json:"type"`
		} `json:"trigger"`
		Publish          json.RawMessage `json:"publish"`
		RequiredApproval json.RawMessage `json:"requiredApproval"`
	}
	_ = json.Unmarshal(data, &w)
	*a = Action{
		Identifier: w.Identifier, Title: w.Title, Trigger: w.Trigger.Type,
		Published:        string(w.Publish) != "false",
		RequiresApproval: parseBool(w.RequiredApproval),
		Raw:              append(json.RawMessage(nil), data...),
	}
	return nil
}

// GetAction reads an action or automation.
// https://docs.port.io/api-reference/get-an-actionautomation
//
//api:operation GET /v1/actions/{action_identifier}
func (c *Client) GetAction(ctx context.Context, id string) (Action, error) {
	op := fmt.Sprintf("read action %q", id)
	answer, err := call[struct{ Action Action }](ctx, c, op, http.MethodGet, rest.Path("v1", "actions", id), nil, nil)
	if err != nil {
		return Action{}, err
	}
	if answer.Action.Identifier == "" {
		return Action{}, newMissingError(op, http.StatusOK, "action")
	}
	return answer.Action, nil
}

// ListActions lists all self-service actions and automations.
// https://docs.port.io/api-reference/get-actionsautomations
//
//api:operation GET /v1/actions
func (c *Client) ListActions(ctx context.Context) ([]Action, error) {
	const op = "list actions"
	answer, err := call[struct{ Actions rest.List[Action] }](ctx, c, op, http.MethodGet, rest.Path("v1", "actions"), v2(), nil)
	if err != nil {
		return nil, err
	}
	if answer.Actions.Items == nil {
		return nil, newMissingError(op, http.StatusOK, "actions")
	}
	return slices.DeleteFunc(answer.Actions.Items, func(a Action) bool { return a.Identifier == "" }), nil
}

// CreateAction creates the action or automation of a definition. Port refuses members that
// it does not know, its own audit members too: see [StripAudit].
// https://docs.port.io/api-reference/create-an-actionautomation
//
//api:operation POST /v1/actions
func (c *Client) CreateAction(ctx context.Context, definition json.RawMessage) (Action, error) {
	op := fmt.Sprintf("create action %q", definitionIdentifier(definition))
	answer, err := call[struct{ Action Action }](ctx, c, op, http.MethodPost, rest.Path("v1", "actions"), nil, definition)
	return answer.Action, err
}

// UpdateAction replaces the definition of an action or automation.
// https://docs.port.io/api-reference/change-an-actionautomation
//
//api:operation PUT /v1/actions/{action_identifier}
func (c *Client) UpdateAction(ctx context.Context, id string, definition json.RawMessage) (Action, error) {
	op := fmt.Sprintf("update action %q", id)
	answer, err := call[struct{ Action Action }](ctx, c, op, http.MethodPut, rest.Path("v1", "actions", id), nil, definition)
	return answer.Action, err
}

// DeleteAction deletes an action or automation.
// https://docs.port.io/api-reference/delete-an-actionautomation
//
//api:operation DELETE /v1/actions/{action_identifier}
func (c *Client) DeleteAction(ctx context.Context, id string) error {
	op := fmt.Sprintf("delete action %q", id)
	_, err := call[rest.Empty](ctx, c, op, http.MethodDelete, rest.Path("v1", "actions", id), nil, nil)
	return err
}

// Permissions say who may run an action and who approves it.
// https://docs.port.io/actions-and-automations/create-self-service-experiences/set-self-service-actions-rbac
type Permissions struct {
	Execute Grant `json:"execute"`
	Approve Grant `json:"approve"`
}

// A Grant is a list of those who may. With a Policy, that alone decides.
type Grant struct {
	Users       []string        `json:"users"`
	Roles       []string        `json:"roles"`
	Teams       []string        `json:"teams"`
	OwnedByTeam bool            `json:"ownedByTeam"`
	Policy      json.RawMessage `json:"policy"` // nil or null: none
}

// ActionPermissions reads who may run an action.
// https://docs.port.io/api-reference/get-an-actions-permissions
//
//api:operation GET /v1/actions/{action_identifier}/permissions
func (c *Client) ActionPermissions(ctx context.Context, id string) (Permissions, error) {
	op := fmt.Sprintf("read permissions of action %q", id)
	answer, err := call[struct{ Permissions *Permissions }](ctx, c, op, http.MethodGet, rest.Path("v1", "actions", id, "permissions"), nil, nil)
	if err != nil {
		return Permissions{}, err
	}
	if answer.Permissions == nil {
		return Permissions{}, newMissingError(op, http.StatusOK, "permissions")
	}
	return *answer.Permissions, nil
}
