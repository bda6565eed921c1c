package slackapp_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"foghorn/integrations/emulator"
	"foghorn/integrations/slackapp"
	"foghorn/integrations/slackapp/slacktest"
)

func TestRun_TwoConnections(t *testing.T) {
	s, alice, channel := newWorkspace(t)
	client, stop := startClient(t, s, &echo{}, nil)
	waitSockets(t, s, 2)
	waitConnects(t, client, 2)
	expectEcho(t, alice, channel, "hello")
	if err := stop(); err != nil {
		t.Errorf("Run returned %v", err)
	}
	if n := client.Connections(); n != 0 {
		t.Errorf("%d connections are open after the end", n)
	}
}

func TestRun_DuplicateEnvelope(t *testing.T) {
	s, alice, channel := newWorkspace(t)
	h := &echo{}
	startClient(t, s, h, nil)
	waitSockets(t, s, 2)
	s.Set(func(o *slacktest.Settings) { o.Duplicates = 3 })
	expectEcho(t, alice, channel, "first")
	expectEcho(t, alice, channel, "second")
	if n := h.commands.Load(); n != 2 {
		t.Errorf("handled %d commands, want 2", n)
	}
}

// TestRun_DuplicateInFlight delivers each envelope several times, on both connections, while the first
// delivery is being handled.
func TestRun_DuplicateInFlight(t *testing.T) {
	const commands = 10
	s, alice, channel := newWorkspace(t)
	h := &echo{delay: 50 * time.Millisecond}
	startClient(t, s, h, nil)
	waitSockets(t, s, 2)
	s.Set(func(o *slacktest.Settings) { o.Duplicates = 3 })
	var typing sync.WaitGroup
	for range commands {
		typing.Go(func() {
			if err := typeEcho(testContext(t), alice, channel, "same"); err != nil {
				t.Error(err)
			}
		})
	}
	typing.Wait()
	if n := h.commands.Load(); n != commands {
		t.Errorf("handled %d commands, want %d", n, commands)
	}
}

// TestRun_ReconnectStorm has Slack close each connection after hello.
func TestRun_ReconnectStorm(t *testing.T) {
	t.Parallel()
	s, _, _ := newWorkspace(t)
	s.Set(func(o *slacktest.Settings) { o.RefuseReason = "too_many_websockets" })
	startClient(t, s, &echo{}, nil)
	<-time.After(2 * time.Second) // slack-go makes hundreds of calls in this time
	if n := len(s.Calls("apps.connections.open")); n > 10 || n < 3 {
		t.Errorf("%d calls of apps.connections.open in two seconds", n)
	}
}

func TestRun_HandlerPanic(t *testing.T) {
	s, alice, channel := newWorkspace(t)
	h := &echo{}
	h.panics.Store(true)
	errs := make(chan slackapp.ConnectionError, 10)
	startClient(t, s, h, func(c *slackapp.Config) { c.OnError = func(e slackapp.ConnectionError) { errs <- e } })
	waitSockets(t, s, 2)
	short, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if _, err := alice.SlashCommand(short, channel, "/echo x"); err == nil {
		t.Error("a command whose handler panicked was acked")
	}
	if e := <-errs; e.Kind != "panic" {
		t.Errorf("reported %+v", e)
	}
	h.panics.Store(false)
	expectEcho(t, alice, channel, "next")
}

func TestRun_RejectedAppToken(t *testing.T) {
	for _, c := range []struct{ name, token, code string }{
		{"bot token", "", "not_allowed_token_type"},
		{"unknown token", "xapp-1-A0-1-unknown", "invalid_auth"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s, _, _ := newWorkspace(t)
			if c.token == "" {
				c.token = s.BotToken
			}
			client := slackapp.New(slackapp.Config{AppToken: c.token, BotToken: s.BotToken, APIURL: s.URL()})
			err := client.Run(testContext(t), &echo{})
			if slackapp.ErrorCode(err) != c.code || !slackapp.IsFatal(err) {
				t.Errorf("got %v, want %s", err, c.code)
			}
		})
	}
}

// TestRun_OpenFailures has apps.connections.open fail for a while, at the start and later.
func TestRun_OpenFailures(t *testing.T) {
	for _, c := range []struct {
		name  string
		fault emulator.Fault
	}{
		{"404", emulator.Fault{Status: 404, Body: "not found"}},
		{"403 with HTML", emulator.Fault{Status: 403, Body: "<html>blocked</html>"}},
		{"500", emulator.Fault{Status: 500}},
		{"200 with HTML", emulator.Fault{Status: 200, Body: "<html></html>"}},
		{"200 without url", emulator.Fault{Status: 200, Body: `{"ok":true}`}},
		{"internal_error", emulator.Fault{Status: 200, Body: `{"ok":false,"error":"internal_error"}`}},
		{"invalid_auth", emulator.Fault{Status: 200, Body: `{"ok":false,"error":"invalid_auth"}`}},
		{"team_added_to_org", emulator.Fault{Status: 200, Body: `{"ok":false,"error":"team_added_to_org"}`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s, alice, channel := newWorkspace(t)
			c.fault.Path, c.fault.Times = "apps.connections.open", 4
			s.InjectFault(c.fault)
			startClient(t, s, &echo{}, func(cfg *slackapp.Config) {
				cfg.OnError = func(e slackapp.ConnectionError) { expectNoSecrets(t, s, e.Err) }
			})
			waitSockets(t, s, 2)
			expectEcho(t, alice, channel, "before")
			s.InjectFault(c.fault)
			s.DropConnections()
			waitSockets(t, s, 2)
			expectEcho(t, alice, channel, "after")
		})
	}
}

func TestRun_DrainWaitsForHandlers(t *testing.T) {
	s, alice, channel := newWorkspace(t)
	h := &echo{hold: make(chan struct{})}
	_, stop := startClient(t, s, h, nil)
	waitSockets(t, s, 2)
	acked := make(chan error, 1)
	go func() { acked <- typeEcho(testContext(t), alice, channel, "hold") }()
	h.hold <- struct{}{} // the handler has begun
	stopped := make(chan error, 1)
	go func() { stopped <- stop() }()
	select {
	case <-stopped:
		t.Fatal("the connections were closed while a handler was running")
	case <-time.After(50 * time.Millisecond):
	}
	close(h.hold)
	if err := <-acked; err != nil {
		t.Error(err)
	}
	if err := <-stopped; err != nil {
		t.Errorf("Run returned %v", err)
	}
}
