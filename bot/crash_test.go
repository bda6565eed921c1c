package bot_test

import (
	"runtime"
	"strconv"
	"sync"
	"testing"

	"foghorn/bot"
	"foghorn/bot/testenv"
)

// A crasher stops a bot at its nth crash point: from then on no goroutine of the workflow
// passes a crash point, as if the process had been killed.
type crasher struct {
	mu      sync.Mutex
	nth     int // counted down; the bot stops at 0
	where   string
	crashed chan struct{}
}

func (r *crasher) reach(where string) {
	r.mu.Lock()
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
	var mu sync.Mutex
	points := map[string]bool{}
	survived := false
	t.Run("point", func(t *testing.T) {
		for nth := 1; nth <= maxCrashPoints; nth++ {
			t.Run(strconv.Itoa(nth), func(t *testing.T) {
				t.Parallel()
				where := crashAt(t, nth)
				mu.Lock()
				defer mu.Unlock()
				points[where] = true
				survived = survived || where == ""
			})
		}
	})
	if len(points) < 10 || !survived {
		t.Errorf("not every crash point was reached: %v", points)
	}
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
