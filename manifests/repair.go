package manifests

import (
	"cmp"
	"slices"
	"strings"
)

const (
	byPerson = `(.inputs.request_id // "") != ""` // Foghorn made the run
	answer   = ".event.diff.after.response.incident"
	public   = `(.visibility == "public")` // whatever else it may be is treated as private

	// runBy is a header that carries the person of the run to the automation: Port keeps the
	// rendered request on the run, where the automation finds it.
	runBy = "X-Port-Run-By"
)

func repairAction(action object, severities []Severity, reporterRole string, o Options) {
	action["identifier"] = cmp.Or(o.ActionID, ActionID)
	in := at(action, "trigger", "userInputs")
	inputs, body := at(in, "properties"), at(action, "invocationMethod", "body")

	inputs["request_id"] = object{
		"type": "string", "title": "Request", "visible": false,
		"description": "Filled by Foghorn, so that a repeat can never make a second incident",
	}
	in["order"] = append(in["order"].([]any), "request_id")
	body["idempotency_key"] = `{{ if ` + byPerson + ` then .inputs.request_id else (now | tostring | @base64) end }}`

	delete(body, "summary")
	body[`{{ if (.inputs.description // "") == "" then null else "summary" end }}`] = "{{ .inputs.description }}"

	if len(severities) == 0 {
		delete(inputs, "severity")
		delete(body, "severity_id")
		other := func(v any) bool { return v == "severity" }
		in["required"] = slices.DeleteFunc(in["required"].([]any), other)
		in["order"] = slices.DeleteFunc(in["order"].([]any), other)
	} else {
		severity := at(inputs, "severity")
		severity["enum"], severity["enumColors"] = names(severities), severityColors(severities)
		body["severity_id"] = severityID(severities)
	}

	call := at(action, "invocationMethod")
	call["url"] = strings.TrimSuffix(cmp.Or(o.IncidentURL, "https://api.incident.io"), "/") + "/v2/incidents"
	at(call, "headers")[runBy] = `{{ .trigger.by.user.email // "" }}`
	if o.Reporter && reporterRole != "" {
		key := `{{ if ` + byPerson + ` and (.trigger.by.user.email // "") != "" then "incident_role_assignments" else null end }}`
		body[key] = []any{object{"incident_role_id": reporterRole, "assignee": object{"email": "{{ .trigger.by.user.email }}"}}}
	}
}

func repairBlueprint(blueprint object, statuses []Status) {
	properties := at(blueprint, "schema", "properties")
	properties["reference"] = object{"type": "string", "title": "Reference"}
	properties["slackChannel"] = object{"type": "string", "title": "Slack Channel"}
	properties["slackChannelUrl"] = object{"type": "string", "title": "Slack Channel URL", "format": "url"}
	properties["declaredBy"] = object{"type": "string", "title": "Declared By"}

	status := at(properties, "status")
	if statuses == nil {
		// An incident that the API makes is in Triage at first.
		status["enum"] = append([]any{"Triage"}, status["enum"].([]any)...)
		at(status, "enumColors")["Triage"] = "lightGray"
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

func repairAutomation(automation object, action any) {
	at(automation, "trigger", "event")["actionIdentifier"] = action
	at(automation, "trigger", "condition")["expressions"] = []any{
		".diff.before.status != .diff.after.status",
		`.diff.after.status == "SUCCESS"`,
	}
	mapping := at(automation, "invocationMethod", "mapping")
	mapping["title"] = "{{ " + answer + ` | if ` + public + ` then .name else "Private incident " + (.reference // .id) end }}`
	open := func(program string) string {
		return "{{ " + answer + " | if " + public + " then " + program + " else null end }}"
	}
	properties := at(mapping, "properties")
	properties["url"] = open(".permalink")
	properties["description"] = open(".summary")
	properties["reference"] = "{{ " + answer + ".reference }}"
	properties["slackChannel"] = open(`((.slack_channel_name // "") | if . == "" then null else "#" + . end)`)
	properties["slackChannelUrl"] = open(`(if (.slack_channel_id // "") == "" then null else "https://slack.com/app_redirect?channel=" + .slack_channel_id + "&team=" + (.slack_team_id // "") end)`)
	properties["declaredBy"] = `{{ .event.diff.after | if (.response.incident | ` + public + `) then ((.payload.headers["` + runBy + `"] // "") as $by | if $by != "" then $by else .createdBy end) else null end }}`
}
