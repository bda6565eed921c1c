package message

import (
	"github.com/slack-go/slack"

	"foghorn/bot/slacktext"
	"foghorn/integrations/slackapp"
)

// textMessage is a message of one text.
func textMessage(text slacktext.Text) slackapp.Message {
	return slackapp.Message{Text: text.Fallback(), Blocks: []slack.Block{text.Block()}}
}

// contextBlock is small text, one element a line. Slack accepts 10 elements.
// https://docs.slack.dev/reference/block-kit/blocks/context-block
func contextBlock(lines ...slacktext.Text) slack.Block {
	elements := make([]slack.MixedElement, 0, len(lines))
	for _, line := range lines {
		elements = append(elements, line.Object())
	}
	return slack.NewContextBlock("", elements...)
}

// actionBlocks is a block with buttons; none without buttons. Slack accepts 25 buttons.
// https://docs.slack.dev/reference/block-kit/blocks/actions-block
func actionBlocks(buttons ...slack.BlockElement) []slack.Block {
	if len(buttons) == 0 {
		return nil
	}
	return []slack.Block{slack.NewActionBlock("", buttons...)}
}

// linkButton opens a URL. Slack also sends an interaction for the click, which the bot only acks.
// https://docs.slack.dev/reference/block-kit/block-elements/button-element
func linkButton(actionID, label, url string) *slack.ButtonBlockElement {
	button := slack.NewButtonBlockElement(actionID, "", slack.NewTextBlockObject(slack.PlainTextType, label, false, false))
	button.URL = url
	return button
}
