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

// createFile is a new file for a test to write to.
func createFile(t *testing.T, name string) *os.File {
	t.Helper()
	f, err := os.Create(filepath.Join(t.TempDir(), name))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	return f
}

func fileContent(t *testing.T, f *os.File) string {
	t.Helper()
	data, err := os.ReadFile(f.Name())
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestLog_LevelAndFormat(t *testing.T) {
	stderr := createFile(t, "stderr")
	log := Config{LogLevel: "warn", LogFormat: "json"}.newLogger(stderr)
	log.Info("not this")
	log.WithField("link", 1).Warn("this")
	var line struct {
		Level, Msg, Time string
		Link             int
	}
	if err := json.Unmarshal([]byte(fileContent(t, stderr)), &line); err != nil || line.Level != "warning" || line.Msg != "this" || line.Link != 1 || line.Time == "" {
		t.Errorf("%v: %s", err, fileContent(t, stderr))
	}
}

// TestLog_NoSecrets runs the whole program at its most talkative, through an incident
// and through failures of everything, and reads what it wrote.
func TestLog_NoSecrets(t *testing.T) {
	const name, description = "zebra-crossing", "quagga-stampede"
	w := newGuideEnvironment(t)
	c := &console{createFile(t, "stdin"), createFile(t, "stdout"), createFile(t, "stderr"), lookupFunc(w.botSettings("LOG_LEVEL", "debug", "INCIDENT_IO_API_KEY", w.incidentIO.APIKey, "INCIDENT_IO_BASE_URL", w.incidentIO.URL()))}
	ctx, stop := context.WithTimeout(t.Context(), stepTimeout)
	defer stop()
	ended := make(chan int, 1)
	go func() { ended <- run(ctx, []string{"serve"}, c) }() // it is waited for below
	if err := w.slack.WaitConnections(ctx, 2); err != nil {
		t.Fatal(err)
	}
	d, unwatch := w.recordEvents(io.Discard)
	defer unwatch()
	w.port.InjectFault(emulator.Fault{Path: "/v1/actions/runs", Status: 502, Body: "<html>" + name + "</html>", Times: 1})
	if err := w.declareIncident(ctx, d, name, description, "Major", "public"); err != nil {
		t.Error(err)
	}
	w.slack.Disconnect("refresh_requested")
	if err := w.slack.WaitConnections(ctx, 2); err != nil {
		t.Error(err)
	}
	stop()
	if code := <-ended; code != 0 {
		t.Errorf("it ended with %d", code)
	}
	log := fileContent(t, c.stdout) + fileContent(t, c.stderr)
	if !strings.Contains(log, "stopped") {
		t.Errorf("it says little:\n%s", log)
	}
	for what, secret := range map[string]string{
		"the app token": w.slack.AppToken, "the bot token": w.slack.BotToken, "Port's secret": w.port.ClientSecret, "incident.io's key": w.incidentIO.APIKey,
		"a name that was typed": name, "a description that was typed": description, "a bearer": "Bearer ", "a socket's ticket": "ticket=", "a response_url": "/commands/",
	} {
		if secret == "" || strings.Contains(log, secret) {
			t.Errorf("the log has %s:\n%s", what, log)
		}
	}
	t.Logf("%d bytes of log:\n%s", len(log), log)
}
