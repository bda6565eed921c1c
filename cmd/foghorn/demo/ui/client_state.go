package ui

import (
	"fmt"
	"sync"
	"time"

	"foghorn/integrations/slackapp/slacktest"
)

// clientState keeps what Slack's own client shows and no server stores: Slackbot's messages about a command that
// failed, and the error of the latest submission of a view.
type clientState struct {
	mu               sync.Mutex
	slackbotMessages map[clientKey][]slacktest.Message
	submitErrors     map[string]string // by view
}

type clientKey struct{ user, channel string }

// maxKept bounds the messages of a user in a channel, and the errors.
const maxKept = 50

func newClientState() *clientState {
	return &clientState{slackbotMessages: map[clientKey][]slacktest.Message{}, submitErrors: map[string]string{}}
}

// addSlackbotMessage adds a message that only one user sees.
func (c *clientState) addSlackbotMessage(user, channel, text string) {
	now := time.Now()
	c.mu.Lock()
	defer c.mu.Unlock()
	key := clientKey{user, channel}
	messages := append(c.slackbotMessages[key], slacktest.Message{
		Channel: channel, TS: fmt.Sprintf("%d.%06d", now.Unix(), now.Nanosecond()/1000),
		User: "Slackbot", Text: text, Ephemeral: true,
	})
	c.slackbotMessages[key] = messages[max(0, len(messages)-maxKept):]
}

// slackbotMessagesFor returns Slackbot's messages to a user in a channel.
func (c *clientState) slackbotMessagesFor(user, channel string) []slacktest.Message {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]slacktest.Message(nil), c.slackbotMessages[clientKey{user, channel}]...)
}

// setSubmitError records the error of the latest submission of a view; "" for none.
func (c *clientState) setSubmitError(view, text string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.submitErrors, view)
	if text != "" && len(c.submitErrors) < maxKept {
		c.submitErrors[view] = text
	}
}

func (c *clientState) submitError(view string) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.submitErrors[view]
}
