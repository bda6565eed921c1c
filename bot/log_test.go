package bot_test

import (
	"slices"
	"testing"

	"github.com/sirupsen/logrus"
	"github.com/sirupsen/logrus/hooks/test"

	"foghorn/bot"
	"foghorn/integrations/emulator"
)

// TestOneLineAStage reads the log of an incident that Port refuses for a moment: one Info line
// for each change of stage, and the request's id in every line that is about it.
func TestOneLineAStage(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	log, lines := test.NewNullLogger()
	log.SetLevel(logrus.DebugLevel)
	h.edit = func(c *bot.Config) { c.Log = logrus.NewEntry(log) }
	h.start()
	h.port.Plan(emulator.Fault{Method: "POST", Path: "/runs", Status: 429, Body: `{"ok":false,"error":"rate_limit"}`, Times: 1})
	h.declares(alice, ops, "Checkout is down", "Major", "public")
	h.shows(ops, "Checkout is down")
	h.settled()

	var stages []string
	ids, warned := map[any]int{}, 0
	for _, e := range lines.AllEntries() {
		id := e.Data["request"]
		if id == nil {
			t.Errorf("%s %q is about no request", e.Level, e.Message)
			continue
		}
		ids[id]++
		switch e.Level {
		case logrus.InfoLevel:
			stages = append(stages, e.Message)
		case logrus.WarnLevel:
			warned++
		}
	}
	// What Port refused for now is accepted again.
	if want := []string{"accepted", "asking", "accepted", "asking", "running", "telling", "told"}; !slices.Equal(stages, want) {
		t.Errorf("the stages are %v, want %v", stages, want)
	}
	if len(ids) != 1 || warned == 0 {
		t.Errorf("%d lines warn, of requests %v", warned, ids)
	}
}
