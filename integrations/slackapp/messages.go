package slackapp

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/slack-go/slack"
)

// Message is a message of the bot. Text is required: notifications and screen readers use it.
type Message struct {
	Text   string
	Blocks []slack.Block

	// Metadata identifies the message for FindMessage. Empty: the message cannot be found.
	Metadata Metadata
}

// Metadata is message metadata. Only apps see it.
// https://docs.slack.dev/messaging/message-metadata
type Metadata struct {
	EventType string // such as foghorn_notification
	Key       string // unique among the messages of this type
}

// metadataKey is the field of the event payload that holds Metadata.Key.
const metadataKey = "key"

func (m Message) messageOptions() []slack.MsgOption {
	opts := []slack.MsgOption{
		slack.MsgOptionText(m.Text, false),
		slack.MsgOptionDisableLinkUnfurl(),
		slack.MsgOptionDisableMediaUnfurl(),
	}
	if len(m.Blocks) > 0 {
		opts = append(opts, slack.MsgOptionBlocks(m.Blocks...))
	}
	if m.Metadata.EventType != "" {
		opts = append(opts, slack.MsgOptionMetadata(slack.SlackMetadata{
			EventType:    m.Metadata.EventType,
			EventPayload: map[string]any{metadataKey: m.Metadata.Key},
		}))
	}
	return opts
}

// PostMessage posts a message to a channel, or to a user if channel is a user id, and returns its ts.
// https://docs.slack.dev/reference/methods/chat.postMessage
func (c *Client) PostMessage(ctx context.Context, channel string, m Message) (ts string, err error) {
	ctx, done := c.startCall(ctx, "chat.postMessage")
	_, ts, err = c.botClient.PostMessageContext(ctx, channel, m.messageOptions()...)
	return ts, done(err)
}

// PostEphemeral shows a message to one user of a channel. It disappears when the user reloads Slack, and
// Slack does not report whether the user saw it.
// https://docs.slack.dev/reference/methods/chat.postEphemeral
func (c *Client) PostEphemeral(ctx context.Context, channel, user string, m Message) error {
	m.Metadata = Metadata{} // ephemeral messages have no metadata
	ctx, done := c.startCall(ctx, "chat.postEphemeral")
	_, err := c.botClient.PostEphemeralContext(ctx, channel, user, m.messageOptions()...)
	return done(err)
}

// UpdateMessage replaces a message that the bot posted.
// https://docs.slack.dev/reference/methods/chat.update
func (c *Client) UpdateMessage(ctx context.Context, channel, ts string, m Message) error {
	ctx, done := c.startCall(ctx, "chat.update")
	_, _, _, err := c.botClient.UpdateMessageContext(ctx, channel, ts, m.messageOptions()...)
	return done(err)
}

const (
	// maxHistoryPages is how many pages of historyPageSize messages FindMessage reads.
	maxHistoryPages = 10
	historyPageSize = 100

	// historyWindow is the part of a channel's history that FindMessage reads: the time of one call and
	// the difference of two clocks, with a margin.
	historyWindow = 15 * time.Minute
)

// FindMessage searches a channel for a message of the bot by its metadata, among the messages of the 15
// minutes after since. A message that Slack returns without metadata is compared by its text. The method
// needs the optional scopes channels:history and groups:history; without them the error is IsRejected and
// has the code missing_scope.
// https://docs.slack.dev/reference/methods/conversations.history
func (c *Client) FindMessage(ctx context.Context, channel string, sent Message, since time.Time) (ts string, found bool, err error) {
	params := &slack.GetConversationHistoryParameters{
		ChannelID:          channel,
		Oldest:             formatTimestamp(since),
		Latest:             formatTimestamp(since.Add(historyWindow)),
		Limit:              historyPageSize,
		Inclusive:          true,
		IncludeAllMetadata: true,
	}
	for range maxHistoryPages {
		call, done := c.startCall(ctx, "conversations.history")
		page, err := c.botClient.GetConversationHistoryContext(call, params)
		if err = done(err); err != nil {
			return "", false, err
		}
		for _, m := range page.Messages {
			same := m.Metadata.EventType == sent.Metadata.EventType && m.Metadata.EventPayload[metadataKey] == sent.Metadata.Key
			if same || m.Metadata.EventType == "" && m.Text == sent.Text {
				return m.Timestamp, true, nil
			}
		}
		if params.Cursor = page.ResponseMetaData.NextCursor; params.Cursor == "" {
			return "", false, nil
		}
	}
	return "", false, fmt.Errorf("find message: not among the first %d messages", historyPageSize*maxHistoryPages)
}

// formatTimestamp formats a time as Slack's ts.
func formatTimestamp(t time.Time) string {
	return strconv.FormatFloat(float64(t.UnixMilli())/1000, 'f', 6, 64)
}

// Channel is a conversation in Slack.
type Channel struct {
	ID, Name string
	Private  bool
	Archived bool
	Member   bool // the bot is a member
}

// GetChannel returns a channel. It needs the scope channels:read, or groups:read for private ones.
// https://docs.slack.dev/reference/methods/conversations.info
func (c *Client) GetChannel(ctx context.Context, id string) (Channel, error) {
	ctx, done := c.startCall(ctx, "conversations.info")
	ch, err := c.botClient.GetConversationInfoContext(ctx, &slack.GetConversationInfoInput{ChannelID: id})
	if err = done(err); err != nil {
		return Channel{}, err
	}
	return Channel{ID: ch.ID, Name: ch.Name, Private: ch.IsPrivate, Archived: ch.IsArchived, Member: ch.IsMember}, nil
}
