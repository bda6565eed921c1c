package slacktest

import (
	"cmp"
	"encoding/json"
	"unicode/utf8"
)

// MaxMarkdownText is the maximum length of markdown_text, in code points.
// https://docs.slack.dev/reference/methods/chat.postMessage
const MaxMarkdownText = 12_000

// readMessage reads the content of a message. It can be empty: see isEmpty.
func readMessage(a args) (m Message, err error) {
	m = Message{Text: a.stringArg("text"), Username: a.stringArg("username"), Icon: cmp.Or(a.stringArg("icon_emoji"), a.stringArg("icon_url"))}
	m.UnfurlLinks = a["unfurl_links"] == nil || a.boolArg("unfurl_links")
	m.UnfurlMedia = a["unfurl_media"] == nil || a.boolArg("unfurl_media")
	if m.Blocks, err = readBlocks(a); err != nil {
		return m, err
	}
	if markdown := a.stringArg("markdown_text"); markdown != "" {
		if m.Text != "" || m.Blocks != nil {
			return m, Error("markdown_text_conflict")
		}
		if utf8.RuneCountInString(markdown) > MaxMarkdownText {
			return m, Error("msg_too_long")
		}
		m.Text = markdown
	}
	if utf8.RuneCountInString(m.Text) > MaxText {
		return m, Error("msg_too_long")
	}
	if m.Attachments, err = readAttachments(a); err != nil {
		return m, err
	}
	m.Metadata, err = readMetadata(a)
	return m, err
}

// isEmpty reports that a message has no content, which is the error no_text.
func (m Message) isEmpty() bool { return m.Text == "" && m.Blocks == nil && m.Attachments == nil }

func readBlocks(a args) (json.RawMessage, error) {
	blocks, ok := a.listArg("blocks")
	if !ok {
		return nil, Error("invalid_blocks_format")
	}
	if len(blocks) == 0 {
		return nil, nil
	}
	if problems := validateBlocks("message_blocks", "/blocks", blocks); len(problems) > 0 {
		return nil, invalidBlocks(problems)
	}
	normalizeBlocks(blocks)
	return marshalJSON(blocks), nil
}

func readAttachments(a args) (json.RawMessage, error) {
	list, ok := a.listArg("attachments")
	switch {
	case !ok:
		return nil, Error("invalid_attachments")
	case len(list) == 0:
		return nil, nil
	case len(list) > MaxAttachments:
		return nil, Error("too_many_attachments")
	}
	if problems := validateAttachments(list, "/attachments"); len(problems) > 0 {
		return nil, invalidBlocks(problems)
	}
	for i, v := range list {
		attachment, _ := v.(map[string]any)
		blocks, _ := attachment["blocks"].([]any)
		normalizeBlocks(blocks)
		attachment["id"] = i + 1
	}
	return marshalJSON(list), nil
}

// readMetadata reads metadata, which must be {"event_type": string, "event_payload": object}.
// https://docs.slack.dev/messaging/message-metadata
func readMetadata(a args) (json.RawMessage, error) {
	if a["metadata"] == nil {
		return nil, nil
	}
	m, ok := a["metadata"].(map[string]any)
	if !ok {
		return nil, Error("invalid_metadata_format")
	}
	event, _ := m["event_type"].(string)
	payload, isObject := m["event_payload"].(map[string]any)
	if event == "" || !isObject {
		return nil, Error("invalid_metadata_schema")
	}
	if len(marshalJSON(payload)) > MaxMetadataPayload {
		return nil, Error("metadata_too_large")
	}
	return marshalJSON(m), nil
}
