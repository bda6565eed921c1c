package slacktest

import (
	"encoding/json"
	"unicode/utf8"
)

// readMessage reads the text, blocks, attachments, metadata and flags of a message.
func readMessage(a args) (Message, error) {
	m := Message{Text: a.stringArg("text"), UnfurlLinks: true, UnfurlMedia: true}
	if a["unfurl_links"] != nil {
		m.UnfurlLinks = a.boolArg("unfurl_links")
	}
	if a["unfurl_media"] != nil {
		m.UnfurlMedia = a.boolArg("unfurl_media")
	}
	if utf8.RuneCountInString(m.Text) > MaxText {
		return m, Error("msg_too_long")
	}
	var err error
	if m.Blocks, err = readBlocks(a); err != nil {
		return m, err
	}
	if m.Attachments, err = readAttachments(a); err != nil {
		return m, err
	}
	if m.Metadata, err = readMetadata(a); err != nil {
		return m, err
	}
	if m.Text == "" && m.Blocks == nil && m.Attachments == nil {
		return m, Error("no_text")
	}
	return m, nil
}

func readBlocks(a args) (json.RawMessage, error) {
	v, ok := a.jsonArg("blocks")
	if !ok {
		return nil, Error("invalid_blocks_format")
	}
	if v == nil {
		return nil, nil
	}
	blocks, ok := v.([]any)
	if !ok {
		return nil, Error("invalid_blocks_format")
	}
	if len(blocks) == 0 {
		return nil, nil
	}
	if problems := validateMessageBlocks(blocks, "/blocks"); len(problems) > 0 {
		return nil, invalidBlocks(problems)
	}
	normalizeBlocks(blocks)
	return marshalJSON(blocks), nil
}

func readAttachments(a args) (json.RawMessage, error) {
	v, ok := a.jsonArg("attachments")
	list, isList := v.([]any)
	switch {
	case !ok || v != nil && !isList:
		return nil, Error("invalid_attachments")
	case len(list) == 0:
		return nil, nil
	case len(list) > MaxAttachments:
		return nil, Error("too_many_attachments")
	}
	if problems := validateAttachments(list, "/attachments"); len(problems) > 0 {
		return nil, invalidBlocks(problems)
	}
	return marshalJSON(list), nil
}

// readMetadata reads metadata, which must be {"event_type": string, "event_payload": object}.
// https://docs.slack.dev/messaging/message-metadata
func readMetadata(a args) (json.RawMessage, error) {
	v, ok := a.jsonArg("metadata")
	if !ok {
		return nil, Error("invalid_metadata_format")
	}
	if v == nil {
		return nil, nil
	}
	m, ok := v.(map[string]any)
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
