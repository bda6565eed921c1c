package message

import (
	"strings"

	"foghorn/bot/slacktext"
)

// postErrors says, for each error code that is final for a message, why the message is not in its channel and what the
// reporter can do. %s is the channel.
// https://docs.slack.dev/reference/methods/chat.postMessage#errors
var postErrors = map[string]string{
	"not_in_channel": "I couldn't post this in %s because I'm not a member. Invite me there with `/invite`, then share this message.",
	"is_archived":    "I couldn't post this in %s because it is archived. Share this message in another channel.",

	"restricted_action":          restrictedText, // also restricted_action_read_only_channel and others
	"app_access_restricted":      adminText,
	"ekm_access_denied":          adminText,
	"enterprise_is_restricted":   adminText,
	"send_on_behalf_not_allowed": adminText,
	"slack_connect":              adminText, // slack_connect_file_link_sharing_blocked and others
	"two_factor_setup_required":  adminText,

	"missing_scope": operatorText,
	"no_permission": operatorText,
}

const (
	restrictedText = "I couldn't post this in %s because posting there is restricted. " +
		"Share this message there yourself if you may, or ask a workspace admin to let me post."
	adminText = "I couldn't post this in %s because an admin restricts this app there. " +
		"Share this message there yourself, or ask a workspace admin."
	operatorText = "I couldn't post this in %s because the app lacks a permission. " +
		"The person who operates this bot can run `foghorn doctor` to find it."
	otherPostErrorText = "I couldn't post this in %s because Slack rejected it (`%s`). " +
		"Share this message there yourself. The person who operates this bot can find the error in the log."

	// No app can be invited to a direct or group message of people.
	directText    = "I can't post in that conversation, so here is the result."
	invisibleText = "I can't post in that conversation, so here is the result. " +
		"If it is a private channel of this workspace, invite me there with `/invite`, then share this message."
	noAnnounceText = "I couldn't post this in the channel for announcements. " +
		"The person who operates this bot can run `foghorn doctor` to find out why."
)

// maxErrorCode is how many UTF-16 code units of an unknown error code are shown.
const maxErrorCode = 40

// invisibleCodes are the errors for every conversation that the bot cannot see: private channels, direct and group
// messages, deleted channels, and channels of other organizations.
var invisibleCodes = map[string]bool{
	"channel_not_found": true, "team_not_found": true, "team_access_not_granted": true, "channel_type_not_supported": true,
	"method_not_supported_for_channel_type": true, "user_not_found": true,
}

// blockErrors are the errors for a message that Slack could accept without its blocks.
var blockErrors = map[string]bool{
	"invalid_blocks": true, "invalid_blocks_format": true, "msg_blocks_too_long": true, "invalid_arguments": true,
}

// postErrorText says why a message is not in its channel, and what the reporter can do. direct says that the channel is a
// direct or group message, announce that it is the channel for announcements.
func postErrorText(channel, code string, direct, announce bool) slacktext.Text {
	place := slacktext.Channel(channel)
	if direct = direct || strings.HasPrefix(channel, "D"); direct {
		place = "that conversation" // Slack has no link to it
	}
	for _, family := range []string{"restricted_action", "slack_connect"} {
		if strings.HasPrefix(code, family) {
			code = family
		}
	}
	switch text, known := postErrors[code]; {
	case announce && invisibleCodes[code]:
		return noAnnounceText
	case direct && (invisibleCodes[code] || code == "not_in_channel"):
		return directText
	case invisibleCodes[code]:
		return invisibleText
	case known:
		return slacktext.Format(text, place)
	}
	return slacktext.Format(otherPostErrorText, place, truncate(code, maxErrorCode))
}
