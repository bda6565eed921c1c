package message

import (
	"fmt"
	"slices"
	"strings"

	"github.com/slack-go/slack"

	"foghorn/bot/request"
	"foghorn/integrations/slackapp"
)

// failureMessage informs the reporter why there is no result.
func (r Renderer) failureMessage(in Input) slackapp.Message {
	title, reason := displayName(in.Title), strings.TrimSpace(in.Outcome.Reason)
	switch in.Outcome.Status {
	case request.NoEmail:
		text := fmt.Sprintf(":x: *%s* did not run. Port needs your email address.", title)
		return textMessage(joinLines(text, escape(truncate(reason, maxReason))))
	case request.Denied:
		return textMessage(fmt.Sprintf(":x: *%s* did not run. %s", title, escape(truncate(reason, maxReason))))
	case request.Rejected:
		text := fmt.Sprintf(":x: *%s* did not run. Port rejected it:", title)
		if reason == "" {
			text = fmt.Sprintf(":x: *%s* did not run. Port rejected it.", title)
		}
		return textMessage(joinLines(text, quote(reason), "Nothing was created. Correct the input and run the command again."))
	case request.NotStarted:
		text := fmt.Sprintf(":x: *%s* did not run.", title)
		return textMessage(joinLines(text, quote(reason), "Nothing was created. Run the command again if it is still needed."))
	case request.Declined:
		return r.runMessage(in, joinLines(fmt.Sprintf(":no_entry: *%s* was declined in Port.", title), quote(reason)))
	case request.Cancelled:
		return r.runMessage(in, joinLines(fmt.Sprintf(":no_entry: *%s* was cancelled in Port.", title), quote(reason)))
	case request.Unknown:
		return r.runMessage(in, joinLines(fmt.Sprintf(":grey_question: The result of *%s* is unknown.", title), quote(reason),
			"Check the run in Port before you run it again, to avoid a duplicate."))
	}
	return r.runMessage(in, joinLines(fmt.Sprintf(":x: *%s* failed.", title), quote(reason), "Nothing was posted to a channel."))
}

// fallbackMessage is a channel's message for the reporter, who can share it there. It is sent when
// Slack rejected the message in the channel.
func fallbackMessage(m slackapp.Message, channel, code string) slackapp.Message {
	why := fmt.Sprintf(":mute: I couldn't post this in <#%s> %s", channel, postErrorText(code))
	return slackapp.Message{
		Text:   truncateEscaped(m.Text, maxText-textLength(why)-1) + "\n" + why,
		Blocks: slices.Concat([]slack.Block{sectionBlock(why)}, m.Blocks),
	}
}

// maxErrorCode is how many code points of an unknown error code are shown.
const maxErrorCode = 40

// postErrorText says why Slack rejected a message, and what to do about it.
// https://docs.slack.dev/reference/methods/chat.postMessage#errors
func postErrorText(code string) string {
	switch {
	case code == "not_in_channel", code == "channel_not_found":
		return "because I'm not a member. Invite me there with `/invite`, then share this message."
	case code == "is_archived":
		return "because it is archived."
	case code == "missing_scope":
		return "because the app lacks a scope. The person who operates this bot can run `foghorn doctor` to find it."
	case strings.HasPrefix(code, "restricted_action"):
		return "because posting there is restricted. Ask a workspace admin."
	}
	return "because Slack rejected it (`" + escape(truncate(code, maxErrorCode)) + "`)."
}

// quote is a reason as a block quote; "" for none.
func quote(reason string) string {
	if reason == "" {
		return ""
	}
	return ">" + strings.ReplaceAll(escape(truncate(reason, maxReason)), "\n", "\n>")
}

// joinLines joins the lines that are not empty.
func joinLines(lines ...string) string {
	return strings.Join(slices.DeleteFunc(lines, func(s string) bool { return s == "" }), "\n")
}
