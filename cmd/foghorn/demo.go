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

	"foghorn/bot"
	"foghorn/bot/form"
	"foghorn/cmd/foghorn/page"
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
		w, err := openWorld()
		if err != nil {
			return err
		}
		defer w.close()
		return w.script(ctx, c.stdout)
	}
	ln, err := d.listen()
	if err != nil {
		return err
	}
	defer func() { _ = ln.Close() }()
	w, err := openScene(d.scene(ln.Addr().String()))
	if err != nil {
		return err
	}
	defer w.close()
	w.incident.OnChannel(func(id, name string) { // incident.io makes a channel for each incident
		w.slack.AddChannel(slacktest.Channel{ID: id, Name: name, BotIn: true})
	})
	return d.show(ctx, w, ln, c.stdout)
}

// listen opens the port of the page, on this machine alone.
func (d demoCmd) listen() (net.Listener, error) {
	host, _, err := net.SplitHostPort(d.Addr)
	if ip := net.ParseIP(host); err != nil || ip == nil || !ip.IsLoopback() {
		return nil, fault("--addr", fmt.Sprintf("is %q", d.Addr), "the page is for this machine alone: 127.0.0.1:8080, say")
	}
	ln, err := net.Listen("tcp", d.Addr)
	if err != nil {
		return nil, fault("--addr", "cannot be listened on: "+err.Error(), "is another demo running? foghorn demo --addr 127.0.0.1:8081")
	}
	return ln, nil
}

// scene is the workspace of the page. One channel is closed to the bot and one person is
// unknown to Port, so that people see what happens then.
func (d demoCmd) scene(addr string) scene {
	s := scene{
		slack: slacktest.Config{
			AppName:  d.app(),
			Commands: []string{"/incident"},
			Users: []slacktest.User{
				{ID: demoUser, Name: "alice", RealName: "Alice", Email: "alice@example.com"},
				{ID: "U0BOB", Name: "bob", RealName: "Bob", Email: "bob@example.com"},
				{ID: "U0MALLORY", Name: "mallory", RealName: "Mallory (not in Port)", Email: "mallory@example.com"},
				{ID: "U0GUEST", Name: "gil", RealName: "Gil (guest)", Guest: true},
			},
			Channels: []slacktest.Channel{
				{ID: demoChannel, Name: "general", BotIn: true},
				{ID: "C0OPS", Name: "ops", BotIn: true},
				{ID: "C0SECURITY", Name: "security", Private: true, BotIn: true, Members: []string{demoUser, "U0BOB"}},
				{ID: "C0WARROOM", Name: "war-room", Private: true, Members: []string{demoUser, "U0BOB"}},
			},
		},
		incident:   incidentiotest.Config{Permalinks: "http://" + addr + page.IncidentPath},
		elsewhere:  "http://" + addr + "/sink",
		portPeople: []string{"alice@example.com", "bob@example.com"},
	}
	if d.NoBot {
		s.slack.Commands = nil // every command is the app's
	}
	return s
}

// app is what the app between the three services is called.
func (d demoCmd) app() string {
	if d.NoBot {
		return "Your app"
	}
	return "Foghorn"
}

// show sets the world up, starts the bot and serves the page.
func (d demoCmd) show(ctx context.Context, w *world, ln net.Listener, out io.Writer) error {
	cfg := page.Config{
		Slack: w.slack, Port: w.port, Incidents: w.incident, Blueprint: manifests.BlueprintID, Preview: previewPasted, App: d.app(),
	}
	var err error
	if cfg.Definitions, err = w.furnish(ctx); err != nil {
		return fmt.Errorf("set the demo up: %w", err)
	}
	if !d.NoBot {
		program, err := os.Executable()
		if err != nil {
			return fmt.Errorf("start the bot: %w", err)
		}
		cfg.Bot = page.NewBot(program, w.environment)
		cfg.Command = "/incident"
		cfg.Shortcuts = []page.Shortcut{
			{Name: "Declare an incident", CallbackID: bot.ShortcutDeclare},
			{Name: "Declare an incident", CallbackID: bot.ShortcutDeclareMessage, OnMessage: true},
		}
	}
	p, err := page.New(cfg)
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
	d.greet(w, ln.Addr().String(), out)
	return group.Wait()
}

// greet says where everything is.
func (d demoCmd) greet(w *world, addr string, out io.Writer) {
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
	_, _ = fmt.Fprintf(out, "SLACK_DOOR=%s\n", w.slack.Door())
}

// environment is that of the bot's process.
func (w *world) environment(action string) []string {
	env := w.settings()
	env["PORT_ACTION"], env["LOG_LEVEL"], env["LOG_FORMAT"] = action, "info", "text"
	var out []string
	for _, name := range slices.Sorted(maps.Keys(env)) {
		out = append(out, name+"="+env[name])
	}
	return out
}

// previewPasted is foghorn preview for the page.
func previewPasted(ctx context.Context, definition []byte) (views []json.RawMessage, problems []string, err error) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	f, err := readForm("The definition", definition)
	if err != nil {
		return nil, nil, err
	}
	shown, err := previewed(ctx, f, form.Who{}, nil)
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
		problems = append(problems, problemText(p))
	}
	return views, problems, nil
}
