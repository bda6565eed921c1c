package main

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"foghorn/integrations/emulator"
)

// validSettings are settings that serve accepts without a request to Slack or Port.
func validSettings() map[string]string {
	return map[string]string{
		"SLACK_APP_TOKEN": "xapp-1-A0-1-secretapp", "SLACK_BOT_TOKEN": "xoxb-1-secretbot",
		"PORT_CLIENT_ID": "id", "PORT_CLIENT_SECRET": "secretport", "HTTP_ADDR": "off",
	}
}

func TestConfig_RejectsInvalid(t *testing.T) {
	for _, c := range []struct{ name, variable, value, want string }{
		{"empty token", "SLACK_BOT_TOKEN", "", "SLACK_BOT_TOKEN is not set"},
		{"swapped bot token", "SLACK_BOT_TOKEN", "xapp-1-secret", "belongs in SLACK_APP_TOKEN"},
		{"swapped app token", "SLACK_APP_TOKEN", "xoxb-1-secret", "belongs in SLACK_BOT_TOKEN"},
		{"user token", "SLACK_BOT_TOKEN", "xoxp-1-secret", "is a user token"},
		{"token with one quote", "SLACK_BOT_TOKEN", `"xoxb-secret`, "SLACK_BOT_TOKEN has a quote at one end"},
		{"directory with text after the quote", "STATE_DIR", `"/state"x`, "STATE_DIR has a quote at one end"},
		{"directory below ~", "STATE_DIR", "~/state", "STATE_DIR is"},
		{"directory of a variable", "STATE_DIR", "${HOME}/state", "STATE_DIR is"},
		{"proxy without a host", "HTTPS_PROXY", "http://", "HTTPS_PROXY is not a valid address"},
		{"proxy with a slash in the password", "https_proxy", "http://user:sec/secret@proxy:1", "HTTPS_PROXY is not a valid address"},
		{"proxy with a domain", "HTTPS_PROXY", `http://CORP\user:secret@proxy:1`, "HTTPS_PROXY is not a valid address"},
		{"proxy of an unknown scheme", "ALL_PROXY", "socks4://user:secret@proxy:1", `ALL_PROXY has the scheme "socks4"`},
		{"empty secret", "PORT_CLIENT_SECRET", "", "PORT_CLIENT_SECRET is not set"},
		{"secret with a line break", "PORT_CLIENT_SECRET", "sec\nsecret", "PORT_CLIENT_SECRET contains spaces"},
		{"address without a scheme", "PORT_BASE_URL", "api.port.io", "PORT_BASE_URL is not a valid URL"},
		{"address with a user", "SLACK_API_URL", "https://u:secret@slack.com/api/", "SLACK_API_URL is not a valid URL"},
		{"secret with a Cyrillic letter", "PORT_CLIENT_SECRET", "secret\u0430", "PORT_CLIENT_SECRET contains characters"},
		{"rotating token", "SLACK_BOT_TOKEN", "xoxe.xoxb-1-secret", "rotation"},
		{"token of two lines", "SLACK_APP_TOKEN", "xapp-1\nsecret", "SLACK_APP_TOKEN contains spaces"},
		{"token of a JSON file", "SLACK_BOT_TOKEN", "xoxb-1-secret,", "SLACK_BOT_TOKEN ends in a comma"},
		{"prefix alone", "SLACK_APP_TOKEN", "xapp-", "SLACK_APP_TOKEN has nothing after xapp-"},
		{"key with a space", "INCIDENT_IO_API_KEY", "my secret", "INCIDENT_IO_API_KEY contains spaces"},
		{"address with a version", "PORT_BASE_URL", "https://api.port.io/v1/", "PORT_BASE_URL ends in /v1"},
		{"address without a host", "INCIDENT_IO_BASE_URL", "http://:80", "INCIDENT_IO_BASE_URL is not a valid URL"},
		{"address with a query", "INCIDENT_IO_BASE_URL", "https://host/?secret=1", "INCIDENT_IO_BASE_URL is not a valid URL"},
		{"address of a file", "SLACK_API_URL", "file:///secret", "SLACK_API_URL is not a valid URL"},
		{"level", "LOG_LEVEL", "loud", "LOG_LEVEL is"},
		{"format", "LOG_FORMAT", "xml", "LOG_FORMAT is"},
		{"command", "SLACK_COMMAND", "incident", "SLACK_COMMAND is"},
		{"long command", "SLACK_COMMAND", "/" + strings.Repeat("x", 32), "SLACK_COMMAND is"},
		{"upper-case command", "SLACK_COMMAND", "/Incident", "SLACK_COMMAND is"},
		{"commands without an action", "SLACK_COMMANDS", "/deploy", `SLACK_COMMANDS contains "/deploy"`},
		{"commands: the main one again", "SLACK_COMMANDS", "/incident=other", "SLACK_COMMANDS has /incident"},
		{"commands: twice", "SLACK_COMMANDS", "/a=b, /a=c", "SLACK_COMMANDS has /a"},
		{"commands: an action twice", "SLACK_COMMANDS", "/a=b,/c=b", "SLACK_COMMANDS has /c for b"},
		{"commands: one is not a command", "SLACK_COMMANDS", "/a=b,c=d", `SLACK_COMMANDS is "c"`},
		{"commands: one is not an action", "SLACK_COMMANDS", "/a=b/c", `SLACK_COMMANDS is "b/c"`},
		{"run command", "SLACK_RUN_COMMAND", "run", "SLACK_RUN_COMMAND is"},
		{"run command: the main one", "SLACK_RUN_COMMAND", "/incident", "SLACK_RUN_COMMAND is /incident, which is SLACK_COMMAND"},
		{"actions to choose from", "PORT_ACTIONS", "deploy_*, a/b", `PORT_ACTIONS contains "a/b"`},
		{"actions: a regular expression", "PORT_ACTIONS", "[ab]", `PORT_ACTIONS contains "[ab]"`},
		{"no actions to choose from", "PORT_ACTIONS", ", ,", "PORT_ACTIONS has no identifier"},
		{"too many actions to choose from", "PORT_ACTIONS", strings.Repeat("a,", 201), "PORT_ACTIONS has more than 200"},
		{"channel", "ANNOUNCE_CHANNEL", "#general", "ANNOUNCE_CHANNEL is"},
		{"action", "PORT_ACTION", "a/b", "PORT_ACTION is"},
		{"listener", "HTTP_ADDR", "8080", "HTTP_ADDR is"},
		{"listener on no port", "HTTP_ADDR", ":", "HTTP_ADDR is"},
		{"listener on a port out of range", "HTTP_ADDR", ":65536", "HTTP_ADDR is"},
		{"cluster", "NATS_URL", "localhost", "NATS_URL is"},
		{"cluster with an invalid second URL", "NATS_URL", "nats://u:secret@a:4222,http://u:secret@b", "NATS_URL is"},
		{"store in a file", "STATE_DIR", os.Args[0], "STATE_DIR is"},
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
			t.Errorf("the output contains %q: %s", bad, o.stderr)
		}
	}
}

func TestConfig_ReportsAllProblems(t *testing.T) {
	o := runCommand(t, map[string]string{"LOG_LEVEL": "loud"}) // bare foghorn is serve
	for _, name := range []string{"SLACK_APP_TOKEN", "SLACK_BOT_TOKEN", "PORT_CLIENT_ID", "PORT_CLIENT_SECRET", "LOG_LEVEL"} {
		if !strings.Contains(o.stderr, name) {
			t.Errorf("the output does not name %s: %s", name, o.stderr)
		}
	}
	if o.code != exitUsage {
		t.Errorf("exit %d", o.code)
	}
}

func TestConfig_Defaults(t *testing.T) {
	cfg, _, err := loadConfig(nil, os.DevNull, "version")
	want := Config{
		PortAction: "create_incident_io_incident_webhook", SlackCommand: "/incident", PortActions: []string{"*"}, UpdateCatalog: true,
		SlackAPIURL: "https://slack.com/api/", PortBaseURL: "https://api.port.io", IncidentIOBaseURL: "https://api.incident.io",
		StateDir: "./state", Retention: 30 * 24 * time.Hour, HTTPAddr: ":8080", LogLevel: "info", LogFormat: "text",
	}
	if diff := cmp.Diff(want, cfg); diff != "" || err != nil {
		t.Errorf("%v\n%s", err, diff)
	}
}

func TestConfig_NormalizesURLs(t *testing.T) {
	cfg, _, err := loadConfig(map[string]string{
		"SLACK_API_URL": "http://127.0.0.1:1/api", "PORT_BASE_URL": "http://127.0.0.1:2/", "INCIDENT_IO_BASE_URL": "http://[::1]:3//",
		"HTTP_ADDR": "off", "NATS_URL": "nats://u:p@a:4222, tls://b",
	}, os.DevNull, "version")
	if err != nil || cfg.SlackAPIURL != "http://127.0.0.1:1/api/" || cfg.PortBaseURL != "http://127.0.0.1:2" || cfg.IncidentIOBaseURL != "http://[::1]:3" || cfg.HTTPAddr != "" {
		t.Errorf("%+v, %v", cfg, err)
	}
}

// TestConfig_NoSecretInErrors passes invalid values to the check of each secret.
func TestConfig_NoSecretInErrors(t *testing.T) {
	for _, s := range settings {
		for _, v := range []string{"hunter2 ", "\"hunter2\"", "hunter2\x00", "xoxp-hunter2", "xoxe-hunter2", "https://hunter2"} {
			if s.Secret && s.check != nil {
				if problem, hint := s.check(v); strings.Contains(problem+hint, "hunter2") {
					t.Errorf("%s: the message contains the value: %s %s", s.Name, problem, hint)
				}
			}
		}
	}
}

func TestServe_NamesRejectedSettings(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, variable, value, want string }{
		{"unknown bot token", "SLACK_BOT_TOKEN", "xoxb-secret", "SLACK_BOT_TOKEN was rejected by Slack"},
		{"unknown app token", "SLACK_APP_TOKEN", "xapp-secret", "SLACK_APP_TOKEN was rejected by Slack"},
		{"wrong client secret", "PORT_CLIENT_SECRET", "secret", "PORT_CLIENT_SECRET were rejected by Port"},
		{"unknown action", "PORT_ACTION", "nothing", `PORT_ACTION is "nothing"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			e := newGuideEnvironment(t)
			o := runCommand(t, e.botSettings(c.variable, c.value), "serve")
			if o.code != exitUsage || !strings.Contains(o.stderr, c.want) || o.took > 12*time.Second {
				t.Errorf("exit %d after %v: %s", o.code, o.took, o.stderr)
			}
			expectNoSecret(t, o)
		})
	}
}

// TestServe_StartsAfterPassingRefusal has Slack and Port refuse valid credentials for a moment.
func TestServe_StartsAfterPassingRefusal(t *testing.T) {
	t.Parallel()
	const slackRefusal, portRefusal = `{"ok":false,"error":"invalid_auth"}`, `{"ok":false,"error":"invalid_credentials"}`
	e := newGuideEnvironment(t)
	e.Slack.InjectFault(emulator.Fault{Path: "auth.test", Status: 200, Body: slackRefusal, Times: 1})
	e.Slack.InjectFault(emulator.Fault{Path: "apps.connections.open", Status: 200, Body: slackRefusal, Times: 4})
	e.Port.InjectFault(emulator.Fault{Path: "/v1/auth/access_token", Status: 401, Body: portRefusal, Times: 1})
	stop, err := e.startBot(t.Context())
	if err != nil {
		t.Fatalf("it did not start: %v", err)
	}
	if err := stop(); err != nil {
		t.Errorf("it ended with %v", err)
	}
}

// TestServe_StartsBehindProxyPages has a proxy answer instead of Slack and Port, which says nothing about credentials.
func TestServe_StartsBehindProxyPages(t *testing.T) {
	t.Parallel()
	for _, status := range []int{401, 403} {
		e := newGuideEnvironment(t)
		e.Port.InjectFault(emulator.Fault{Status: status, Body: "<html>"})
		e.Slack.InjectFault(emulator.Fault{Path: "auth.test", Status: status, Body: "<html>"})
		stop, err := e.startBot(t.Context())
		if err != nil {
			t.Fatalf("it did not start: %v", err)
		}
		e.Port.ClearFaults()
		if err := stop(); err != nil {
			t.Errorf("it ended with %v", err)
		}
	}
}

func TestServe_StartsDuringOutage(t *testing.T) {
	e := newGuideEnvironment(t)
	e.Port.InjectFault(emulator.Fault{Status: 503, Body: "<html>"})
	stop, err := e.startBot(t.Context())
	if err != nil {
		t.Fatalf("it did not start: %v", err)
	}
	e.Port.ClearFaults()
	if err := stop(); err != nil {
		t.Errorf("it ended with %v", err)
	}
}
