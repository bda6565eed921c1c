package slackapp_test

import (
	"fmt"
	"testing"
	"time"

	"foghorn/integrations/slackapp"
)

// waitConnects waits until the app has opened so many links, while somebody goes on typing.
func waitConnects(t *testing.T, app *slackapp.Client, n int64, while func(text string)) {
	t.Helper()
	for i, ctx := 0, testContext(t); app.Connects() < n; i++ {
		if ctx.Err() != nil {
			t.Fatalf("%d of %d links were opened", app.Connects(), n)
		}
		while(fmt.Sprintf("command %d", i))
	}
}

// TestRun_DisconnectReasons ends one link at a time, for each of Slack's reasons: no command
// goes unanswered.
func TestRun_DisconnectReasons(t *testing.T) {
	for _, reason := range []string{"refresh_requested", "link_disabled", "too_many_websockets"} {
		t.Run(reason, func(t *testing.T) {
			s, alice, room := newWorkspace(t)
			app, _ := startClient(t, s, &echo{}, nil)
			if err := s.WaitSockets(testContext(t), 2); err != nil {
				t.Fatal(err)
			}
			for n := int64(3); n <= 8; n++ {
				s.DisconnectOldest(reason)
				waitConnects(t, app, n, func(text string) { expectEcho(t, alice, room, text) })
				if err := s.WaitSockets(testContext(t), 2); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

// TestRun_DisconnectWarning is as good as a refresh: slack-go leaves the link at once, though Slack would
// go on delivering. What Slack sends before it hears of that comes nowhere.
func TestRun_DisconnectWarning(t *testing.T) {
	s, alice, room := newWorkspace(t)
	app, _ := startClient(t, s, &echo{}, nil)
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	waitConnects(t, app, 2, func(string) { <-tick.C })
	for n := int64(3); n <= 8; n++ {
		s.DisconnectOldest("warning")
		waitConnects(t, app, n, func(string) { <-tick.C })
		if err := s.WaitSockets(testContext(t), 2); err != nil {
			t.Fatal(err)
		}
		expectEcho(t, alice, room, "still here")
	}
}

// TestRun_MissingPings has both links give up, each in its turn: one is always alive.
func TestRun_MissingPings(t *testing.T) {
	s, alice, room := newWorkspace(t)
	app, _ := startClient(t, s, &echo{}, func(c *slackapp.Config) { c.PingTimeout = time.Second })
	if err := s.WaitSockets(testContext(t), 2); err != nil {
		t.Fatal(err)
	}
	s.Pings(false)
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	waitConnects(t, app, 4, func(string) {
		if <-tick.C; app.Connections() == 0 {
			t.Error("no link is alive")
		}
	})
	expectEcho(t, alice, room, "still here")
}

// TestRun_HalfOpenConnections are noticed by the pings that do not come, and replaced.
func TestRun_HalfOpenConnections(t *testing.T) {
	s, alice, room := newWorkspace(t)
	app, _ := startClient(t, s, &echo{}, func(c *slackapp.Config) { c.PingTimeout = 300 * time.Millisecond })
	if err := s.WaitSockets(testContext(t), 2); err != nil {
		t.Fatal(err)
	}
	s.HalfOpen(true)
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	waitConnects(t, app, 4, func(string) { <-tick.C })
	s.HalfOpen(false)
	expectEcho(t, alice, room, "here again")
}
