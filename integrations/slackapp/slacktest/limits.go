package slacktest

// Limits of Block Kit, in Unicode code points for text and in items for lists.
// https://docs.slack.dev/reference/block-kit
const (
	MaxTextObject     = 3000 // text objects, unless a smaller limit below applies
	MaxID             = 255  // block_id, action_id, callback_id, external_id
	MaxAddress        = 3000 // url, image_url
	MaxMarkdown       = 12_000
	MaxHeader         = 150
	MaxFields         = 10
	MaxFieldText      = 2000
	MaxContext        = 10
	MaxActions        = 25
	MaxContextActions = 5
	MaxAltText        = 2000

	MaxInputLabel  = 2000
	MaxInputHint   = 2000
	MaxPlaceholder = 150
	MaxInput       = 3000 // plain_text_input: max_length and min_length
	MaxFiles       = 10   // file_input: max_files

	MaxOptionText        = 75
	MaxOptionValue       = 150
	MaxOptionDescription = 75
	MaxGroupLabel        = 75
	MaxOptions           = 100 // of selects, also of a group and of groups
	MaxChoices           = 10  // checkboxes and radio_buttons
	MaxOverflow          = 5

	MaxButtonText  = 75
	MaxButtonValue = 2000

	MaxConfirmTitle  = 100
	MaxConfirmText   = 300
	MaxConfirmButton = 30

	MaxVideoAlt      = 200
	MaxVideoTitle    = 200
	MaxVideoAuthor   = 50
	MaxVideoProvider = 50

	MaxTableRows    = 100
	MaxTableColumns = 20

	MaxDataTableRows    = 201
	MaxDataTableContent = 20_000
	MaxDataTablePage    = 100

	MaxCardTitle   = 150
	MaxCardText    = 200
	MaxCardActions = 3
	MaxCarousel    = 10
	MaxContainer   = 10
	MaxAlert       = 200

	MaxChartTitle  = 50
	MaxChartLabel  = 20
	MaxChartSeries = 12
	MaxChartPoints = 20
)

// Limits of a view.
// https://docs.slack.dev/reference/views/modal-views
const (
	MaxViewText        = 24 // title, submit, close
	MaxViewBlocks      = 100
	MaxPrivateMetadata = 3000
)
