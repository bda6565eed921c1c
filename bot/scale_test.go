package bot_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"foghorn/integrations/port/porttest"
	"foghorn/integrations/slackapp/slacktest"
)

// crowd has n people declare an incident each, in a channel of their own: C0S0, C0S1, …
func (h *house) crowd(n int) {
	h.t.Helper()
	h.opens(alice, general, "/incident") // the definition is known now
	const atOnce = 8
	var people sync.WaitGroup
	for p := range atOnce {
		who, email := fmt.Sprintf("U0S%d", p), fmt.Sprintf("s%d@example.com", p)
		h.port.AddUser(email)
		h.slack.AddUser(slacktest.User{ID: who, Name: who, RealName: who, Email: email})
		people.Go(func() {
			for i := p; i < n; i += atOnce {
				room := fmt.Sprintf("C0S%d", i)
				h.slack.AddChannel(slacktest.Channel{ID: room, Name: strings.ToLower(room), BotIn: true})
				if err := h.tries(who, room, room+"."); err != nil {
					h.t.Errorf("incident %d: %v", i, err)
					return
				}
			}
		})
	}
	people.Wait()
}

// asked counts the calls about runs that Port got since a time: lists and reads.
func (h *house) asked(since time.Time) (lists, reads int) {
	for _, c := range h.port.Calls("") {
		switch {
		case c.Time.Before(since) || c.Method != http.MethodGet:
		case c.Path == "/v1/actions/runs":
			lists++
		case strings.HasPrefix(c.Path, "/v1/actions/runs/"):
			reads++
		}
	}
	return lists, reads
}

// TestAThousandRunsInFlight costs Port at most ten calls a second while nothing ends, and one
// read for each that does; and nothing when none is left.
func TestAThousandRunsInFlight(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.endless()
	h.start()
	const inFlight, ended = 1000, 20
	h.crowd(inFlight)
	h.comes("Port has all runs", func() bool { return len(h.port.Runs()) == inFlight })
	h.comes("nobody looks at a run by itself any more", func() bool {
		_, reads := h.asked(time.Now().Add(-time.Second))
		return reads == 0
	})
	begun := time.Now()
	const watched = 3 * time.Second
	<-time.After(watched)
	lists, reads := h.asked(begun)
	if took := time.Since(begun).Seconds(); lists == 0 || float64(lists+reads) > 10*took {
		t.Errorf("%d lists and %d reads in %.1f s", lists, reads, took)
	}
	t.Logf("%d in flight: %d lists and %d reads in %v", inFlight, lists, reads, watched)

	begun = time.Now()
	runs := h.port.Runs()
	slices.SortFunc(runs, func(a, b porttest.Run) int { return strings.Compare(a.ID, b.ID) })
	for _, r := range runs[:ended] { // any, not only those that are listed first
		if err := h.port.EndRun(r.ID, porttest.Success, ""); err != nil {
			t.Fatal(err)
		}
	}
	h.comes("those that ended are told", func() bool { return h.bot.Pending() == inFlight-ended })
	if _, reads := h.asked(begun); reads != ended {
		t.Errorf("%d runs ended, and %d were read", ended, reads)
	}
}

// TestABurstCostsPortLittle counts every call that Port gets for a hundred incidents.
func TestABurstCostsPortLittle(t *testing.T) {
	t.Parallel()
	h := newHouse(t).start()
	const incidents = 100
	before := len(h.port.Calls(""))
	h.crowd(incidents)
	h.settled()
	calls := h.port.Calls("")[before:]
	if n := float64(len(calls)) / incidents; n >= 2.3 {
		t.Errorf("%.2f calls an incident", n)
	} else {
		t.Logf("%.2f calls an incident", n)
	}
	begun := time.Now()
	<-time.After(time.Second) // four ticks
	if lists, reads := h.asked(begun); lists+reads > 0 {
		t.Errorf("with nothing in flight %d lists and %d reads", lists, reads)
	}
}

// tries is a declaration that may not fail at any step.
func (h *house) tries(who, channel, name string) error {
	p := h.slack.Person(who)
	if _, err := p.Types(h.soon(), channel, "/incident"); err != nil {
		return fmt.Errorf("type the command: %w", err)
	}
	form, err := p.Modal(h.soon())
	if err != nil {
		return fmt.Errorf("see the form: %w", err)
	}
	for len(form.Labels()) == 0 { // a loading view
		if err := form.Changed(h.soon()); err != nil {
			return fmt.Errorf("wait for the form: %w", err)
		}
	}
	for label, value := range map[string]string{"Name": name, "Severity": "Minor", "Visibility": "public"} {
		if err := form.Fill(label, value); err != nil {
			return fmt.Errorf("fill %s: %w", label, err)
		}
	}
	if r, err := form.Submit(h.soon()); err != nil || !r.Closed {
		return fmt.Errorf("submit: %+v, %w", r, err)
	}
	return nil
}
