package main

import (
	"fmt"
	"strings"
	"testing"
)

func TestNames_InDotenv(t *testing.T) {
	for name, want := range map[string]string{
		"SLACK_BOT_TOKE": "SLACK_BOT_TOKEN", "SLACK_BOT_TOKNE": "SLACK_BOT_TOKEN", "SLAKC_APP_TOKEN": "SLACK_APP_TOKEN", "slack_app_token": "SLACK_APP_TOKEN",
		"SLACKBOTTOKEN": "SLACK_BOT_TOKEN", "FOGHORN_SLACK_BOT_TOKEN": "SLACK_BOT_TOKEN", "INCIDENTIO_API_KEY": "INCIDENT_IO_API_KEY",
		"PORT_CLIENTID": "PORT_CLIENT_ID", "PORT_CLIENT_SECRETS": "PORT_CLIENT_SECRET", "PORT_ACTION_ID": "PORT_ACTION", "STATEDIR": "STATE_DIR",
		"STATE_DIRECTORY": "", "SLACK_SIGNING_SECRET": "", "LOGLEVEL": "LOG_LEVEL", "HTTP_ADDRESS": "HTTP_ADDR", "ANNOUNCE_CHANEL": "ANNOUNCE_CHANNEL",
	} {
		cfg, _, err := loadConfig(nil, writeDotenv(t, "\n"+name+"=hunter2\n"), "version")
		text := fmt.Sprint(cfg.Warnings)
		if err != nil || len(cfg.Warnings) != 1 || !strings.HasPrefix(cfg.Warnings[0].Name, name) || !strings.Contains(text, "line 2") || strings.Contains(text, "hunter2") {
			t.Errorf("%s: %v, %v", name, cfg.Warnings, err)
		} else if want != "" && !strings.Contains(text, "did you mean "+want+"?") {
			t.Errorf("%s: %s, want %s", name, text, want)
		}
	}
}

func TestNames_OfOthers(t *testing.T) {
	var b strings.Builder
	for _, name := range []string{
		"HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY", "SSL_CERT_FILE", "OTEL_EXPORTER_OTLP_ENDPOINT", "TZ", "PORT", "HOST", "HOME",
		"COMPOSE_PROJECT_NAME", "DATABASE_URL", "LOG_DIR",
	} {
		fmt.Fprintf(&b, "%s=\n", name)
	}
	cfg, _, err := loadConfig(nil, writeDotenv(t, b.String()), "version")
	if err != nil || len(cfg.Warnings) > 0 {
		t.Errorf("%v, %v", cfg.Warnings, err)
	}
}

func TestNames_InEnvironment(t *testing.T) {
	env := map[string]string{"SLACK_BOT_TOKE": "hunter2", "STATS_DIR": "/", "NATS_SERVICE_HOST": "1", "NATS_PORT": "tcp://1", "PORT_BOT_SERVICE_HOST": "1", "SLACK_SIGNING_SECRET": "hunter2"}
	_, _, err := loadConfig(env, writeDotenv(t, ""), "serve")
	invalid, _ := err.(*SettingError)
	if invalid == nil || len(invalid.Warnings) != 1 || !strings.Contains(invalid.Warnings[0].String(), "did you mean SLACK_BOT_TOKEN?") {
		t.Errorf("%+v", invalid)
	}
}
