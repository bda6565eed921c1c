package ui

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

// A span is one arrow of the diagram.
type span struct {
	N        int
	From, To int // of way.sides
	Kind     string
	Text     string
	At       time.Duration // since the journey began; of the latest one
	Body     string        // JSON of what crossed; may be empty
	Times    int           // how often in a row
	pending  bool          // a call that has no answer yet
}

// Left and Right are the sides at the ends of the arrow.
func (h span) Left() int  { return min(h.From, h.To) }
func (h span) Right() int { return max(h.From, h.To) }

func (h span) equalTo(as span) bool {
	return h.From == as.From && h.To == as.To && h.Kind == as.Kind && h.Text == as.Text
}

// A trace is all that happened since somebody began something.
type trace struct {
	ID    int
	Title string
	Begun time.Time
	Hops  []span
	next  int // number of the next hop
}

const (
	maxTraces    = 30
	maxSpans     = 400     // of a journey
	maxBodyBytes = 8 << 10 // bytes of a body
)

// A timeline keeps the latest journeys.
type timeline struct {
	participants []string // between which things travel, as events name them, in the order of the diagram

	mu     sync.Mutex
	traces []trace
	count  int
}

func newTimeline(app string) *timeline {
	return &timeline{participants: []string{"person", "slack", strings.ToLower(app), "port", "incident.io"}}
}

// startKinds are the kinds that begin a journey.
var startKinds = []string{"command", "shortcut"}

// isShown says whether the diagram has a place for an event. Of the details it shows the calls
// to Port and incident.io: what is said to Slack is told in other words already.
func isShown(e event) bool {
	isCall := e.Kind == emulator.KindCall || e.Kind == emulator.KindAnswer || e.Kind == emulator.KindLost
	return !e.Detail || isCall && e.From != "slack" && e.To != "slack"
}

// add writes an event down.
func (w *timeline) add(e event) {
	if !isShown(e) {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if slices.Contains(startKinds, e.Kind) && e.From == "person" {
		w.count++
		w.traces = append(w.traces, trace{ID: w.count, Title: e.Text, Begun: e.Time})
		if len(w.traces) > maxTraces {
			w.traces = w.traces[1:]
		}
	}
	if len(w.traces) == 0 {
		return
	}
	j := &w.traces[len(w.traces)-1]
	h := span{
		N: j.next, From: w.participantIndex(e.From), To: w.participantIndex(e.To), Kind: e.Kind, Text: strings.Join(strings.Fields(e.Text), " "),
		At: e.Time.Sub(j.Begun), Body: indentJSON(e.Body), Times: 1, pending: e.Kind == emulator.KindCall,
	}
	switch {
	case e.Kind == emulator.KindAnswer || e.Kind == emulator.KindLost:
		j.setAnswer(h)
	case len(j.Hops) < maxSpans:
		j.next++
		j.Hops = append(j.Hops, h)
		j.mergeRepeat(len(j.Hops) - 1)
	}
}

// setAnswer puts an answer to its call, so that they are one arrow.
func (j *trace) setAnswer(a span) {
	for i := len(j.Hops) - 1; i >= 0; i-- {
		call := &j.Hops[i]
		if !call.pending || call.From != a.To || call.To != a.From {
			continue
		}
		how, ok := strings.CutSuffix(a.Text, " to "+call.Text)
		if !ok {
			continue
		}
		call.pending, call.Text = false, call.Text+" → "+how
		call.Body = strings.TrimSpace(call.Body + "\n\n→ " + how + "\n" + a.Body)
		j.mergeRepeat(i)
		return
	}
}

// mergeRepeat counts a hop that is the same as the one before.
func (j *trace) mergeRepeat(i int) {
	if i == 0 || j.Hops[i].pending || !j.Hops[i-1].equalTo(j.Hops[i]) {
		return
	}
	known, again := &j.Hops[i-1], j.Hops[i]
	known.Times, known.At, known.Body = known.Times+1, again.At, again.Body
	j.Hops = slices.Delete(j.Hops, i, i+1)
}

// participantIndex is the place of somebody in the diagram. Whoever is not known stands where Port's
// backends are.
func (w *timeline) participantIndex(name string) int {
	if i := slices.Index(w.participants, name); i >= 0 {
		return i
	}
	return len(w.participants) - 1
}

// listTraces are the journeys, the latest first, without their hops.
func (w *timeline) listTraces() []trace {
	w.mu.Lock()
	defer w.mu.Unlock()
	out := slices.Clone(w.traces)
	slices.Reverse(out)
	return out
}

// findTrace is the one with an id, or the latest.
func (w *timeline) findTrace(id int) (trace, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.traces) == 0 {
		return trace{}, false
	}
	i := slices.IndexFunc(w.traces, func(j trace) bool { return j.ID == id })
	if i < 0 {
		i = len(w.traces) - 1
	}
	j := w.traces[i]
	j.Hops = slices.Clone(j.Hops)
	return j, true
}

// indentJSON is JSON for people, cut where it is too long.
func indentJSON(v any) string {
	if v == nil {
		return ""
	}
	text, err := json.MarshalIndent(v, "", "  ")
	if err != nil || string(text) == "null" || string(text) == `""` {
		return ""
	}
	if len(text) > maxBodyBytes {
		return strings.ToValidUTF8(string(text[:maxBodyBytes]), "") + "\n…"
	}
	return string(text)
}

// formatDuration is a time in a journey, for people.
func formatDuration(d time.Duration) string {
	switch {
	case d < time.Second:
		return fmt.Sprintf("%d ms", d.Milliseconds())
	case d < time.Minute:
		return fmt.Sprintf("%.3f s", d.Seconds())
	}
	return d.Round(time.Second).String()
}
