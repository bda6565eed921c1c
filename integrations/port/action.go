package port

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"

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

// UnmarshalJSON reads the members that Foghorn needs and keeps the whole.
func (a *Action) UnmarshalJSON(data []byte) error {
	var w struct {
		Identifier       json.RawMessage `json:"identifier"`
		Title            json.RawMessage `json:"title"`
		Trigger          json.RawMessage `json:"trigger"`
		Publish          json.RawMessage `json:"publish"`
		RequiredApproval json.RawMessage `json:"requiredApproval"`
	}
	if err := json.Unmarshal(data, &w); err != nil {
		return err
	}
	var trigger struct {
		Type json.RawMessage `json:"type"`
	}
	_ = json.Unmarshal(w.Trigger, &trigger)
	*a = Action{
		Identifier: text(w.Identifier), Title: text(w.Title), Trigger: text(trigger.Type),
		Published:        string(w.Publish) != "false",
		RequiresApproval: flag(w.RequiredApproval),
		Raw:              append(json.RawMessage(nil), data...),
	}
	return nil
}

// Action reads an action or automation.
// https://docs.port.io/api-reference/get-an-actionautomation
//
//api:operation GET /v1/actions/{action_identifier}
func (c *Client) Action(ctx context.Context, id string) (Action, error) {
	op := fmt.Sprintf("read action %q", id)
	answer, err := call[struct{ Action Action }](ctx, c, op, http.MethodGet, rest.Path("v1", "actions", id), nil, nil)
	if err != nil {
		return Action{}, err
	}
	if answer.Action.Identifier == "" {
		return Action{}, missing(op, http.StatusOK, "action")
	}
	return answer.Action, nil
}
