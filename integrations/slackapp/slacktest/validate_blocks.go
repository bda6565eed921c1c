package slacktest

import (
	"fmt"
	"slices"
)

// Rules of the blocks.
// https://docs.slack.dev/reference/block-kit/blocks

var block = fields{"type": anything}

// blockID is what every block may have.
var blockID = fields{"block_id": str(0, MaxID)}

// blocks are the rules by type. Blocks that hold blocks are added by init.
var blocks = map[string]rule{
	"section": object(block, all(blockID, fields{
		"text": text(MaxTextObject), "fields": list(1, MaxFields, text(MaxFieldText)), "accessory": sectionAccessory, "expand": boolean,
	}), func(c *checker, at string, o map[string]any) {
		if o["text"] == nil && o["fields"] == nil {
			c.fail(step(at, "type"), "must define either `text` or `fields`")
		}
	}),
	"divider": object(block, blockID),
	"header":  object(with(block, fields{"text": plainText(1, MaxHeader)}), with(blockID, fields{"level": integer(1, 4)})),
	"context": object(with(block, fields{"elements": list(1, MaxContext, byType(map[string]rule{
		"image": elements["image"], "plain_text": plainText(1, MaxTextObject), "mrkdwn": mrkdwn(MaxTextObject),
	}))}), blockID),
	"actions": object(with(block, fields{"elements": list(1, MaxActions, actionsElement)}), blockID, uniqueActions),
	"image": object(with(block, fields{"alt_text": str(0, MaxAltText)}), all(blockID, fields{
		"image_url": address(1), "slack_file": slackFile, "title": plainText(1, MaxTextObject),
	}), exactlyOne("image_url", "slack_file")),
	"input": object(with(block, fields{"label": plainText(1, MaxInputLabel), "element": inputElement}), all(blockID, fields{
		"hint": plainText(1, MaxInputHint), "optional": boolean, "dispatch_action": boolean,
	}), noDispatchOfFiles),
	"video": object(with(block, fields{
		"alt_text": str(1, MaxVideoAlt), "title": plainText(1, MaxVideoTitle), "thumbnail_url": address(1), "video_url": address(1),
	}), all(blockID, fields{
		"author_name": str(0, MaxVideoAuthor), "description": plainText(1, MaxVideoTitle), "provider_icon_url": address(0),
		"provider_name": str(0, MaxVideoProvider), "title_url": address(0),
	})),
	"markdown":           object(with(block, fields{"text": str(1, MaxMarkdown)}), blockID),
	"file":               object(with(block, fields{"external_id": str(1, MaxID), "source": enum("remote")}), blockID),
	"rich_text":          richText,
	"alert":              object(with(block, fields{"text": text(MaxAlert)}), all(blockID, fields{"level": enum("default", "info", "success", "warning", "error")})),
	"context_actions":    object(with(block, fields{"elements": list(1, MaxContextActions, iconOrFeedback)}), blockID, uniqueActions),
	"table":              table,
	"data_table":         dataTable,
	"data_visualization": chart,
	"card":               card,
	"carousel":           object(with(block, fields{"elements": list(1, MaxCarousel, byType(map[string]rule{"card": card}))}), blockID),
	"plan": object(with(block, fields{"title": str(1, MaxTextObject)}), all(blockID, fields{
		"tasks": list(0, MaxMessageBlocks, object(fields{"task_id": str(1, MaxID), "title": str(1, MaxTextObject)}, all(block, blockID, taskFields))),
	})),
	"task_card": object(with(block, fields{"task_id": str(1, MaxID), "title": str(1, MaxTextObject)}), with(blockID, taskFields)),
}

// anyBlock is a block of any type that the surface knows.
func anyBlock(c *checker, at string, v any) {
	o, _ := v.(map[string]any)
	if kind, _ := o["type"].(string); c.surface != "" && c.surface != "message" && slices.Contains(messageOnly, kind) {
		c.fail(step(at, "type"), "unsupported type: %s", kind)
		return
	}
	blockRule(c, at, v)
}

// messageOnly are the blocks that no view shows.
var messageOnly = []string{
	"file", "markdown", "table", "data_table", "data_visualization", "card", "carousel", "plan", "task_card", "context_actions",
}

var blockRule rule

func init() { // a container holds blocks
	blocks["container"] = object(with(block, fields{"child_blocks": list(1, MaxContainer, childBlock)}), all(blockID, fields{
		"title": plainText(1, MaxCardTitle), "rich_text_title": richText, "subtitle": text(MaxCardTitle), "width": enum("narrow", "standard", "wide", "full"), "is_collapsible": boolean,
		"default_collapsed": boolean, "has_header_divider": boolean, "icon": elements["image"],
	}))
	blockRule = byType(blocks)
}

// childKinds are the blocks that a container holds.
var childKinds = []string{
	"actions", "context", "divider", "file", "header", "image", "input", "rich_text", "section", "table", "video",
}

func childBlock(c *checker, at string, v any) {
	o, _ := v.(map[string]any)
	if kind, _ := o["type"].(string); !slices.Contains(childKinds, kind) {
		c.fail(step(at, "type"), "unsupported type: %s", clipped(kind))
		return
	}
	anyBlock(c, at, v)
}

func uniqueActions(c *checker, at string, o map[string]any) {
	items, _ := o["elements"].([]any)
	unique(c, step(at, "elements"), "action_id", items)
}

func noDispatchOfFiles(c *checker, at string, o map[string]any) {
	element, _ := o["element"].(map[string]any)
	if element["type"] == "file_input" && o["dispatch_action"] == true {
		c.fail(step(at, "dispatch_action"), "`dispatch_action` cannot be used with a `file_input`")
	}
}

var (
	viewFields = fields{
		"private_metadata": str(0, MaxPrivateMetadata), "callback_id": str(0, MaxID), "external_id": str(0, MaxID),
	}
	modalView = object(fields{
		"type": anything, "title": plainText(1, MaxViewText), "blocks": list(1, MaxViewBlocks, anyBlock),
	}, with(viewFields, fields{
		"submit": plainText(1, MaxViewText), "close": plainText(1, MaxViewText), "clear_on_close": boolean, "notify_on_close": boolean,
	}))
	homeView = object(fields{"type": anything, "blocks": list(1, MaxViewBlocks, anyBlock)}, viewFields)
)

// validateView checks a view of one of some types.
func validateView(body map[string]any, at string, kinds ...string) []Problem {
	kind, _ := body["type"].(string)
	c := &checker{surface: kind}
	switch {
	case body["type"] == nil:
		c.fail(at, "missing required field: type")
	case !slices.Contains(kinds, kind):
		c.fail(step(at, "type"), "unsupported type: %s", clipped(kind))
	case kind == "home":
		homeView(c, at, body)
	default:
		modalView(c, at, body)
	}
	content, _ := body["blocks"].([]any)
	unique(c, step(at, "blocks"), "block_id", content)
	if kind == "modal" && body["submit"] == nil {
		for i, b := range content {
			if o, _ := b.(map[string]any); o["type"] == "input" {
				c.fail(fmt.Sprintf("%s/blocks/%d/input", at, i), "must define `submit` to use an `input` block in modals")
			}
		}
	}
	return c.problems
}
