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

// A world is Slack, Port and incident.io on loopback.
type world struct {
	slack    *slacktest.Server
	port     *porttest.Server
	incident *incidentiotest.Server
	dir      string // of the bot's state
}

// A scene says how a world is before anything happens in it.
type scene struct {
	slack      slacktest.Config
	incident   incidentiotest.Config
	elsewhere  string // where webhooks to nobody known go; "": to where they say
	portPeople []string
}

// openWorld opens a world with one person and one channel, set up as Port's guide says, to
// the letter.
func openWorld() (*world, error) {
	w, err := openScene(scene{
		slack: slacktest.Config{
			Commands: []string{"/incident"},
			Users:    []slacktest.User{{ID: demoUser, Name: "alice", RealName: "Alice", Email: "alice@example.com"}},
			Channels: []slacktest.Channel{{ID: demoChannel, Name: "general", BotIn: true}},
		},
		incident:   incidentiotest.Config{NoTriage: true},
		portPeople: []string{"alice@example.com"},
	})
	if err != nil {
		return nil, err
	}
	guide := manifests.Guide()
	w.port.SetSecret(manifests.SecretName, w.incident.APIKey)
	return w, errors.Join(w.port.PutBlueprint(guide.Blueprint), w.port.PutAction(guide.Action), w.port.PutAction(guide.Automation))
}

// openScene opens a world in which nothing is set up yet.
func openScene(s scene) (_ *world, err error) {
	w := &world{}
	defer func() {
		if err != nil {
			w.close()
			err = fmt.Errorf("open the demo: %w", err)
		}
	}()
	if w.dir, err = os.MkdirTemp("", "foghorn-demo-"); err != nil {
		return nil, err
	}
	if w.incident, err = incidentiotest.Start(s.incident); err != nil {
		return nil, err
	}
	w.port, err = porttest.Start(porttest.Config{Caller: strings.ToLower(s.slack.AppName), Outbound: func(url string) string {
		if path, ok := strings.CutPrefix(url, "https://api.incident.io"); ok {
			return w.incident.URL() + path
		}
		if s.elsewhere != "" && !strings.HasPrefix(url, w.incident.URL()) && !strings.HasPrefix(url, w.port.URL()) {
			return s.elsewhere
		}
		return url
	}})
	if err != nil {
		return nil, err
	}
	for _, email := range s.portPeople {
		w.port.AddUser(email)
	}
	w.slack, err = slacktest.Start(s.slack)
	return w, err
}

func (w *world) close() {
	if w.slack != nil {
		w.slack.Close()
	}
	if w.port != nil {
		w.port.Close()
	}
	if w.incident != nil {
		w.incident.Close()
	}
	_ = os.RemoveAll(w.dir)
}

// settings are what serve is told: the same as for a real workspace, at other addresses.
func (w *world) settings() map[string]string {
	return map[string]string{
		"SLACK_APP_TOKEN": w.slack.AppToken, "SLACK_BOT_TOKEN": w.slack.BotToken, "SLACK_API_URL": w.slack.URL(),
		"PORT_CLIENT_ID": w.port.ClientID, "PORT_CLIENT_SECRET": w.port.ClientSecret, "PORT_BASE_URL": w.port.URL(),
		"INCIDENT_IO_API_KEY": w.incident.APIKey, "INCIDENT_IO_BASE_URL": w.incident.URL(),
		"STATE_DIR": w.dir, "HTTP_ADDR": "off", "LOG_LEVEL": "warn",
	}
}

// config is the settings as a command reads them.
func (w *world) config(command string) (Config, error) {
	env := w.settings()
	return loadConfig(func(name string) (string, bool) { v, ok := env[name]; return v, ok }, os.DevNull, command)
}

// run runs the real bot until stop is called, which gives what it ended with.
func (w *world) run(ctx context.Context) (stop func() error, err error) {
	cfg, err := w.config("serve")
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	log := logrus.New()
	log.SetOutput(io.Discard)
	ended := make(chan error, 1)
	go func() { ended <- serve(ctx, cfg, logrus.NewEntry(log)) }() // stop waits for it
	stop = func() error { cancel(); return <-ended }
	ready, done := context.WithTimeout(ctx, hopTimeout)
	defer done()
	if err := w.slack.WaitSockets(ready, 2); err != nil {
		return nil, errors.Join(fmt.Errorf("the bot did not connect: %w", err), stop())
	}
	return stop, nil
}
