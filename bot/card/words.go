package card

import (
	"cmp"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/slack-go/slack"

	"foghorn/integrations/slackapp"
)

const (
	maxName   = 200  // characters of a name in a message
	maxReason = 1500 // characters of a vendor's words in a message
	maxLink   = 2000 // characters of an address
)

// Begun says that a submission is on its way.
func Begun(f Facts) slackapp.Message {
	return plain(fmt.Sprintf(":hourglass_flowing_sand: *%s* is under way. You will hear how it ends.", escape(clip(f.Title, maxName))))
}

// Waits says that somebody must approve the run.
func (r Room) Waits(f Facts) Delivery {
	text := fmt.Sprintf(":raised_hand: *%s* waits for approval in Port.", escape(clip(f.Title, maxName)))
	return Delivery{Key: Waiting, To: f.Reporter, Last: true, Message: plain(r.withRun(text, f))}
}

// IsLate says that the run takes longer than it should, and is still followed.
func (r Room) IsLate(f Facts) Delivery {
	text := fmt.Sprintf(":hourglass: *%s* is taking longer than usual. It is still being followed.", escape(clip(f.Title, maxName)))
	return Delivery{Key: Late, To: f.Reporter, Last: true, Message: plain(r.withRun(text, f))}
}

// success is the message that all of this is for.
func (r Room) success(f Facts, private bool) slackapp.Message {
	i := f.Outcome.Incident
	if i == nil {
		return r.done(f)
	}
	name := escape(clip(oneLine(f.name()), maxName))
	title := strings.TrimSpace(escape(i.Reference) + " " + name)
	severity := i.Severity
	if severity == "" {
		severity, _ = f.Properties["severity"].(string)
	}
	severity = escape(clip(cmp.Or(severity, "not set"), maxName))

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
		details = r.withRun(details+"\nincident.io gave no link.", f)
	}
	text := fmt.Sprintf("%s incident declared by <@%s>: %s", severity, f.Reporter, title)
	if link != "" {
		text += " " + link
	}
	return slackapp.Message{Text: text, Blocks: []slack.Block{section(head), section(details)}}
}

// done is the success of an action that declares no incident.
func (r Room) done(f Facts) slackapp.Message {
	text := fmt.Sprintf(":white_check_mark: *%s* succeeded for <@%s>.", escape(clip(f.Title, maxName)), f.Reporter)
	for _, l := range f.Outcome.Links {
		if l = webLink(l); l != "" {
			text += "\n<" + l + ">"
		}
	}
	return plain(r.withRun(text, f))
}

// failure tells the reporter what went wrong, in the words of who refused.
func (r Room) failure(f Facts) slackapp.Message {
	title := escape(clip(f.Title, maxName))
	var text, hint string
	switch f.Outcome.Status {
	case NoEmail:
		text = fmt.Sprintf(":x: *%s* was not run, because Port must know who asks.", title)
	case Refused:
		text = fmt.Sprintf(":x: Port refused to run *%s*.", title)
		hint = "Nothing was declared. Mend it and type the command again."
	case Declined:
		text = fmt.Sprintf(":no_entry: *%s* was declined in Port.", title)
	case Cancelled:
		text = fmt.Sprintf(":no_entry: *%s* was cancelled in Port.", title)
	case Lost:
		text = fmt.Sprintf(":grey_question: Nobody can say how *%s* ended.", title)
		hint = "Look at the run in Port before you try again."
	default:
		text = fmt.Sprintf(":x: *%s* failed.", title)
		hint = "Nothing else was told. Mend it and type the command again."
	}
	if reason := strings.TrimSpace(f.Outcome.Reason); reason != "" {
		text += "\n>" + strings.ReplaceAll(escape(clip(reason, maxReason)), "\n", "\n>")
	}
	if hint != "" {
		text += "\n" + hint
	}
	if f.Outcome.Status == Refused || f.Outcome.Status == NoEmail {
		return plain(text)
	}
	return plain(r.withRun(text, f))
}

// instead is a message for a channel, given to the reporter because the channel cannot be told.
func instead(m slackapp.Message, channel, code string) slackapp.Message {
	why := fmt.Sprintf(":mute: <#%s> was not told: %s", channel, hintFor(code))
	return slackapp.Message{
		Text:   m.Text + "\n" + why,
		Blocks: append([]slack.Block{section(why)}, m.Blocks...),
	}
}

// hintFor says how to mend what Slack refused.
// https://docs.slack.dev/reference/methods/chat.postMessage#errors
func hintFor(code string) string {
	switch code {
	case "not_in_channel", "channel_not_found":
		return "the bot is not in that channel. Invite it with /invite and share the incident there. (`" + code + "`)"
	case "is_archived":
		return "the channel is archived. (`is_archived`)"
	case "missing_scope":
		return "the app lacks a scope for that channel; `foghorn doctor` names it. (`missing_scope`)"
	}
	if strings.HasPrefix(code, "restricted_action") {
		return "posting there is restricted; ask a workspace admin. (`" + escape(code) + "`)"
	}
	return "Slack refused it. (`" + escape(clip(code, maxName)) + "`)"
}

func (r Room) withRun(text string, f Facts) string {
	if l := r.runLink(f); l != "" {
		text += "\n<" + l + "|The run in Port>"
	}
	return text
}

func plain(text string) slackapp.Message {
	return slackapp.Message{Text: text, Blocks: []slack.Block{section(text)}}
}

func section(markdown string) slack.Block {
	return slack.NewSectionBlock(slack.NewTextBlockObject(slack.MarkdownType, fit(markdown), false, false), nil, nil)
}

// maxSection is how many characters a section's text may have.
// https://docs.slack.dev/reference/block-kit/blocks/section-block
const maxSection = 3000

// fit shortens escaped text to what a section holds, without cutting an escape in two.
func fit(s string) string {
	if utf8.RuneCountInString(s) <= maxSection {
		return s
	}
	s = string([]rune(s)[:maxSection-1])
	if i := strings.LastIndexByte(s, '&'); i >= 0 && !strings.Contains(s[i:], ";") {
		s = s[:i]
	}
	return s + "…"
}

// escape keeps text that people wrote from being read as a mention or a link.
// https://docs.slack.dev/messaging/formatting-message-text#escaping
func escape(s string) string { return escaper.Replace(s) }

var escaper = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")

// oneLine is text without line breaks.
func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// clip shortens text to n characters, with an ellipsis.
func clip(s string, n int) string {
	r := []rune(s)
	if len(r) <= n {
		return s
	}
	return string(r[:n-1]) + "…"
}
