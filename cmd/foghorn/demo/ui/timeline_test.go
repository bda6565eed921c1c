package ui

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"foghorn/integrations/emulator"
)

// addEvent adds an event with a body, a detailed one if it is part of a call.
func addEvent(tl *timeline, from, to, kind, text string) {
	detail := kind == emulator.KindCall || kind == emulator.KindResponse || kind == emulator.KindDropped
	body := map[string]any{"n": 1}
	tl.add(event{Time: time.Now(), From: from, To: to, Kind: kind, Text: text, Body: body, Verbose: detail})
}

// newStartedTimeline returns a timeline with one trace, which has one span.
func newStartedTimeline() *timeline {
	tl := newTimeline("Foghorn")
	addEvent(tl, "person", "slack", "command", "/incident")
	return tl
}

func latestSpans(t *testing.T, tl *timeline, count int) []span {
	t.Helper()
	trace, _ := tl.findTrace(0)
	if len(trace.Spans) != count {
		t.Fatalf("%d spans, want %d: %+v", len(trace.Spans), count, trace.Spans)
	}
	return trace.Spans
}

func TestTimeline_NothingBeforeACommand(t *testing.T) {
	tl := newTimeline("Foghorn")
	addEvent(tl, "foghorn", "port", emulator.KindCall, "GET /before")
	if traces := tl.listTraces(); len(traces) != 0 {
		t.Errorf("the traces are %+v", traces)
	}
}

func TestTimeline_CallsToSlackAreHidden(t *testing.T) {
	tl := newStartedTimeline()
	addEvent(tl, "foghorn", "slack", emulator.KindCall, "views.open")
	latestSpans(t, tl, 1)
}

func TestTimeline_RepeatedCallsAreOneSpan(t *testing.T) {
	tl := newStartedTimeline()
	for range 3 {
		addEvent(tl, "foghorn", "port", emulator.KindCall, "GET /runs")
		addEvent(tl, "port", "foghorn", emulator.KindResponse, "200 OK to GET /runs")
	}
	s := latestSpans(t, tl, 2)[1]
	if s.Text != "GET /runs → 200 OK" || s.Count != 3 || !strings.Contains(s.Body, "→ 200 OK") {
		t.Errorf("the span is %+v", s)
	}
}

func TestTimeline_LostAnswer(t *testing.T) {
	tl := newStartedTimeline()
	addEvent(tl, "foghorn", "port", emulator.KindCall, "POST /runs")
	addEvent(tl, "port", "foghorn", emulator.KindDropped, "no answer to POST /runs")
	if s := latestSpans(t, tl, 2)[1]; s.Text != "POST /runs → no answer" || s.From != 2 || s.To != 3 {
		t.Errorf("the span is %+v", s)
	}
}

func TestTimeline_UnknownBackendIsLast(t *testing.T) {
	tl := newStartedTimeline()
	addEvent(tl, "port", "example.com", "webhook", "POST https://example.com")
	if s := latestSpans(t, tl, 2)[1]; s.To != len(tl.participants)-1 {
		t.Errorf("the backend is participant %d", s.To)
	}
}

func TestTimeline_Limits(t *testing.T) {
	tl := newStartedTimeline()
	for i := range 2 * maxSpans {
		addEvent(tl, "person", "slack", "click", fmt.Sprint(i))
	}
	latestSpans(t, tl, maxSpans)
	for range 2 * maxTraces {
		addEvent(tl, "person", "slack", "command", "/incident")
	}
	if traces := tl.listTraces(); len(traces) != maxTraces {
		t.Errorf("%d traces, want %d", len(traces), maxTraces)
	}
}
