package slackapp_test

import (
	"fmt"
	"testing"
	"time"

	"foghorn/integrations/slackapp"
)

// opens waits until the app has opened so many links, while somebody goes on typing.
func opens(t *testing.T, app *slackapp.Client, n int64, while func(text string)) {
	t.Helper()
	for i, ctx := 0, soon(t); app.Connects() < n; i++ {
		if ctx.Err() != nil {
			t.Fatalf("%d of %d links were opened", app.Connects(), n)
		}
		while(fmt.Sprintf("command %d", i))
	}
}

// TestOneLinkAfterTheOther ends one link at a time, for each of Slack's reasons: no command
// goes unanswered.
func TestOneLinkAfterTheOther(t *testing.T) {
	for _, reason := range []string{"refresh_requested", "link_disabled", "too_many_websockets"} {
		t.Run(reason, func(t *testing.T) {
			s, alice, room := workspace(t)
			app, _ := runs(t, s, &echo{}, nil)
			if err := s.WaitConnections(soon(t), 2); err != nil {
				t.Fatal(err)
			}
			for n := int64(3); n <= 8; n++ {
				s.DisconnectOldest(reason)
				opens(t, app, n, func(text string) { says(t, alice, room, text) })
				if err := s.WaitConnections(soon(t), 2); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

// TestAWarning is as good as a refresh: slack-go leaves the link at once, though Slack would
// go on delivering. What Slack sends before it hears of that comes nowhere.
func TestAWarning(t *testing.T) {
	s, alice, room := workspace(t)
	app, _ := runs(t, s, &echo{}, nil)
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	opens(t, app, 2, func(string) { <-tick.C })
	for n := int64(3); n <= 8; n++ {
		s.DisconnectOldest("warning")
		opens(t, app, n, func(string) { <-tick.C })
		if err := s.WaitConnections(soon(t), 2); err != nil {
			t.Fatal(err)
		}
		says(t, alice, room, "still here")
	}
}

// TestMissingPings has both links give up, each in its turn: one is always alive.
func TestMissingPings(t *testing.T) {
	s, alice, room := workspace(t)
	app, _ := runs(t, s, &echo{}, func(c *slackapp.Config) { c.PingTimeout = time.Second })
	if err := s.WaitConnections(soon(t), 2); err != nil {
		t.Fatal(err)
	}
	s.SetPings(false)
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	opens(t, app, 4, func(string) {
		if <-tick.C; app.Connections() == 0 {
			t.Error("no link is alive")
		}
	})
	says(t, alice, room, "still here")
}

// TestHalfOpenLinks are noticed by the pings that do not come, and replaced.
func TestHalfOpenLinks(t *testing.T) {
	s, alice, room := workspace(t)
	app, _ := runs(t, s, &echo{}, func(c *slackapp.Config) { c.PingTimeout = 300 * time.Millisecond })
	if err := s.WaitConnections(soon(t), 2); err != nil {
		t.Fatal(err)
	}
	s.SetHalfOpen(true)
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	opens(t, app, 4, func(string) { <-tick.C })
	s.SetHalfOpen(false)
	says(t, alice, room, "here again")
}
