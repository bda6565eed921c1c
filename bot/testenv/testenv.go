// Package testenv is the environment of the bot's tests: an emulated Slack, Port and incident.io
// on loopback, the bot between them, and what people do and see there.
//
//	e := testenv.New(t).Start()
//	e.Declare(testenv.Alice, testenv.General, "API is slow", "Major", "public")
//	e.ExpectMessage(testenv.General, "API is slow")
package testenv

import (
	"context"
	"encoding/json"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/sirupsen/logrus"

	"foghorn/bot"
	"foghorn/cmd/foghorn/demo/sandbox"
	"foghorn/integrations/port"
	"foghorn/integrations/slackapp"
	"foghorn/integrations/slackapp/slacktest"
	"foghorn/manifests"
)

// The users and channels of the environment.
const (
	Alice, Bob, Gus = "U0ALICE", "U0BOB", "U0GUS" // Gus is a guest without an e-mail address
	General         = "C0GENERAL"                 // public
	Ops             = "C0OPS"                     // public
	Secret          = "C0SECRET"                  // private; the bot is not a member
)

// timeout bounds each wait of a test.
const timeout = time.Minute

// busyFactor extends the times of Slack, because many tests run at the same time, with the race detector. Tests of what
// hangs compare with Slack's own times, and benchmarks measure how fast the bot answers.
const busyFactor = 2

// An Env is the services and a bot. Make one with New.
type Env struct {
	*sandbox.Sandbox
	StateDir string
	Bot      *bot.Bot     // of the latest Start
	Metrics  *bot.Metrics // of the latest Start
	Stop     func() error // stops the bot and returns its error

	EditConfig func(*bot.Config) // called before a bot is opened

	t *testing.T
}

// New starts the services, with the guide's definitions in Port. They stop with the test.
func New(t *testing.T) *Env {
	t.Helper()
	s, err := sandbox.Start(sandbox.Config{
		PortUsers: []string{"alice@example.com", "bob@example.com"},
		Slack: slacktest.Config{
			AckTimeout: busyFactor * slacktest.AckTimeout, TriggerLife: busyFactor * slacktest.TriggerLife,
			Users: []slacktest.User{
				{ID: Alice, Name: "alice", RealName: "Alice", Email: "alice@example.com"},
				{ID: Bob, Name: "bob", RealName: "Bob", Email: "bob@example.com"},
				{ID: Gus, Name: "gus", RealName: "Gus", Guest: true},
			},
			Channels: []slacktest.Channel{
				{ID: General, Name: "general", BotIsMember: true},
				{ID: Ops, Name: "ops", Members: []string{Alice, Bob}, BotIsMember: true},
				{ID: Secret, Name: "secret", Private: true, Members: []string{Alice}},
			},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	if err := s.InstallGuide(); err != nil {
		t.Fatal(err)
	}
	return &Env{Sandbox: s, t: t, StateDir: t.TempDir(), EditConfig: func(*bot.Config) {}}
}

// Config is the configuration of a bot in the environment, on the embedded store.
func (e *Env) Config() bot.Config {
	log := logrus.New()
	log.SetOutput(io.Discard)
	if testing.Verbose() {
		log.SetOutput(e.t.Output())
	}
	metrics := bot.NewMetrics()
	cfg := bot.Config{
		Slack:  slackapp.New(slackapp.Config{AppToken: e.Slack.AppToken, BotToken: e.Slack.BotToken, APIURL: e.Slack.URL()}),
		Port:   port.New(port.Config{BaseURL: e.Port.URL(), ClientID: e.Port.ClientID, ClientSecret: e.Port.ClientSecret, OnCall: metrics.PortCall}),
		Action: manifests.ActionID, Command: "/incident", PortURL: e.Port.URL(),
		StateDir: e.StateDir, Log: logrus.NewEntry(log), Metrics: metrics,
	}
	e.EditConfig(&cfg)
	return cfg
}

// Start runs a bot until the test ends or Stop is called, and waits until it is ready.
func (e *Env) Start() *Env {
	e.t.Helper()
	e.StartWithoutStore()
	e.WaitFor("the store is open", func() bool { return e.Bot.NotReady(e.t.Context())["store"] == "" })
	return e
}

// StartWithoutStore is Start, but it waits for the connections to Slack only.
func (e *Env) StartWithoutStore() {
	e.t.Helper()
	cfg := e.Config()
	e.Metrics = cfg.Metrics
	e.Bot, e.Stop = e.run(cfg)
	e.t.Cleanup(func() {
		if err := e.Stop(); err != nil {
			e.t.Errorf("the bot ended with %v", err)
		}
	})
	if err := e.Slack.WaitConnections(e.Context(), 2); err != nil {
		e.t.Fatal(err)
	}
}

// StartReplica runs one more bot, on a cluster. It does not wait for its connections.
func (e *Env) StartReplica(natsURL string, crashPoint func(where string)) (b *bot.Bot, stop func()) {
	e.t.Helper()
	cfg := e.Config()
	cfg.StateDir, cfg.Cluster.URL, cfg.CrashPoint = "", natsURL, crashPoint
	b, stopBot := e.run(cfg)
	stop = func() { _ = stopBot() } // an error is expected of a replica that crashed
	e.t.Cleanup(stop)
	return b, stop
}

// run runs a bot until stop is called, which returns the bot's error.
func (e *Env) run(cfg bot.Config) (b *bot.Bot, stop func() error) {
	b = bot.New(cfg)
	ctx, cancel := context.WithCancel(e.t.Context())
	done := make(chan error, 1)
	go func() {
		err := b.Run(ctx)
		cfg.Port.Close()
		done <- err
	}()
	stopped := false
	return b, func() error {
		if stopped {
			return nil
		}
		stopped = true
		cancel()
		return <-done
	}
}

// RunBot runs a bot on a directory that cannot be opened, until it ends.
func (e *Env) RunBot(dir string) error {
	cfg := e.Config()
	defer cfg.Port.Close()
	cfg.StateDir = dir
	return bot.New(cfg).Run(e.Context())
}

// Context bounds a wait of the test.
func (e *Env) Context() context.Context {
	ctx, cancel := context.WithTimeout(e.t.Context(), timeout)
	e.t.Cleanup(cancel)
	return ctx
}

// RequireApproval makes the guide's action one that has to be approved in Port.
func (e *Env) RequireApproval() {
	e.t.Helper()
	e.editGuideAction(`"requiredApproval": false`, `"requiredApproval": true`)
}

// KeepRunsInProgress makes the guide's action one whose runs stay in progress until the test ends them.
func (e *Env) KeepRunsInProgress() {
	e.t.Helper()
	e.editGuideAction(`"synchronized": true`, `"synchronized": false`)
}

// editGuideAction writes the guide's action to Port with the first occurrence of before replaced by after.
func (e *Env) editGuideAction(before, after string) {
	e.t.Helper()
	definition := string(manifests.Guide().Action)
	if !strings.Contains(definition, before) {
		e.t.Fatalf("the guide's action does not contain %s", before)
	}
	if err := e.Port.PutAction(json.RawMessage(strings.Replace(definition, before, after, 1))); err != nil {
		e.t.Fatal(err)
	}
}
