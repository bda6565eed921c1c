package slackapp

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"time"

	"github.com/slack-go/slack"
)

const (
	// historyPageSize is how many messages FindMessage asks for at a time. Slack returns at most 15 to apps that are
	// distributed outside its Marketplace.
	// https://docs.slack.dev/reference/methods/conversations.history
	historyPageSize = 200

	// findTimeout and maxHistoryPages bound one search.
	findTimeout     = 6 * time.Second
	maxHistoryPages = 70
)

// historyResponse is the part of a response that a search needs. Messages of others can have any form.
type historyResponse struct {
	slack.SlackResponse
	Messages []json.RawMessage `json:"messages"`
}

// foundMessage is the part of a message that a search needs.
type foundMessage struct {
	TS       string `json:"ts"`
	Text     string `json:"text"`
	Metadata struct {
		EventType    string         `json:"event_type"`
		EventPayload map[string]any `json:"event_payload"`
	} `json:"metadata"`
}

// FindMessage searches a channel, or the thread of sent.ThreadTS, for a message of the bot by its metadata, among the
// messages between two times of Slack's clock. A message that Slack returns without metadata is compared by its text. The method
// needs the optional scopes channels:history and groups:history; without them the error is IsRejected and
// has the code missing_scope.
// https://docs.slack.dev/reference/methods/conversations.history
// https://docs.slack.dev/reference/methods/conversations.replies
func (c *Client) FindMessage(ctx context.Context, channel string, sent Message, from, to time.Time) (ts string, found bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, findTimeout)
	defer cancel()
	query := url.Values{
		"channel": {channel}, "oldest": {formatTimestamp(from)}, "latest": {formatTimestamp(to)}, "inclusive": {"true"},
		"limit": {strconv.Itoa(historyPageSize)}, "include_all_metadata": {"true"},
	}
	method := "conversations.history"
	if sent.ThreadTS != "" { // the history of the channel does not contain replies
		method = "conversations.replies"
		query.Set("ts", sent.ThreadTS)
	}
	for pages := 1; ; pages++ {
		page, err := c.readHistory(ctx, method, query)
		if err != nil && pages > 1 && ctx.Err() != nil {
			err = fmt.Errorf("find message: not among the messages of %d pages: %w", pages, err)
		}
		if err != nil {
			return "", false, err
		}
		for _, raw := range page.Messages {
			if m := decodeFound(raw); m.matches(sent) {
				return m.TS, true, nil
			}
		}
		cursor := page.ResponseMetadata.Cursor
		if cursor == "" {
			return "", false, nil
		}
		if pages == maxHistoryPages || cursor == query.Get("cursor") {
			return "", false, fmt.Errorf("find message: the history has no end after %d pages", pages)
		}
		query.Set("cursor", cursor)
	}
}

// readHistory reads one page.
func (c *Client) readHistory(ctx context.Context, method string, query url.Values) (historyResponse, error) {
	ctx, done := c.startCall(ctx, method)
	var page historyResponse
	err := c.postForm(ctx, method, query, &page)
	if err == nil {
		err = page.Err()
	}
	if err == nil && page.Messages == nil {
		err = errors.New("the response has no messages")
	}
	return page, done(err)
}

// decodeFound decodes a message. Members in another form than expected are left out.
func decodeFound(raw json.RawMessage) (m foundMessage) {
	_ = json.Unmarshal(raw, &m)
	return m
}

// matches reports whether a message is the one that was sent.
func (m foundMessage) matches(sent Message) bool {
	if m.TS == "" {
		return false
	}
	if m.Metadata.EventType == "" {
		return m.Text == sent.Text
	}
	return m.Metadata.EventType == sent.Metadata.EventType && m.Metadata.EventPayload[metadataKey] == sent.Metadata.Key
}

// formatTimestamp formats a time as Slack's ts.
func formatTimestamp(t time.Time) string {
	return strconv.FormatFloat(float64(t.UnixMilli())/1000, 'f', 6, 64)
}
