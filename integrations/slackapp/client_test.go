package slackapp_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/slack-go/slack"
	"go.uber.org/goleak"

	"foghorn/integrations/slackapp"
	"foghorn/integrations/slackapp/slacktest"
)

func TestMain(m *testing.M) {
	// net/http keeps idle connections for the next call.
	goleak.VerifyTestMain(m,
		goleak.IgnoreAnyFunction("net/http.(*persistConn).readLoop"),
		goleak.IgnoreAnyFunction("net/http.(*persistConn).writeLoop"))
}

// echo answers each command with its text, and counts commands and interactions.
type echo struct {
	commands, interactions atomic.Int32
	homes                  chan slackapp.HomeOpened // nil: not wanted
	hold                   chan struct{}            // a command with the text "hold" receives from it when it begins and before it ends
	delay                  time.Duration
	panics                 atomic.Bool
}

func (e *echo) Command(_ context.Context, cmd slack.SlashCommand) any {
	e.commands.Add(1)
	if e.panics.Load() {
		panic("test")
	}
	if cmd.Text == "hold" {
		<-e.hold
		<-e.hold
	}
	time.Sleep(e.delay)
	return map[string]string{"text": cmd.Text}
}

func (e *echo) Interaction(context.Context, slackapp.Interaction) any {
	e.interactions.Add(1)
	return nil
}

func (e *echo) HomeOpened(_ context.Context, opened slackapp.HomeOpened) {
	if e.homes != nil {
		e.homes <- opened
	}
}

// startClient runs a client with two connections until the test ends or stop is called.
func startClient(t *testing.T, s *slacktest.Server, h slackapp.Handler, edit func(*slackapp.Config)) (client *slackapp.Client, stop func() error) {
	t.Helper()
	cfg := slackapp.Config{AppToken: s.AppToken, BotToken: s.BotToken, APIURL: s.URL()}
	if edit != nil {
		edit(&cfg)
	}
	client, stop = runClient(t, cfg, h)
	return client, stop
}

// runClient runs a client until the test ends or stop is called.
func runClient(t *testing.T, cfg slackapp.Config, h slackapp.Handler) (client *slackapp.Client, stop func() error) {
	t.Helper()
	client = slackapp.New(cfg)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- client.Run(ctx, h) }()
	stop = sync.OnceValue(func() error {
		cancel()
		return <-done
	})
	t.Cleanup(func() { _ = stop() })
	return client, stop
}

func newWorkspace(t *testing.T) (s *slacktest.Server, alice *slacktest.Person, channel string) {
	t.Helper()
	return newWorkspaceWith(t, slacktest.Config{})
}

func newWorkspaceWith(t *testing.T, cfg slacktest.Config) (s *slacktest.Server, alice *slacktest.Person, channel string) {
	t.Helper()
	s, err := slacktest.Start(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	user := s.AddUser(slacktest.User{RealName: "Alice", Email: "alice@example.com"})
	return s, s.Person(user.ID), s.AddChannel(slacktest.Channel{Name: "ops", BotIsMember: true}).ID
}

func testContext(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	t.Cleanup(cancel)
	return ctx
}

func waitSockets(t *testing.T, s *slacktest.Server, n int) {
	t.Helper()
	if err := s.WaitConnections(testContext(t), n); err != nil {
		t.Fatalf("wait for %d connections: %v", n, err)
	}
}

// waitConnects waits until the client has opened n connections in total.
func waitConnects(t *testing.T, client *slackapp.Client, n int64) {
	t.Helper()
	waitUntil(t, fmt.Sprintf("%d connects", n), func() bool { return client.Connects() >= n })
}

func waitUntil(t *testing.T, what string, done func() bool) {
	t.Helper()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for ctx := testContext(t); !done(); <-tick.C {
		if ctx.Err() != nil {
			t.Fatalf("wait for %s: timeout", what)
		}
	}
}

// typeEcho types a command and checks its answer.
func typeEcho(ctx context.Context, p *slacktest.Person, channel, text string) error {
	ack, err := p.SlashCommand(ctx, channel, "/echo "+text)
	if err != nil {
		return fmt.Errorf("/echo %s: %w", text, err)
	}
	var payload struct{ Text string }
	if json.Unmarshal(ack.Payload, &payload) != nil || payload.Text != text {
		return fmt.Errorf("/echo %s: answer %s", text, ack.Payload)
	}
	return nil
}

func expectEcho(t *testing.T, p *slacktest.Person, channel, text string) {
	t.Helper()
	if err := typeEcho(testContext(t), p, channel, text); err != nil {
		t.Error(err)
	}
}

// missed is a command that was not answered.
type missed struct {
	sent time.Time
	err  error
}

// loadUsers is how many users type at the same time in startLoad.
const loadUsers = 4

// startLoad has loadUsers users type commands until stop is called, which returns those that were not answered.
func startLoad(t *testing.T, s *slacktest.Server, channel string) (stop func() []missed) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	var users sync.WaitGroup
	var mu sync.Mutex
	var all []missed
	var sent atomic.Int64
	for u := range loadUsers {
		p := s.Person(s.AddUser(slacktest.User{RealName: fmt.Sprint("User ", u)}).ID)
		users.Go(func() {
			for i := 0; ctx.Err() == nil; i++ {
				begun := time.Now()
				err := typeEcho(context.WithoutCancel(ctx), p, channel, fmt.Sprintf("%d.%d", u, i))
				sent.Add(1)
				if err != nil {
					mu.Lock()
					all = append(all, missed{begun, err})
					mu.Unlock()
				}
				if errors.Is(err, slacktest.ErrDispatchFailed) {
					time.Sleep(time.Millisecond)
				}
			}
		})
	}
	return func() []missed {
		cancel()
		users.Wait()
		t.Logf("%d commands, %d not answered", sent.Load(), len(all))
		return all
	}
}
