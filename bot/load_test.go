package bot_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"foghorn/bot/testenv"
	"foghorn/integrations/port/porttest"
)

// TestPoller_ThousandRunsInFlight costs Port at most ten calls a second while nothing ends, and one
// read for each that does; and nothing when none is left.
func TestPoller_ThousandRunsInFlight(t *testing.T) {
	t.Parallel()
	e := testenv.New(t)
	e.KeepRunsInProgress()
	e.Start()
	const inFlight, ended = 1000, 20
	e.DeclareMany(inFlight)
	e.WaitFor("Port has all runs", func() bool { return len(e.Port.Runs()) == inFlight })
	e.WaitFor("nobody looks at a run by itself any more", func() bool {
		_, reads := e.CountRunCalls(time.Now().Add(-time.Second))
		return reads == 0
	})
	begun := time.Now()
	const watched = 3 * time.Second
	<-time.After(watched)
	lists, reads := e.CountRunCalls(begun)
	if took := time.Since(begun).Seconds(); lists == 0 || float64(lists+reads) > 10*took {
		t.Errorf("%d lists and %d reads in %.1f s", lists, reads, took)
	}
	t.Logf("%d in flight: %d lists and %d reads in %v", inFlight, lists, reads, watched)

	begun = time.Now()
	runs := e.Port.Runs()
	slices.SortFunc(runs, func(a, b porttest.Run) int { return strings.Compare(a.ID, b.ID) })
	for _, r := range runs[:ended] { // any, not only those that are listed first
		if err := e.Port.EndRun(r.ID, porttest.Success, ""); err != nil {
			t.Fatal(err)
		}
	}
	e.WaitFor("those that ended are told", func() bool { return e.Bot.Pending() == inFlight-ended })
	if _, reads := e.CountRunCalls(begun); reads != ended {
		t.Errorf("%d runs ended, and %d were read", ended, reads)
	}
}

// TestBurst_PortCalls counts every call that Port gets for a hundred incidents.
func TestBurst_PortCalls(t *testing.T) {
	t.Parallel()
	e := testenv.New(t).Start()
	const incidents = 100
	before := len(e.Port.Calls(""))
	e.DeclareMany(incidents)
	e.WaitIdle()
	calls := e.Port.Calls("")[before:]
	if n := float64(len(calls)) / incidents; n >= 2.3 {
		t.Errorf("%.2f calls an incident", n)
	} else {
		t.Logf("%.2f calls an incident", n)
	}
	begun := time.Now()
	<-time.After(time.Second) // four ticks
	if lists, reads := e.CountRunCalls(begun); lists+reads > 0 {
		t.Errorf("with nothing in flight %d lists and %d reads", lists, reads)
	}
}
