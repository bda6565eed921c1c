package slacktest

import (
	"fmt"
	"slices"
)

// Rules of the blocks.
// https://docs.slack.dev/reference/block-kit/blocks

var commonBlockFields = fields{"type": anyValue}

// blockIDField is an optional property of every block.
var blockIDField = fields{"block_id": stringRule(0, MaxID)}

// blockRules are the rules by type. init adds the blocks that contain blocks.
var blockRules = map[string]rule{
	"section": objectRule(commonBlockFields, mergeAllFields(blockIDField, fields{
		"text": textRule(MaxTextObject), "fields": listRule(1, MaxFields, textRule(MaxFieldText)), "accessory": sectionAccessory, "expand": boolRule,
	}), func(c *checker, pointer string, o map[string]any) {
		if o["text"] == nil && o["fields"] == nil {
			c.addProblem(joinPointer(pointer, "type"), "must define either `text` or `fields`")
		}
	}),
	"divider": objectRule(commonBlockFields, blockIDField),
	"header":  objectRule(mergeFields(commonBlockFields, fields{"text": plainTextRule(1, MaxHeader)}), mergeFields(blockIDField, fields{"level": integerRule(1, 4)})),
	"context": objectRule(mergeFields(commonBlockFields, fields{"elements": listRule(1, MaxContext, typedRule(map[string]rule{
		"image": elementRules["image"], "plain_text": plainTextRule(1, MaxTextObject), "mrkdwn": mrkdwnRule(MaxTextObject),
	}))}), blockIDField),
	"actions": objectRule(mergeFields(commonBlockFields, fields{"elements": listRule(1, MaxActions, actionsElement)}), blockIDField, checkUniqueActions),
	"image": objectRule(mergeFields(commonBlockFields, fields{"alt_text": stringRule(0, MaxAltText)}), mergeAllFields(blockIDField, fields{
		"image_url": urlRule(1), "slack_file": slackFile, "title": plainTextRule(1, MaxTextObject),
	}), exactlyOneOf("image_url", "slack_file")),
	"input": objectRule(mergeFields(commonBlockFields, fields{"label": plainTextRule(1, MaxInputLabel), "element": inputElement}), mergeAllFields(blockIDField, fields{
		"hint": plainTextRule(1, MaxInputHint), "optional": boolRule, "dispatch_action": boolRule,
	}), checkNoFileDispatch),
	"video": objectRule(mergeFields(commonBlockFields, fields{
		"alt_text": stringRule(1, MaxVideoAlt), "title": plainTextRule(1, MaxVideoTitle), "thumbnail_url": urlRule(1), "video_url": urlRule(1),
	}), mergeAllFields(blockIDField, fields{
		"author_name": stringRule(0, MaxVideoAuthor), "description": plainTextRule(1, MaxVideoTitle), "provider_icon_url": urlRule(0),
		"provider_name": stringRule(0, MaxVideoProvider), "title_url": urlRule(0),
	})),
	"markdown":           objectRule(mergeFields(commonBlockFields, fields{"text": stringRule(1, MaxMarkdown)}), blockIDField),
	"file":               objectRule(mergeFields(commonBlockFields, fields{"external_id": stringRule(1, MaxID), "source": enumRule("remote")}), blockIDField),
	"rich_text":          richText,
	"alert":              objectRule(mergeFields(commonBlockFields, fields{"text": textRule(MaxAlert)}), mergeAllFields(blockIDField, fields{"level": enumRule("default", "info", "success", "warning", "error")})),
	"context_actions":    objectRule(mergeFields(commonBlockFields, fields{"elements": listRule(1, MaxContextActions, iconOrFeedback)}), blockIDField, checkUniqueActions),
	"table":              table,
	"data_table":         dataTable,
	"data_visualization": chart,
	"card":               card,
	"carousel":           objectRule(mergeFields(commonBlockFields, fields{"elements": listRule(1, MaxCarousel, typedRule(map[string]rule{"card": card}))}), blockIDField),
	"plan": objectRule(mergeFields(commonBlockFields, fields{"title": stringRule(1, MaxTextObject)}), mergeAllFields(blockIDField, fields{
		"tasks": listRule(0, MaxMessageBlocks, objectRule(fields{"task_id": stringRule(1, MaxID), "title": stringRule(1, MaxTextObject)}, mergeAllFields(commonBlockFields, blockIDField, taskFields))),
	})),
	"task_card": objectRule(mergeFields(commonBlockFields, fields{"task_id": stringRule(1, MaxID), "title": stringRule(1, MaxTextObject)}), mergeFields(blockIDField, taskFields)),
}

// anyBlockRule validates a block of a type that the surface supports.
func anyBlockRule(c *checker, pointer string, v any) {
	o, _ := v.(map[string]any)
	if kind, _ := o["type"].(string); c.surface != "" && c.surface != "message" && slices.Contains(messageOnlyTypes, kind) {
		c.addProblem(joinPointer(pointer, "type"), "unsupported type: %s", kind)
		return
	}
	blockRule(c, pointer, v)
}

// messageOnlyTypes are the blocks that views do not support.
var messageOnlyTypes = []string{
	"file", "markdown", "table", "data_table", "data_visualization", "card", "carousel", "plan", "task_card", "context_actions",
}

var blockRule rule

func init() { // a container contains blocks
	blockRules["container"] = objectRule(mergeFields(commonBlockFields, fields{"child_blocks": listRule(1, MaxContainer, childBlockRule)}), mergeAllFields(blockIDField, fields{
		"title": plainTextRule(1, MaxCardTitle), "rich_text_title": richText, "subtitle": textRule(MaxCardTitle), "width": enumRule("narrow", "standard", "wide", "full"), "is_collapsible": boolRule,
		"default_collapsed": boolRule, "has_header_divider": boolRule, "icon": elementRules["image"],
	}))
	blockRule = typedRule(blockRules)
}

// childBlockTypes are the blocks that a container supports.
var childBlockTypes = []string{
	"actions", "context", "divider", "file", "header", "image", "input", "rich_text", "section", "table", "video",
}

func childBlockRule(c *checker, pointer string, v any) {
	o, _ := v.(map[string]any)
	if kind, _ := o["type"].(string); !slices.Contains(childBlockTypes, kind) {
		c.addProblem(joinPointer(pointer, "type"), "unsupported type: %s", truncate(kind))
		return
	}
	anyBlockRule(c, pointer, v)
}

func checkUniqueActions(c *checker, pointer string, o map[string]any) {
	items, _ := o["elements"].([]any)
	checkUnique(c, joinPointer(pointer, "elements"), "action_id", items)
}

func checkNoFileDispatch(c *checker, pointer string, o map[string]any) {
	element, _ := o["element"].(map[string]any)
	if element["type"] == "file_input" && o["dispatch_action"] == true {
		c.addProblem(joinPointer(pointer, "dispatch_action"), "`dispatch_action` cannot be used with a `file_input`")
	}
}

var (
	viewFields = fields{
		"private_metadata": stringRule(0, MaxPrivateMetadata), "callback_id": stringRule(0, MaxID), "external_id": stringRule(0, MaxID),
	}
	modalView = objectRule(fields{
		"type": anyValue, "title": plainTextRule(1, MaxViewText), "blocks": listRule(1, MaxViewBlocks, anyBlockRule),
	}, mergeFields(viewFields, fields{
		"submit": plainTextRule(1, MaxViewText), "close": plainTextRule(1, MaxViewText), "clear_on_close": boolRule, "notify_on_close": boolRule,
	}))
	homeView = objectRule(fields{"type": anyValue, "blocks": listRule(1, MaxViewBlocks, anyBlockRule)}, viewFields)
)

// validateView validates a view of one of the types kinds.
func validateView(body map[string]any, pointer string, kinds ...string) []Problem {
	kind, _ := body["type"].(string)
	c := &checker{surface: kind}
	switch {
	case body["type"] == nil:
		c.addProblem(pointer, "missing required field: type")
	case !slices.Contains(kinds, kind):
		c.addProblem(joinPointer(pointer, "type"), "unsupported type: %s", truncate(kind))
	case kind == "home":
		homeView(c, pointer, body)
	default:
		modalView(c, pointer, body)
	}
	content, _ := body["blocks"].([]any)
	checkUnique(c, joinPointer(pointer, "blocks"), "block_id", content)
	if kind == "modal" && body["submit"] == nil {
		for i, b := range content {
			if o, _ := b.(map[string]any); o["type"] == "input" {
				c.addProblem(fmt.Sprintf("%s/blocks/%d/input", pointer, i), "must define `submit` to use an `input` block in modals")
			}
		}
	}
	return c.problems
}
