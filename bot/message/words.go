package message

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/slack-go/slack"

	"foghorn/bot/request"
	"foghorn/bot/slacktext"
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
	return slackapp.Message{Text: slacktext.TruncateMrkdwn(text, maxText), Blocks: []slack.Block{r.headBlock(f, head), sectionBlock(details)}}
}

// headBlock is the line with the incident's name. A name with marks of mrkdwn is rich text, which has no marks:
// it is shown as it was typed.
func (r Renderer) headBlock(f Input, head string) slack.Block {
	i := f.Outcome.Incident
	title := strings.TrimSpace(singleLine(i.Reference) + " " + truncate(singleLine(f.incidentName()), maxName))
	if !strings.ContainsAny(title, "*_~`") {
		return sectionBlock(head)
	}
	bold := &slack.RichTextSectionTextStyle{Bold: true}
	elements := []slack.RichTextSectionElement{
		slack.NewRichTextSectionEmojiElement("rotating_light", 0, nil), slack.NewRichTextSectionTextElement(" ", nil),
	}
	if i.Permalink != "" {
		elements = append(elements, slack.NewRichTextSectionLinkElement(i.Permalink, title, bold))
	} else {
		elements = append(elements, slack.NewRichTextSectionTextElement(title, bold))
	}
	return slack.NewRichTextBlock("", slack.NewRichTextSection(elements...))
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
	why := ":mute: " + postErrorText(channel, code)
	return slackapp.Message{
		Text:   slacktext.TruncateMrkdwn(why+"\n"+m.Text, maxText),
		Blocks: append([]slack.Block{sectionBlock(why)}, m.Blocks...),
	}
}

// postErrorText says why a message is not in its channel, and what the reporter can do. It depends on Slack's error
// and on the kind of conversation: nobody can be invited to a direct message. Slack reports channel_not_found for
// every conversation that the bot cannot see: private channels, direct and group messages, and channels of other
// organizations.
// https://docs.slack.dev/reference/methods/chat.postMessage#errors
func postErrorText(channel, code string) string {
	switch {
	case strings.HasPrefix(channel, "D"):
		return "I can't post in that conversation, so here is the result."
	case code == "channel_not_found", code == "team_not_found", code == "method_not_supported_for_channel_type":
		return "I can't post in that conversation, so here is the result. If it is a private channel of this workspace, " +
			"invite me there with `/invite`, then share this message."
	case code == "not_in_channel":
		return fmt.Sprintf("I couldn't post this in <#%s> because I'm not a member. Invite me with `/invite`, then share this message.", channel)
	case code == "is_archived":
		return fmt.Sprintf("I couldn't post this in <#%s> because it is archived.", channel)
	case code == "missing_scope":
		return fmt.Sprintf("I couldn't post this in <#%s> because the app lacks a scope; `foghorn doctor` names it.", channel)
	case strings.HasPrefix(code, "restricted_action"):
		return fmt.Sprintf("I couldn't post this in <#%s> because posting there is restricted. Ask a workspace admin. (`%s`)",
			channel, escapeText(code))
	}
	return fmt.Sprintf("I couldn't post this in <#%s>. (`%s`)", channel, escapeText(truncate(code, maxName)))
}

func (r Renderer) appendRunLink(text string, f Input) string {
	if l := r.runURL(f); l != "" {
		text += "\n<" + l + "|The run in Port>"
	}
	return text
}

func textMessage(text string) slackapp.Message {
	return slackapp.Message{Text: slacktext.TruncateMrkdwn(text, maxText), Blocks: []slack.Block{sectionBlock(text)}}
}

func sectionBlock(markdown string) slack.Block {
	return slack.NewSectionBlock(slack.NewTextBlockObject(slack.MarkdownType, slacktext.TruncateMrkdwn(markdown, maxSectionText), false, true), nil, nil)
}

// maxSectionText is how many characters a section's text may have.
// https://docs.slack.dev/reference/block-kit/blocks/section-block
const maxSectionText = 3000

// maxText is how long the text of a message may be, which notifications show.
// https://docs.slack.dev/reference/methods/chat.postMessage#truncating
const maxText = 4000

// escapeText prevents text that people wrote from being read as a mention or a link.
func escapeText(s string) string { return slacktext.Escape(s) }

// singleLine is text without line breaks.
func singleLine(s string) string { return slacktext.SingleLine(s) }

// truncate cleans text and shortens it to n UTF-16 code units, with an ellipsis.
func truncate(s string, n int) string { return slacktext.Truncate(slacktext.Clean(s), n) }
