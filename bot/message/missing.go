package message

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
)

// MissingInput says how the person who operates the bot adds an input that the organization requires and that the
// form may lack; "" when the response of incident.io is not about one. incident.io's API has no list of the fields
// that an incident must have, so its error is the first to name one.
func MissingInput(response json.RawMessage) string {
	var body struct {
		Errors []responseError `json:"errors"`
	}
	if json.Unmarshal(response, &body) != nil {
		return ""
	}
	for _, e := range body.Errors {
		isField := strings.HasPrefix(e.Source.Field, "custom_field") || strings.Contains(strings.ToLower(e.Message), "custom field")
		isMissing := e.Code == "is_required" || missing.MatchString(e.Message)
		switch {
		case isField && isMissing:
			return fieldHint(fieldName(e.Message))
		case isField:
			return "If the options of the custom field have changed in incident.io, the person who operates this bot can update the form with foghorn apply."
		case isMissing && e.Source.Field == "incident_type_id":
			return "An incident type is required by incident.io. The person who operates this bot can add it to the form with foghorn apply --incident-types."
		case isMissing && e.Source.Field == "slack_team_id":
			return "A Slack workspace is required by incident.io. The person who operates this bot can set it with foghorn apply --slack-team ID."
		}
	}
	return ""
}

// missing matches the texts of errors for a field without a value.
var missing = regexp.MustCompile(`(?i)\b(requires?|required|missing|must be (set|provided|given)|needs? a value|can(no|')t be (blank|empty))\b`)

func fieldHint(name string) string {
	if name == "" || strings.ContainsAny(name, "\"`$\\\n") || len(name) > maxName {
		return "A custom field is required by incident.io. Fill it in. If the form lacks it, the person who operates this bot can add it with foghorn apply --custom-field NAME."
	}
	return fmt.Sprintf("The custom field %s is required by incident.io. Fill it in. If the form lacks it, the person who operates this bot can add it with "+
		"foghorn apply --custom-field \"%s\".", name, name)
}

// namePatterns find the name of a custom field in the text of an error, which incident.io does not document.
var namePatterns = []*regexp.Regexp{
	regexp.MustCompile(`"([^"]+)"|“([^”]+)”|„([^“]+)“|«([^»]+)»|‘([^’]+)’|(?:^|\s)'([^']+)'(?:\s|$)` + "|`([^`]+)`"),
	regexp.MustCompile(`(?i)\bcustom field:? +(.+?) +(?:is|are|was|must|needs?|cannot|can't|has)\b`),
	regexp.MustCompile(`(?i)\b(?:required|missing|value) for (?:the )?custom field:? +(.+?)\.?$`),
	regexp.MustCompile(`(?i)\b(?:fields?|required|missing): +(.+?)\.?$`),
	regexp.MustCompile(`(?i)^(?:the )?(?:field )?(.+?) (?:is|are) (?:required|missing)`),
	regexp.MustCompile(`(?i)^(?:please |you must |you need to )?(?:provide|set|enter|specify|give|fill in) (?:a value for )?(?:the )?(?:custom field )?(.+?)\.?$`),
}

// fieldName is the name of the custom field in the text of an error; "" if it has none.
func fieldName(text string) string {
	for _, p := range namePatterns {
		if m := p.FindStringSubmatch(text); m != nil {
			return genericName.ReplaceAllString(strings.TrimSpace(strings.Join(m[1:], "")), "")
		}
	}
	return ""
}

// genericName matches what stands for a field without naming it.
var genericName = regexp.MustCompile(`(?i)^(?:(?:a|an|the|this|one) )?(?:custom|required|value|field|entry|entries|it|this|custom_field_entries)(?: (?:field|value|entry)s?)?$`)
