package modal

import "foghorn/bot/slacktext"

// Slack's limits of a view and its parts, in UTF-16 code units where nothing else is said.
const (
	// https://docs.slack.dev/reference/views/modal-views
	maxTitle    = 24 // of the view, its submit and its close
	maxBlocks   = 100
	maxMetadata = 3000

	// https://docs.slack.dev/reference/methods/views.open#errors
	maxViewBytes = 250_000 // bytes of JSON

	// https://docs.slack.dev/reference/block-kit/blocks/input-block
	maxLabel = 2000
	maxHint  = 2000

	// https://docs.slack.dev/reference/block-kit/blocks/header-block
	maxHeader = 150

	// https://docs.slack.dev/reference/block-kit/blocks/section-block
	maxText = 3000

	// https://docs.slack.dev/reference/block-kit/composition-objects/option-object
	maxOptionText  = 75
	maxOptionValue = 150

	// https://docs.slack.dev/reference/block-kit/block-elements/select-menu-element
	maxPlaceholder = 150
	maxOptions     = 100

	// https://docs.slack.dev/reference/block-kit/block-elements/plain-text-input-element
	maxInput = 3000

	// https://docs.slack.dev/reference/block-kit/blocks
	maxID = 255 // of a block or an action

	// https://docs.slack.dev/reference/block-kit/block-elements/datetime-picker-element
	minDateTime = 1_000_000_000 // ten digits of Unix seconds
	maxDateTime = 9_999_999_999

	// Slack drops longer acks without a word. https://github.com/slack-go/slack/issues/1196
	maxAckBytes = 20_000 // bytes of JSON; the limit is 20,480 with the envelope around it
)

const (
	// room is what a page leaves for what is not a field: its step, a button to go back.
	reservedBlocks = 4

	// pageBytes is how many bytes of JSON the fields of a page may have.
	maxPageBytes = maxViewBytes - 20_000

	// maxNumber is the largest number that a number_input is given: above it, not every
	// integer is a float64.
	maxNumber = 1 << 53

	// ownName is the longest text in bytes that an option is named by, instead of by a
	// digest. Two hundred options (all and the chosen ones) of the longest texts with such
	// names fit a page.
	maxInlineValue = 75

	// fewOptions is how many options are shown at once as radio buttons.
	maxRadioOptions = 4
)

// truncate cleans text and shortens it to n UTF-16 code units, with an ellipsis.
func truncate(s string, n int) string { return slacktext.Truncate(slacktext.Clean(s), n) }
