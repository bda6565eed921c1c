package message

import (
	"net/url"
	"strings"

	"foghorn/bot/request"
	"foghorn/bot/slacktext"
)

// maxURL is the longest URL that is shown. Slack accepts 3,000 characters in a button, but the text
// of a message has 4,000 for all.
const maxURL = 1500

// ActionURL is the page in Port where an action can be run.
// https://docs.port.io/create-self-service-experiences/send-link-to-action
func (r Renderer) ActionURL(action string) string {
	return r.PortAppURL + "/self-serve?action=" + url.QueryEscape(action)
}

// PortAppURL is Port's web app for the address of its API.
// https://docs.port.io/api-reference/port-api
func PortAppURL(baseURL string) string {
	if u, err := url.Parse(baseURL); err == nil && strings.Contains(u.Hostname(), ".us.") {
		return "https://app.us.port.io"
	}
	return "https://app.port.io"
}

// RunURL is the page of a run in Port's web app; "" if there is no run.
// https://docs.port.io/create-self-service-experiences/reflect-action-progress/
func RunURL(portAppURL, runID string) string {
	if runID == "" || portAppURL == "" {
		return ""
	}
	return portAppURL + "/organization/run?runId=" + url.QueryEscape(runID)
}

func (r Renderer) runURL(in Input) string { return RunURL(r.PortAppURL, in.RunID) }

// entityURL is the page of an entity in Port; "" if there is none.
// https://docs.port.io/customize-pages-dashboards-and-plugins/page/entity-page
func (r Renderer) entityURL(e *request.Entity) string {
	if e == nil || r.PortAppURL == "" {
		return ""
	}
	return validURL(r.PortAppURL + "/" + url.PathEscape(e.Blueprint+"Entity") + "?identifier=" + url.QueryEscape(e.Identifier))
}

// ChannelURL opens a channel in the Slack app, where a reader who is not a member can join it.
// https://docs.slack.dev/interactivity/deep-linking
func ChannelURL(id string) string {
	return "https://slack.com/app_redirect?channel=" + url.QueryEscape(id)
}

// validURL returns a URL that can be a link in a message, and "" for anything else.
func validURL(s string) string { return slacktext.ValidURL(s, maxURL) }
