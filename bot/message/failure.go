package message

import (
	"fmt"
	"slices"
	"strings"

	"github.com/slack-go/slack"

	"foghorn/bot/request"
	"foghorn/bot/slacktext"
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
	return r.runMessage(in, joinLines(fmt.Sprintf(":x: *%s* failed.", title), quote(reason), escape(in.Outcome.Hint), "Nothing was posted to a channel."))
}

// fallbackMessage is a channel's message for the reporter, who can share it there. It is sent when
// Slack rejected the message in the channel.
func fallbackMessage(m slackapp.Message, channel, code string) slackapp.Message {
	why := ":mute: " + postErrorText(channel, code)
	return slackapp.Message{
		Text:   slacktext.TruncateMrkdwn(m.Text, maxText-slacktext.Length(why)-1) + "\n" + why,
		Blocks: slices.Concat([]slack.Block{sectionBlock(why)}, m.Blocks),
	}
}

// maxErrorCode is how many UTF-16 code units of an unknown error code are shown.
const maxErrorCode = 40

// postErrorText says why a message is not in its channel, and what the reporter can do. It depends on Slack's error
// and on the kind of conversation: nobody can be invited to a direct message. Slack reports channel_not_found for
// every conversation that the bot cannot see: private channels, direct and group messages, and channels of other
// organizations.
// https://docs.slack.dev/reference/methods/chat.postMessage#errors
func postErrorText(channel, code string) string {
	couldNot := fmt.Sprintf("I couldn't post this in <#%s> ", channel)
	switch {
	case strings.HasPrefix(channel, "D"):
		return "I can't post in that conversation, so here is the result."
	case code == "channel_not_found", code == "team_not_found", code == "method_not_supported_for_channel_type":
		return "I can't post in that conversation, so here is the result. If it is a private channel of this workspace, " +
			"invite me there with `/invite`, then share this message."
	case code == "not_in_channel":
		return couldNot + "because I'm not a member. Invite me there with `/invite`, then share this message."
	case code == "is_archived":
		return couldNot + "because it is archived."
	case code == "missing_scope":
		return couldNot + "because the app lacks a scope. The person who operates this bot can run `foghorn doctor` to find it."
	case strings.HasPrefix(code, "restricted_action"):
		return couldNot + "because posting there is restricted. Ask a workspace admin."
	}
	return couldNot + "because Slack rejected it (`" + escape(truncate(code, maxErrorCode)) + "`)."
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
