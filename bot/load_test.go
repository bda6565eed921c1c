package bot_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"foghorn/bot/testenv"
	"foghorn/integrations/port/porttest"
	"foghorn/manifests"
)

// TestPoller_ManyRunsInFlight checks that 300 runs cost at most ten calls a second while none ends, and one read for
// each that ends. It is not parallel, because it needs the machine: with the race detector a list takes long.
func TestPoller_ManyRunsInFlight(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	e := testenv.New(t)
	e.KeepRunsInProgress()
	e.Start()
	const inFlight, ended = 300, 20
	e.DeclareMany(inFlight)
	e.WaitFor("Port has all runs", func() bool { return len(e.Port.Runs()) == inFlight })
	e.WaitFor("single runs are no longer read", func() bool {
		_, reads := e.CountRunCalls(time.Now().Add(-time.Second))
		return reads == 0
	})
	started := time.Now()
	e.WaitFor("the list was read for three seconds", func() bool {
		lists, _ := e.CountRunCalls(started)
		return lists > 0 && time.Since(started) > 3*time.Second
	})
	lists, reads := e.CountRunCalls(started)
	watched := time.Since(started)
	if float64(lists+reads) > 10*watched.Seconds() {
		t.Errorf("%d lists and %d reads in %v", lists, reads, watched)
	}
	t.Logf("%d in flight: %d lists and %d reads in %v", inFlight, lists, reads, watched)

	started = time.Now()
	runs := e.Port.Runs()
	slices.SortFunc(runs, func(a, b porttest.Run) int { return strings.Compare(a.ID, b.ID) })
	for _, r := range runs[:ended] { // any, not only those that are listed first
		if err := e.Port.EndRun(r.ID, porttest.Success, ""); err != nil {
			t.Fatal(err)
		}
	}
	e.WaitFor("the ended runs are announced", func() bool { return e.Bot.Pending() == inFlight-ended })
	if _, reads := e.CountRunCalls(started); reads != ended {
		t.Errorf("%d runs ended, and %d were read", ended, reads)
	}
}

// TestBurst_PortCalls counts the calls that Port receives for a hundred incidents, also by an action that is not open
// to every member.
func TestBurst_PortCalls(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	t.Parallel()
	for name, permissions := range map[string]string{
		"every member": `{"roles":["Member"]}`,
		"some people":  `{"roles":["Ops"],"teams":["sre"],"users":["s0@example.com","s1@example.com","s2@example.com","s3@example.com","s4@example.com","s5@example.com","s6@example.com","s7@example.com"]}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := testenv.New(t)
			if err := e.Port.SetExecutePermissions(manifests.ActionID, permissions); err != nil {
				t.Fatal(err)
			}
			e.Start()
			const incidents = 100
			before, slackBefore, begun := len(e.Port.Calls("")), len(e.Slack.Calls("users.info")), time.Now()
			e.DeclareMany(incidents)
			e.WaitIdle()
			calls := len(e.Port.Calls("")[before:])
			lists, _ := e.CountRunCalls(begun)
			perSecond := float64(lists) / time.Since(begun).Seconds()
			t.Logf("%d calls for %d incidents, of which %d lists: %.1f a second", calls, incidents, lists, perSecond)
			if n := float64(calls-lists) / incidents; n > 2.2 { // the lists cost by time, not by incident
				t.Errorf("%.2f calls an incident besides the lists", n)
			}
			if perSecond > 10 {
				t.Errorf("%.1f lists a second", perSecond)
			}
			if n := len(e.Slack.Calls("users.info")) - slackBefore; n > 16 { // eight people, for less than two minutes
				t.Errorf("%d profiles were read", n)
			}
			started := time.Now()
			<-time.After(time.Second) // four ticks
			if lists, reads := e.CountRunCalls(started); lists+reads > 0 {
				t.Errorf("without runs in flight %d lists and %d reads", lists, reads)
			}
		})
	}
}
