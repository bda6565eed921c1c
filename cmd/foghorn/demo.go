package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net"
	"os"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"foghorn/bot/dialog"
	"foghorn/bot/form"
	"foghorn/cmd/foghorn/demo/ui"
	"foghorn/integrations/incidentio/incidentiotest"
	"foghorn/integrations/slackapp/slacktest"
	"foghorn/manifests"
)

type demoCmd struct {
	Script bool   `help:"Play one incident, print each hop, and end."`
	NoBot  bool   `help:"Leave the bot out: an emulated Slack, Port and incident.io for your own app."`
	Addr   string `default:"127.0.0.1:8080" placeholder:"HOST:PORT" help:"Where the page is; an address of this machine."`
}

// Help is what foghorn demo --help says besides.
func (demoCmd) Help() string {
	return `Everything runs on this machine and needs no account: an emulated Slack, Port and incident.io, and
the real bot between them. Open the page that it names in a browser.`
}

func (d demoCmd) Run(ctx context.Context, c *console) error {
	if d.Script {
		w, err := startGuideEnvironment()
		if err != nil {
			return err
		}
		defer w.close()
		return w.runScript(ctx, c.stdout)
	}
	ln, err := d.listen()
	if err != nil {
		return err
	}
	defer func() { _ = ln.Close() }()
	w, err := startEnvironment(d.uiConfig(ln.Addr().String()))
	if err != nil {
		return err
	}
	defer w.close()
	w.incidentIO.OnChannelCreated(func(id, name string) { // incident.io makes a channel for each incident
		w.slack.AddChannel(slacktest.Channel{ID: id, Name: name, BotIsMember: true})
	})
	return d.serveUI(ctx, w, ln, c.stdout)
}

// listen opens the port of the page, on this machine alone.
func (d demoCmd) listen() (net.Listener, error) {
	host, _, err := net.SplitHostPort(d.Addr)
	if ip := net.ParseIP(host); err != nil || ip == nil || !ip.IsLoopback() {
		return nil, settingError("--addr", fmt.Sprintf("is %q", d.Addr), "the page is for this machine alone: 127.0.0.1:8080, say")
	}
	ln, err := net.Listen("tcp", d.Addr)
	if err != nil {
		return nil, settingError("--addr", "cannot be listened on: "+err.Error(), "is another demo running? foghorn demo --addr 127.0.0.1:8081")
	}
	return ln, nil
}

// uiConfig is the workspace of the page. One channel is closed to the bot and one person is
// unknown to Port, so that people see what happens then.
func (d demoCmd) uiConfig(addr string) environmentConfig {
	s := environmentConfig{
		slack: slacktest.Config{
			AppName:  d.appName(),
			Commands: []string{"/incident"},
			Users: []slacktest.User{
				{ID: demoUser, Name: "alice", RealName: "Alice", Email: "alice@example.com"},
				{ID: "U0BOB", Name: "bob", RealName: "Bob", Email: "bob@example.com"},
				{ID: "U0MALLORY", Name: "mallory", RealName: "Mallory (not in Port)", Email: "mallory@example.com"},
				{ID: "U0GUEST", Name: "gil", RealName: "Gil (guest)", Guest: true},
			},
			Channels: []slacktest.Channel{
				{ID: demoChannel, Name: "general", BotIsMember: true},
				{ID: "C0OPS", Name: "ops", BotIsMember: true},
				{ID: "C0SECURITY", Name: "security", Private: true, BotIsMember: true, Members: []string{demoUser, "U0BOB"}},
				{ID: "C0WARROOM", Name: "war-room", Private: true, Members: []string{demoUser, "U0BOB"}},
			},
		},
		incidentIO:        incidentiotest.Config{PermalinkBase: "http://" + addr + ui.IncidentPath},
		unknownWebhookURL: "http://" + addr + "/sink",
		portUsers:         []string{"alice@example.com", "bob@example.com"},
	}
	if d.NoBot {
		s.slack.Commands = nil // every command is the app's
	}
	return s
}

// appName is what the app between the three services is called.
func (d demoCmd) appName() string {
	if d.NoBot {
		return "Your app"
	}
	return "Foghorn"
}

// serveUI sets the world up, starts the bot and serves the page.
func (d demoCmd) serveUI(ctx context.Context, w *environment, ln net.Listener, out io.Writer) error {
	cfg := ui.Config{
		Slack: w.slack, Port: w.port, Incidents: w.incidentIO, Blueprint: manifests.BlueprintID, Preview: previewDefinition, AppName: d.appName(),
	}
	var err error
	if cfg.Actions, err = w.seedPort(ctx); err != nil {
		return fmt.Errorf("set the demo up: %w", err)
	}
	if !d.NoBot {
		program, err := os.Executable()
		if err != nil {
			return fmt.Errorf("start the bot: %w", err)
		}
		cfg.Bot = ui.NewBotProcess(program, w.botEnvironment)
		cfg.Command = "/incident"
		cfg.Shortcuts = []ui.Shortcut{
			{Name: "Declare an incident", CallbackID: dialog.ShortcutDeclare},
			{Name: "Declare an incident", CallbackID: dialog.ShortcutDeclareMessage, OnMessage: true},
		}
	}
	p, err := ui.New(cfg)
	if err != nil {
		return err
	}
	defer p.Close()
	if cfg.Bot != nil {
		if err := cfg.Bot.Start(manifests.ActionID); err != nil {
			return err
		}
		defer cfg.Bot.Stop(context.WithoutCancel(ctx))
	}
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return p.Serve(ctx, ln) })
	d.printAddresses(w, ln.Addr().String(), out)
	return group.Wait()
}

// printAddresses says where everything is.
func (d demoCmd) printAddresses(w *environment, addr string, out io.Writer) {
	_, _ = fmt.Fprintf(out, "Slack, Port and incident.io are emulated on this machine. Open\n\n  http://%s\n\n", addr)
	if !d.NoBot {
		_, _ = fmt.Fprintln(out, "and type /incident. Ctrl-C ends.")
		return
	}
	_, _ = fmt.Fprint(out, "and give your app these. Ctrl-C ends.\n\n")
	for _, name := range []string{
		"SLACK_API_URL", "SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "PORT_BASE_URL", "PORT_CLIENT_ID", "PORT_CLIENT_SECRET", "INCIDENT_IO_BASE_URL", "INCIDENT_IO_API_KEY",
	} {
		_, _ = fmt.Fprintf(out, "%s=%s\n", name, w.settings()[name])
	}
	_, _ = fmt.Fprintf(out, "SLACK_CONTROL_URL=%s\n", w.slack.ControlURL())
}

// botEnvironment is that of the bot's process.
func (w *environment) botEnvironment(action string) []string {
	env := w.settings()
	env["PORT_ACTION"], env["LOG_LEVEL"], env["LOG_FORMAT"] = action, "info", "text"
	var out []string
	for _, name := range slices.Sorted(maps.Keys(env)) {
		out = append(out, name+"="+env[name])
	}
	return out
}

// previewDefinition is foghorn preview for the page.
func previewDefinition(ctx context.Context, definition []byte) (views []json.RawMessage, problems []string, err error) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	f, err := compileForm("The definition", definition)
	if err != nil {
		return nil, nil, err
	}
	shown, err := renderPages(ctx, f, form.EvalContext{}, nil)
	if err != nil {
		return nil, nil, err
	}
	for _, v := range shown {
		data, err := json.Marshal(v)
		if err != nil {
			return nil, nil, fmt.Errorf("write view: %w", err)
		}
		views = append(views, data)
	}
	for _, p := range f.Problems {
		problems = append(problems, formatProblem(p))
	}
	return views, problems, nil
}
