package message

import (
	"encoding/json"
	"fmt"
	"net/url"
	"regexp"
	"strings"

	"foghorn/bot/request"
)

// ParseIncident takes the incident out of a run's response. It gives nil when there is none.
func ParseIncident(response json.RawMessage) *request.Incident {
	var answer struct {
		Incident *struct {
			ID             string `json:"id"`
			Name           string `json:"name"`
			Reference      string `json:"reference"`
			Permalink      string `json:"permalink"`
			Visibility     string `json:"visibility"`
			SlackChannelID string `json:"slack_channel_id"`
			Severity       *struct {
				Name string `json:"name"`
			} `json:"severity"`
		} `json:"incident"`
	}
	if json.Unmarshal(response, &answer) != nil || answer.Incident == nil {
		return nil
	}
	in := answer.Incident
	i := &request.Incident{
		ID: in.ID, Name: truncate(in.Name, maxName), Reference: truncate(in.Reference, maxName),
		Permalink: validURL(in.Permalink), Visibility: in.Visibility,
	}
	if channelIDPattern.MatchString(in.SlackChannelID) {
		i.Channel = in.SlackChannelID
	}
	if in.Severity != nil {
		i.Severity = truncate(in.Severity.Name, maxName)
	}
	return i
}

// ErrorText is what the called API said was wrong, by the field where it names one. It
// gives "" when the response says nothing that people can read.
// https://docs.incident.io/api-reference/introduction#errors
func ErrorText(response json.RawMessage) string {
	var answer struct {
		Errors []struct {
			Message string `json:"message"`
			Source  struct {
				Field string `json:"field"`
			} `json:"source"`
		} `json:"errors"`
		Message string `json:"message"`
		Error   any    `json:"error"`
	}
	if json.Unmarshal(response, &answer) != nil {
		return ""
	}
	var said []string
	for _, e := range answer.Errors {
		switch {
		case e.Message == "":
		case e.Source.Field != "":
			said = append(said, fmt.Sprintf("%s (%s)", e.Message, e.Source.Field))
		default:
			said = append(said, e.Message)
		}
	}
	if len(said) == 0 && answer.Message != "" {
		said = append(said, answer.Message)
	}
	if s, ok := answer.Error.(string); ok && len(said) == 0 {
		said = append(said, s)
	}
	return truncate(strings.Join(said, "; "), maxReason)
}

var channelIDPattern = regexp.MustCompile(`^[CG][A-Z0-9]{1,30}$`)

// validURL keeps an address that can be clicked, and drops all else.
func validURL(s string) string {
	u, err := url.Parse(s)
	if err != nil || (u.Scheme != "https" && u.Scheme != "http") || u.Host == "" || len(s) > maxURL || strings.ContainsAny(s, "|<> \n\t") {
		return ""
	}
	return s
}
