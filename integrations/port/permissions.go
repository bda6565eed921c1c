package port

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"

	"foghorn/integrations/rest"
)

// Permissions say who may run an action. Without any of them only the role Admin may.
// https://docs.port.io/actions-and-automations/create-self-service-experiences/set-self-service-actions-rbac
type Permissions struct {
	Users       []string // e-mail addresses; some clients write ids
	Roles       []string // names
	Teams       []string // names
	OwnedByTeam bool     // of a DAY-2 or DELETE action: members of the entity's teams may run it
	HasPolicy   bool     // a policy decides instead of all others; only Port can evaluate it
}

// UnmarshalJSON reads the permissions to execute. It never fails: what cannot be read permits nothing.
func (p *Permissions) UnmarshalJSON(data []byte) error {
	var w struct {
		Users       json.RawMessage `json:"users"`
		Roles       json.RawMessage `json:"roles"`
		Teams       json.RawMessage `json:"teams"`
		OwnedByTeam json.RawMessage `json:"ownedByTeam"`
		Policy      json.RawMessage `json:"policy"`
	}
	_ = json.Unmarshal(data, &w) // see decode.go
	var policy struct {
		Conditions []json.RawMessage `json:"conditions"`
	}
	_ = json.Unmarshal(w.Policy, &policy)
	*p = Permissions{
		Users: nameList(w.Users), Roles: nameList(w.Roles), Teams: nameList(w.Teams),
		OwnedByTeam: string(w.OwnedByTeam) == "true", HasPolicy: len(policy.Conditions) > 0,
	}
	return nil
}

// GetExecutePermissions reads who may run an action.
// https://docs.port.io/api-reference/get-an-actions-permissions
//
//api:operation GET /v1/actions/{action_identifier}/permissions
func (c *Client) GetExecutePermissions(ctx context.Context, action string) (Permissions, error) {
	op := fmt.Sprintf("read permissions of action %q", action)
	type response struct {
		Permissions *struct{ Execute Permissions }
	}
	res, err := call[response](ctx, c, op, http.MethodGet, rest.Path("v1", "actions", action, "permissions"), nil, nil)
	if err == nil && res.Permissions == nil {
		err = newMissingError(op, http.StatusOK, "permissions")
	}
	if err != nil {
		return Permissions{}, err
	}
	return res.Permissions.Execute, nil
}
