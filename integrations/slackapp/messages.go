package slackapp

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/slack-go/slack"
)

// A Message is what the bot says. Text is required: it is the notification and what
// screen readers read.
type Message struct {
	Text   string
	Blocks []slack.Block

	// Mark finds the message again (FindPost). Empty: it need not be found.
	Metadata Metadata
}

// A Metadata is message metadata that only the app sees.
// https://docs.slack.dev/messaging/message-metadata
type Metadata struct {
	EventType string // such as foghorn_told
	Key       string // unique among the messages of this type
}

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

// PostMessage sends a message to a channel, or to a person by the id of the user, and returns its ts.
// https://docs.slack.dev/reference/methods/chat.postMessage
func (a *Client) PostMessage(ctx context.Context, channel string, m Message) (ts string, err error) {
	ctx, done := a.startCall(ctx, "chat.postMessage")
	_, ts, err = a.botClient.PostMessageContext(ctx, channel, m.messageOptions()...)
	return ts, done(err)
}

// PostEphemeral shows a message to one person in a channel. It is gone when Slack is
// loaded anew, and nothing tells whether it was seen.
// https://docs.slack.dev/reference/methods/chat.postEphemeral
func (a *Client) PostEphemeral(ctx context.Context, channel, user string, m Message) error {
	m.Metadata = Metadata{} // ephemeral messages carry no metadata
	ctx, done := a.startCall(ctx, "chat.postEphemeral")
	_, err := a.botClient.PostEphemeralContext(ctx, channel, user, m.messageOptions()...)
	return done(err)
}

// UpdateMessage replaces a message of the bot's own.
// https://docs.slack.dev/reference/methods/chat.update
func (a *Client) UpdateMessage(ctx context.Context, channel, ts string, m Message) error {
	ctx, done := a.startCall(ctx, "chat.update")
	_, _, _, err := a.botClient.UpdateMessageContext(ctx, channel, ts, m.messageOptions()...)
	return done(err)
}

// GetPermalink is the address of a message.
// https://docs.slack.dev/reference/methods/chat.getPermalink
func (a *Client) GetPermalink(ctx context.Context, channel, ts string) (string, error) {
	ctx, done := a.startCall(ctx, "chat.getPermalink")
	link, err := a.botClient.GetPermalinkContext(ctx, &slack.PermalinkParameters{Channel: channel, Ts: ts})
	return link, done(err)
}

// maxHistoryPages is how many pages of 100 messages FindPost reads.
const maxHistoryPages = 10

// FindMessage looks for a message of the bot by its mark, among those of the channel since a
// time. One that comes back without any mark is known by its text. It needs
// the optional scopes channels:history and groups:history; without them the error is a
// Refused one with Code missing_scope.
// https://docs.slack.dev/reference/methods/conversations.history
func (a *Client) FindMessage(ctx context.Context, channel string, sent Message, since time.Time) (ts string, found bool, err error) {
	params := &slack.GetConversationHistoryParameters{
		ChannelID:          channel,
		Oldest:             strconv.FormatFloat(float64(since.UnixMilli())/1000, 'f', 6, 64),
		Limit:              100,
		Inclusive:          true,
		IncludeAllMetadata: true,
	}
	for range maxHistoryPages {
		call, done := a.startCall(ctx, "conversations.history")
		page, err := a.botClient.GetConversationHistoryContext(call, params)
		if err = done(err); err != nil {
			return "", false, err
		}
		for _, m := range page.Messages {
			marked := m.Metadata.EventType == sent.Metadata.EventType && m.Metadata.EventPayload[metadataKey] == sent.Metadata.Key
			if marked || m.Metadata.EventType == "" && m.Text == sent.Text {
				return m.Timestamp, true, nil
			}
		}
		if params.Cursor = page.ResponseMetaData.NextCursor; params.Cursor == "" {
			return "", false, nil
		}
	}
	return "", false, fmt.Errorf("find message: none among the latest %d of the channel", 100*maxHistoryPages)
}

// A Channel is where messages go.
type Channel struct {
	ID, Name string
	Private  bool
	Archived bool
	Member   bool // the bot is in it
}

// GetChannel looks a channel up. It needs the scope channels:read, or groups:read for private ones.
// https://docs.slack.dev/reference/methods/conversations.info
func (a *Client) GetChannel(ctx context.Context, id string) (Channel, error) {
	ctx, done := a.startCall(ctx, "conversations.info")
	c, err := a.botClient.GetConversationInfoContext(ctx, &slack.GetConversationInfoInput{ChannelID: id})
	if err = done(err); err != nil {
		return Channel{}, err
	}
	return Channel{ID: c.ID, Name: c.Name, Private: c.IsPrivate, Archived: c.IsArchived, Member: c.IsMember}, nil
}
