package main

import (
	"context"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"foghorn/integrations/emulator"
)

// created is a new file for a test to write to.
func created(t *testing.T, name string) *os.File {
	t.Helper()
	f, err := os.Create(filepath.Join(t.TempDir(), name))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	return f
}

func read(t *testing.T, f *os.File) string {
	t.Helper()
	data, err := os.ReadFile(f.Name())
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestTheLogIsAsTheSettingsSay(t *testing.T) {
	stderr := created(t, "stderr")
	log := Config{LogLevel: "warn", LogFormat: "json"}.logger(stderr)
	log.Info("not this")
	log.WithField("link", 1).Warn("this")
	var line struct {
		Level, Msg, Time string
		Link             int
	}
	if err := json.Unmarshal([]byte(read(t, stderr)), &line); err != nil || line.Level != "warning" || line.Msg != "this" || line.Link != 1 || line.Time == "" {
		t.Errorf("%v: %s", err, read(t, stderr))
	}
}

// TestTheLogKeepsSecrets runs the whole program at its most talkative, through an incident
// and through failures of everything, and reads what it wrote.
func TestTheLogKeepsSecrets(t *testing.T) {
	const name, description = "zebra-crossing", "quagga-stampede"
	w := opened(t)
	c := &console{created(t, "stdin"), created(t, "stdout"), created(t, "stderr"), from(w.env("LOG_LEVEL", "debug", "INCIDENT_IO_API_KEY", w.incident.APIKey, "INCIDENT_IO_BASE_URL", w.incident.URL()))}
	ctx, stop := context.WithTimeout(t.Context(), hopTimeout)
	defer stop()
	ended := make(chan int, 1)
	go func() { ended <- run(ctx, []string{"serve"}, c) }() // it is waited for below
	if err := w.slack.WaitSockets(ctx, 2); err != nil {
		t.Fatal(err)
	}
	d, unwatch := w.follow(io.Discard)
	defer unwatch()
	w.port.Plan(emulator.Fault{Path: "/v1/actions/runs", Status: 502, Body: "<html>" + name + "</html>", Times: 1})
	if err := w.declare(ctx, d, name, description, "Major", "public"); err != nil {
		t.Error(err)
	}
	w.slack.Disconnect("refresh_requested")
	if err := w.slack.WaitSockets(ctx, 2); err != nil {
		t.Error(err)
	}
	stop()
	if code := <-ended; code != 0 {
		t.Errorf("it ended with %d", code)
	}
	log := read(t, c.stdout) + read(t, c.stderr)
	if !strings.Contains(log, "stopped") {
		t.Errorf("it says little:\n%s", log)
	}
	for what, secret := range map[string]string{
		"the app token": w.slack.AppToken, "the bot token": w.slack.BotToken, "Port's secret": w.port.ClientSecret, "incident.io's key": w.incident.APIKey,
		"a name that was typed": name, "a description that was typed": description, "a bearer": "Bearer ", "a socket's ticket": "ticket=", "a response_url": "/commands/",
	} {
		if secret == "" || strings.Contains(log, secret) {
			t.Errorf("the log has %s:\n%s", what, log)
		}
	}
	t.Logf("%d bytes of log:\n%s", len(log), log)
}
