package message

import (
	"cmp"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/slack-go/slack"

	"foghorn/bot/request"
	"foghorn/integrations/slackapp"
)

const (
	maxName   = 200  // characters of a name in a message
	maxReason = 1500 // characters of a vendor's words in a message
	maxURL    = 2000 // characters of an address
)

// Started says that a submission is on its way.
func Started(f Input) slackapp.Message {
	return textMessage(fmt.Sprintf(":hourglass_flowing_sand: Running *%s*. I'll post the result here.", escapeText(truncate(f.Title, maxName))))
}

// AwaitingApproval says that somebody must approve the run.
func (r Renderer) AwaitingApproval(f Input) Delivery {
	text := fmt.Sprintf(":raised_hand: *%s* waits for approval in Port.", escapeText(truncate(f.Title, maxName)))
	return Delivery{Key: request.AwaitingApproval, To: f.Reporter, Required: true, Message: textMessage(r.appendRunLink(text, f))}
}

// Delayed says that the run takes longer than it should, and is still followed.
func (r Renderer) Delayed(f Input) Delivery {
	text := fmt.Sprintf(":hourglass: *%s* is taking longer than usual. It is still being followed.", escapeText(truncate(f.Title, maxName)))
	return Delivery{Key: request.Delayed, To: f.Reporter, Required: true, Message: textMessage(r.appendRunLink(text, f))}
}

// incidentMessage is the message that all of this is for.
func (r Renderer) incidentMessage(f Input, private bool) slackapp.Message {
	i := f.Outcome.Incident
	if i == nil {
		return r.successMessage(f)
	}
	name := escapeText(truncate(singleLine(f.incidentName()), maxName))
	title := strings.TrimSpace(escapeText(i.Reference) + " " + name)
	severity := i.Severity
	if severity == "" {
		severity, _ = f.Properties["severity"].(string)
	}
	severity = escapeText(truncate(cmp.Or(severity, "not set"), maxName))

	link := i.Permalink
	head := "*" + title + "*"
	if link != "" {
		head = "*<" + link + "|" + title + ">*"
	}
	head = ":rotating_light: " + head
	details := fmt.Sprintf("*Severity:* %s   *Declared by:* <@%s>", severity, f.Reporter)
	if i.Channel != "" {
		details += fmt.Sprintf("   *Channel:* <#%s>", i.Channel)
	}
	if private {
		details += "\n:lock: This incident is private: only you were told."
	}
	if link == "" {
		details = r.appendRunLink(details+"\nincident.io gave no link.", f)
	}
	text := fmt.Sprintf("%s incident declared by <@%s>: %s", severity, f.Reporter, title)
	if link != "" {
		text += " " + link
	}
	return slackapp.Message{Text: text, Blocks: []slack.Block{sectionBlock(head), sectionBlock(details)}}
}

// successMessage is the success of an action that declares no incident.
func (r Renderer) successMessage(f Input) slackapp.Message {
	text := fmt.Sprintf(":white_check_mark: *%s* succeeded for <@%s>.", escapeText(truncate(f.Title, maxName)), f.Reporter)
	for _, l := range f.Outcome.Links {
		if l = validURL(l); l != "" {
			text += "\n<" + l + ">"
		}
	}
	return textMessage(r.appendRunLink(text, f))
}

// failureMessage tells the reporter what went wrong, in the words of who refused.
func (r Renderer) failureMessage(f Input) slackapp.Message {
	title := escapeText(truncate(f.Title, maxName))
	var text, hint string
	switch f.Outcome.Status {
	case request.NoEmail:
		text = fmt.Sprintf(":x: *%s* was not run, because Port must know who asks.", title)
	case request.Rejected:
		text = fmt.Sprintf(":x: Port refused to run *%s*.", title)
		hint = "Nothing was declared. Mend it and type the command again."
	case request.Declined:
		text = fmt.Sprintf(":no_entry: *%s* was declined in Port.", title)
	case request.Cancelled:
		text = fmt.Sprintf(":no_entry: *%s* was cancelled in Port.", title)
	case request.Unknown:
		text = fmt.Sprintf(":grey_question: Nobody can say how *%s* ended.", title)
		hint = "Look at the run in Port before you try again."
	default:
		text = fmt.Sprintf(":x: *%s* failed.", title)
		hint = "Nothing else was told. Mend it and type the command again."
	}
	if reason := strings.TrimSpace(f.Outcome.Reason); reason != "" {
		text += "\n>" + strings.ReplaceAll(escapeText(truncate(reason, maxReason)), "\n", "\n>")
	}
	if hint != "" {
		text += "\n" + hint
	}
	if f.Outcome.Status == request.Rejected || f.Outcome.Status == request.NoEmail {
		return textMessage(text)
	}
	return textMessage(r.appendRunLink(text, f))
}

// fallbackMessage is a message for a channel, given to the reporter because the channel cannot be told.
func fallbackMessage(m slackapp.Message, channel, code string) slackapp.Message {
	why := fmt.Sprintf(":mute: <#%s> was not told: %s", channel, postErrorHint(code))
	return slackapp.Message{
		Text:   m.Text + "\n" + why,
		Blocks: append([]slack.Block{sectionBlock(why)}, m.Blocks...),
	}
}

// postErrorHint says how to mend what Slack refused.
// https://docs.slack.dev/reference/methods/chat.postMessage#errors
func postErrorHint(code string) string {
	switch code {
	case "not_in_channel", "channel_not_found":
		return "the bot is not in that channel. Invite it with /invite and share the incident there. (`" + code + "`)"
	case "is_archived":
		return "the channel is archived. (`is_archived`)"
	case "missing_scope":
		return "the app lacks a scope for that channel; `foghorn doctor` names it. (`missing_scope`)"
	}
	if strings.HasPrefix(code, "restricted_action") {
		return "posting there is restricted; ask a workspace admin. (`" + escapeText(code) + "`)"
	}
	return "Slack refused it. (`" + escapeText(truncate(code, maxName)) + "`)"
}

func (r Renderer) appendRunLink(text string, f Input) string {
	if l := r.runURL(f); l != "" {
		text += "\n<" + l + "|The run in Port>"
	}
	return text
}

func textMessage(text string) slackapp.Message {
	return slackapp.Message{Text: text, Blocks: []slack.Block{sectionBlock(text)}}
}

func sectionBlock(markdown string) slack.Block {
	return slack.NewSectionBlock(slack.NewTextBlockObject(slack.MarkdownType, truncateEscaped(markdown), false, false), nil, nil)
}

// maxSectionText is how many characters a section's text may have.
// https://docs.slack.dev/reference/block-kit/blocks/section-block
const maxSectionText = 3000

// truncateEscaped shortens escaped text to what a section holds, without cutting an escape in two.
func truncateEscaped(s string) string {
	if utf8.RuneCountInString(s) <= maxSectionText {
		return s
	}
	s = string([]rune(s)[:maxSectionText-1])
	if i := strings.LastIndexByte(s, '&'); i >= 0 && !strings.Contains(s[i:], ";") {
		s = s[:i]
	}
	return s + "…"
}

// escapeText keeps text that people wrote from being read as a mention or a link.
// https://docs.slack.dev/messaging/formatting-message-text#escaping
func escapeText(s string) string { return escaper.Replace(s) }

var escaper = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")

// singleLine is text without line breaks.
func singleLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// truncate shortens text to n characters, with an ellipsis.
func truncate(s string, n int) string {
	r := []rune(s)
	if len(r) <= n {
		return s
	}
	return string(r[:n-1]) + "…"
}
