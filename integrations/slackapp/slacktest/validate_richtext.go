package slacktest

// Rules of rich text.
// https://docs.slack.dev/reference/block-kit/blocks/rich-text-block

var (
	styles = object(nil, fields{
		"bold": boolean, "italic": boolean, "strike": boolean, "code": boolean, "underline": boolean,
		"highlight": boolean, "client_highlight": boolean, "unlink": boolean,
	})
	runStyle = fields{"style": styles}

	richRuns = map[string]rule{
		"text":      object(fields{"type": anything, "text": str(1, MaxMarkdown)}, runStyle),
		"emoji":     object(fields{"type": anything, "name": str(1, MaxID)}, with(runStyle, fields{"unicode": str(1, MaxID), "url": address(0)})),
		"link":      object(fields{"type": anything, "url": address(1)}, with(runStyle, fields{"text": str(0, MaxMarkdown), "unsafe": boolean})),
		"user":      object(fields{"type": anything, "user_id": str(1, MaxID)}, runStyle),
		"usergroup": object(fields{"type": anything, "usergroup_id": str(1, MaxID)}, runStyle),
		"channel":   object(fields{"type": anything, "channel_id": str(1, MaxID)}, runStyle),
		"team":      object(fields{"type": anything, "team_id": str(1, MaxID)}, runStyle),
		"broadcast": object(fields{"type": anything, "range": enum("here", "channel", "everyone")}, runStyle),
		"color":     object(fields{"type": anything, "value": str(1, MaxID)}, runStyle),
		"date": object(fields{"type": anything, "timestamp": number, "format": str(1, MaxID)},
			with(runStyle, fields{"url": address(0), "fallback": str(0, MaxTextObject)})),
	}
	runs = list(0, maxRuns, byType(richRuns))

	richSection = object(fields{"type": anything, "elements": runs}, nil)

	richParts = map[string]rule{
		"rich_text_section": richSection,
		"rich_text_preformatted": object(fields{"type": anything, "elements": runs},
			fields{"border": integer(0, 1), "language": str(0, MaxID)}),
		"rich_text_quote": object(fields{"type": anything, "elements": runs}, fields{"border": integer(0, 1)}),
		"rich_text_list": object(fields{
			"type": anything, "style": enum("bullet", "ordered"),
			"elements": list(0, maxRuns, byType(map[string]rule{"rich_text_section": richSection})),
		}, fields{"indent": integer(0, 8), "offset": integer(0, 1e6), "border": integer(0, 10)}),
	}
	richText = object(fields{"type": anything, "elements": list(0, maxRuns, byType(richParts))},
		fields{"block_id": str(0, MaxID)})

	// anyRichText is what may be given as the first value of a rich_text_input.
	anyRichText = byType(rulesOf(richRuns, richParts, map[string]rule{"rich_text": richText}))
)

// maxRuns bounds lists for which Slack names no limit.
const maxRuns = 10_000

func rulesOf(sets ...map[string]rule) map[string]rule {
	out := map[string]rule{}
	for _, s := range sets {
		for k, r := range s {
			out[k] = r
		}
	}
	return out
}
