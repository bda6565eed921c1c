package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"foghorn/integrations/emulator"
)

// An result is how a run of the program ended.
type result struct {
	code           int
	stdout, stderr string
	took           time.Duration
}

// runCommand runs the program in a directory of its own, with an environment of its own.
func runCommand(t *testing.T, env map[string]string, args ...string) result {
	t.Helper()
	dir := t.TempDir()
	t.Chdir(dir)
	file := func(name string) *os.File {
		f, err := os.Create(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = f.Close() })
		return f
	}
	c := &console{file("stdin"), file("stdout"), file("stderr"), func(name string) (string, bool) { v, ok := env[name]; return v, ok }}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	begun := time.Now()
	o := result{code: run(ctx, args, c), took: time.Since(begun)}
	stdout, _ := os.ReadFile(c.stdout.Name())
	stderr, _ := os.ReadFile(c.stderr.Name())
	o.stdout, o.stderr = string(stdout), string(stderr)
	return o
}

// validSettings is an environment that serve accepts as far as it can be judged without asking.
func validSettings() map[string]string {
	return map[string]string{
		"SLACK_APP_TOKEN": "xapp-1-A0-1-secretapp", "SLACK_BOT_TOKEN": "xoxb-1-secretbot",
		"PORT_CLIENT_ID": "id", "PORT_CLIENT_SECRET": "secretport", "HTTP_ADDR": "off",
	}
}

func TestConfig_RejectsInvalid(t *testing.T) {
	for _, c := range []struct{ name, variable, value, want string }{
		{"empty token", "SLACK_BOT_TOKEN", "", "SLACK_BOT_TOKEN is required"},
		{"swapped bot token", "SLACK_BOT_TOKEN", "xapp-1-secret", "belongs in SLACK_APP_TOKEN"},
		{"swapped app token", "SLACK_APP_TOKEN", "xoxb-1-secret", "belongs in SLACK_BOT_TOKEN"},
		{"user token", "SLACK_BOT_TOKEN", "xoxp-1-secret", "a user token"},
		{"quoted token", "SLACK_BOT_TOKEN", `"xoxb-secret"`, "quotes"},
		{"no secret", "PORT_CLIENT_SECRET", "", "PORT_CLIENT_SECRET is required"},
		{"secret with a line break", "PORT_CLIENT_SECRET", "secret\n", "PORT_CLIENT_SECRET has blanks"},
		{"no address", "PORT_BASE_URL", "api.port.io", "PORT_BASE_URL is not an address"},
		{"address with a user", "SLACK_API_URL", "https://u:secret@slack.com/api/", "SLACK_API_URL is not an address"},
		{"secret with a letter of another alphabet", "PORT_CLIENT_SECRET", "secret\u0430", "PORT_CLIENT_SECRET has characters"},
		{"token that rotates", "SLACK_BOT_TOKEN", "xoxe.xoxb-1-secret", "rotation"},
		{"token of two lines", "SLACK_APP_TOKEN", "xapp-1\nsecret", "SLACK_APP_TOKEN has blanks"},
		{"nothing behind the prefix", "SLACK_APP_TOKEN", "xapp-", "SLACK_APP_TOKEN ends after xapp-"},
		{"key with a blank", "INCIDENT_IO_API_KEY", " secret", "INCIDENT_IO_API_KEY has blanks"},
		{"address with a version", "PORT_BASE_URL", "https://api.port.io/v1/", "PORT_BASE_URL ends in /v1"},
		{"address without a host", "INCIDENT_IO_BASE_URL", "http://:80", "INCIDENT_IO_BASE_URL is not an address"},
		{"address with a query", "INCIDENT_IO_BASE_URL", "https://host/?secret=1", "INCIDENT_IO_BASE_URL is not an address"},
		{"address of a file", "SLACK_API_URL", "file:///secret", "SLACK_API_URL is not an address"},
		{"level", "LOG_LEVEL", "loud", "LOG_LEVEL is"},
		{"format", "LOG_FORMAT", "xml", "LOG_FORMAT is"},
		{"command", "SLACK_COMMAND", "incident", "SLACK_COMMAND is"},
		{"long command", "SLACK_COMMAND", "/" + strings.Repeat("x", 32), "SLACK_COMMAND is"},
		{"loud command", "SLACK_COMMAND", "/Incident", "SLACK_COMMAND is"},
		{"channel", "ANNOUNCE_CHANNEL", "#general", "ANNOUNCE_CHANNEL is"},
		{"action", "PORT_ACTION", "a/b", "PORT_ACTION is"},
		{"listener", "HTTP_ADDR", "8080", "HTTP_ADDR is"},
		{"listener on no port", "HTTP_ADDR", ":", "HTTP_ADDR is"},
		{"listener on a port too far", "HTTP_ADDR", ":65536", "HTTP_ADDR is"},
		{"cluster", "NATS_URL", "localhost", "NATS_URL is"},
		{"cluster with a wrong second", "NATS_URL", "nats://u:secret@a:4222,http://u:secret@b", "NATS_URL is"},
		{"store in a file", "STATE_DIR", "stdout", "STATE_DIR is"},
		{"retention", "STATE_RETENTION", "soon", "STATE_RETENTION is"},
	} {
		t.Run(c.name, func(t *testing.T) {
			env := validSettings()
			env[c.variable] = c.value
			o := runCommand(t, env, "serve")
			if o.code != exitUsage || !strings.Contains(o.stderr, c.want) || !strings.Contains(o.stderr, "hint:") {
				t.Errorf("exit %d: %s", o.code, o.stderr)
			}
			expectNoSecret(t, o)
		})
	}
}

func expectNoSecret(t *testing.T, o result) {
	t.Helper()
	for _, bad := range []string{"secret", "goroutine ", ".go:"} {
		if strings.Contains(o.stdout+o.stderr, bad) {
			t.Errorf("it shows %q: %s", bad, o.stderr)
		}
	}
}

func TestConfig_ReportsAllProblems(t *testing.T) {
	o := runCommand(t, map[string]string{"LOG_LEVEL": "loud"}) // bare foghorn is serve
	for _, name := range []string{"SLACK_APP_TOKEN", "SLACK_BOT_TOKEN", "PORT_CLIENT_ID", "PORT_CLIENT_SECRET", "LOG_LEVEL"} {
		if !strings.Contains(o.stderr, name) {
			t.Errorf("%s is not named: %s", name, o.stderr)
		}
	}
	if o.code != exitUsage {
		t.Errorf("exit %d", o.code)
	}
}

// lookupFunc is an environment of a few variables.
func lookupFunc(env map[string]string) func(string) (string, bool) {
	return func(name string) (string, bool) { v, ok := env[name]; return v, ok }
}

// writeDotenv writes a file of settings and gives its path.
func writeDotenv(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), ".env")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestConfig_Dotenv(t *testing.T) {
	path := writeDotenv(t, "LOG_LEVEL=debug\nSLACK_COMMAND=\"/outage\"\nANNOUNCE_CHANNEL=C0GENERAL\n")
	cfg, err := loadConfig(lookupFunc(map[string]string{"LOG_LEVEL": "warn", "ANNOUNCE_CHANNEL": ""}), path, "version")
	if err != nil || cfg.LogLevel != "warn" || cfg.SlackCommand != "/outage" || cfg.AnnounceChannel != "" {
		t.Errorf("%+v, %v", cfg, err)
	}
}

func TestConfig_UnreadableDotenv(t *testing.T) {
	for name, c := range map[string]struct{ path, want string }{
		"a directory":   {t.TempDir(), "cannot be read"},
		"an open quote": {writeDotenv(t, "SLACK_BOT_TOKEN=\"xoxb-secret\nLOG_LEVEL=info\n"), "is not understood"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := loadConfig(lookupFunc(nil), c.path, "serve")
			if wrong, ok := errors.AsType[*SettingError](err); !ok || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "secret") {
				t.Errorf("%v, %v", wrong, err)
			}
		})
	}
}

func TestConfig_Defaults(t *testing.T) {
	cfg, err := loadConfig(lookupFunc(nil), os.DevNull, "version")
	want := Config{
		PortAction: "create_incident_io_incident_webhook", SlackCommand: "/incident",
		SlackAPIURL: "https://slack.com/api/", PortBaseURL: "https://api.port.io", IncidentIOBaseURL: "https://api.incident.io",
		StateDir: "./state", Retention: 30 * 24 * time.Hour, HTTPAddr: ":8080", LogLevel: "info", LogFormat: "text",
	}
	if diff := cmp.Diff(want, cfg); diff != "" || err != nil {
		t.Errorf("%v\n%s", err, diff)
	}
}

func TestConfig_NormalizesURLs(t *testing.T) {
	cfg, err := loadConfig(lookupFunc(map[string]string{
		"SLACK_API_URL": "http://127.0.0.1:1/api", "PORT_BASE_URL": "http://127.0.0.1:2/", "INCIDENT_IO_BASE_URL": "http://[::1]:3//",
		"HTTP_ADDR": "off", "NATS_URL": "nats://u:p@a:4222, tls://b",
	}), os.DevNull, "version")
	if err != nil || cfg.SlackAPIURL != "http://127.0.0.1:1/api/" || cfg.PortBaseURL != "http://127.0.0.1:2" || cfg.IncidentIOBaseURL != "http://[::1]:3" || cfg.HTTPAddr != "" {
		t.Errorf("%+v, %v", cfg, err)
	}
}

// TestConfig_NoSecretInErrors gives every check of a secret what no secret can be.
func TestConfig_NoSecretInErrors(t *testing.T) {
	for _, s := range settings {
		for _, v := range []string{"hunter2 ", "\"hunter2\"", "hunter2\x00", "xoxp-hunter2", "xoxe-hunter2", "https://hunter2"} {
			if s.Secret && s.check != nil {
				if wrong, hint := s.check(v); strings.Contains(wrong+hint, "hunter2") {
					t.Errorf("%s shows its value: %s %s", s.Name, wrong, hint)
				}
			}
		}
	}
}

// botSettings is the environment of a bot in the demo's world.
func (w *environment) botSettings(edit ...string) map[string]string {
	env := map[string]string{
		"SLACK_APP_TOKEN": w.slack.AppToken, "SLACK_BOT_TOKEN": w.slack.BotToken, "SLACK_API_URL": w.slack.URL(),
		"PORT_CLIENT_ID": w.port.ClientID, "PORT_CLIENT_SECRET": w.port.ClientSecret, "PORT_BASE_URL": w.port.URL(),
		"STATE_DIR": w.stateDir, "HTTP_ADDR": "off",
	}
	for i := 0; i < len(edit); i += 2 {
		env[edit[i]] = edit[i+1]
	}
	return env
}

func newGuideEnvironment(t testing.TB) *environment {
	t.Helper()
	w, err := startGuideEnvironment()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.close)
	return w
}

func TestServe_NamesRejectedSettings(t *testing.T) {
	for _, c := range []struct{ name, variable, value, want string }{
		{"a bot token that Slack does not know", "SLACK_BOT_TOKEN", "xoxb-secret", "SLACK_BOT_TOKEN is refused by Slack"},
		{"an app token that Slack does not know", "SLACK_APP_TOKEN", "xapp-secret", "SLACK_APP_TOKEN is refused by Slack"},
		{"a secret that Port does not know", "PORT_CLIENT_SECRET", "secret", "PORT_CLIENT_SECRET are refused by Port"},
		{"an action that Port does not have", "PORT_ACTION", "nothing", `PORT_ACTION names the action "nothing"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newGuideEnvironment(t)
			o := runCommand(t, w.botSettings(c.variable, c.value), "serve")
			if o.code != exitUsage || !strings.Contains(o.stderr, c.want) {
				t.Errorf("exit %d after %v: %s", o.code, o.took, o.stderr)
			}
			expectNoSecret(t, o)
		})
	}
}

func TestServe_StartsDuringOutage(t *testing.T) {
	w := newGuideEnvironment(t)
	w.port.InjectFault(emulator.Fault{Status: 503, Body: "<html>"})
	stop, err := w.startBot(t.Context())
	if err != nil {
		t.Fatalf("it did not start: %v", err)
	}
	w.port.ClearFaults()
	if err := stop(); err != nil {
		t.Errorf("it ended with %v", err)
	}
}

func TestDemo_Script(t *testing.T) {
	o := runCommand(t, nil, "demo", "--script")
	if o.code != 0 {
		t.Fatalf("exit %d: %s%s", o.code, o.stdout, o.stderr)
	}
	for _, hop := range []string{"command", "[Name, Description, Severity, Visibility]", "submission", "run ", "webhook", "incident", "automation", "entity", "message"} {
		if !strings.Contains(o.stdout, hop) {
			t.Errorf("the hop %q is not shown:\n%s", hop, o.stdout)
		}
	}
}

func TestDemo_ScriptNamesFailedStep(t *testing.T) {
	w := newGuideEnvironment(t)
	w.incidentIO.InjectFault(emulator.Fault{Path: "/v2/incidents", Status: 500})
	var out strings.Builder
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
	defer cancel()
	err := w.runScript(ctx, &out)
	if err == nil || !strings.Contains(err.Error(), `the hop "incident" did not happen`) {
		t.Errorf("got %v", err)
	}
}
