package slackapp

import (
	"context"

	"github.com/slack-go/slack"
)

// Message is a message of the bot. Text is required: notifications and screen readers use it.
type Message struct {
	Text   string
	Blocks []slack.Block

	// ThreadTS is the ts of the message in whose thread this one is posted. Empty: it is posted in the channel itself.
	ThreadTS string

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
	if m.ThreadTS != "" {
		opts = append(opts, slack.MsgOptionTS(m.ThreadTS))
	}
	if m.Metadata.EventType != "" {
		opts = append(opts, slack.MsgOptionMetadata(slack.SlackMetadata{
			EventType:    m.Metadata.EventType,
			EventPayload: map[string]any{metadataKey: m.Metadata.Key},
		}))
	}
	return opts
}

// A Posted says where a message is. UpdateMessage needs both ids.
type Posted struct {
	Conversation string // id; of a message to a user, the id of the direct conversation
	TS           string
}

// PostMessage posts a message to a channel, or to a user if channel is a user id.
// https://docs.slack.dev/reference/methods/chat.postMessage
func (c *Client) PostMessage(ctx context.Context, channel string, m Message) (Posted, error) {
	ctx, done := c.startCall(ctx, "chat.postMessage")
	conversation, ts, err := c.botClient.PostMessageContext(ctx, channel, m.messageOptions()...)
	return Posted{conversation, ts}, done(err)
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

// UpdateMessage replaces a message that the bot posted. The channel is an id of a conversation: Slack does not accept the
// id of a user here.
// https://docs.slack.dev/reference/methods/chat.update
func (c *Client) UpdateMessage(ctx context.Context, channel, ts string, m Message) error {
	ctx, done := c.startCall(ctx, "chat.update")
	_, _, _, err := c.botClient.UpdateMessageContext(ctx, channel, ts, m.messageOptions()...)
	return done(err)
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
