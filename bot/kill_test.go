package bot_test

import (
	"runtime"
	"strconv"
	"sync"
	"testing"

	"foghorn/bot"
)

// A reaper kills a bot at its nth edge: from then on no goroutine of the corridor gets past
// an edge, as if the process had gone.
type reaper struct {
	mu    sync.Mutex
	nth   int // counted down; the bot dies when it gets to 0
	where string
	dead  chan struct{}
}

func (r *reaper) edge(where string) {
	r.mu.Lock()
	r.nth--
	if r.nth == 0 {
		r.where = where
		close(r.dead)
	}
	dies := r.nth <= 0
	r.mu.Unlock()
	if dies {
		runtime.Goexit()
	}
}

// edgesOfOneIncident is more than the edges of one public incident: the last bots live on.
const edgesOfOneIncident = 20

// TestKilledAnywhere kills bots at every edge of the corridor, on both sides of each write
// and each outside effect, and starts others in their place.
func TestKilledAnywhere(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	edges := map[string]bool{}
	survived := false
	t.Run("edge", func(t *testing.T) {
		for nth := 1; nth <= edgesOfOneIncident; nth++ {
			t.Run(strconv.Itoa(nth), func(t *testing.T) {
				t.Parallel()
				where := killedAt(t, nth)
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

// killedAt declares an incident with a bot that dies at its nth edge, and says where that was.
func killedAt(t *testing.T, nth int) string {
	r := &reaper{nth: nth, dead: make(chan struct{})}
	h := newHouse(t)
	h.born = func(b *bot.Bot) { b.AtEdges(r.edge) }
	h.start()
	h.declares(alice, general, "It burns", "Major", "public")
	if h.dies(r.dead) {
		_ = h.stop()
		h.born = nil
		h.start()
	}
	h.shows(general, "It burns")
	h.settled()
	if runs := h.port.Runs(); len(runs) != 1 {
		t.Errorf("killed %s: %d runs", r.where, len(runs))
	}
	if ms := h.slack.Messages(general); len(ms) != 1 {
		t.Errorf("killed %s: %d messages: %v", r.where, len(ms), texts(ms))
	}
	if is := h.incident.Incidents(); len(is) != 1 {
		t.Errorf("killed %s: %d incidents", r.where, len(is))
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.where
}
