package ui

import (
	"encoding/json"
	"slices"
	"strings"
	"sync"
	"time"

	"foghorn/integrations/emulator"
)

type event = emulator.Event

const (
	maxTraces    = 30
	maxSpans     = 400     // of a trace
	maxBodyBytes = 8 << 10 // of a body as it is shown
)

// A timeline keeps the latest traces.
type timeline struct {
	participants []string // as events name them, in the order of the page

	mu     sync.Mutex
	traces []trace
	lastID int
}

// A trace is all that happened since a user began something.
type trace struct {
	ID        int
	Title     string
	StartedAt time.Time
	Spans     []span

	nextNumber int
}

// A span is one arrow: a message between two participants, or a call with its answer.
type span struct {
	Number   int
	From, To int // indexes of participants
	Kind     string
	Text     string
	Offset   time.Duration // since the start of the trace; of the latest one if it is repeated
	Body     string        // JSON; may be empty
	Count    int           // how often in a row

	pending bool // a call without an answer
}

// Left and Right are the participants at the ends of the arrow.
func (s span) Left() int  { return min(s.From, s.To) }
func (s span) Right() int { return max(s.From, s.To) }

// Direction is where the arrow points to: left, right, or self.
func (s span) Direction() string {
	switch {
	case s.From < s.To:
		return "right"
	case s.From > s.To:
		return "left"
	}
	return "self"
}

func newTimeline(app string) *timeline {
	return &timeline{participants: []string{"person", "slack", strings.ToLower(app), "port", "incident.io"}}
}

// add records an event. A command, a shortcut or the Home tab starts a trace; events before the first are dropped.
func (t *timeline) add(e event) {
	if !isShown(e) {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if e.From == "person" && (e.Kind == "command" || e.Kind == "shortcut" || e.Kind == "home") {
		t.lastID++
		t.traces = append(t.traces, trace{ID: t.lastID, Title: e.Text, StartedAt: e.Time})
		t.traces = t.traces[max(0, len(t.traces)-maxTraces):]
	}
	if len(t.traces) == 0 {
		return
	}
	current := &t.traces[len(t.traces)-1]
	s := span{
		Number: current.nextNumber, From: t.participantIndex(e.From), To: t.participantIndex(e.To), Kind: e.Kind,
		Text: strings.Join(strings.Fields(e.Text), " "), Offset: e.Time.Sub(current.StartedAt),
		Body: indentJSON(e.Body), Count: 1, pending: e.Kind == emulator.KindCall,
	}
	switch {
	case e.Kind == emulator.KindResponse || e.Kind == emulator.KindDropped:
		current.addAnswer(s)
	case len(current.Spans) < maxSpans:
		current.nextNumber++
		current.Spans = append(current.Spans, s)
		current.mergeRepeat(len(current.Spans) - 1)
	}
}

// isShown says whether the timeline shows an event. Of the detailed events it shows the calls to Port and
// incident.io; other events describe the calls to Slack.
func isShown(e event) bool {
	isCall := e.Kind == emulator.KindCall || e.Kind == emulator.KindResponse || e.Kind == emulator.KindDropped
	return !e.Verbose || isCall && e.From != "slack" && e.To != "slack"
}

// participantIndex returns the place of a participant. An unknown one is a backend of Port, which is the last place.
func (t *timeline) participantIndex(name string) int {
	if i := slices.Index(t.participants, name); i >= 0 {
		return i
	}
	return len(t.participants) - 1
}

// addAnswer adds an answer to its call, so that both are one arrow.
func (t *trace) addAnswer(answer span) {
	for i := len(t.Spans) - 1; i >= 0; i-- {
		call := &t.Spans[i]
		if !call.pending || call.From != answer.To || call.To != answer.From {
			continue
		}
		result, ok := strings.CutSuffix(answer.Text, " to "+call.Text)
		if !ok {
			continue
		}
		call.pending, call.Text = false, call.Text+" → "+result
		call.Body = strings.TrimSpace(call.Body + "\n\n→ " + result + "\n" + answer.Body)
		t.mergeRepeat(i)
		return
	}
}

// mergeRepeat merges a span with the one before if both are equal.
func (t *trace) mergeRepeat(i int) {
	if i == 0 || t.Spans[i].pending || !t.Spans[i-1].equalTo(t.Spans[i]) {
		return
	}
	previous, repeated := &t.Spans[i-1], t.Spans[i]
	previous.Count, previous.Offset, previous.Body = previous.Count+1, repeated.Offset, repeated.Body
	t.Spans = slices.Delete(t.Spans, i, i+1)
}

func (s span) equalTo(other span) bool {
	return s.From == other.From && s.To == other.To && s.Kind == other.Kind && s.Text == other.Text
}

// listTraces returns the traces, the latest first.
func (t *timeline) listTraces() []trace {
	t.mu.Lock()
	defer t.mu.Unlock()
	out := slices.Clone(t.traces)
	slices.Reverse(out)
	return out
}

// findTrace returns the trace with an ID, or the latest.
func (t *timeline) findTrace(id int) (trace, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.traces) == 0 {
		return trace{}, false
	}
	i := slices.IndexFunc(t.traces, func(t trace) bool { return t.ID == id })
	if i < 0 {
		i = len(t.traces) - 1
	}
	out := t.traces[i]
	out.Spans = slices.Clone(out.Spans)
	return out, true
}

// indentJSON returns a value as JSON for people, shortened to maxBodyBytes; "" for an empty one.
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
