package manifests

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
)

// An Organization is what incident.io knows of one. A nil list means that nobody asked, and
// leaves what the guide says; an empty one means that there are none.
type Organization struct {
	Severities   []Severity
	Statuses     []Status
	ReporterRole string // id of the role with role_type reporter; "" when there is none
}

// A Severity of an organisation. The lowest rank is the least severe.
type Severity struct {
	ID, Name string
	Rank     int
}

// A Status of an organisation, in one of incident.io's fixed categories: triage, live,
// learning, closed, paused, declined, merged, canceled.
type Status struct {
	Name, Category string
	Rank           int
}

// Options say how far the definitions depart from the guide. The zero value is the repaired
// form for incident.io's own address.
type Options struct {
	Verbatim    bool   // the guide to the letter: all else here, and the organisation, is ignored
	ActionID    string // "": ActionID
	IncidentURL string // base address of incident.io's API; "": https://api.incident.io
	BotURL      string // where Port can call the bot, without /port/runs; "": no push automation
	Reporter    bool   // set the person as reporter where Foghorn ran the action; see README.md for why it is off
}

// Render adapts the guide to an organisation and repairs what the guide gets wrong; README.md
// explains each repair. The warnings are sentences for the person who sets Port up. The same
// arguments always give the same bytes.
func Render(org Organization, o Options) (Set, []string) {
	if o.Verbatim {
		return Guide(), nil
	}
	guide := Guide()
	blueprint, action, automation := decodeObject(guide.Blueprint), decodeObject(guide.Action), decodeObject(guide.Automation)
	var warnings []string
	if org.Severities == nil || org.Statuses == nil {
		warnings = append(warnings, "incident.io was not asked: the guide's own severities and statuses are kept where they are unknown, and its severity ids belong to another organization")
	}
	severities, said := uniqueNames(org.Severities)
	warnings = append(warnings, said...)
	if org.Severities == nil {
		severities = guideSeverities()
	}
	if o.Reporter && org.ReporterRole == "" {
		warnings = append(warnings, "no reporter is set: the organization has no reporter role")
	}
	adaptAction(action, severities, org.ReporterRole, o)
	adaptBlueprint(blueprint, org.Statuses)
	adaptAutomation(automation, action["identifier"])
	set := Set{Blueprint: encodeObject(blueprint), Action: encodeObject(action), Automation: encodeObject(automation)}
	if o.BotURL != "" {
		set.Webhook = encodeObject(runWebhook(action["identifier"], o.BotURL))
	}
	return set, warnings
}

// runWebhook tells the bot of every change of a run, so that it need not ask.
func runWebhook(action any, botURL string) jsonObject {
	return jsonObject{
		"identifier": WebhookID, "title": "Tell Foghorn of its runs", "publish": true,
		"description": "Wakes the Slack bot when a run of the action has changed",
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

// jsonObject is a JSON object.
type jsonObject = map[string]any

// objectAt is the object below keys.
func objectAt(o jsonObject, keys ...string) jsonObject {
	for _, k := range keys {
		o = o[k].(jsonObject) // the guide is embedded, and a test reads all of it
	}
	return o
}

func decodeObject(data json.RawMessage) (o jsonObject) {
	if err := json.Unmarshal(data, &o); err != nil {
		panic(fmt.Sprintf("manifests: %v", err)) // it is embedded
	}
	return o
}

// encodeObject gives JSON with sorted keys, two spaces of indent and no HTML escapes.
func encodeObject(o jsonObject) json.RawMessage {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(o); err != nil {
		panic(fmt.Sprintf("manifests: %v", err)) // only JSON values are in it
	}
	return b.Bytes()
}
