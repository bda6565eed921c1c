// Package demo runs the bot between emulators of Slack, Port and incident.io on this machine: in a browser page (the
// package ui), as a script in the terminal, or without the bot for other Slack apps.
//
// The commands that it needs are functions in [Config], because the package main, which has them, imports this package.
package demo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"foghorn/bot/dialog"
	"foghorn/cmd/foghorn/demo/sandbox"
	"foghorn/cmd/foghorn/demo/ui"
	"foghorn/integrations/incidentio/incidentiotest"
	"foghorn/integrations/slackapp/slacktest"
	"foghorn/manifests"
)

// Config has the commands of foghorn that the demo runs. settings are environment variables.
type Config struct {
	RunBot    func(ctx context.Context, settings map[string]string) error                  // foghorn serve, in this process
	Apply     func(ctx context.Context, settings map[string]string) (manifests.Set, error) // foghorn apply --yes
	ServeHTTP func(ctx context.Context, ln net.Listener, srv *http.Server) error           // until ctx ends
	Preview   ui.PreviewFunc                                                               // foghorn preview
	Program   string                                                                       // path of foghorn; the page runs the bot in a process of its own
}

const (
	bobEmail   = "bob@example.com"
	runCommand = "/run"
)

// portUsers are the members of Port's organization.
var portUsers = []string{sandbox.UserEmail, bobEmail}

// commands are the slash commands of the bot; the first one is SLACK_COMMAND, the last one SLACK_RUN_COMMAND.
var commands = []ui.Command{
	{Name: "/incident", Description: "declare an incident"},
	{Name: "/deploy", Description: "deploy a service", Action: "deploy_service"},
	{Name: "/restart", Description: "restart a service, such as /restart checkout", Action: "restart_service"},
	{Name: runCommand, Description: "choose an action; /run list shows your last runs"},
}

var shortcuts = []ui.Shortcut{
	{Name: "Declare an incident", CallbackID: dialog.ShortcutDeclare},
	{Name: "Declare an incident", CallbackID: dialog.ShortcutDeclareMessage, OnMessage: true},
	{Name: "Run an action…", CallbackID: dialog.ShortcutRunMessage, OnMessage: true},
}

// Options are the choices of who starts the demo.
type Options struct {
	NoBot bool  // leave the bot out and print the settings for another app
	Fixed bool  // fixed tokens, and the three ports after that of the page
	Seed  *Seed // with NoBot; nil means what the demo has without a file
}

// Serve serves the page on ln until ctx ends.
func Serve(ctx context.Context, cfg Config, ln net.Listener, o Options, out io.Writer) error {
	addr, noBot := ln.Addr().String(), o.NoBot
	boxConfig, err := o.sandboxConfig(addr)
	if err != nil {
		return err
	}
	s, err := sandbox.Start(boxConfig)
	if err != nil {
		return err
	}
	defer s.Close()
	settings, removeState, err := botSettings(s)
	if err != nil {
		return err
	}
	defer removeState()
	s.IncidentIO.OnChannelCreated(func(id, name string) { // incident.io creates a Slack channel for each incident
		s.Slack.AddChannel(slacktest.Channel{ID: id, Name: name, BotIsMember: true})
	})
	definitions, err := o.fill(ctx, cfg, s, settings)
	if err != nil {
		return err
	}
	services := newBackend(s.Port)
	defer services.Close()
	uiConfig := ui.Config{
		Slack: s.Slack, Port: s.Port, Incidents: s.IncidentIO, Blueprint: manifests.BlueprintID, Backend: services,
		AppName: appName(noBot), Preview: cfg.Preview, Actions: definitions,
	}
	if !noBot {
		if err := addServiceActions(s); err != nil {
			return fmt.Errorf("prepare Port: %w", err)
		}
		uiConfig.Commands, uiConfig.Shortcuts = commands, shortcuts
		uiConfig.Bot = ui.NewBotProcess(cfg.Program, func(action string) []string { return botEnvironment(settings, action) })
	}
	server, err := ui.New(uiConfig)
	if err != nil {
		return err
	}
	defer server.Close()
	if uiConfig.Bot != nil {
		if err := uiConfig.Bot.Start(manifests.ActionID); err != nil {
			return err
		}
		defer uiConfig.Bot.Stop(context.WithoutCancel(ctx))
	}
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error {
		return cfg.ServeHTTP(ctx, ln, &http.Server{
			Handler: server.Handler(), ReadHeaderTimeout: 5 * time.Second,
			BaseContext: func(net.Listener) context.Context { return ctx }, // ends the page's event streams
		})
	})
	printAddresses(out, s, addr, noBot)
	if !noBot {
		_, _ = fmt.Fprintf(out, "What became of a request:\n\n  STATE_DIR=%s foghorn requests\n", settings["STATE_DIR"])
	}
	return group.Wait()
}

// sandboxConfig returns the configuration of the emulators beside the page at addr.
func (o Options) sandboxConfig(addr string) (sandbox.Config, error) {
	cfg := pageSandbox(addr, o.NoBot)
	if o.Fixed {
		host, port, _ := net.SplitHostPort(addr) // of a listener
		first, err := strconv.Atoi(port)
		if err != nil {
			return cfg, fmt.Errorf("address of the page: %w", err)
		}
		for i, a := range []*string{&cfg.Slack.Addr, &cfg.Port.Addr, &cfg.IncidentIO.Addr} {
			*a = net.JoinHostPort(host, strconv.Itoa(first+1+i))
		}
		cfg.Slack.BotToken, cfg.Slack.AppToken, cfg.IncidentIO.APIKey = "xoxb-demo", "xapp-demo", "inc_demo"
		cfg.Port.ClientID, cfg.Port.ClientSecret = "demo", "demo-secret"
	}
	if o.Seed != nil {
		o.Seed.configure(&cfg)
	}
	return cfg, nil
}

// fill fills Port and incident.io, now and after each reset, and returns the actions that the page offers for /incident.
func (o Options) fill(ctx context.Context, cfg Config, s *sandbox.Sandbox, settings map[string]string) ([]ui.ActionDefinition, error) {
	if o.Seed == nil {
		s.Port.OnReset(func() error {
			s.Port.RemoveUsers()
			for _, email := range portUsers {
				if err := s.Port.AddUser(email); err != nil {
					return err
				}
			}
			_, err := seedPort(ctx, cfg, s, settings)
			return err
		})
		return seedPort(ctx, cfg, s, settings)
	}
	s.Port.OnReset(func() error { return o.Seed.fillPort(s) })
	s.IncidentIO.OnReset(func() error { return o.Seed.fillIncidentIO(s) })
	if err := errors.Join(o.Seed.fillIncidentIO(s), o.Seed.fillPort(s)); err != nil {
		return nil, &SeedError{err}
	}
	return nil, nil
}

// pageSandbox is the workspace of the page. The bot is not a member of one channel, and Port does not know two people,
// so that the page can show these cases.
func pageSandbox(addr string, noBot bool) sandbox.Config {
	cfg := sandbox.Config{
		Slack: slacktest.Config{
			AppName: appName(noBot),
			Users: []slacktest.User{
				{ID: sandbox.UserID, Name: "alice", RealName: "Alice", Email: sandbox.UserEmail},
				{ID: "U0BOB", Name: "bob", RealName: "Bob", Email: bobEmail},
				{ID: "U0MALLORY", Name: "mallory", RealName: "Mallory (not in Port)", Email: "mallory@example.com"},
				{ID: "U0GUEST", Name: "gil", RealName: "Gil (guest)", Guest: true},
			},
			Channels: []slacktest.Channel{
				{ID: sandbox.ChannelID, Name: "general", BotIsMember: true},
				{ID: "C0OPS", Name: "ops", BotIsMember: true},
				{ID: "C0SECURITY", Name: "security", Private: true, BotIsMember: true, Members: []string{sandbox.UserID, "U0BOB"}},
				{ID: "C0WARROOM", Name: "war-room", Private: true, Members: []string{sandbox.UserID, "U0BOB"}},
			},
		},
		IncidentIO:      incidentiotest.Config{PermalinkBase: "http://" + addr + ui.IncidentPath},
		WebhookFallback: "http://" + addr + ui.SinkPath,
		PortUsers:       portUsers,
	}
	if !noBot { // without commands, the emulator accepts every command
		for _, c := range commands {
			cfg.Slack.Commands = append(cfg.Slack.Commands, c.Name)
		}
	}
	return cfg
}

func appName(noBot bool) string {
	if noBot {
		return "Your app"
	}
	return "Foghorn"
}

// botSettings returns the settings of a bot with an empty store. removeState deletes the store.
func botSettings(s *sandbox.Sandbox) (settings map[string]string, removeState func(), err error) {
	dir, err := os.MkdirTemp("", "foghorn-demo-")
	if err != nil {
		return nil, nil, fmt.Errorf("create the store's directory: %w", err)
	}
	settings = s.Settings()
	settings["STATE_DIR"], settings["HTTP_ADDR"] = dir, "off"
	return settings, func() { _ = os.RemoveAll(dir) }, nil
}

// botEnvironment returns the environment of the bot's process, with an action for /incident. A command whose action that
// is has none of its own then.
func botEnvironment(settings map[string]string, action string) []string {
	var more []string
	for _, c := range commands {
		if c.Action != "" && c.Action != action {
			more = append(more, c.Name+"="+c.Action)
		}
	}
	env := []string{
		"PORT_ACTION=" + action, "SLACK_COMMANDS=" + strings.Join(more, ","), "SLACK_RUN_COMMAND=" + runCommand,
		"LOG_LEVEL=info", "LOG_FORMAT=text",
	}
	for _, name := range slices.Sorted(maps.Keys(settings)) {
		env = append(env, name+"="+settings[name])
	}
	for _, variable := range os.Environ() { // traces of the demo can be exported, too
		if strings.HasPrefix(variable, "OTEL_") {
			env = append(env, variable)
		}
	}
	return env
}

// printAddresses prints the address of the page and, with noBot, the settings for another app.
func printAddresses(out io.Writer, s *sandbox.Sandbox, addr string, noBot bool) {
	_, _ = fmt.Fprintf(out, "Slack, Port and incident.io are emulated on this machine. Open\n\n  http://%s\n\n", addr)
	if !noBot {
		_, _ = fmt.Fprintln(out, "and type /incident, or /run for any other action. Press Ctrl-C to stop.")
		return
	}
	_, _ = fmt.Fprint(out, "and start your app with these settings. Press Ctrl-C to stop.\n\n")
	settings := s.Settings()
	for _, name := range []string{
		"SLACK_API_URL", "SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "PORT_BASE_URL", "PORT_CLIENT_ID", "PORT_CLIENT_SECRET",
		"INCIDENT_IO_BASE_URL", "INCIDENT_IO_API_KEY",
	} {
		_, _ = fmt.Fprintf(out, "%s=%s\n", name, settings[name])
	}
	_, _ = fmt.Fprintf(out, "PORT_CONTROL_URL=%s\nINCIDENT_IO_CONTROL_URL=%s\nSLACK_CONTROL_URL=%s\nREADY=http://%s\n",
		s.Port.ControlURL(), s.IncidentIO.ControlURL(), s.Slack.ControlURL(), addr)
}
