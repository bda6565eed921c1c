package page

import (
	"fmt"
	"sync"
	"time"

	"foghorn/integrations/slackapp/slacktest"
)

// A desk keeps what Slack's client shows of its own accord, and no server knows: what
// Slackbot says of a command that was not answered, and the trouble of a view.
type desk struct {
	mu       sync.Mutex
	notes    map[string][]slacktest.Message // by person and room
	troubles map[string]string              // by view
}

// maxKept is how many notes of a room and how many troubles are kept.
const maxKept = 50

func newDesk() *desk {
	return &desk{notes: map[string][]slacktest.Message{}, troubles: map[string]string{}}
}

// note has Slackbot say something to one person.
func (d *desk) note(person, room, text string) {
	now := time.Now()
	d.mu.Lock()
	defer d.mu.Unlock()
	key := person + " " + room
	kept := append(d.notes[key], slacktest.Message{
		Channel: room, TS: fmt.Sprintf("%d.%06d", now.Unix(), now.Nanosecond()/1000), User: "Slackbot", Text: text, Ephemeral: true,
	})
	d.notes[key] = kept[max(0, len(kept)-maxKept):]
}

// told is what Slackbot said to a person in a room.
func (d *desk) told(person, room string) []slacktest.Message {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.notes[person+" "+room][:len(d.notes[person+" "+room]):len(d.notes[person+" "+room])]
}

// trying notes how the latest submission of a view went; "" is well.
func (d *desk) trying(view, trouble string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.troubles, view)
	if trouble != "" && len(d.troubles) < maxKept {
		d.troubles[view] = trouble
	}
}

func (d *desk) trouble(view string) string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.troubles[view]
}
