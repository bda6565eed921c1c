package message

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/slack-go/slack"

	"foghorn/bot/slacktext"
	"foghorn/integrations/slackapp"
)

// maxSummaryLines is how many lines of an incident's summary are shown.
const maxSummaryLines = 3

// incidentMessage is the message about a new incident. Programs read its text: it contains the
// severity, the name, the reporter and the permalink.
func (r Renderer) incidentMessage(in Input, reporterOnly bool) slackapp.Message {
	incident := in.Outcome.Incident
	title := strings.TrimSpace(escape(incident.Reference) + " " + displayName(in.incidentName()))
	severity := in.severity()

	text := "Incident: " + title
	if severity != "" {
		text = severity + " incident: " + title
	}
	text += fmt.Sprintf(" (declared by <@%s>)", in.Reporter)
	blocks := incidentHeadline(in, title, severity)
	if summary := firstLines(incident.Summary, maxSummaryLines); summary != "" {
		blocks = append(blocks, sectionBlock(escape(truncate(summary, maxReason))))
	}
	blocks = append(blocks, r.incidentButtons(in, reporterOnly)...)
	blocks = append(blocks, incidentContext(in)...)
	return slackapp.Message{Text: appendURL(text, incident.Permalink), Blocks: blocks}
}

// incidentHeadline is the name with its link, and below it a line of facts. The severity's rank is
// not in the response, so that the emoji is the same for each.
func incidentHeadline(in Input, title, severity string) []slack.Block {
	incident := in.Outcome.Incident
	head := "*" + title + "*"
	if incident.Permalink != "" {
		head = "*<" + incident.Permalink + "|" + title + ">*"
	}
	var facts []string
	if severity != "" {
		facts = append(facts, "*"+severity+"*")
	}
	if incident.Status != "" {
		facts = append(facts, displayName(incident.Status))
	}
	facts = append(facts, fmt.Sprintf("declared by <@%s>", in.Reporter))
	if incident.Channel != "" {
		facts = append(facts, fmt.Sprintf("<#%s>", incident.Channel))
	}
	line := strings.Join(facts, " · ")
	if strings.ContainsAny(title, "*_~`") {
		return []slack.Block{richTextHeadline(in), sectionBlock(line)}
	}
	return []slack.Block{sectionBlock(":rotating_light: " + head + "\n" + line)}
}

// richTextHeadline is the name as rich text. It shows a name that contains marks of mrkdwn as it was typed.
// https://docs.slack.dev/reference/block-kit/blocks/rich-text-block
func richTextHeadline(in Input) slack.Block {
	incident := in.Outcome.Incident
	title := strings.TrimSpace(slacktext.SingleLine(incident.Reference) + " " + truncate(slacktext.SingleLine(in.incidentName()), maxName))
	bold := &slack.RichTextSectionTextStyle{Bold: true}
	elements := []slack.RichTextSectionElement{
		slack.NewRichTextSectionEmojiElement("rotating_light", 0, nil), slack.NewRichTextSectionTextElement(" ", nil),
	}
	if incident.Permalink != "" {
		elements = append(elements, slack.NewRichTextSectionLinkElement(incident.Permalink, title, bold))
	} else {
		elements = append(elements, slack.NewRichTextSectionTextElement(title, bold))
	}
	return slack.NewRichTextBlock("", slack.NewRichTextSection(elements...))
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
		if in.isPrivate() {
			label = "Open channel"
		}
		buttons = append(buttons, linkButton("open_channel", label, channelURL(incident.Channel)))
	}
	if url := r.runURL(in); reporterOnly && url != "" {
		buttons = append(buttons, linkButton("open_run", "View run in Port", url))
	}
	return actionBlocks(buttons...)
}

func incidentContext(in Input) []slack.Block {
	var lines []string
	if in.isPrivate() {
		lines = append(lines, ":lock: This incident is private. Only you can see this message.")
	}
	if in.Outcome.Incident.Permalink == "" {
		lines = append(lines, "incident.io returned no link to the incident.")
	}
	origin := "Declared from Slack through Port"
	if date := slackDate(in.Outcome.EndedAt, "{date_short_pretty} at {time}"); date != "" {
		origin += " · " + date
	}
	return []slack.Block{contextBlock(append(lines, origin)...)}
}

// incidentName is the name in the response, else the one that was entered.
func (in Input) incidentName() string {
	if i := in.Outcome.Incident; i != nil && i.Name != "" {
		return i.Name
	}
	name, _ := in.Properties["name"].(string)
	return cmp.Or(strings.TrimSpace(name), in.Title)
}

// severity is the severity in the response, else the one that was entered; "" if neither is set.
func (in Input) severity() string {
	entered, _ := in.Properties["severity"].(string)
	return displayName(cmp.Or(in.Outcome.Incident.Severity, entered))
}
