// Package manifests holds what Foghorn sets up in Port: the definitions of Port's guide
// "Create an incident.io incident", as data, and how they are adapted to an organisation.
package manifests

import (
	"embed"
	"encoding/json"
)

//go:embed blueprint.json action.json automation.json
var files embed.FS

// Names that the definitions use.
const (
	BlueprintID  = "incidentIOIncident"
	ActionID     = "create_incident_io_incident_webhook"
	AutomationID = "incident_io_incident_sync_status"
	WebhookID    = "foghorn_run_updated"
	SecretName   = "INCIDENT_IO_API_KEY"
)

// A Set is what Port needs to declare incidents and to keep them in its catalog.
type Set struct {
	Blueprint  json.RawMessage // of the incidents in the catalog
	Action     json.RawMessage // declares an incident
	Automation json.RawMessage // puts a declared incident into the catalog
	Webhook    json.RawMessage // tells the bot of its runs; nil when the bot cannot be reached
}

// Guide is the guide to the letter.
// https://docs.port.io/guides/all/create-incident-io-incident/
func Guide() Set {
	return Set{Blueprint: readEmbedded("blueprint.json"), Action: readEmbedded("action.json"), Automation: readEmbedded("automation.json")}
}

func readEmbedded(name string) json.RawMessage {
	data, err := files.ReadFile(name)
	if err != nil {
		panic(err) // it is embedded
	}
	return data
}
