package slackapp_test

import (
	"errors"
	"testing"
	"time"

	"foghorn/integrations/slackapp"
	"foghorn/integrations/slackapp/slacktest"
)

// TestRun_DisconnectReasons ends one connection at a time, for each of Slack's reasons, six times each
// connection, under load: every command is answered.
func TestRun_DisconnectReasons(t *testing.T) {
	for _, reason := range []string{"refresh_requested", "link_disabled", "too_many_websockets"} {
		t.Run(reason, func(t *testing.T) {
			s, _, channel := newWorkspace(t)
			client, _ := startClient(t, s, &echo{}, nil)
			waitSockets(t, s, 2)
			stop := startLoad(t, s, channel)
			for n := int64(3); n <= 14; n++ {
				s.DisconnectOldest(reason)
				waitConnects(t, client, n)
				waitSockets(t, s, 2)
			}
			for _, m := range stop() {
				t.Error(m.err)
			}
		})
	}
}

// TestRun_DisconnectWarning has Slack announce the end of both connections. They are replaced, and Slack
// goes on to use them until it closes them: every command is answered.
func TestRun_DisconnectWarning(t *testing.T) {
	s, _, channel := newWorkspaceWith(t, slacktest.Config{WarningPeriod: time.Hour})
	client, _ := startClient(t, s, &echo{}, nil)
	waitSockets(t, s, 2)
	stop := startLoad(t, s, channel)
	for n := int64(4); n <= 8; n += 2 {
		s.Disconnect("warning")
		waitSockets(t, s, 4)
		waitConnects(t, client, n)
		if client.Connections() != 2 {
			t.Errorf("%d connections", client.Connections())
		}
		for range 2 {
			s.DisconnectOldest("refresh_requested")
		}
		waitSockets(t, s, 2)
	}
	for _, m := range stop() {
		t.Error(m.err)
	}
}

// TestRun_RefreshOfAllConnections ends both connections at once. Slack has no connection to use until one
// is replaced.
func TestRun_RefreshOfAllConnections(t *testing.T) {
	s, alice, channel := newWorkspace(t)
	startClient(t, s, &echo{}, nil)
	waitSockets(t, s, 2)
	for range 3 {
		s.Disconnect("refresh_requested")
		waitSockets(t, s, 2)
		expectEcho(t, alice, channel, "next")
	}
}

// TestRun_AllConnectionsDropped cuts all connections at the same moment, under load. Only commands that were
// sent while no connection was up, or that were on their way, may be missed.
func TestRun_AllConnectionsDropped(t *testing.T) {
	s, _, channel := newWorkspace(t)
	startClient(t, s, &echo{}, nil)
	waitSockets(t, s, 2)
	stop := startLoad(t, s, channel)
	time.Sleep(100 * time.Millisecond)
	dropped := time.Now()
	s.DropConnections()
	waitSockets(t, s, 2)
	up := time.Now()
	time.Sleep(100 * time.Millisecond)
	for _, m := range stop() {
		if m.sent.Before(dropped.Add(-50*time.Millisecond)) || m.sent.After(up) {
			t.Errorf("a command sent %v after the drop: %v", m.sent.Sub(dropped), m.err)
		}
	}
	t.Logf("both connections were up again after %v", up.Sub(dropped))
}

// TestRun_MissingPings replaces both connections, not at the same time.
func TestRun_MissingPings(t *testing.T) {
	t.Parallel()
	s, alice, channel := newWorkspace(t)
	client, _ := startClient(t, s, &echo{}, func(c *slackapp.Config) { c.PingTimeout = 4 * time.Second })
	waitConnects(t, client, 2)
	s.Set(func(o *slacktest.Settings) { o.NoPings = true })
	waitUntil(t, "four connects", func() bool {
		if client.Connections() == 0 {
			t.Error("no connection is open")
		}
		return client.Connects() >= 4
	})
	expectEcho(t, alice, channel, "next")
}

// TestRun_HalfOpenConnections replaces connections on which nothing arrives.
func TestRun_HalfOpenConnections(t *testing.T) {
	s, alice, channel := newWorkspace(t)
	client, _ := startClient(t, s, &echo{}, func(c *slackapp.Config) { c.PingTimeout = 300 * time.Millisecond })
	waitSockets(t, s, 2)
	s.Set(func(o *slacktest.Settings) { o.HalfOpen = true })
	waitConnects(t, client, 4)
	s.Set(func(o *slacktest.Settings) { o.HalfOpen = false })
	expectEcho(t, alice, channel, "next")
}

// TestRun_HalfOpenNoticedByPong replaces connections that no longer answer pings, long before Slack's own pings are missed.
func TestRun_HalfOpenNoticedByPong(t *testing.T) {
	t.Parallel()
	s, alice, channel := newWorkspace(t)
	const pingTimeout = 8 * time.Second
	client, _ := startClient(t, s, &echo{}, func(c *slackapp.Config) { c.PingTimeout = pingTimeout })
	waitSockets(t, s, 2)
	time.Sleep(time.Second) // a ping of each connection has been answered, of which nothing informs
	began := time.Now()
	s.Set(func(o *slacktest.Settings) { o.HalfOpen = true })
	waitConnects(t, client, 4)
	if took := time.Since(began); took > pingTimeout/2 {
		t.Errorf("the connections were replaced after %v", took)
	}
	s.Set(func(o *slacktest.Settings) { o.HalfOpen = false })
	expectEcho(t, alice, channel, "next")
}

// TestRun_Handover stops a client under constant load while another one is connected, twice. Only
// commands that cross with a close frame are not answered: at most one of each user for each connection.
func TestRun_Handover(t *testing.T) {
	t.Parallel()
	s, _, channel := newWorkspaceWith(t, slacktest.Config{AckTimeout: time.Second})
	h := &echo{}
	_, stopOld := startClient(t, s, h, nil)
	waitSockets(t, s, 2)
	stop := startLoad(t, s, channel)
	const handovers = 2
	for range handovers {
		_, stopNew := startClient(t, s, h, nil)
		waitSockets(t, s, 4)
		if err := stopOld(); err != nil {
			t.Error(err)
		}
		waitSockets(t, s, 2)
		stopOld = stopNew
	}
	all := stop()
	for _, m := range all {
		if !errors.Is(m.err, slacktest.ErrOperationTimeout) {
			t.Error(m.err)
		}
	}
	if limit := loadUsers * 2 * handovers; len(all) > limit {
		t.Errorf("%d commands were not answered", len(all))
	}
	t.Logf("%d commands handled", h.commands.Load())
}
