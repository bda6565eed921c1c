package bot_test

import (
	"context"
	"encoding/json"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/sirupsen/logrus"

	"foghorn/bot"
	"foghorn/integrations/incidentio/incidentiotest"
	"foghorn/integrations/port"
	"foghorn/integrations/port/porttest"
	"foghorn/integrations/slackapp"
	"foghorn/integrations/slackapp/slacktest"
	"foghorn/manifests"
)

// The people and channels of the tests.
const (
	alice, bob, gus = "U0ALICE", "U0BOB", "U0GUS" // gus is a guest without e-mail
	general         = "C0GENERAL"                 // public
	ops             = "C0OPS"                     // public
	secretClub      = "C0SECRET"                  // private, and the bot is not in it
)

// A house is Slack, Port and incident.io on loopback, and a bot that lives between them.
type house struct {
	t        *testing.T
	slack    *slacktest.Server
	port     *porttest.Server
	incident *incidentiotest.Server
	dir      string
	edit     func(*bot.Config)
	bot      *bot.Bot
	born     func(*bot.Bot) // called before the bot runs; may be nil

	stop    func() error // of the bot that runs now
	metrics *bot.Metrics // of the latest bot
}

// newHouse opens a house with the guide's action in Port.
func newHouse(t *testing.T) *house {
	t.Helper()
	h := &house{t: t, dir: t.TempDir(), edit: func(*bot.Config) {}}
	var err error
	if h.incident, err = incidentiotest.Start(incidentiotest.Config{}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(h.incident.Close)
	h.port, err = porttest.Start(porttest.Config{Outbound: func(url string) string {
		return strings.Replace(url, "https://api.incident.io", h.incident.URL(), 1)
	}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(h.port.Close)
	if h.slack, err = slacktest.Start(slacktest.Config{}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(h.slack.Close)

	guide := manifests.Guide()
	for _, err := range []error{
		h.port.PutBlueprint(guide.Blueprint), h.port.PutAction(guide.Action), h.port.PutAction(guide.Automation),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	h.port.SetSecret("INCIDENT_IO_API_KEY", h.incident.APIKey)
	h.port.AddUser("alice@example.com")
	h.port.AddUser("bob@example.com")
	h.slack.AddUser(slacktest.User{ID: alice, Name: "alice", RealName: "Alice", Email: "alice@example.com"})
	h.slack.AddUser(slacktest.User{ID: bob, Name: "bob", RealName: "Bob", Email: "bob@example.com"})
	h.slack.AddUser(slacktest.User{ID: gus, Name: "gus", RealName: "Gus", Guest: true})
	h.slack.AddChannel(slacktest.Channel{ID: general, Name: "general", BotIn: true})
	h.slack.AddChannel(slacktest.Channel{ID: ops, Name: "ops", Members: []string{alice, bob}, BotIn: true})
	h.slack.AddChannel(slacktest.Channel{ID: secretClub, Name: "secret", Private: true, Members: []string{alice}})
	return h
}

// start runs a bot until the test ends or stop is called.
func (h *house) start() *house {
	h.t.Helper()
	log := logrus.New()
	log.SetOutput(io.Discard)
	if testing.Verbose() {
		log.SetOutput(h.t.Output())
	}
	cfg := bot.Config{
		Action: "create_incident_io_incident_webhook", Command: "/incident", PortURL: h.port.URL(),
		StateDir: h.dir, Log: logrus.NewEntry(log), Metrics: bot.NewMetrics(),
	}
	h.edit(&cfg)
	h.metrics = cfg.Metrics
	app := slackapp.New(slackapp.Config{AppToken: h.slack.AppToken, BotToken: h.slack.BotToken, APIURL: h.slack.URL()})
	client := port.New(port.Config{BaseURL: h.port.URL(), ClientID: h.port.ClientID, ClientSecret: h.port.ClientSecret})
	b, err := bot.Open(h.t.Context(), cfg, app, client)
	if err != nil {
		h.t.Fatal(err)
	}
	h.bot = b
	if h.born != nil {
		h.born(b)
	}
	ctx, cancel := context.WithCancel(h.t.Context())
	done := make(chan error, 1)
	go func() {
		err := b.Run(ctx)
		b.Close()
		done <- err
	}()
	stopped := false
	h.stop = func() error {
		if stopped {
			return nil
		}
		stopped = true
		cancel()
		return <-done
	}
	h.t.Cleanup(func() {
		if err := h.stop(); err != nil {
			h.t.Errorf("the bot ended with %v", err)
		}
	})
	if err := h.slack.WaitSockets(h.soon(), 2); err != nil {
		h.t.Fatal(err)
	}
	return h
}

// soon ends before anybody would lose patience.
func (h *house) soon() context.Context {
	ctx, cancel := context.WithTimeout(h.t.Context(), 30*time.Second)
	h.t.Cleanup(cancel)
	return ctx
}

// opens types the command and gives the form.
func (h *house) opens(who, channel, command string) *slacktest.Modal {
	h.t.Helper()
	p := h.slack.Person(who)
	if _, err := p.Types(h.soon(), channel, command); err != nil {
		h.t.Fatalf("%s types %s: %v", who, command, err)
	}
	for {
		m, err := p.Modal(h.soon())
		if err != nil {
			h.t.Fatalf("no form for %s: %v", who, err)
		}
		if len(m.Labels()) > 0 {
			return m
		}
		if err := m.Changed(h.soon()); err != nil {
			h.t.Fatalf("the loading view stays: %v", err)
		}
	}
}

// fill fills a form: label, value, label, value.
func (h *house) fill(m *slacktest.Modal, pairs ...string) {
	h.t.Helper()
	for i := 0; i < len(pairs); i += 2 {
		if err := m.Fill(pairs[i], pairs[i+1]); err != nil {
			h.t.Fatalf("fill %s: %v", pairs[i], err)
		}
	}
}

// submits presses the button, which must close the form.
func (h *house) submits(m *slacktest.Modal) {
	h.t.Helper()
	r, err := m.Submit(h.soon())
	if err != nil {
		h.t.Fatalf("submit: %v", err)
	}
	if !r.Closed {
		h.t.Fatalf("the form stayed: %+v", r)
	}
}

// declares is a whole declaration.
func (h *house) declares(who, channel, name, severity, visibility string) {
	h.t.Helper()
	m := h.opens(who, channel, "/incident")
	h.fill(m, "Name", name, "Severity", severity, "Visibility", visibility)
	h.submits(m)
}

// shows waits for a message with a text in a channel, or in the person's direct messages.
func (h *house) shows(channel, text string) slacktest.Message {
	h.t.Helper()
	m, err := h.slack.WaitMessage(h.soon(), channel, func(m slacktest.Message) bool { return strings.Contains(m.Text, text) })
	if err != nil {
		h.t.Fatalf("%s never showed %q: it has %v", channel, text, texts(h.slack.Messages(channel)))
	}
	return m
}

// whispers waits for an ephemeral message to a person.
func (h *house) whispers(who, text string) {
	h.t.Helper()
	if _, err := h.slack.WaitEphemeral(h.soon(), who, func(m slacktest.Message) bool { return strings.Contains(m.Text, text) }); err != nil {
		h.t.Fatalf("%s never heard %q: %v", who, text, texts(h.slack.Ephemerals(who)))
	}
}

// silent checks that a channel has no message.
func (h *house) silent(channel string) {
	h.t.Helper()
	if ms := h.slack.Messages(channel); len(ms) > 0 {
		h.t.Errorf("%s shows %v", channel, texts(ms))
	}
}

func texts(ms []slacktest.Message) (out []string) {
	for _, m := range ms {
		out = append(out, m.Text)
	}
	return out
}

// settled waits until the bot has nothing left to do.
func (h *house) settled() {
	h.t.Helper()
	deadline := h.soon()
	for h.bot.Pending() > 0 {
		select {
		case <-deadline.Done():
			h.t.Fatalf("%d requests are still open", h.bot.Pending())
		case <-time.After(10 * time.Millisecond):
		}
	}
}

func announceIn(channel string) func(*bot.Config) {
	return func(c *bot.Config) { c.Announce = channel }
}

// dies waits until the bot is dead, or has told all that it had to.
func (h *house) dies(dead <-chan struct{}) bool {
	h.t.Helper()
	begun := false
	for deadline := h.soon(); ; {
		select {
		case <-dead:
			return true
		case <-deadline.Done():
			h.t.Fatal("the bot neither died nor came to an end")
		case <-time.After(10 * time.Millisecond):
		}
		begun = begun || h.bot.Pending() > 0
		if begun && h.bot.Pending() == 0 {
			return false
		}
	}
}

// approval makes the action one that somebody must approve.
func (h *house) approval() {
	h.t.Helper()
	definition := strings.Replace(string(manifests.Guide().Action), `"requiredApproval": false`, `"requiredApproval": true`, 1)
	if err := h.port.PutAction(json.RawMessage(definition)); err != nil {
		h.t.Fatal(err)
	}
}
