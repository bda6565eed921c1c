package main

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/sirupsen/logrus"

	"foghorn/integrations/emulator"
	"foghorn/integrations/incidentio/incidentiotest"
	"foghorn/integrations/port/porttest"
	"foghorn/integrations/slackapp/slacktest"
	"foghorn/manifests"
)

// The people and the channel of the demo.
const (
	demoUser    = "U0ALICE"
	demoChannel = "C0GENERAL"

	// hopTimeout is how long the demo waits for the next hop.
	hopTimeout = 20 * time.Second
)

type demoCmd struct {
	Script bool `help:"Play one incident, print each hop, and end."`
}

func (d demoCmd) Run(ctx context.Context, c *console) error {
	w, err := openWorld()
	if err != nil {
		return err
	}
	defer w.close()
	if d.Script {
		return w.script(ctx, c.stdout)
	}
	return w.talk(ctx, c.stdin, c.stdout)
}

// A world is Slack, Port and incident.io on loopback, set up as the guide says.
type world struct {
	slack    *slacktest.Server
	port     *porttest.Server
	incident *incidentiotest.Server
	dir      string // of the bot's state
}

func openWorld() (_ *world, err error) {
	w := &world{}
	defer func() {
		if err != nil {
			w.close()
			err = fmt.Errorf("open the demo: %w", err)
		}
	}()
	if w.dir, err = os.MkdirTemp("", "foghorn-demo-"); err != nil {
		return nil, err
	}
	if w.incident, err = incidentiotest.Start(incidentiotest.Config{NoTriage: true}); err != nil {
		return nil, err
	}
	w.port, err = porttest.Start(porttest.Config{Outbound: func(url string) string {
		return strings.Replace(url, "https://api.incident.io", w.incident.URL(), 1)
	}})
	if err != nil {
		return nil, err
	}
	if w.slack, err = slacktest.Start(slacktest.Config{
		Commands: []string{"/incident"},
		Users:    []slacktest.User{{ID: demoUser, Name: "alice", RealName: "Alice", Email: "alice@example.com"}},
		Channels: []slacktest.Channel{{ID: demoChannel, Name: "general", BotIn: true}},
	}); err != nil {
		return nil, err
	}
	guide := manifests.Guide()
	w.port.SetSecret(manifests.SecretName, w.incident.APIKey)
	w.port.AddUser("alice@example.com")
	return w, errors.Join(w.port.PutBlueprint(guide.Blueprint), w.port.PutAction(guide.Action), w.port.PutAction(guide.Automation))
}

func (w *world) close() {
	for _, s := range []interface{ Close() }{w.slack, w.port, w.incident} {
		switch s := s.(type) {
		case *slacktest.Server:
			if s != nil {
				s.Close()
			}
		case *porttest.Server:
			if s != nil {
				s.Close()
			}
		case *incidentiotest.Server:
			if s != nil {
				s.Close()
			}
		}
	}
	_ = os.RemoveAll(w.dir)
}

// config is what serve is told: the same as for a real workspace, at other addresses.
func (w *world) config() (Config, error) {
	env := map[string]string{
		"SLACK_APP_TOKEN": w.slack.AppToken, "SLACK_BOT_TOKEN": w.slack.BotToken, "SLACK_API_URL": w.slack.URL(),
		"PORT_CLIENT_ID": w.port.ClientID, "PORT_CLIENT_SECRET": w.port.ClientSecret, "PORT_BASE_URL": w.port.URL(),
		"INCIDENT_IO_BASE_URL": w.incident.URL(), "STATE_DIR": w.dir, "HTTP_ADDR": "off", "LOG_LEVEL": "warn",
	}
	return loadConfig(func(name string) (string, bool) { v, ok := env[name]; return v, ok }, os.DevNull, "serve")
}

// run runs the real bot until stop is called, which gives what it ended with.
func (w *world) run(ctx context.Context) (stop func() error, err error) {
	cfg, err := w.config()
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	log := logrus.New()
	log.SetOutput(io.Discard)
	ended := make(chan error, 1)
	go func() { ended <- serve(ctx, cfg, logrus.NewEntry(log)) }() // stop waits for it
	stop = func() error { cancel(); return <-ended }
	ready, done := context.WithTimeout(ctx, hopTimeout)
	defer done()
	if err := w.slack.WaitSockets(ready, 2); err != nil {
		return nil, errors.Join(fmt.Errorf("the bot did not connect: %w", err), stop())
	}
	return stop, nil
}

// A diary prints the hops as they happen and remembers their kinds.
type diary struct {
	out   io.Writer
	begun time.Time

	mu      sync.Mutex
	kinds   map[string]bool
	changed chan struct{}
}

// follow writes down what the three services tell, until stop is called.
func (w *world) follow(out io.Writer) (d *diary, stop func()) {
	d = &diary{out: out, begun: time.Now(), kinds: map[string]bool{}, changed: make(chan struct{})}
	a, b, c := w.slack.Watch(d.note), w.port.Watch(d.note), w.incident.Watch(d.note)
	return d, func() { a(); b(); c() }
}

func (d *diary) note(e emulator.Event) {
	d.mu.Lock()
	defer d.mu.Unlock()
	_, _ = fmt.Fprintf(d.out, "%7.1f ms  %-11s -> %-11s %-11s %s\n", float64(e.Time.Sub(d.begun).Microseconds())/1000, e.From, e.To, e.Kind, oneLine(e.Text))
	d.kinds[e.Kind] = true
	close(d.changed)
	d.changed = make(chan struct{})
}

// wait waits until hops of all kinds were seen. Its error names the first that was not.
func (d *diary) wait(ctx context.Context, kinds ...string) error {
	ctx, cancel := context.WithTimeout(ctx, hopTimeout)
	defer cancel()
	for {
		d.mu.Lock()
		missing, changed := "", d.changed
		for _, k := range kinds {
			if !d.kinds[k] {
				missing = cmp.Or(missing, k)
			}
		}
		d.mu.Unlock()
		if missing == "" {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("the hop %q did not happen", missing)
		case <-changed:
		}
	}
}

// script plays one person who declares one incident.
func (w *world) script(ctx context.Context, out io.Writer) error {
	_, _ = fmt.Fprintf(out, "Slack, Port and incident.io are emulated on this machine; the bot is the real one.\n\n")
	stop, err := w.run(ctx)
	if err != nil {
		return err
	}
	d, unwatch := w.follow(out)
	defer unwatch()
	err = w.declare(ctx, d, "API latency is up", "p99 is over 4 s since 14:00", "Major", "public")
	if err := errors.Join(err, stop()); err != nil {
		return fmt.Errorf("demo: %w", err)
	}
	_, _ = fmt.Fprintf(out, "\nThe channel shows:\n")
	for _, m := range w.slack.Messages(demoChannel) {
		_, _ = fmt.Fprintf(out, "  %s\n", m.Text)
	}
	_, _ = fmt.Fprintf(out, "The catalog has:\n")
	for _, e := range w.port.Entities(manifests.BlueprintID) {
		_, _ = fmt.Fprintf(out, "  %s %q %v %v\n", e.Identifier, e.Title, e.Properties["severity"], e.Properties["url"])
	}
	return nil
}

// declare does what a person does, and waits until every hop has happened.
func (w *world) declare(ctx context.Context, d *diary, name, description, severity, visibility string) error {
	ctx, cancel := context.WithTimeout(ctx, hopTimeout)
	defer cancel()
	alice := w.slack.Person(demoUser)
	if _, err := alice.Types(ctx, demoChannel, "/incident"); err != nil {
		return fmt.Errorf("the hop \"command\" failed: %w", err)
	}
	form, err := alice.WaitModal(ctx, func(m *slacktest.Modal) bool { return len(m.Labels()) > 0 })
	if err != nil {
		return fmt.Errorf("the hop \"view\" failed: %w", err)
	}
	for label, value := range map[string]string{"Name": name, "Description": description, "Severity": severity, "Visibility": visibility} {
		if err := form.Fill(label, value); err != nil {
			return fmt.Errorf("fill the form: %w", err)
		}
	}
	result, err := form.Submit(ctx)
	if err != nil || !result.Closed {
		return fmt.Errorf("the hop \"submission\" failed: %w %s %v", err, result.Trouble, result.Errors)
	}
	return d.wait(ctx, "command", "view", "submission", "run", "webhook", "incident", "automation", "entity", "message")
}

// talk keeps the demo open and declares an incident for every line.
func (w *world) talk(ctx context.Context, in io.Reader, out io.Writer) error {
	stop, err := w.run(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = stop() }()
	_, _ = fmt.Fprintf(out, "Slack, Port and incident.io are emulated on this machine; the bot is the real one.\n"+
		"Type what is happening, and Enter: alice declares it as a Major incident. Ctrl-C ends.\n")
	lines := make(chan string)
	go func() { // ends with the input; nothing waits for it, because a read cannot be interrupted
		defer close(lines)
		for s := bufio.NewScanner(in); s.Scan(); {
			select {
			case lines <- strings.TrimSpace(s.Text()):
			case <-ctx.Done():
				return
			}
		}
	}()
	for {
		select {
		case <-ctx.Done():
			return nil
		case line, open := <-lines:
			if !open {
				<-ctx.Done()
				return nil
			}
			if line == "" {
				continue
			}
			d, unwatch := w.follow(out)
			err := w.declare(ctx, d, line, "", "Major", "public")
			unwatch()
			if err != nil {
				_, _ = fmt.Fprintln(out, "It did not work:", err)
			}
		}
	}
}

func oneLine(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	if r := []rune(s); len(r) > 160 {
		return string(r[:160]) + "…"
	}
	return s
}
