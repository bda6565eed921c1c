package page

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"foghorn/integrations/emulator"
)

type event = emulator.Event

// A hop is one arrow of the diagram.
type hop struct {
	N        int
	From, To int // of way.sides
	Kind     string
	Text     string
	At       time.Duration // since the journey began; of the latest one
	Body     string        // JSON of what crossed; may be empty
	Times    int           // how often in a row
	waits    bool          // a call that has no answer yet
}

// Left and Right are the sides at the ends of the arrow.
func (h hop) Left() int  { return min(h.From, h.To) }
func (h hop) Right() int { return max(h.From, h.To) }

func (h hop) same(as hop) bool {
	return h.From == as.From && h.To == as.To && h.Kind == as.Kind && h.Text == as.Text
}

// A journey is all that happened since somebody began something.
type journey struct {
	ID    int
	Title string
	Begun time.Time
	Hops  []hop
	next  int // number of the next hop
}

const (
	maxJourneys = 30
	maxHops     = 400     // of a journey
	maxShown    = 8 << 10 // bytes of a body
)

// A way keeps the latest journeys.
type way struct {
	sides []string // between which things travel, as events name them, in the order of the diagram

	mu       sync.Mutex
	journeys []journey
	count    int
}

func newWay(app string) *way {
	return &way{sides: []string{"person", "slack", strings.ToLower(app), "port", "incident.io"}}
}

// begins are the kinds that begin a journey.
var begins = []string{"command", "shortcut"}

// shows says whether the diagram has a place for an event. Of the details it shows the calls
// to Port and incident.io: what is said to Slack is told in other words already.
func shows(e event) bool {
	isCall := e.Kind == emulator.KindCall || e.Kind == emulator.KindAnswer || e.Kind == emulator.KindLost
	return !e.Detail || isCall && e.From != "slack" && e.To != "slack"
}

// add writes an event down.
func (w *way) add(e event) {
	if !shows(e) {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if slices.Contains(begins, e.Kind) && e.From == "person" {
		w.count++
		w.journeys = append(w.journeys, journey{ID: w.count, Title: e.Text, Begun: e.Time})
		if len(w.journeys) > maxJourneys {
			w.journeys = w.journeys[1:]
		}
	}
	if len(w.journeys) == 0 {
		return
	}
	j := &w.journeys[len(w.journeys)-1]
	h := hop{
		N: j.next, From: w.side(e.From), To: w.side(e.To), Kind: e.Kind, Text: strings.Join(strings.Fields(e.Text), " "),
		At: e.Time.Sub(j.Begun), Body: pretty(e.Body), Times: 1, waits: e.Kind == emulator.KindCall,
	}
	switch {
	case e.Kind == emulator.KindAnswer || e.Kind == emulator.KindLost:
		j.answered(h)
	case len(j.Hops) < maxHops:
		j.next++
		j.Hops = append(j.Hops, h)
		j.fold(len(j.Hops) - 1)
	}
}

// answered puts an answer to its call, so that they are one arrow.
func (j *journey) answered(a hop) {
	for i := len(j.Hops) - 1; i >= 0; i-- {
		call := &j.Hops[i]
		if !call.waits || call.From != a.To || call.To != a.From {
			continue
		}
		how, ok := strings.CutSuffix(a.Text, " to "+call.Text)
		if !ok {
			continue
		}
		call.waits, call.Text = false, call.Text+" → "+how
		call.Body = strings.TrimSpace(call.Body + "\n\n→ " + how + "\n" + a.Body)
		j.fold(i)
		return
	}
}

// fold counts a hop that is the same as the one before.
func (j *journey) fold(i int) {
	if i == 0 || j.Hops[i].waits || !j.Hops[i-1].same(j.Hops[i]) {
		return
	}
	known, again := &j.Hops[i-1], j.Hops[i]
	known.Times, known.At, known.Body = known.Times+1, again.At, again.Body
	j.Hops = slices.Delete(j.Hops, i, i+1)
}

// side is the place of somebody in the diagram. Whoever is not known stands where Port's
// backends are.
func (w *way) side(name string) int {
	if i := slices.Index(w.sides, name); i >= 0 {
		return i
	}
	return len(w.sides) - 1
}

// list are the journeys, the latest first, without their hops.
func (w *way) list() []journey {
	w.mu.Lock()
	defer w.mu.Unlock()
	out := slices.Clone(w.journeys)
	slices.Reverse(out)
	return out
}

// journey is the one with an id, or the latest.
func (w *way) journey(id int) (journey, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.journeys) == 0 {
		return journey{}, false
	}
	i := slices.IndexFunc(w.journeys, func(j journey) bool { return j.ID == id })
	if i < 0 {
		i = len(w.journeys) - 1
	}
	j := w.journeys[i]
	j.Hops = slices.Clone(j.Hops)
	return j, true
}

// pretty is JSON for people, cut where it is too long.
func pretty(v any) string {
	if v == nil {
		return ""
	}
	text, err := json.MarshalIndent(v, "", "  ")
	if err != nil || string(text) == "null" || string(text) == `""` {
		return ""
	}
	if len(text) > maxShown {
		return strings.ToValidUTF8(string(text[:maxShown]), "") + "\n…"
	}
	return string(text)
}

// since is a time in a journey, for people.
func since(d time.Duration) string {
	switch {
	case d < time.Second:
		return fmt.Sprintf("%d ms", d.Milliseconds())
	case d < time.Minute:
		return fmt.Sprintf("%.3f s", d.Seconds())
	}
	return d.Round(time.Second).String()
}
