package slacktest

// Rules of rich text.
// https://docs.slack.dev/reference/block-kit/blocks/rich-text-block

var (
	styles = objectRule(nil, fields{
		"bold": boolRule, "italic": boolRule, "strike": boolRule, "code": boolRule, "underline": boolRule,
		"highlight": boolRule, "client_highlight": boolRule, "unlink": boolRule,
	})
	runStyle = fields{"style": styles}

	richRuns = map[string]rule{
		"text":      objectRule(fields{"type": anyValue, "text": stringRule(1, MaxMarkdown)}, runStyle),
		"emoji":     objectRule(fields{"type": anyValue, "name": stringRule(1, MaxID)}, mergeFields(runStyle, fields{"unicode": stringRule(1, MaxID), "url": urlRule(0)})),
		"link":      objectRule(fields{"type": anyValue, "url": urlRule(1)}, mergeFields(runStyle, fields{"text": stringRule(0, MaxMarkdown), "unsafe": boolRule})),
		"user":      objectRule(fields{"type": anyValue, "user_id": stringRule(1, MaxID)}, runStyle),
		"usergroup": objectRule(fields{"type": anyValue, "usergroup_id": stringRule(1, MaxID)}, runStyle),
		"channel":   objectRule(fields{"type": anyValue, "channel_id": stringRule(1, MaxID)}, runStyle),
		"team":      objectRule(fields{"type": anyValue, "team_id": stringRule(1, MaxID)}, runStyle),
		"broadcast": objectRule(fields{"type": anyValue, "range": enumRule("here", "channel", "everyone")}, runStyle),
		"color":     objectRule(fields{"type": anyValue, "value": stringRule(1, MaxID)}, runStyle),
		"date": objectRule(fields{"type": anyValue, "timestamp": numberRule, "format": stringRule(1, MaxID)},
			mergeFields(runStyle, fields{"url": urlRule(0), "fallback": stringRule(0, MaxTextObject)})),
	}
	runs = listRule(0, maxRuns, typedRule(richRuns))

	richSection = objectRule(fields{"type": anyValue, "elements": runs}, nil)

	richParts = map[string]rule{
		"rich_text_section": richSection,
		"rich_text_preformatted": objectRule(fields{"type": anyValue, "elements": runs},
			fields{"border": integerRule(0, 1), "language": stringRule(0, MaxID)}),
		"rich_text_quote": objectRule(fields{"type": anyValue, "elements": runs}, fields{"border": integerRule(0, 1)}),
		"rich_text_list": objectRule(fields{
			"type": anyValue, "style": enumRule("bullet", "ordered"),
			"elements": listRule(0, maxRuns, typedRule(map[string]rule{"rich_text_section": richSection})),
		}, fields{"indent": integerRule(0, 8), "offset": integerRule(0, 1e6), "border": integerRule(0, 10)}),
	}
	richText = objectRule(fields{"type": anyValue, "elements": listRule(0, maxRuns, typedRule(richParts))},
		fields{"block_id": stringRule(0, MaxID)})

	// anyRichText is the initial value of a rich_text_input.
	anyRichText = typedRule(mergeRules(richRuns, richParts, map[string]rule{"rich_text": richText}))
)

// maxRuns is the maximum length of lists for which Slack documents none.
const maxRuns = 10_000

func mergeRules(sets ...map[string]rule) map[string]rule {
	out := map[string]rule{}
	for _, s := range sets {
		for k, r := range s {
			out[k] = r
		}
	}
	return out
}
