package main

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"foghorn/cmd/foghorn/demo/sandbox"
	"foghorn/integrations/emulator"
)

// createFile returns a new file in a temporary directory.
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

// TestLog_NoSecrets runs serve at the level debug through an incident and failures, and searches its output and the
// traces that it exports for secrets and for values of the form.
func TestLog_NoSecrets(t *testing.T) {
	const name, description = "zebra-crossing", "quagga-stampede"
	e := newGuideEnvironment(t)
	settings := e.applySettings()
	settings["LOG_LEVEL"] = "debug"
	r := newReceiver(t)
	settings["OTEL_EXPORTER_OTLP_ENDPOINT"] = r.url
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", r.url) // main sets it
	c := &console{createFile(t, "stdin"), createFile(t, "stdout"), createFile(t, "stderr"), settings, ignoreVariable}
	ctx, stop := context.WithTimeout(t.Context(), connectTimeout)
	defer stop()
	ended := make(chan int, 1)
	go func() { ended <- run(ctx, []string{"serve"}, c) }() // it is waited for below
	if err := e.Slack.WaitConnections(ctx, 2); err != nil {
		t.Fatal(err)
	}
	e.Port.InjectFault(emulator.Fault{Path: "/v1/actions/runs", Status: 502, Body: "<html>" + name + "</html>", Times: 1})
	form := e.openForm(t)
	for label, value := range map[string]string{"Name": name, "Description": description, "Severity": "Major", "Visibility": "public"} {
		if err := form.Fill(label, value); err != nil {
			t.Fatal(err)
		}
	}
	if r, err := form.Submit(ctx); err != nil || !r.Closed {
		t.Fatalf("%+v, %v", r, err)
	}
	if _, err := e.Slack.WaitMessage(ctx, sandbox.ChannelID, nil); err != nil {
		t.Error(err)
	}
	e.Slack.Disconnect("refresh_requested")
	if err := e.Slack.WaitConnections(ctx, 2); err != nil {
		t.Error(err)
	}
	stop()
	if code := <-ended; code != 0 {
		t.Errorf("serve exits with %d", code)
	}
	log := fileContent(t, c.stdout) + fileContent(t, c.stderr)
	if !strings.Contains(log, "stopped") {
		t.Errorf("the log has no end:\n%s", log)
	}
	traces := r.bodies.String()
	if len(r.named("POST /chat.postMessage")) == 0 || strings.Contains(traces, sandbox.UserEmail) {
		t.Errorf("the traces lack spans, or have an e-mail address:\n%s", traces)
	}
	log += traces
	for what, secret := range map[string]string{
		"the app token": e.Slack.AppToken, "the bot token": e.Slack.BotToken, "Port's secret": e.Port.ClientSecret, "incident.io's key": e.IncidentIO.APIKey,
		"the incident's name": name, "the incident's description": description, "a bearer": "Bearer ", "a socket's ticket": "ticket=", "a response_url": "/commands/",
	} {
		if secret == "" || strings.Contains(log, secret) {
			t.Errorf("the log has %s:\n%s", what, log)
		}
	}
	t.Logf("%d bytes of log:\n%s", len(log), log)
}
