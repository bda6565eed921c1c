package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"foghorn/integrations/emulator"
	"foghorn/integrations/slackapp/slacktest"
	"foghorn/manifests"
)

// stepTimeout is how long the demo waits for the next hop.
const stepTimeout = 20 * time.Second

// A eventLog prints the hops as they happen and remembers their kinds.
type eventLog struct {
	out       io.Writer
	startedAt time.Time

	mu      sync.Mutex
	kinds   map[string]bool
	changed chan struct{}
}

// recordEvents writes down what the three services tell, until stop is called.
func (w *environment) recordEvents(out io.Writer) (d *eventLog, stop func()) {
	d = &eventLog{out: out, startedAt: time.Now(), kinds: map[string]bool{}, changed: make(chan struct{})}
	a, b, c := w.slack.Subscribe(d.record), w.port.Subscribe(d.record), w.incidentIO.Subscribe(d.record)
	return d, func() { a(); b(); c() }
}

func (d *eventLog) record(e emulator.Event) {
	d.mu.Lock()
	defer d.mu.Unlock()
	_, _ = fmt.Fprintf(d.out, "%7.1f ms  %-11s -> %-11s %-11s %s\n", float64(e.Time.Sub(d.startedAt).Microseconds())/1000, e.From, e.To, e.Kind, singleLine(e.Text))
	d.kinds[e.Kind] = true
	close(d.changed)
	d.changed = make(chan struct{})
}

// waitFor waits until hops of all kinds were seen. Its error names the first that was not.
func (d *eventLog) waitFor(ctx context.Context, kinds ...string) error {
	ctx, cancel := context.WithTimeout(ctx, stepTimeout)
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

// runScript plays one person who declares one incident.
func (w *environment) runScript(ctx context.Context, out io.Writer) error {
	_, _ = fmt.Fprintf(out, "Slack, Port and incident.io are emulated on this machine; the bot is the real one.\n\n")
	stop, err := w.startBot(ctx)
	if err != nil {
		return err
	}
	d, unwatch := w.recordEvents(out)
	defer unwatch()
	err = w.declareIncident(ctx, d, "API latency is up", "p99 is over 4 s since 14:00", "Major", "public")
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

// declareIncident does what a person does, and waits until every hop has happened.
func (w *environment) declareIncident(ctx context.Context, d *eventLog, name, description, severity, visibility string) error {
	ctx, cancel := context.WithTimeout(ctx, stepTimeout)
	defer cancel()
	alice := w.slack.Person(demoUser)
	if _, err := alice.SlashCommand(ctx, demoChannel, "/incident"); err != nil {
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
		return fmt.Errorf("the hop \"submission\" failed: %w %s %v", err, result.ConnectionError, result.Errors)
	}
	return d.waitFor(ctx, "command", "view", "submission", "run", "webhook", "incident", "automation", "entity", "message")
}

func singleLine(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	if r := []rune(s); len(r) > 160 {
		return string(r[:160]) + "…"
	}
	return s
}
