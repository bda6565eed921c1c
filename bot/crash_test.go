package bot_test

import (
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"golang.org/x/sync/errgroup"

	"foghorn/bot"
	"foghorn/bot/testenv"
	"foghorn/integrations/incidentio/incidentiotest"
	"foghorn/integrations/slackapp/slacktest"
)

// A crasher stops a bot at its nth crash point: from then on no goroutine of the workflow
// passes a crash point, as if the process had been killed.
type crasher struct {
	mu      sync.Mutex
	nth     int    // counted down; the bot stops at 0
	from    string // the points before the first one with this text are not counted
	where   string
	ended   bool // the request was archived
	crashed chan struct{}
}

func (r *crasher) reach(where string) {
	r.mu.Lock()
	if r.from != "" && !strings.Contains(where, r.from) {
		r.mu.Unlock()
		return
	}
	r.from, r.ended = "", r.ended || where == "after archiving"
	r.nth--
	if r.nth == 0 {
		r.where = where
		close(r.crashed)
	}
	stopped := r.nth <= 0
	r.mu.Unlock()
	if stopped {
		runtime.Goexit()
	}
}

// maxCrashPoints is more than a public incident has: the last bots are not stopped.
const maxCrashPoints = 24

// TestCrash_AnyPoint stops bots before and after each write and each outside effect, and
// starts another one on the same store.
func TestCrash_AnyPoint(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	t.Parallel()
	points := crashAtEach(t, maxCrashPoints, crashAt)
	if len(points) < 10 || !points[""] {
		t.Errorf("not every crash point was reached: %v", points)
	}
}

// crashesAtOnce is how many bots crashAtEach runs at the same time. They wait more than they compute.
const crashesAtOnce = 6

// crashAtEach calls crash with the numbers of up to max crash points, and returns where bots stopped; "" if one was not
// stopped. Its tests do not count as parallel tests, of which fewer run at the same time.
func crashAtEach(t *testing.T, max int, crash func(t *testing.T, nth int) (where string)) map[string]bool {
	var mu sync.Mutex
	points := map[string]bool{}
	var group errgroup.Group
	group.SetLimit(crashesAtOnce)
	for nth := 1; nth <= max; nth++ {
		group.Go(func() error {
			t.Run(strconv.Itoa(nth), func(t *testing.T) {
				where := crash(t, nth)
				mu.Lock()
				defer mu.Unlock()
				points[where] = true
			})
			return nil
		})
	}
	_ = group.Wait()
	return points
}

// crashAt declares an incident with a bot that stops at its nth crash point, and returns which
// one that was; "" if the bot was not stopped.
func crashAt(t *testing.T, nth int) string {
	r := &crasher{nth: nth, crashed: make(chan struct{})}
	e := testenv.New(t)
	e.EditConfig = func(c *bot.Config) { c.CrashPoint = r.reach }
	e.Start()
	e.Declare(testenv.Alice, testenv.General, "It burns", "Major", "public")
	if e.WaitCrash(r.crashed) {
		_ = e.Stop()
		e.EditConfig = func(*bot.Config) {}
		e.Start()
	}
	e.ExpectMessage(testenv.General, "It burns")
	e.WaitIdle()
	if runs := e.Port.Runs(); len(runs) != 1 {
		t.Errorf("stopped %s: %d runs", r.where, len(runs))
	}
	if ms := e.Slack.Messages(testenv.General); len(ms) != 1 {
		t.Errorf("stopped %s: %d messages: %v", r.where, len(ms), testenv.MessageTexts(ms))
	}
	if is := e.IncidentIO.Incidents(); len(is) != 1 {
		t.Errorf("stopped %s: %d incidents", r.where, len(is))
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.where
}

// maxTrackingCrashPoints is more than an incident has from when it is followed.
const maxTrackingCrashPoints = 44

// TestCrash_WhileTracking stops bots while their messages follow an incident: before each write and each outside effect. To
// stop after one leaves the same as to stop before the next.
func TestCrash_WhileTracking(t *testing.T) {
	if testing.Short() {
		t.Skip("takes minutes")
	}
	t.Parallel()
	points := crashAtEach(t, maxTrackingCrashPoints/2, func(t *testing.T, nth int) string {
		return crashWhileTracking(t, "before saving tracking", 2*nth-1)
	})
	for _, where := range []string{"", "before erasing the input", "before editing channel", "before posting to escalated.channel", "before archiving"} {
		// The number of points differs a little, so that one can be missed.
		if !points[where] && crashWhileTracking(t, where, 1) != where {
			t.Errorf("%q was not reached: %v", where, points)
		}
	}
}

// crashWhileTracking raises the severity of an incident and closes it, with a bot that stops at its nth crash point from the
// first one with the text from, and returns which one that was.
func crashWhileTracking(t *testing.T, from string, nth int) string {
	r := &crasher{nth: nth, from: from, crashed: make(chan struct{})}
	e, key := newTrackingEnv(t)
	follow := e.EditConfig
	e.EditConfig = func(c *bot.Config) { follow(c); c.CrashPoint = r.reach }
	e.Start()
	restarted := false
	waitFor := func(what string, holds func() bool) {
		e.WaitFor(what, func() bool {
			select {
			case <-r.crashed:
				if !restarted {
					restarted = true
					_ = e.Stop()
					e.EditConfig = followIncidents(t, e, key)
					e.Start()
				}
			default:
			}
			return holds()
		})
	}
	shows := func(text string) bool {
		return slices.ContainsFunc(e.Slack.Messages(testenv.General), func(m slacktest.Message) bool { return m.Contains(text) })
	}
	e.Declare(testenv.Alice, testenv.General, "It burns", "Minor", "public")
	waitFor("the message shows the channel", func() bool { return shows("<#C") })
	edit(t, e, incidentiotest.Edit{Severity: "Critical"})
	waitFor("the severity rose", func() bool { return shows("*Critical* · ") && shows("Severity raised") })
	edit(t, e, incidentiotest.Edit{Status: "Closed"})
	waitFor("the incident is closed", func() bool { return shows("Closed after") && e.Bot.Followed() == 0 })
	waitFor("the bot has stopped, or has archived the request", func() bool {
		r.mu.Lock()
		defer r.mu.Unlock()
		return r.where != "" || r.ended
	})
	e.WaitIdle()
	if ms := e.Slack.Messages(testenv.General); len(ms) != 2 || len(e.Port.Runs()) != 1 {
		t.Errorf("stopped %s: %d messages: %v", r.where, len(ms), testenv.MessageTexts(ms))
	}
	if n := countUpdates(e); n > 4 { // the channel, the severity, the end, and the one that the crash repeats
		t.Errorf("stopped %s: %d edits", r.where, n)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.where
}
