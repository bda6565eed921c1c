package bot_test

import (
	"runtime"
	"strconv"
	"sync"
	"testing"

	"foghorn/bot"
	"foghorn/bot/testenv"
)

// A crasher kills a bot at its nth edge: from then on no goroutine of the corridor gets past
// an edge, as if the process had gone.
type crasher struct {
	mu      sync.Mutex
	nth     int // counted down; the bot dies when it gets to 0
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
	dies := r.nth <= 0
	r.mu.Unlock()
	if dies {
		runtime.Goexit()
	}
}

// maxCrashPoints is more than the edges of one public incident: the last bots live on.
const maxCrashPoints = 20

// TestCrash_AnyPoint kills bots at every edge of the corridor, on both sides of each write
// and each outside effect, and starts others in their place.
func TestCrash_AnyPoint(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	edges := map[string]bool{}
	survived := false
	t.Run("edge", func(t *testing.T) {
		for nth := 1; nth <= maxCrashPoints; nth++ {
			t.Run(strconv.Itoa(nth), func(t *testing.T) {
				t.Parallel()
				where := crashAt(t, nth)
				mu.Lock()
				defer mu.Unlock()
				edges[where] = true
				survived = survived || where == ""
			})
		}
	})
	if len(edges) < 10 || !survived {
		t.Errorf("not every edge was reached: %v", edges)
	}
}

// crashAt declares an incident with a bot that dies at its nth edge, and says where that was.
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
		t.Errorf("killed %s: %d runs", r.where, len(runs))
	}
	if ms := e.Slack.Messages(testenv.General); len(ms) != 1 {
		t.Errorf("killed %s: %d messages: %v", r.where, len(ms), testenv.MessageTexts(ms))
	}
	if is := e.IncidentIO.Incidents(); len(is) != 1 {
		t.Errorf("killed %s: %d incidents", r.where, len(is))
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.where
}
