package manifests

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"foghorn/integrations/incidentio"
)

// Organization is the configuration of an incident.io organization. A nil list is unknown and keeps the values of the
// guide; an empty list means that the organization has none.
type Organization struct {
	Severities   []incidentio.Severity
	Statuses     []incidentio.Status
	ReporterRole string // id of the role with role_type reporter; "" if unknown or missing

	Types  []incidentio.Type // that the form offers; nil: the form has no input for the type
	Fields []Field           // custom fields that the form has inputs for
}

// Options change how [Render] adapts the guide. The zero value renders for incident.io's default API address.
type Options struct {
	Verbatim    bool   // return the guide unchanged; the organization and all other options are ignored
	ActionID    string // identifier of the action; "" is [ActionID]
	SlackTeam   string // id of the workspace in which incidents get their channels, on Enterprise Grid; "" for none
	IncidentURL string // base URL of incident.io's API; "" is https://api.incident.io
	BotURL      string // base URL at which Port can call the bot, without /port/runs; "" omits Set.Webhook
	Reporter    bool   // set the person as the incident's reporter; README.md explains why this is off by default
}

// Render adapts the guide to an organization and corrects its mistakes; README.md explains each change. The warnings
// are sentences for the person who runs "foghorn apply". The same arguments always return the same bytes.
func Render(org Organization, o Options) (Set, []string) {
	if o.Verbatim {
		return Guide(), nil
	}
	guide := Guide()
	blueprint, action, automation := decodeObject(guide.Blueprint), decodeObject(guide.Action), decodeObject(guide.Automation)
	var warnings []string
	if org.Severities == nil || org.Statuses == nil {
		warnings = append(warnings, "the severities and statuses of incident.io are unknown: Port keeps those it has, or gets those of its guide, whose severity ids belong to another organization")
	}
	severities, renamed := sortSeverities(org.Severities)
	warnings = append(warnings, renamed...)
	if org.Severities == nil {
		severities = guideSeverities()
	}
	if o.Reporter && org.ReporterRole == "" {
		warnings = append(warnings, "no reporter is set: the organization has no role of the type reporter")
	}
	adaptAction(action, severities, org.ReporterRole, o)
	warnings = append(warnings, addTypes(action, org.Types)...)
	warnings = append(warnings, addFields(action, org.Fields)...)
	adaptBlueprint(blueprint, org.Statuses)
	adaptAutomation(automation, action["identifier"])
	set := Set{Blueprint: encodeObject(blueprint), Action: encodeObject(action), Automation: encodeObject(automation)}
	if o.BotURL != "" {
		set.Webhook = encodeObject(webhookAutomation(action["identifier"], o.BotURL))
	}
	return set, warnings
}

// webhookAutomation returns an automation that calls the bot each time the status of a run changes, so that the bot
// posts the result before its next poll.
func webhookAutomation(action any, botURL string) jsonObject {
	return jsonObject{
		"identifier": WebhookID, "title": "Notify Foghorn of run updates", "publish": true,
		"description": "Calls the Slack bot when the status of a run of the action changes",
		"trigger": jsonObject{"type": "automation", "event": jsonObject{"type": "RUN_UPDATED", "actionIdentifier": action}, "condition": jsonObject{
			"type": "JQ", "combinator": "and", "expressions": []any{".diff.before.status != .diff.after.status"},
		}},
		"invocationMethod": jsonObject{
			"type": "WEBHOOK", "url": strings.TrimSuffix(botURL, "/") + "/port/runs", "agent": false, "synchronized": true, "method": "POST",
			"headers": jsonObject{"Content-Type": "application/json"},
			"body":    jsonObject{"runId": "{{ .event.diff.after.id }}", "status": "{{ .event.diff.after.status }}"},
		},
	}
}

// jsonObject is a decoded JSON object.
type jsonObject = map[string]any

// objectAt returns the object at a path of keys.
func objectAt(o jsonObject, keys ...string) jsonObject {
	for _, k := range keys {
		o = o[k].(jsonObject) // the guide is embedded, and the tests read every path
	}
	return o
}

func decodeObject(data json.RawMessage) (o jsonObject) {
	if err := json.Unmarshal(data, &o); err != nil {
		panic(fmt.Sprintf("manifests: %v", err)) // the data is embedded
	}
	return o
}

// encodeObject returns JSON with sorted keys, two spaces of indent and no HTML escapes.
func encodeObject(o jsonObject) json.RawMessage {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(o); err != nil {
		panic(fmt.Sprintf("manifests: %v", err)) // o holds JSON values only
	}
	return b.Bytes()
}
