package main

import (
	"context"
	"embed"
	"encoding/json"
	"fmt"
	"io"

	"foghorn/cmd/foghorn/demo/ui"
	"foghorn/integrations/port"
	"foghorn/manifests"
)

// definitionFiles are actions besides the guide's: how they ask, not what they call.
//
//go:embed definitions/*.json
var definitionFiles embed.FS

// services are what the catalog holds besides incidents.
var services = []string{"checkout", "payments", "search", "ledger", "login", "mailer"}

const serviceBlueprint = `{"identifier": "service", "title": "Service", "schema": {"properties": {}, "required": []}, "relations": {}}`

// seedPort sets Port up as foghorn apply does, and gives the actions that the bot can be run
// with. Each of them declares an incident, and has an automation that brings it to the catalog.
func (w *environment) seedPort(ctx context.Context) ([]ui.ActionDefinition, error) {
	cfg, err := w.loadConfig("apply")
	if err != nil {
		return nil, err
	}
	a := applyCmd{Yes: true}
	set, err := a.renderManifests(ctx, cfg, io.Discard)
	if err != nil {
		return nil, err
	}
	client := port.New(port.Config{BaseURL: cfg.PortBaseURL, ClientID: cfg.PortClientID, ClientSecret: cfg.PortClientSecret})
	defer client.Close()
	changes, err := a.planChanges(ctx, client, set, cfg.IncidentIOKey, io.Discard)
	if err != nil {
		return nil, err
	}
	if err := writeChanges(ctx, changes, io.Discard); err != nil {
		return nil, err
	}
	if err := w.port.PutBlueprint(json.RawMessage(serviceBlueprint)); err != nil {
		return nil, err
	}
	for _, s := range services {
		if err := w.port.PutEntity("service", json.RawMessage(fmt.Sprintf(`{"identifier": %q, "title": %q}`, s, s))); err != nil {
			return nil, err
		}
	}
	out := []ui.ActionDefinition{{ID: manifests.ActionID, Title: "Port's guide", Description: "as foghorn apply writes it", JSON: set.Action}}
	for _, name := range []string{"conditions", "steps", "entities"} {
		d, err := w.addAction(set, name)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		out = append(out, d)
	}
	return out, nil
}

// addAction puts one of definitionFiles into Port. It calls what the guide's action calls.
func (w *environment) addAction(set manifests.Set, name string) (ui.ActionDefinition, error) {
	text, err := definitionFiles.ReadFile("definitions/" + name + ".json")
	if err != nil {
		return ui.ActionDefinition{}, err
	}
	var guide, action, automation map[string]any
	for to, from := range map[*map[string]any]json.RawMessage{&guide: set.Action, &action: text, &automation: set.Automation} {
		if err := json.Unmarshal(from, to); err != nil {
			return ui.ActionDefinition{}, err
		}
	}
	id, title, about := action["identifier"].(string), action["title"].(string), action["description"].(string)
	action["invocationMethod"] = guide["invocationMethod"]
	automation["identifier"] = id + "_sync"
	automation["trigger"].(map[string]any)["event"].(map[string]any)["actionIdentifier"] = id
	raw, err := json.MarshalIndent(action, "", "  ")
	if err != nil {
		return ui.ActionDefinition{}, err
	}
	sync, err := json.Marshal(automation)
	if err != nil {
		return ui.ActionDefinition{}, err
	}
	if err := w.port.PutAction(raw); err != nil {
		return ui.ActionDefinition{}, err
	}
	return ui.ActionDefinition{ID: id, Title: title, Description: about, JSON: raw}, w.port.PutAction(sync)
}
