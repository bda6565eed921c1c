// Package manifests contains the definitions that "foghorn apply" writes to Port: the blueprint, the action and the
// automation of Port's guide "Create an incident.io incident". [Guide] returns them unchanged; [Render] adapts them to
// an incident.io organization. README.md explains each adaptation.
package manifests

import (
	"embed"
	"encoding/json"
)

//go:embed blueprint.json action.json automation.json
var files embed.FS

// Identifiers of the definitions in Port.
const (
	BlueprintID  = "incidentIOIncident"
	ActionID     = "create_incident_io_incident_webhook"
	AutomationID = "incident_io_incident_sync_status"
	WebhookID    = "foghorn_run_updated"
	SecretName   = "INCIDENT_IO_API_KEY"
)

// Set is the definitions that Port needs to declare incidents and to record them in its catalog.
type Set struct {
	Blueprint  json.RawMessage // blueprint of the incidents in the catalog
	Action     json.RawMessage // self-service action that declares an incident
	Automation json.RawMessage // upserts the catalog entity of a declared incident
	Webhook    json.RawMessage // automation that calls the bot when a run changes; nil without Options.BotURL
}

// Guide returns the definitions of the guide, unchanged.
// https://docs.port.io/guides/all/create-incident-io-incident/
func Guide() Set {
	return Set{Blueprint: readEmbedded("blueprint.json"), Action: readEmbedded("action.json"), Automation: readEmbedded("automation.json")}
}

func readEmbedded(name string) json.RawMessage {
	data, err := files.ReadFile(name)
	if err != nil {
		panic(err) // the file is embedded
	}
	return data
}
