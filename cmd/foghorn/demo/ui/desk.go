package ui

import (
	"fmt"
	"sync"
	"time"

	"foghorn/integrations/slackapp/slacktest"
)

// A clientState keeps what Slack's client shows of its own accord, and no server knows: what
// Slackbot says of a command that was not answered, and the trouble of a view.
type clientState struct {
	mu               sync.Mutex
	slackbotMessages map[string][]slacktest.Message // by person and room
	submitErrors     map[string]string              // by view
}

// maxKept is how many notes of a room and how many troubles are kept.
const maxKept = 50

func newClientState() *clientState {
	return &clientState{slackbotMessages: map[string][]slacktest.Message{}, submitErrors: map[string]string{}}
}

// addSlackbotMessage has Slackbot say something to one person.
func (d *clientState) addSlackbotMessage(person, room, text string) {
	now := time.Now()
	d.mu.Lock()
	defer d.mu.Unlock()
	key := person + " " + room
	kept := append(d.slackbotMessages[key], slacktest.Message{
		Channel: room, TS: fmt.Sprintf("%d.%06d", now.Unix(), now.Nanosecond()/1000), User: "Slackbot", Text: text, Ephemeral: true,
	})
	d.slackbotMessages[key] = kept[max(0, len(kept)-maxKept):]
}

// slackbotMessagesFor is what Slackbot said to a person in a room.
func (d *clientState) slackbotMessagesFor(person, room string) []slacktest.Message {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.slackbotMessages[person+" "+room][:len(d.slackbotMessages[person+" "+room]):len(d.slackbotMessages[person+" "+room])]
}

// setSubmitError notes how the latest submission of a view went; "" is well.
func (d *clientState) setSubmitError(view, trouble string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.submitErrors, view)
	if trouble != "" && len(d.submitErrors) < maxKept {
		d.submitErrors[view] = trouble
	}
}

func (d *clientState) submitError(view string) string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.submitErrors[view]
}
