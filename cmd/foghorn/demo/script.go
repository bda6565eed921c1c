package demo

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"foghorn/cmd/foghorn/demo/sandbox"
	"foghorn/integrations/emulator"
	"foghorn/integrations/slackapp/slacktest"
	"foghorn/manifests"
)

// stepTimeout bounds the wait for the steps of the script.
const stepTimeout = 20 * time.Second

// RunScript plays one incident, from the command to the message, and prints each step. The error names the step that
// failed.
func RunScript(ctx context.Context, cfg Config, out io.Writer) error {
	s, err := sandbox.StartGuide()
	if err != nil {
		return err
	}
	defer s.Close()
	_, _ = fmt.Fprintf(out, "Slack, Port and incident.io are emulated on this machine; the bot is the real one.\n\n")
	settings, removeState, err := botSettings(s)
	if err != nil {
		return err
	}
	defer removeState()
	stop, err := startBot(ctx, cfg, s, settings)
	if err != nil {
		return err
	}
	log, stopLog := recordEvents(s, out)
	defer stopLog()
	err = declareIncident(ctx, s, log)
	if err := errors.Join(err, stop()); err != nil {
		return fmt.Errorf("demo: %w", err)
	}
	_, _ = fmt.Fprintf(out, "\nMessages in the channel:\n")
	for _, m := range s.Slack.Messages(sandbox.ChannelID) {
		_, _ = fmt.Fprintf(out, "  %s\n", m.Text)
	}
	_, _ = fmt.Fprintf(out, "Entities in the catalog:\n")
	for _, e := range s.Port.Entities(manifests.BlueprintID) {
		_, _ = fmt.Fprintf(out, "  %s %q %v %v\n", e.Identifier, e.Title, e.Properties["severity"], e.Properties["url"])
	}
	return nil
}

// startBot runs the bot until stop is called, and waits until it is connected. stop returns the bot's error.
func startBot(ctx context.Context, cfg Config, s *sandbox.Sandbox, settings map[string]string) (stop func() error, err error) {
	ctx, cancel := context.WithCancel(ctx)
	waiting, stopWaiting := context.WithTimeout(ctx, stepTimeout)
	defer stopWaiting()
	ended := make(chan error, 1)
	go func() { // stop waits for it
		ended <- cfg.RunBot(ctx, settings)
		stopWaiting()
	}()
	stop = func() error { cancel(); return <-ended }
	if err := s.Slack.WaitSockets(waiting, 2); err != nil {
		return nil, errors.Join(fmt.Errorf("the bot did not connect: %w", err), stop())
	}
	return stop, nil
}

// declareIncident declares an incident as a person does, and waits for all steps until the message.
func declareIncident(ctx context.Context, s *sandbox.Sandbox, log *eventLog) error {
	ctx, cancel := context.WithTimeout(ctx, stepTimeout)
	defer cancel()
	alice := s.Slack.Person(sandbox.UserID)
	if _, err := alice.Types(ctx, sandbox.ChannelID, "/incident"); err != nil {
		return fmt.Errorf("step command failed: %w", err)
	}
	form, err := alice.WaitModal(ctx, func(m *slacktest.Modal) bool { return len(m.Labels()) > 0 })
	if err != nil {
		return fmt.Errorf("step view failed: %w", err)
	}
	for label, value := range map[string]string{
		"Name": "API latency is up", "Description": "p99 is over 4 s since 14:00", "Severity": "Major", "Visibility": "public",
	} {
		if err := form.Fill(label, value); err != nil {
			return fmt.Errorf("fill in the form: %w", err)
		}
	}
	result, err := form.Submit(ctx)
	if err != nil {
		return fmt.Errorf("step submission failed: %w", err)
	}
	if !result.Closed {
		return fmt.Errorf("step submission failed: %s %v", result.Trouble, result.Errors)
	}
	return log.waitFor(ctx, "command", "view", "submission", "run", "webhook", "incident", "automation", "entity", "message")
}

// eventLog prints events of the emulators as they happen and remembers their kinds.
type eventLog struct {
	out       io.Writer
	startedAt time.Time

	mu      sync.Mutex
	kinds   map[string]bool
	changed chan struct{} // closed and replaced by each event
}

// recordEvents records events until stop is called.
func recordEvents(s *sandbox.Sandbox, out io.Writer) (log *eventLog, stop func()) {
	log = &eventLog{out: out, startedAt: time.Now(), kinds: map[string]bool{}, changed: make(chan struct{})}
	stops := []func(){s.Slack.Watch(log.record), s.Port.Watch(log.record), s.IncidentIO.Watch(log.record)}
	return log, func() {
		for _, stop := range stops {
			stop()
		}
	}
}

func (l *eventLog) record(e emulator.Event) {
	l.mu.Lock()
	defer l.mu.Unlock()
	ms := float64(e.Time.Sub(l.startedAt).Microseconds()) / 1000
	_, _ = fmt.Fprintf(l.out, "%7.1f ms  %-11s -> %-11s %-11s %s\n", ms, e.From, e.To, e.Kind, singleLine(e.Text))
	l.kinds[e.Kind] = true
	close(l.changed)
	l.changed = make(chan struct{})
}

// waitFor waits until events of all kinds were recorded. The error names the first one that is missing.
func (l *eventLog) waitFor(ctx context.Context, kinds ...string) error {
	for {
		l.mu.Lock()
		missing, changed := "", l.changed
		for _, k := range kinds {
			if !l.kinds[k] {
				missing = cmp.Or(missing, k)
			}
		}
		l.mu.Unlock()
		if missing == "" {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("step %s did not happen", missing)
		case <-changed:
		}
	}
}

// singleLine returns the text on one line of at most 160 characters.
func singleLine(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	if r := []rune(s); len(r) > 160 {
		return string(r[:160]) + "…"
	}
	return s
}
