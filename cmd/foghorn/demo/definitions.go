package demo

import (
	"context"
	"embed"
	"encoding/json"
	"errors"
	"fmt"

	"foghorn/cmd/foghorn/demo/sandbox"
	"foghorn/cmd/foghorn/demo/ui"
	"foghorn/manifests"
)

// definitionFiles are the demo's own actions: those that run services, and those that declare incidents with other forms
// than the guide's. The latter have no invocationMethod: addIncidentAction copies the guide's.
//
//go:embed definitions/*.json
var definitionFiles embed.FS

// services are entities of the catalog, for which actions are run.
var services = []string{"checkout", "payments", "search", "ledger", "login", "mailer"}

const serviceBlueprint = `{"identifier": "service", "title": "Service", "schema": {"properties": {}, "required": []}, "relations": {}}`

// seedPort applies the guide, adds services and the actions of definitionFiles, and returns the actions that the page
// offers for /incident. Each of them declares an incident and has an automation that upserts its entity.
func seedPort(ctx context.Context, cfg Config, s *sandbox.Sandbox, settings map[string]string) ([]ui.ActionDefinition, error) {
	set, err := cfg.Apply(ctx, settings)
	if err != nil {
		return nil, fmt.Errorf("prepare Port: %w", err)
	}
	if err := s.Port.PutBlueprint(json.RawMessage(serviceBlueprint)); err != nil {
		return nil, err
	}
	for _, name := range services {
		if err := s.Port.PutEntity("service", json.RawMessage(fmt.Sprintf(`{"identifier": %q, "title": %[1]q}`, name))); err != nil {
			return nil, err
		}
	}
	definitions := []ui.ActionDefinition{{ID: manifests.ActionID, Title: "Port's guide", Description: "as foghorn apply writes it", JSON: set.Action}}
	for _, name := range []string{"conditions", "steps", "entities"} {
		d, err := addIncidentAction(s, set, name)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		definitions = append(definitions, d)
	}
	return definitions, nil
}

// addServiceActions writes the actions that run services. Only members of the team Platform may restart one, and Bob can
// approve access to a database.
func addServiceActions(s *sandbox.Sandbox) error {
	for _, name := range []string{"deploy", "restart", "access", "service"} {
		text, err := definitionFiles.ReadFile("definitions/" + name + ".json")
		if err == nil {
			err = s.Port.PutAction(text)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return errors.Join(
		s.Port.AddUser(sandbox.UserEmail, "Platform"),
		s.Port.SetExecutePermissions("restart_service", `{"teams": ["Platform"]}`), s.Port.SetApprovers("grant_database_access", bobEmail),
	)
}

// addIncidentAction writes one of definitionFiles to Port, with the invocation of the guide's action and a copy of its
// automation.
func addIncidentAction(s *sandbox.Sandbox, set manifests.Set, name string) (ui.ActionDefinition, error) {
	text, err := definitionFiles.ReadFile("definitions/" + name + ".json")
	if err != nil {
		return ui.ActionDefinition{}, err
	}
	var guide, action, automation map[string]any
	for target, data := range map[*map[string]any]json.RawMessage{&guide: set.Action, &action: text, &automation: set.Automation} {
		if err := json.Unmarshal(data, target); err != nil {
			return ui.ActionDefinition{}, err
		}
	}
	id, title, about := action["identifier"].(string), action["title"].(string), action["description"].(string)
	action["invocationMethod"] = guide["invocationMethod"]
	automation["identifier"] = id + "_sync"
	automation["trigger"].(map[string]any)["event"].(map[string]any)["actionIdentifier"] = id
	actionJSON, err := json.MarshalIndent(action, "", "  ")
	if err != nil {
		return ui.ActionDefinition{}, err
	}
	automationJSON, err := json.Marshal(automation)
	if err != nil {
		return ui.ActionDefinition{}, err
	}
	if err := s.Port.PutAction(actionJSON); err != nil {
		return ui.ActionDefinition{}, err
	}
	return ui.ActionDefinition{ID: id, Title: title, Description: about, JSON: actionJSON}, s.Port.PutAction(automationJSON)
}
