package message

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"

	"foghorn/bot/request"
)

// ParseIncident reads the incident in a run's response. It returns nil when there is none. Names
// and the summary are shortened; a permalink that is not a web address is dropped.
// https://docs.incident.io/api-reference/incidents-v2/create
func ParseIncident(response json.RawMessage) *request.Incident {
	type named struct {
		ID       string `json:"id"`
		Name     string `json:"name"`
		Category string `json:"category"`
	}
	var body struct {
		Incident *struct {
			ID             string `json:"id"`
			Name           string `json:"name"`
			Reference      string `json:"reference"`
			Permalink      string `json:"permalink"`
			Summary        string `json:"summary"`
			Visibility     string `json:"visibility"`
			SlackChannelID string `json:"slack_channel_id"`
			Severity       named  `json:"severity"`
			Status         named  `json:"incident_status"`
		} `json:"incident"`
	}
	if json.Unmarshal(response, &body) != nil || body.Incident == nil {
		return nil
	}
	in := body.Incident
	incident := CleanIncident(request.Incident{
		ID: in.ID, Name: in.Name, Reference: in.Reference, Permalink: in.Permalink, Summary: in.Summary, Visibility: in.Visibility,
		Severity: in.Severity.Name, SeverityID: in.Severity.ID, Status: in.Status.Name, Category: in.Status.Category, Channel: in.SlackChannelID,
	})
	return &incident
}

// CleanIncident shortens the texts of an incident, and removes ids and addresses that cannot be shown.
func CleanIncident(i request.Incident) request.Incident {
	i.Name, i.Reference, i.Summary = truncate(i.Name, maxName), truncate(i.Reference, maxReference), truncate(i.Summary, maxReason)
	i.Severity, i.Status, i.Lead = truncate(i.Severity, maxName), truncate(i.Status, maxName), truncate(i.Lead, maxName)
	i.Permalink = validURL(i.Permalink)
	if !channelIDPattern.MatchString(i.Channel) {
		i.Channel = ""
	}
	if !userIDPattern.MatchString(i.LeadUser) {
		i.LeadUser = ""
	}
	return i
}

// maxReference is how many code points of a reference, such as INC-123, are shown.
const maxReference = 40

// channelIDPattern matches the id of a public or private channel.
// https://docs.slack.dev/reference/objects/conversation-object
var channelIDPattern = regexp.MustCompile(`^[CG][A-Z0-9]{1,30}$`)

// userIDPattern matches the id of a user.
// https://docs.slack.dev/reference/objects/user-object
var userIDPattern = regexp.MustCompile(`^[UW][A-Z0-9]{1,30}$`)

// A responseError is one of the errors in a response of incident.io.
// https://docs.incident.io/api-reference/introduction#errors
type responseError struct {
	Code    string `json:"code"`
	Message string `json:"message"`
	Source  struct {
		Field string `json:"field"`
	} `json:"source"`
}

// ErrorText is what the called API reported, with the field where it names one; "" when the
// response has no text for people.
// https://docs.incident.io/api-reference/introduction#errors
func ErrorText(response json.RawMessage) string {
	var body struct {
		Errors  []responseError `json:"errors"`
		Message string          `json:"message"`
		Error   any             `json:"error"`
	}
	if json.Unmarshal(response, &body) != nil {
		return ""
	}
	var texts []string
	for _, e := range body.Errors {
		switch {
		case e.Message == "":
		case e.Source.Field != "":
			texts = append(texts, fmt.Sprintf("%s (%s)", e.Message, e.Source.Field))
		default:
			texts = append(texts, e.Message)
		}
	}
	if len(texts) == 0 && body.Message != "" {
		texts = append(texts, body.Message)
	}
	if s, ok := body.Error.(string); ok && len(texts) == 0 {
		texts = append(texts, s)
	}
	return truncate(strings.Join(texts, "; "), maxReason)
}
