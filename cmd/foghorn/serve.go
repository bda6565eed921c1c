package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/sirupsen/logrus"
	"golang.org/x/sync/errgroup"

	"foghorn/bot"
	"foghorn/bot/store"
	"foghorn/integrations/incidentio"
	"foghorn/integrations/port"
	"foghorn/integrations/rest"
	"foghorn/integrations/slackapp"
)

// checkTimeout bounds the questions that are asked before the bot starts.
const checkTimeout = 8 * time.Second

type serveCmd struct{}

func (serveCmd) Run(ctx context.Context, c *console) error {
	cfg, err := loadConfig(c.env, ".env", "serve")
	if err != nil {
		return err
	}
	return serve(ctx, cfg, cfg.newLogger(c.stderr))
}

// serve runs the bot until ctx ends. Settings that can never work are refused; an outage
// only makes it wait.
func serve(ctx context.Context, cfg Config, log *logrus.Entry) error {
	metrics := bot.NewMetrics()
	client := port.New(port.Config{
		BaseURL: cfg.PortBaseURL, ClientID: cfg.PortClientID, ClientSecret: cfg.PortClientSecret, OnCall: metrics.PortCall,
	})
	defer client.Close()
	app := slackapp.New(slackapp.Config{
		AppToken: cfg.SlackAppToken, BotToken: cfg.SlackBotToken, APIURL: cfg.SlackAPIURL, OnCall: metrics.SlackCall,
		OnError: func(t slackapp.ConnectionError) {
			metrics.ConnectionError(t.Kind)
			log.WithError(t.Err).WithField("connection", t.Connection).Warn("the connection to Slack failed")
		},
	})
	if err := checkCredentials(ctx, cfg, app, client, log); err != nil {
		return err
	}
	var incidents *incidentio.Client
	if cfg.IncidentIOKey != "" {
		incidents = incidentio.New(incidentio.Config{BaseURL: cfg.IncidentIOBaseURL, APIKey: cfg.IncidentIOKey})
		defer incidents.Close()
	}
	group, ctx := errgroup.WithContext(ctx)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	front := bot.NewHTTPServer(metrics, cfg.PortWebhookSecret)
	if cfg.HTTPAddr != "" {
		ln, err := net.Listen("tcp", cfg.HTTPAddr)
		if err != nil {
			return settingError("HTTP_ADDR", "cannot be listened on: "+err.Error(), "choose another port, or off")
		}
		log.WithField("addr", ln.Addr().String()).Info("serving /healthz, /readyz and /metrics")
		group.Go(func() error { return front.Serve(ctx, ln) })
	}
	b, err := bot.Open(ctx, bot.Config{
		Slack: app, Port: client,
		Action: cfg.PortAction, Command: cfg.SlackCommand, Announce: cfg.AnnounceChannel, PortURL: cfg.PortBaseURL,
		StateDir: cfg.StateDir, NATSURL: cfg.NATSURL, Incidents: incidents, Retention: cfg.Retention, Log: log, Metrics: metrics,
	})
	if err != nil {
		stopped := ctx.Err() != nil // while it waited for its store
		cancel()
		if err := group.Wait(); err != nil || stopped {
			return err
		}
		return storeSettingError(err)
	}
	defer b.Close()
	front.SetBot(b)
	group.Go(func() error {
		log.WithField("version", versionText()).WithField("command", cfg.SlackCommand).WithField("action", cfg.PortAction).Info("listening to Slack")
		return tokenSettingError(b.Run(ctx))
	})
	if err := group.Wait(); err != nil {
		return err
	}
	log.Info("stopped")
	return nil
}

// storeSettingError says which setting is to blame for a store that cannot be opened, if one is.
func storeSettingError(err error) error {
	switch {
	case errors.Is(err, store.ErrInUse):
		return settingError("STATE_DIR", "is in use: "+err.Error(), "stop the other process, or give each its own directory")
	case errors.Is(err, store.ErrDamaged):
		return settingError("STATE_DIR", "cannot be read: "+err.Error(), "put a backup in its place, or move the directory aside to start anew without the incidents that are under way")
	case errors.Is(err, store.ErrUnusable):
		return settingError("STATE_DIR", "cannot be used: "+err.Error(), "name a directory that the bot's user may write to")
	case errors.Is(err, store.ErrClusterRejected):
		return settingError("NATS_URL", "is of no use: "+err.Error(), "the cluster must have JetStream, and the address a user and password that it knows, as in nats://user:password@host:4222")
	}
	return fmt.Errorf("start: %w", err)
}

// checkCredentials finds settings that Slack or Port refuses for good. What cannot be asked now is
// only logged.
func checkCredentials(ctx context.Context, cfg Config, app *slackapp.Client, client *port.Client, log *logrus.Entry) error {
	ctx, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	var faults [3]*SettingProblem
	var group errgroup.Group
	group.Go(func() error {
		_, err := app.CheckAuth(ctx)
		if slackapp.IsFatal(err) {
			faults[0] = &SettingProblem{"SLACK_BOT_TOKEN", "is refused by Slack: " +slackapp.ErrorCode(err), "copy the token again from OAuth & Permissions; reinstall the app if it was revoked"}
		} else if err != nil {
			log.WithError(err).Warn("Slack cannot be asked now; starting anyway")
		}
		return nil
	})
	group.Go(func() error {
		err := client.CheckCredentials(ctx)
		if errors.Is(err, port.ErrCredentials) {
			faults[1] = &SettingProblem{"PORT_CLIENT_ID and PORT_CLIENT_SECRET", "are refused by Port", "copy both from Port, Credentials; those of the United States need PORT_BASE_URL=https://api.us.port.io"}
			return nil
		}
		if err != nil {
			log.WithError(err).Warn("Port cannot be asked now; starting anyway")
			return nil
		}
		if _, err = client.GetAction(ctx, cfg.PortAction); rest.Status(err) == http.StatusNotFound {
			faults[2] = &SettingProblem{"PORT_ACTION", fmt.Sprintf("names the action %q, which Port does not have", cfg.PortAction), "create it from manifests/action.json, or name another one"}
		}
		return nil
	})
	_ = group.Wait() // the functions report in faults
	var wrong SettingError
	for _, f := range faults {
		if f != nil {
			wrong.Problems = append(wrong.Problems, *f)
		}
	}
	if len(wrong.Problems) > 0 {
		return &wrong
	}
	return nil
}

// tokenSettingError says which setting is to blame for a link that can never be opened.
func tokenSettingError(err error) error {
	if slackapp.IsFatal(err) {
		return settingError("SLACK_APP_TOKEN", "is refused by Slack: "+slackapp.ErrorCode(err), "make a new one under Basic Information, App-Level Tokens, with the scope connections:write; Socket Mode must be on")
	}
	return err
}
