package message

import (
	"github.com/slack-go/slack"

	"foghorn/bot/slacktext"
)

// maxSectionText is the limit of a section's text.
// https://docs.slack.dev/reference/block-kit/blocks/section-block
const maxSectionText = 3000

func sectionBlock(mrkdwn string) slack.Block {
	return slack.NewSectionBlock(mrkdwnText(mrkdwn), nil, nil)
}

// contextBlock is small text, one element a line. Slack accepts 10 elements.
// https://docs.slack.dev/reference/block-kit/blocks/context-block
func contextBlock(lines ...string) slack.Block {
	elements := make([]slack.MixedElement, 0, len(lines))
	for _, line := range lines {
		elements = append(elements, mrkdwnText(line))
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

// mrkdwnText is verbatim: Slack does not turn names and addresses in it into links.
func mrkdwnText(text string) *slack.TextBlockObject {
	return slack.NewTextBlockObject(slack.MarkdownType, slacktext.TruncateMrkdwn(text, maxSectionText), false, true)
}
