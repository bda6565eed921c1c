package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"foghorn/cmd/foghorn/demo/sandbox"
	"foghorn/integrations/incidentio/incidentiotest"
	"foghorn/integrations/slackapp/slacktest"
)

// connectTimeout bounds the wait for the bot's connections.
const connectTimeout = 20 * time.Second

// result is the outcome of a command.
type result struct {
	code           int
	stdout, stderr string
	took           time.Duration
}

// runCommand runs the program in an empty directory with the environment env.
func runCommand(t *testing.T, env map[string]string, args ...string) result {
	t.Helper()
	dir := t.TempDir()
	file := func(name string) *os.File {
		f, err := os.Create(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = f.Close() })
		return f
	}
	c := &console{file("stdin"), file("stdout"), file("stderr"), env, ignoreVariable}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	begun := time.Now()
	o := result{code: run(ctx, args, c), took: time.Since(begun)}
	stdout, _ := os.ReadFile(c.stdout.Name())
	stderr, _ := os.ReadFile(c.stderr.Name())
	o.stdout, o.stderr = string(stdout), string(stderr)
	return o
}

// environment is a sandbox with the actions of the tests.
type environment struct {
	*sandbox.Sandbox
	stateDir string
}

// newGuideEnvironment returns an environment with Port's guide.
func newGuideEnvironment(t testing.TB) *environment {
	t.Helper()
	s, err := sandbox.StartGuide()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return &environment{s, t.TempDir()}
}

// newEmptyEnvironment returns an environment with an unusual incident.io organization and an empty Port.
func newEmptyEnvironment(t *testing.T) *environment {
	t.Helper()
	s, err := sandbox.Start(sandbox.Config{
		Slack: slacktest.Config{
			Users:    []slacktest.User{{ID: sandbox.UserID, Name: "alice", RealName: "Alice", Email: sandbox.UserEmail}},
			Channels: []slacktest.Channel{{ID: sandbox.ChannelID, Name: "general", BotIsMember: true}},
		},
		PortUsers: []string{sandbox.UserEmail},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	s.IncidentIO.SetSeverities(
		incidentiotest.Severity{Name: "SEV-4", Rank: 0}, incidentiotest.Severity{Name: "SEV-3", Rank: 1},
		incidentiotest.Severity{Name: "SEV-2", Rank: 2}, incidentiotest.Severity{Name: `SEV-1 "all hands"`, Rank: 3},
	)
	s.IncidentIO.SetStatuses(
		incidentiotest.Status{Name: "Triage", Category: "triage", Rank: 0}, incidentiotest.Status{Name: "Hunting", Category: "live", Rank: 1},
		incidentiotest.Status{Name: "Closed", Category: "closed", Rank: 2},
	)
	return &environment{s, t.TempDir()}
}

// botSettings returns the settings of serve, without a key for incident.io. edit is more settings: name, value, ...
func (e *environment) botSettings(edit ...string) map[string]string {
	settings := e.Settings()
	settings["STATE_DIR"], settings["HTTP_ADDR"] = e.stateDir, "off"
	delete(settings, "INCIDENT_IO_API_KEY")
	delete(settings, "INCIDENT_IO_BASE_URL")
	for i := 0; i < len(edit); i += 2 {
		settings[edit[i]] = edit[i+1]
	}
	return settings
}

// applySettings returns the settings of apply and doctor.
func (e *environment) applySettings() map[string]string {
	return e.botSettings("INCIDENT_IO_API_KEY", e.IncidentIO.APIKey, "INCIDENT_IO_BASE_URL", e.IncidentIO.URL())
}

// startBot runs serve in this process until stop is called, and waits until it is connected.
func (e *environment) startBot(ctx context.Context) (stop func() error, err error) {
	ctx, cancel := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() { ended <- runBot(ctx, e.applySettings()) }() // stop waits for it
	stop = func() error { cancel(); return <-ended }
	connected, done := context.WithTimeout(ctx, connectTimeout)
	defer done()
	if err := e.Slack.WaitConnections(connected, 2); err != nil {
		return nil, errors.Join(fmt.Errorf("the bot did not connect: %w", err), stop())
	}
	return stop, nil
}

// openForm sends the command and waits for the form.
func (e *environment) openForm(t *testing.T) *slacktest.Modal {
	t.Helper()
	alice := e.Slack.Person(sandbox.UserID)
	if _, err := alice.SlashCommand(t.Context(), sandbox.ChannelID, "/incident"); err != nil {
		t.Fatal(err)
	}
	form, err := alice.WaitModal(t.Context(), func(m *slacktest.Modal) bool { return len(m.Labels()) > 0 })
	if err != nil {
		t.Fatal(err)
	}
	return form
}

// tryDeclare declares an incident and reports whether the submission was accepted. It gives up after five seconds,
// because the process may have been killed.
func (e *environment) tryDeclare(ctx context.Context, user, channel, name string) bool {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	p := e.Slack.Person(user)
	if _, err := p.SlashCommand(ctx, channel, "/incident"); err != nil {
		return false
	}
	form, err := p.WaitModal(ctx, func(m *slacktest.Modal) bool { return len(m.Labels()) > 0 })
	if err != nil {
		return false
	}
	defer func() { _ = form.Dismiss(ctx) }()
	for label, value := range map[string]string{"Name": name, "Severity": "Major", "Visibility": "public"} {
		if form.Fill(label, value) != nil {
			return false
		}
	}
	r, err := form.Submit(ctx)
	return err == nil && r.Closed
}

// ignoreVariable replaces os.Setenv.
func ignoreVariable(string, string) error { return nil }
