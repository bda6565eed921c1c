package message

import (
	"cmp"
	"strings"

	"github.com/slack-go/slack"

	"foghorn/bot/request"
	"foghorn/bot/slacktext"
	"foghorn/integrations/slackapp"
)

// maxSummaryLines is how many lines of an incident's summary are shown.
const maxSummaryLines = 3

// incidentMessage is the message about an incident. Programs read its text: it contains the
// severity, the name, the reporter and the permalink.
func (r Renderer) incidentMessage(in Input, reporterOnly bool) slackapp.Message {
	incident := in.Outcome.Incident
	text := slacktext.Format("Incident: %s (declared by %s)", in.incidentTitle(), slacktext.User(in.Reporter))
	if severity := in.severity(); severity != "" {
		text = slacktext.Format("%s incident: %s (declared by %s)", severity, in.incidentTitle(), slacktext.User(in.Reporter))
	}
	blocks := []slack.Block{incidentHeadline(in).Block()}
	if summary := firstLines(incident.Summary, maxSummaryLines); !slacktext.IsBlank(summary) {
		blocks = append(blocks, slacktext.Literal(truncate(summary, maxReason)).Block())
	}
	blocks = append(blocks, r.incidentButtons(in, reporterOnly)...)
	blocks = append(blocks, incidentContext(in)...)
	return slackapp.Message{Text: appendURL(text.Mrkdwn(), incident.Permalink), Blocks: blocks}
}

// incidentHeadline is the name with its link, and below it a line of facts.
func incidentHeadline(in Input) slacktext.Text {
	incident, title := in.Outcome.Incident, slacktext.Literal(in.incidentTitle())
	if incident.Permalink != "" {
		title = slacktext.Link(incident.Permalink, in.incidentTitle())
	}
	var facts []string
	if severity := in.severity(); severity != "" {
		facts = append(facts, string(slacktext.Format("*%s*", severity)))
	}
	if status := name(incident.Status); status != "" {
		facts = append(facts, string(slacktext.Literal(status)))
	}
	facts = append(facts, string(slacktext.Format("declared by %s", slacktext.User(in.Reporter))))
	if lead := incidentLead(*incident); lead != "" {
		facts = append(facts, string(slacktext.Format("lead %s", lead)))
	}
	if incident.Channel != "" {
		facts = append(facts, string(slacktext.Channel(incident.Channel)))
	}
	return slacktext.Format("%s *%s*\n%s", severityEmoji(incident.Level), title, slacktext.Text(strings.Join(facts, " · ")))
}

// severityEmoji is the color of a severity. Without a key of incident.io its level is unknown: a run's response has the
// rank, but not which rank is the highest.
func severityEmoji(level int) slacktext.Text {
	switch level {
	case 0:
		return ":rotating_light:"
	case 1:
		return ":red_circle:"
	case 2:
		return ":large_orange_circle:"
	case 3:
		return ":large_yellow_circle:"
	}
	return ":large_blue_circle:"
}

// incidentLead is who leads the incident; "" for no one.
func incidentLead(i request.Incident) slacktext.Text {
	if i.LeadUser != "" {
		return slacktext.User(i.LeadUser)
	}
	return slacktext.Literal(name(i.Lead))
}

func (r Renderer) incidentButtons(in Input, reporterOnly bool) []slack.Block {
	incident := in.Outcome.Incident
	var buttons []slack.BlockElement
	if incident.Permalink != "" {
		open := linkButton("open_incident", "Open in incident.io", incident.Permalink)
		open.Style = slack.StylePrimary
		buttons = append(buttons, open)
	}
	if incident.Channel != "" {
		label := "Join channel"
		if in.isPrivate() || in.Hidden {
			label = "Open channel"
		}
		buttons = append(buttons, linkButton("open_channel", label, ChannelURL(incident.Channel)))
	}
	if url := r.runURL(in); reporterOnly && url != "" {
		buttons = append(buttons, linkButton("open_run", "View run in Port", url))
	}
	return actionBlocks(buttons...)
}

func incidentContext(in Input) []slack.Block {
	var lines []slacktext.Text
	if in.isPrivate() || in.Hidden {
		lines = append(lines, ":lock: This incident is private. Only you can see this message.")
	}
	if in.Outcome.Incident.Permalink == "" {
		lines = append(lines, "There is no link to the incident, because incident.io returned none.")
	}
	origin := slacktext.Text("Declared from Slack through Port")
	if date := slacktext.Date(in.Outcome.EndedAt, "{date_short_pretty} at {time}"); date != "" {
		origin += " · " + date
	}
	lines = append(lines, origin)
	if ended := endedText(*in.Outcome.Incident); ended != "" {
		lines = append(lines, ended)
	}
	return []slack.Block{contextBlock(lines...)}
}

// incidentTitle is the reference and the name in the response, or the name that was entered.
func (in Input) incidentTitle() string {
	incident := in.Outcome.Incident
	entered, _ := in.Properties["name"].(string)
	return strings.TrimSpace(name(incident.Reference) + " " + cmp.Or(name(incident.Name), name(entered), in.title()))
}

// severity is the severity in the response, else the one that was entered; "" if neither is set.
func (in Input) severity() string {
	entered, _ := in.Properties["severity"].(string)
	return cmp.Or(name(in.Outcome.Incident.Severity), name(entered))
}
