package porttest

import (
	"encoding/json"
	"maps"
	"time"
)

// An action is an action or an automation. The fields are those that the emulator uses; raw is
// the whole definition, as the API returns it. A stored action is replaced, never changed.
// https://docs.port.io/api-reference/create-an-action-automation
type action struct {
	Identifier       string           `json:"identifier"`
	Title            string           `json:"title"`
	Icon             string           `json:"icon"`
	Publish          bool             `json:"publish"`
	Trigger          trigger          `json:"trigger"`
	InvocationMethod invocationMethod `json:"invocationMethod"`
	RequiredApproval any              `json:"requiredApproval"` // a boolean, or an object with a type

	raw map[string]any
}

type trigger struct {
	Type       string      `json:"type"`      // "self-service" or "automation"
	Operation  string      `json:"operation"` // of a self-service action
	Blueprint  string      `json:"blueprintIdentifier"`
	UserInputs userInputs  `json:"userInputs"`
	Event      eventFilter `json:"event"`     // of an automation
	Condition  condition   `json:"condition"` // of an automation
}

type userInputs struct {
	Properties map[string]property `json:"properties"`
	Required   any                 `json:"required"` // a list of names, or {jqQuery}
}

// An eventFilter selects the events that start an automation.
type eventFilter struct {
	Type      string `json:"type"`
	Action    string `json:"actionIdentifier"`
	Blueprint string `json:"blueprintIdentifier"`
}

// A condition is the JQ condition of an automation.
type condition struct {
	Expressions []string `json:"expressions"`
	Combinator  string   `json:"combinator"`
}

// An invocationMethod is a backend. Values of type any are templates.
type invocationMethod struct {
	Type string `json:"type"`

	// WEBHOOK
	URL          any `json:"url"`
	Method       any `json:"method"`
	Headers      any `json:"headers"`
	Body         any `json:"body"`
	Synchronized any `json:"synchronized"`
	Agent        any `json:"agent"`

	// UPSERT_ENTITY
	Blueprint string `json:"blueprintIdentifier"`
	Mapping   any    `json:"mapping"`
}

// A blueprint is the type of an entity; raw is the whole definition, as the API returns it.
// A stored blueprint is replaced, never changed.
type blueprint struct {
	Identifier string `json:"identifier"`
	Title      string `json:"title"`
	Icon       string `json:"icon"`
	Schema     struct {
		Properties map[string]property `json:"properties"`
		Required   []string            `json:"required"`
	} `json:"schema"`
	Relations map[string]struct {
		Target   string `json:"target"`
		Required bool   `json:"required"`
		Many     bool   `json:"many"`
	} `json:"relations"`
	MirrorProperties map[string]struct {
		Path string `json:"path"`
	} `json:"mirrorProperties"`
	CalculationProperties map[string]struct {
		Calculation string `json:"calculation"`
	} `json:"calculationProperties"`

	raw map[string]any
}

// A property is an input of an action or a property of a blueprint; raw has all its keys.
type property struct {
	Format     string    `json:"format"`
	Blueprint  string    `json:"blueprint"` // with the format "entity"
	Default    any       `json:"default"`
	Encryption any       `json:"encryption"`
	Items      *property `json:"items"`

	raw map[string]any
}

// UnmarshalJSON accepts every value: a field of another type stays zero.
func (p *property) UnmarshalJSON(data []byte) error {
	type fields property // without this method
	_ = json.Unmarshal(data, (*fields)(p))
	_ = json.Unmarshal(data, &p.raw)
	return nil
}

// parseAction reads a definition. Fields of an unexpected type stay zero, because
// PutActionUnchecked accepts every definition. In the old style, the trigger is the operation, and what is in the
// trigger today is beside it.
func parseAction(raw map[string]any) *action {
	a := convertJSON[action](raw)
	a.raw = raw
	if operation, ok := raw["trigger"].(string); ok {
		a.Trigger = convertJSON[trigger](raw)
		a.Trigger.Type, a.Trigger.Operation, a.Trigger.Blueprint = "self-service", operation, toText(raw["blueprint"])
	}
	return &a
}

func parseBlueprint(raw map[string]any) *blueprint {
	b := convertJSON[blueprint](raw)
	b.raw = raw
	return &b
}

// The API shows the whole definitions.
func (a *action) MarshalJSON() ([]byte, error)    { return json.Marshal(a.raw) }
func (b *blueprint) MarshalJSON() ([]byte, error) { return json.Marshal(b.raw) }

// definitionOf returns the whole definition that a store has.
func definitionOf[T any](definitions store[T], id string) (json.RawMessage, bool) {
	found, err := definitions.find(id)
	if err != nil {
		return nil, false
	}
	data, err := json.Marshal(found)
	return data, err == nil
}

// stampDefinition copies a definition to stamped, and adds the audit fields that Port adds. old is the definition that
// it replaces, or has none of these fields.
func (s *Server) stampDefinition(stamped, raw, old map[string]any) {
	maps.Copy(stamped, raw)
	now := formatTime(time.Now())
	stamped["createdAt"], stamped["updatedAt"] = now, now
	stamped["createdBy"], stamped["updatedBy"] = s.clientUserID(), s.clientUserID()
	if old["createdAt"] != nil {
		stamped["createdAt"], stamped["createdBy"] = old["createdAt"], old["createdBy"]
	}
}
