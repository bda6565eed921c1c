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
	"foghorn/manifests"
)

const botTokenHint = "copy the token again from OAuth & Permissions; reinstall the app if it was revoked"

const (
	// checkTimeout bounds the check of the credentials at the start.
	checkTimeout = 8 * time.Second

	// refusalTime is how long Slack or Port must refuse credentials to end serve: both refuse valid ones for a moment.
	refusalTime     = 3 * time.Second
	refusalInterval = time.Second
)

type serveCmd struct{}

func (serveCmd) Run(ctx context.Context, c *console) error {
	cfg, err := c.loadConfig("serve")
	if err != nil {
		return err
	}
	log := cfg.newLogger(c.stderr)
	warnings := cfg.Warnings
	if w := checkStateDir(cfg); w != nil {
		warnings = append(warnings, *w)
	}
	for _, w := range warnings {
		log.WithField("hint", w.Hint).Warn(w.Name + " " + w.Problem)
	}
	return serve(ctx, cfg, log)
}

// serve runs the bot until ctx ends. Settings that Slack or Port permanently rejects are a [SettingError]; during an
// outage the bot starts and retries.
func serve(ctx context.Context, cfg Config, log *logrus.Entry) error {
	limitMemory(log)
	traces, stopTraces, err := startTraces(ctx, cfg.Traces, log)
	if err != nil {
		return err
	}
	defer stopTraces()
	metrics := bot.NewMetrics()
	client := port.New(port.Config{
		BaseURL: cfg.PortBaseURL, ClientID: cfg.PortClientID, ClientSecret: cfg.PortClientSecret, OnCall: metrics.PortCall,
	})
	defer client.Close()
	app := slackapp.New(slackapp.Config{
		AppToken: cfg.SlackAppToken, BotToken: cfg.SlackBotToken, APIURL: cfg.SlackAPIURL, OnCall: metrics.SlackCall,
		OnError: func(e slackapp.ConnectionError) {
			metrics.ConnectionError(e.Kind)
			log.WithError(e.Err).WithField("connection", e.Connection).Warn("the connection to Slack failed")
		},
	})
	if err := checkCredentials(ctx, cfg, app, client, log); err != nil {
		return err
	}
	var incidents *incidentio.Client
	if cfg.IncidentIOKey != "" {
		incidents = cfg.newIncidentIOClient()
		defer incidents.Close()
	}
	blueprint := ""
	if cfg.UpdateCatalog {
		blueprint = manifests.BlueprintID
	}
	b := bot.New(bot.Config{
		Slack: app, Port: client, Action: cfg.PortAction, Command: cfg.SlackCommand, Commands: cfg.SlackCommands,
		RunCommand: cfg.SlackRunCommand, Choice: cfg.PortActions, Announce: cfg.AnnounceChannel, PortURL: cfg.PortBaseURL,
		StateDir: cfg.StateDir, Cluster: cfg.Cluster, Incidents: incidents, CatalogBlueprint: blueprint, HideRecent: cfg.HideRecent, Retention: cfg.Retention, Secret: cfg.SlackBotToken, Log: log, Traces: traces, Metrics: metrics,
	})
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { releaseMemory(ctx); return nil })
	if cfg.HTTPAddr != "" {
		ln, err := net.Listen("tcp", cfg.HTTPAddr)
		if err != nil {
			return settingError("HTTP_ADDR", "is not available: "+err.Error(), "use another port, or off")
		}
		log.WithField("addr", ln.Addr().String()).Info("serving /healthz, /readyz and /metrics")
		srv := &http.Server{Handler: b.HTTPHandler(cfg.PortWebhookSecret), ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 15 * time.Second, WriteTimeout: 15 * time.Second}
		group.Go(func() error { return serveHTTP(ctx, ln, srv) })
	}
	group.Go(func() error {
		log.WithField("version", versionText()).WithField("command", cfg.SlackCommand).WithField("action", cfg.PortAction).Info("connecting to Slack")
		return runSettingError(b.Run(ctx))
	})
	if err := group.Wait(); err != nil {
		return err
	}
	log.Info("stopped")
	return nil
}

// storeSettingError maps an error of opening the store to the setting that caused it.
func storeSettingError(err error) error {
	switch {
	case errors.Is(err, store.ErrInUse):
		return settingError("STATE_DIR", "is in use: "+err.Error(), "stop the other process, or use a directory for each process")
	case errors.Is(err, store.ErrDamaged):
		return settingError("STATE_DIR", "is damaged: "+err.Error(), "restore a backup, or move the directory aside to start without the requests in progress")
	case errors.Is(err, store.ErrUnusable):
		return settingError("STATE_DIR", "cannot be used: "+err.Error(), "use a directory that the bot's user can write to")
	case errors.Is(err, store.ErrClusterRejected):
		return settingError("NATS_URL", "cannot be used: "+err.Error(), store.ClusterHint(err))
	}
	return err
}

// checkCredentials asks Slack and Port for settings that they permanently reject. Outages are logged only.
func checkCredentials(ctx context.Context, cfg Config, app *slackapp.Client, client *port.Client, log *logrus.Entry) error {
	ctx, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	var problems [2]*SettingProblem
	var missing []SettingProblem
	var group errgroup.Group
	group.Go(func() error {
		err := repeatRefused(ctx, slackapp.IsFatal, func() error {
			_, err := app.CheckAuth(ctx)
			return err
		})
		if slackapp.IsFatal(err) {
			problems[0] = &SettingProblem{"SLACK_BOT_TOKEN", "was rejected by Slack: " + slackapp.ErrorCode(err), botTokenHint}
		} else if err != nil {
			log.WithError(err).Warn("failed to check the Slack token; starting anyway")
		}
		return nil
	})
	group.Go(func() error {
		refused := func(err error) bool { return errors.Is(err, port.ErrCredentials) }
		err := repeatRefused(ctx, refused, func() error { return client.CheckCredentials(ctx) })
		if refused(err) {
			problems[1] = &SettingProblem{"PORT_CLIENT_ID and PORT_CLIENT_SECRET", "were rejected by Port", "copy both from Credentials in Port; organizations in the United States need PORT_BASE_URL=https://api.us.port.io"}
			return nil
		}
		if err != nil {
			log.WithError(err).Warn("failed to check the Port credentials; starting anyway")
			return nil
		}
		if _, err = client.GetAction(ctx, cfg.PortAction); rest.IsNotFound(err) {
			missing = append(missing, SettingProblem{"PORT_ACTION", fmt.Sprintf("is %q, and Port has no such action", cfg.PortAction), "create it with foghorn apply, or set another identifier"})
		}
		for _, c := range cfg.SlackCommands {
			if _, err = client.GetAction(ctx, c.Action); rest.IsNotFound(err) {
				missing = append(missing, SettingProblem{"SLACK_COMMANDS", fmt.Sprintf("has %s=%s, and Port has no such action", c.Name, c.Action), "Port shows the identifier in the action's settings"})
			}
		}
		return nil
	})
	_ = group.Wait() // the functions report in problems
	var invalid SettingError
	for _, p := range problems {
		if p != nil {
			invalid.Problems = append(invalid.Problems, *p)
		}
	}
	invalid.Problems = append(invalid.Problems, missing...)
	if len(invalid.Problems) > 0 {
		return &invalid
	}
	return nil
}

// repeatRefused calls check until refused is false for its error, for refusalTime.
func repeatRefused(ctx context.Context, refused func(error) bool, check func() error) error {
	for begun := time.Now(); ; {
		err := check()
		if !refused(err) || time.Since(begun) >= refusalTime {
			return err
		}
		select {
		case <-time.After(refusalInterval):
		case <-ctx.Done():
			return err
		}
	}
}

// runSettingError maps an error of the bot to the setting that caused it.
func runSettingError(err error) error { return storeSettingError(tokenSettingError(err)) }

// tokenSettingError maps a token that Slack permanently rejects to its setting.
func tokenSettingError(err error) error {
	if slackapp.IsFatal(err) && !slackapp.IsAppToken(err) {
		return settingError("SLACK_BOT_TOKEN", "was rejected by Slack: "+slackapp.ErrorCode(err), botTokenHint)
	}
	if slackapp.IsFatal(err) {
		return settingError("SLACK_APP_TOKEN", "was rejected by Slack: "+slackapp.ErrorCode(err), "create a new one under Basic Information, App-Level Tokens, with the scope connections:write; turn on Socket Mode")
	}
	return err
}
