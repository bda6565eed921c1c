package manifests

import (
	"cmp"
	"slices"
	"strings"

	"foghorn/integrations/incidentio"
)

// Parts of jq programs.
const (
	hasRequestID     = `(.inputs.request_id // "") != ""` // true for runs that Foghorn created
	responseIncident = ".event.diff.after.response.incident"
	isPublic         = `(.visibility == "public")` // every other visibility is treated as private
)

// incidentsPath is the path of the call that declares an incident.
const incidentsPath = "/v2/incidents"

// Members of the request body.
const (
	guideSummary = "{{.inputs.description}}" // of the key summary
	summaryKey   = `{{ if (.inputs.description // "") == "" then null else "summary" end }}`
)

// runByHeader is a request header that carries the e-mail address of the person to the automation: Port stores the
// rendered request in the run, and the automation reads it there.
const runByHeader = "X-Port-Run-By"

// adaptAction adds the request id, the organization's severities and the person to the action.
func adaptAction(action jsonObject, severities []incidentio.Severity, reporterRole string, o Options) {
	action["identifier"] = cmp.Or(o.ActionID, ActionID)
	in := objectAt(action, "trigger", "userInputs")
	inputs, body := objectAt(in, "properties"), objectAt(action, "invocationMethod", "body")

	inputs["request_id"] = jsonObject{
		"type": "string", "title": "Request", "visible": false,
		"description": "Set by Foghorn, so that a repeated request does not create a second incident",
	}
	in["order"] = append(in["order"].([]any), "request_id")
	body["idempotency_key"] = `{{ if ` + hasRequestID + ` then .inputs.request_id else (now | tostring | @base64) end }}`

	delete(body, "summary")
	body[summaryKey] = "{{ .inputs.description }}"

	if len(severities) == 0 {
		delete(inputs, "severity")
		delete(body, "severity_id")
		isSeverity := func(v any) bool { return v == "severity" }
		in["required"] = slices.DeleteFunc(in["required"].([]any), isSeverity)
		in["order"] = slices.DeleteFunc(in["order"].([]any), isSeverity)
	} else {
		severity := objectAt(inputs, "severity")
		severity["enum"], severity["enumColors"] = severityNames(severities), severityColors(severities)
		body["severity_id"] = severityID(severities)
	}

	call := objectAt(action, "invocationMethod")
	call["url"] = strings.TrimSuffix(cmp.Or(o.IncidentURL, "https://api.incident.io"), "/") + incidentsPath
	objectAt(call, "headers")[runByHeader] = `{{ .trigger.by.user.email // "" }}`
	if o.SlackTeam != "" {
		body["slack_team_id"] = o.SlackTeam
	}
	if o.Reporter && reporterRole != "" {
		key := `{{ if ` + hasRequestID + ` and (.trigger.by.user.email // "") != "" then "incident_role_assignments" else null end }}`
		body[key] = []any{jsonObject{"incident_role_id": reporterRole, "assignee": jsonObject{"email": "{{ .trigger.by.user.email }}"}}}
	}
}

// adaptBlueprint adds properties for the incident's reference, channel and people, and the organization's statuses.
func adaptBlueprint(blueprint jsonObject, statuses []incidentio.Status) {
	properties := objectAt(blueprint, "schema", "properties")
	properties["reference"] = jsonObject{"type": "string", "title": "Reference"}
	properties["slackChannel"] = jsonObject{"type": "string", "title": "Slack Channel"}
	properties["slackChannelUrl"] = jsonObject{"type": "string", "title": "Slack Channel URL", "format": "url"}
	properties["declaredBy"] = jsonObject{"type": "string", "title": "Declared By"}
	properties["lead"] = jsonObject{"type": "string", "title": "Incident Lead"} // the bot writes it while it follows the incident

	status := objectAt(properties, "status")
	if statuses == nil {
		// Incidents created by the API start in Triage, which the guide does not list.
		status["enum"] = append([]any{"Triage"}, status["enum"].([]any)...)
		objectAt(status, "enumColors")["Triage"] = "lightGray"
		return
	}
	enum, colors := statusEnum(statuses)
	if len(enum) == 0 {
		delete(status, "enum")
		delete(status, "enumColors")
		return
	}
	status["enum"], status["enumColors"] = enum, colors
}

// adaptAutomation runs the automation once, when a run succeeds, and removes the details of private incidents.
func adaptAutomation(automation jsonObject, action any) {
	objectAt(automation, "trigger", "event")["actionIdentifier"] = action
	objectAt(automation, "trigger", "condition")["expressions"] = []any{
		".diff.before.status != .diff.after.status",
		`.diff.after.status == "SUCCESS"`,
	}
	mapping := objectAt(automation, "invocationMethod", "mapping")
	mapping["title"] = "{{ " + responseIncident + ` | if ` + isPublic + ` then .name else "Private incident " + (.reference // .id) end }}`
	publicOnly := func(program string) string {
		return "{{ " + responseIncident + " | if " + isPublic + " then " + program + " else null end }}"
	}
	properties := objectAt(mapping, "properties")
	properties["url"] = publicOnly(".permalink")
	properties["description"] = publicOnly(".summary")
	properties["reference"] = "{{ " + responseIncident + ".reference }}"
	properties["slackChannel"] = publicOnly(`((.slack_channel_name // "") | if . == "" then null else "#" + . end)`)
	properties["slackChannelUrl"] = publicOnly(`(if (.slack_channel_id // "") == "" then null else "https://slack.com/app_redirect?channel=" + .slack_channel_id + "&team=" + (.slack_team_id // "") end)`)
	properties["declaredBy"] = `{{ .event.diff.after | if (.response.incident | ` + isPublic + `) then ((.payload.headers["` + runByHeader + `"] // "") as $by | if $by != "" then $by else .createdBy end) else null end }}`
}
