package modal

// Slack's limits of a view and its parts, in UTF-16 code units unless stated otherwise.
const (
	// https://docs.slack.dev/reference/views/modal-views
	maxTitle    = 24 // of the view, its submit and its close
	maxBlocks   = 100
	maxMetadata = 3000

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
	maxOptions = 100

	// https://docs.slack.dev/reference/block-kit/block-elements/plain-text-input-element
	maxInput = 3000

	// https://docs.slack.dev/reference/block-kit/block-elements/button-element
	maxButton = 75

	// https://docs.slack.dev/reference/block-kit/blocks
	maxID = 255 // of a block or an action

	// https://docs.slack.dev/reference/block-kit/block-elements/datetime-picker-element
	minDateTime = 1_000_000_000 // ten digits of Unix seconds
	maxDateTime = 9_999_999_999

	// Slack closes the connection on an ack of more than 20,480 bytes, with the envelope around it.
	// https://github.com/slack-go/slack/issues/1196
	maxAckBytes = 20_000
)

// A page of a form is the answer to the submission of the page before it, so that it must fit an
// ack. Bytes are those of JSON, in which one code point can take six. The parts of an input block
// add up to less than maxPageBytes, so that each block fits a page: label + hint + initial value +
// about 1,500 for ids and keys.
const (
	chromeBytes      = 3000                      // everything but the fields: titles, metadata, step, Back
	maxPageBytes     = maxAckBytes - chromeBytes // of the blocks of a page's fields
	maxMetadataBytes = 1000                      // of private_metadata; Port's identifiers have up to 100 characters
	maxStepBytes     = 500                       // of a step's title
	maxNoticeBytes   = 500
	maxLabelBytes    = 600
	maxHintBytes     = 2000
	maxInitialBytes  = 12_000 // of a text, of chosen options, or of all options of a menu: 3,000 code points of any script
)

const (
	// maxIncidentsBytes is the size of the block with recent incidents. No page is smaller for it: see FitsAck.
	maxIncidentsBytes = 6000

	// maxIncidentTitle is the most UTF-16 code units of the reference and the name of a recent incident.
	maxIncidentTitle = 100

	// reservedBlocks is how many blocks of a page are not fields: recent incidents, its step, a notice, the button Back.
	reservedBlocks = 4

	// maxNotice is the most UTF-16 code units of a notice above the fields.
	maxNotice = 300

	// optionBytes is the size of an option without its texts.
	optionBytes = 80

	// maxNumber is the largest number that a number_input is given: above it, not every
	// integer is a float64.
	maxNumber = 1 << 53

	// maxInlineValue is the longest text in bytes that is the value of its option. A longer one is
	// represented by a digest.
	maxInlineValue = 75

	// maxRadioOptions is how many options are shown as radio buttons.
	maxRadioOptions = 4
)
