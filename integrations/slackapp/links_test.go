package slackapp_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/slack-go/slack"
	"go.uber.org/goleak"

	"foghorn/integrations/emulator"
	"foghorn/integrations/slackapp"
	"foghorn/integrations/slackapp/slacktest"
)

func TestMain(m *testing.M) {
	// slack-go's reader ends by itself a little after its link is closed.
	goleak.VerifyTestMain(m,
		goleak.IgnoreAnyFunction("net/http.(*persistConn).readLoop"),
		goleak.IgnoreAnyFunction("net/http.(*persistConn).writeLoop"))
}

// echo answers every command with its text, and counts.
type echo struct {
	commands atomic.Int32
	hold     chan struct{} // a command with the text "hold" takes from it twice: when it begins and to end
	panics   bool
}

func (e *echo) Command(_ context.Context, cmd slack.SlashCommand) any {
	e.commands.Add(1)
	if e.panics {
		panic("no luck")
	}
	if cmd.Text == "hold" {
		<-e.hold
		<-e.hold
	}
	return map[string]string{"text": cmd.Text}
}

func (e *echo) Interaction(context.Context, slack.InteractionCallback) any { return nil }

// runs starts an app until the test ends or stop is called.
func runs(t *testing.T, s *slacktest.Server, h slackapp.Handler, edit func(*slackapp.Config)) (app *slackapp.Client, stop func() error) {
	t.Helper()
	cfg := slackapp.Config{AppToken: s.AppToken, BotToken: s.BotToken, APIURL: s.URL()}
	if edit != nil {
		edit(&cfg)
	}
	app = slackapp.New(cfg)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- app.Run(ctx, h) }()
	var ended atomic.Bool
	stop = func() error {
		if ended.Swap(true) {
			return nil
		}
		cancel()
		return <-done
	}
	t.Cleanup(func() { _ = stop() })
	return app, stop
}

func workspace(t *testing.T) (*slacktest.Server, *slacktest.Person, string) {
	t.Helper()
	s, err := slacktest.Start(slacktest.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	alice := s.AddUser(slacktest.User{RealName: "Alice", Email: "alice@example.com"})
	room := s.AddChannel(slacktest.Channel{Name: "ops", BotIsMember: true})
	return s, s.Person(alice.ID), room.ID
}

func soon(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	t.Cleanup(cancel)
	return ctx
}

func says(t *testing.T, p *slacktest.Person, room, text string) {
	t.Helper()
	ack, err := p.SlashCommand(soon(t), room, "/echo "+text)
	if err != nil {
		t.Fatalf("/echo %s: %v", text, err)
	}
	var payload struct{ Text string }
	if _ = json.Unmarshal(ack.Payload, &payload); payload.Text != text {
		t.Errorf("/echo %s gave %s", text, ack.Payload)
	}
}

func TestTwoLinks(t *testing.T) {
	s, alice, room := workspace(t)
	app, stop := runs(t, s, &echo{}, nil)
	if err := s.WaitConnections(soon(t), 2); err != nil {
		t.Fatal(err)
	}
	says(t, alice, room, "hello")
	if err := stop(); err != nil {
		t.Errorf("the app ended with %v", err)
	}
	if n := app.Connections(); n != 0 {
		t.Errorf("%d links are alive after the end", n)
	}
}

func TestRefreshesLoseNoCommand(t *testing.T) {
	s, alice, room := workspace(t)
	runs(t, s, &echo{}, nil)
	if err := s.WaitConnections(soon(t), 2); err != nil {
		t.Fatal(err)
	}
	for range 3 { // both links at once: Slack has nowhere to send until one is back
		s.Disconnect("refresh_requested")
		if err := s.WaitConnections(soon(t), 2); err != nil {
			t.Fatal(err)
		}
		says(t, alice, room, "still here")
	}
}

func TestAnEnvelopeDeliveredTwiceIsHandledOnce(t *testing.T) {
	s, alice, room := workspace(t)
	h := &echo{}
	runs(t, s, h, nil)
	if err := s.WaitConnections(soon(t), 2); err != nil {
		t.Fatal(err)
	}
	s.SetDuplicates(3)
	says(t, alice, room, "once")
	says(t, alice, room, "and once")
	if n := h.commands.Load(); n != 2 {
		t.Errorf("handled %d commands of 2", n)
	}
}

func TestAServerThatHangsUpIsNotStormed(t *testing.T) {
	s, _, _ := workspace(t)
	s.RefuseConnections("too_many_websockets")
	runs(t, s, &echo{}, nil)
	opened := func() int { return len(s.Calls("apps.connections.open")) }
	quiet := time.NewTimer(2 * time.Second) // slack-go alone makes hundreds of calls in this time
	<-quiet.C
	if n := opened(); n > 10 || n < 3 {
		t.Errorf("%d calls of apps.connections.open in two seconds", n)
	}
}

func TestHandlersAckBeforeTheLinksClose(t *testing.T) {
	s, alice, room := workspace(t)
	h := &echo{hold: make(chan struct{})}
	_, stop := runs(t, s, h, nil)
	if err := s.WaitConnections(soon(t), 2); err != nil {
		t.Fatal(err)
	}
	acked := make(chan error, 1)
	go func() {
		_, err := alice.SlashCommand(soon(t), room, "/echo hold")
		acked <- err
	}()
	h.hold <- struct{}{} // the handler is at work
	stopped := make(chan error, 1)
	go func() { stopped <- stop() }()
	select {
	case <-stopped:
		t.Fatal("the links closed with a handler at work")
	case <-time.After(50 * time.Millisecond):
	}
	close(h.hold)
	if err := <-acked; err != nil {
		t.Errorf("the command was not acked: %v", err)
	}
	if err := <-stopped; err != nil {
		t.Errorf("the app ended with %v", err)
	}
}

func TestAPanicIsOneCommandsTrouble(t *testing.T) {
	s, alice, room := workspace(t)
	h := &echo{panics: true}
	troubles := make(chan slackapp.ConnectionError, 10)
	runs(t, s, h, func(c *slackapp.Config) { c.OnError = func(tr slackapp.ConnectionError) { troubles <- tr } })
	if err := s.WaitConnections(soon(t), 2); err != nil {
		t.Fatal(err)
	}
	short, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	_, _ = alice.SlashCommand(short, room, "/echo x")
	if tr := <-troubles; tr.Kind != "panic" {
		t.Errorf("heard of %+v", tr)
	}
	h.panics = false
	says(t, alice, room, "alive")
}

func TestOddFramesAreSurvived(t *testing.T) {
	s, alice, room := workspace(t)
	runs(t, s, &echo{}, nil)
	if err := s.WaitConnections(soon(t), 2); err != nil {
		t.Fatal(err)
	}
	for _, frame := range []string{
		``, `{`, `[]`, `null`, `"x"`, `{}`, `{"type":"unheard_of","envelope_id":"1"}`,
		`{"type":"slash_commands","envelope_id":"2","payload":7}`,
		`{"type":"interactive","envelope_id":"3","payload":{"type":"view_submission","view":{"blocks":[{"type":7}]}}}`,
		`{"type":"interactive","envelope_id":"4"}`, `{"type":"slash_commands"}`,
	} {
		s.SendRaw([]byte(frame))
		says(t, alice, room, "alive")
	}
}

func TestTokensThatCannotWorkEndIt(t *testing.T) {
	for _, c := range []struct{ name, token, code string }{
		{"a bot token for the app token", "", "not_allowed_token_type"},
		{"nobody's token", "xapp-1-A0-1-nobody", "invalid_auth"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, _, _ := workspace(t)
			if c.token == "" {
				c.token = s.BotToken
			}
			app := slackapp.New(slackapp.Config{AppToken: c.token, BotToken: s.BotToken, APIURL: s.URL()})
			err := app.Run(soon(t), &echo{})
			if slackapp.ErrorCode(err) != c.code {
				t.Errorf("got %v, want %s", err, c.code)
			}
		})
	}
}

// leaksNoSecret checks that an error shows nothing that must not be seen.
func leaksNoSecret(t *testing.T, s *slacktest.Server, err error) {
	t.Helper()
	if err == nil {
		t.Fatal("no error to look at")
	}
	for e := err; e != nil; e = errors.Unwrap(e) {
		for _, secret := range []string{s.AppToken, s.BotToken, "ticket=", "xoxb-", "xapp-", "form value"} {
			if strings.Contains(e.Error(), secret) {
				t.Errorf("an error shows %q: %v", secret, e)
			}
		}
	}
}

func TestErrorsKeepSecretsAndSayWhatHappened(t *testing.T) {
	s, _, room := workspace(t)
	app := slackapp.New(slackapp.Config{AppToken: s.AppToken, BotToken: s.BotToken, APIURL: s.URL()})
	post := func() error {
		_, err := app.PostMessage(soon(t), room, slackapp.Message{Text: "form value"})
		return err
	}
	for _, c := range []struct {
		name                      string
		fault                     emulator.Fault
		refused, limited, notSent bool
	}{
		{name: "429", fault: emulator.Fault{Status: 429, Header: map[string][]string{"Retry-After": {"7"}}}, limited: true},
		{name: "500", fault: emulator.Fault{Status: 500, Body: "<html>oh</html>"}},
		{name: "html", fault: emulator.Fault{Status: 200, Body: "<html>oh</html>"}},
		{name: "internal_error", fault: emulator.Fault{Status: 200, Body: `{"ok":false,"error":"internal_error"}`}},
		{name: "not_in_channel", fault: emulator.Fault{Status: 200, Body: `{"ok":false,"error":"not_in_channel"}`}, refused: true},
		{name: "lost", fault: emulator.Fault{DropResponse: true}},
		{name: "redirect", fault: emulator.Fault{Status: 302, Header: map[string][]string{"Location": {"https://evil.example/"}}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.fault.Path, c.fault.Times = "chat.postMessage", 1
			s.InjectFault(c.fault)
			err := post()
			leaksNoSecret(t, s, err)
			var e *slackapp.Error
			if !errors.As(err, &e) {
				t.Fatalf("a %T", err)
			}
			if e.Rejected() != c.refused || e.RateLimited() != c.limited || e.NotSent() != c.notSent {
				t.Errorf("%v: refused %v, limited %v, not sent %v", e, e.Rejected(), e.RateLimited(), e.NotSent())
			}
			if c.limited && e.RetryAfter != 7*time.Second {
				t.Errorf("retry after %v", e.RetryAfter)
			}
		})
	}
	s.Close()
	_ = post() // on a kept connection, which may have carried it
	err := post()
	leaksNoSecret(t, s, err)
	if e, ok := errors.AsType[*slackapp.Error](err); !ok || !e.NotSent() {
		t.Errorf("nobody listens, and %v may have been sent", err)
	}
}

func TestAPostIsFoundByItsMark(t *testing.T) {
	s, _, room := workspace(t)
	app := slackapp.New(slackapp.Config{AppToken: s.AppToken, BotToken: s.BotToken, APIURL: s.URL()})
	message := slackapp.Message{Text: "hello", Metadata: slackapp.Metadata{EventType: "foghorn_told", Key: "V1.channel"}}
	other := message
	other.Metadata.Key = "V2.channel"
	if _, err := app.PostMessage(soon(t), room, other); err != nil {
		t.Fatal(err)
	}
	begun := time.Now().Add(-time.Second)
	if _, found, err := app.FindMessage(soon(t), room, message, begun); err != nil || found {
		t.Fatalf("found %v, %v", found, err)
	}
	ts, err := app.PostMessage(soon(t), room, message)
	if err != nil {
		t.Fatal(err)
	}
	if got, found, err := app.FindMessage(soon(t), room, message, begun); err != nil || !found || got != ts {
		t.Errorf("found %q (%v, %v), want %q", got, found, err, ts)
	}
	unmarked := slackapp.Message{Text: "a mark that was lost"}
	ts, err = app.PostMessage(soon(t), room, unmarked)
	if err != nil {
		t.Fatal(err)
	}
	unmarked.Metadata = message.Metadata
	unmarked.Metadata.Key = "V3.channel"
	if got, found, err := app.FindMessage(soon(t), room, unmarked, begun); err != nil || !found || got != ts {
		t.Errorf("without a mark: found %q (%v, %v), want %q", got, found, err, ts)
	}
	s.SetScopes("chat:write")
	if _, _, err := app.FindMessage(soon(t), room, message, begun); slackapp.ErrorCode(err) != "missing_scope" {
		t.Errorf("without the scope: %v", err)
	}
}
