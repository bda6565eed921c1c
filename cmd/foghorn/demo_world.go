package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/sirupsen/logrus"

	"foghorn/integrations/incidentio/incidentiotest"
	"foghorn/integrations/port/porttest"
	"foghorn/integrations/slackapp/slacktest"
	"foghorn/manifests"
)

// The person and the channel of the script.
const (
	demoUser    = "U0ALICE"
	demoChannel = "C0GENERAL"
)

// A environment is Slack, Port and incident.io on loopback.
type environment struct {
	slack      *slacktest.Server
	port       *porttest.Server
	incidentIO *incidentiotest.Server
	stateDir   string // of the bot's state
}

// A environmentConfig says how a world is before anything happens in it.
type environmentConfig struct {
	slack             slacktest.Config
	incidentIO        incidentiotest.Config
	unknownWebhookURL string // where webhooks to nobody known go; "": to where they say
	portUsers         []string
}

// startGuideEnvironment opens a world with one person and one channel, set up as Port's guide says, to
// the letter.
func startGuideEnvironment() (*environment, error) {
	w, err := startEnvironment(environmentConfig{
		slack: slacktest.Config{
			Commands: []string{"/incident"},
			Users:    []slacktest.User{{ID: demoUser, Name: "alice", RealName: "Alice", Email: "alice@example.com"}},
			Channels: []slacktest.Channel{{ID: demoChannel, Name: "general", BotIsMember: true}},
		},
		incidentIO: incidentiotest.Config{TriageDisabled: true},
		portUsers:  []string{"alice@example.com"},
	})
	if err != nil {
		return nil, err
	}
	guide := manifests.Guide()
	w.port.SetSecret(manifests.SecretName, w.incidentIO.APIKey)
	return w, errors.Join(w.port.PutBlueprint(guide.Blueprint), w.port.PutAction(guide.Action), w.port.PutAction(guide.Automation))
}

// startEnvironment opens a world in which nothing is set up yet.
func startEnvironment(s environmentConfig) (_ *environment, err error) {
	w := &environment{}
	defer func() {
		if err != nil {
			w.close()
			err = fmt.Errorf("open the demo: %w", err)
		}
	}()
	if w.stateDir, err = os.MkdirTemp("", "foghorn-demo-"); err != nil {
		return nil, err
	}
	if w.incidentIO, err = incidentiotest.Start(s.incidentIO); err != nil {
		return nil, err
	}
	w.port, err = porttest.Start(porttest.Config{ClientName: strings.ToLower(s.slack.AppName), RewriteURL: func(url string) string {
		if path, ok := strings.CutPrefix(url, "https://api.incident.io"); ok {
			return w.incidentIO.URL() + path
		}
		if s.unknownWebhookURL != "" && !strings.HasPrefix(url, w.incidentIO.URL()) && !strings.HasPrefix(url, w.port.URL()) {
			return s.unknownWebhookURL
		}
		return url
	}})
	if err != nil {
		return nil, err
	}
	for _, email := range s.portUsers {
		w.port.AddUser(email)
	}
	w.slack, err = slacktest.Start(s.slack)
	return w, err
}

func (w *environment) close() {
	if w.slack != nil {
		w.slack.Close()
	}
	if w.port != nil {
		w.port.Close()
	}
	if w.incidentIO != nil {
		w.incidentIO.Close()
	}
	_ = os.RemoveAll(w.stateDir)
}

// settings are what serve is told: the same as for a real workspace, at other addresses.
func (w *environment) settings() map[string]string {
	return map[string]string{
		"SLACK_APP_TOKEN": w.slack.AppToken, "SLACK_BOT_TOKEN": w.slack.BotToken, "SLACK_API_URL": w.slack.URL(),
		"PORT_CLIENT_ID": w.port.ClientID, "PORT_CLIENT_SECRET": w.port.ClientSecret, "PORT_BASE_URL": w.port.URL(),
		"INCIDENT_IO_API_KEY": w.incidentIO.APIKey, "INCIDENT_IO_BASE_URL": w.incidentIO.URL(),
		"STATE_DIR": w.stateDir, "HTTP_ADDR": "off", "LOG_LEVEL": "warn",
	}
}

// loadConfig is the settings as a command reads them.
func (w *environment) loadConfig(command string) (Config, error) {
	env := w.settings()
	return loadConfig(func(name string) (string, bool) { v, ok := env[name]; return v, ok }, os.DevNull, command)
}

// startBot runs the real bot until stop is called, which gives what it ended with.
func (w *environment) startBot(ctx context.Context) (stop func() error, err error) {
	cfg, err := w.loadConfig("serve")
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	log := logrus.New()
	log.SetOutput(io.Discard)
	ended := make(chan error, 1)
	go func() { ended <- serve(ctx, cfg, logrus.NewEntry(log)) }() // stop waits for it
	stop = func() error { cancel(); return <-ended }
	ready, done := context.WithTimeout(ctx, stepTimeout)
	defer done()
	if err := w.slack.WaitConnections(ready, 2); err != nil {
		return nil, errors.Join(fmt.Errorf("the bot did not connect: %w", err), stop())
	}
	return stop, nil
}
