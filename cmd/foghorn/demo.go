package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"time"

	"github.com/sirupsen/logrus"

	"foghorn/bot/form"
	"foghorn/cmd/foghorn/demo"
	"foghorn/manifests"
)

type demoCmd struct {
	Script bool   `help:"Play one incident in the terminal, print each step, and exit."`
	NoBot  bool   `help:"Start the emulators without the bot, to test your own Slack app."`
	Fixed  bool   `help:"Use fixed tokens, and the three ports after that of the page for Slack, Port and incident.io."`
	Seed   string `placeholder:"FILE" help:"With --no-bot: what the emulators have at the start and after a reset, as YAML."`
	Addr   string `default:"127.0.0.1:8080" placeholder:"HOST:PORT" help:"Address of the page, on this machine only."`
}

// Help is the description in foghorn demo --help.
func (demoCmd) Help() string {
	return `Runs the bot between emulators of Slack, Port and incident.io on this machine. It needs no account.
Open the address that it prints in a browser.`
}

func (d demoCmd) Run(ctx context.Context, c *console) error {
	run := func(ctx context.Context, settings map[string]string) error {
		for name := range traceChecks {
			if value, isSet := c.env[name]; isSet {
				settings[name] = value
			}
		}
		return runBot(ctx, settings)
	}
	cfg := demo.Config{RunBot: run, Apply: applyAll, Preview: previewDefinition, ServeHTTP: serveHTTP}
	if d.Script {
		return demo.RunScript(ctx, cfg, c.stdout)
	}
	var err error
	if cfg.Program, err = os.Executable(); err != nil {
		return fmt.Errorf("find the program: %w", err)
	}
	options := demo.Options{NoBot: d.NoBot, Fixed: d.Fixed}
	if d.Seed != "" {
		if options.Seed, err = d.readSeed(); err != nil {
			return err
		}
	}
	ln, err := d.listen()
	if err != nil {
		return err
	}
	defer func() { _ = ln.Close() }()
	err = demo.Serve(ctx, cfg, ln, options, c.stdout)
	if invalid, ok := errors.AsType[*demo.SeedError](err); ok {
		return d.seedError(invalid)
	}
	if occupied, ok := errors.AsType[*net.OpError](err); ok && d.Fixed && occupied.Op == "listen" {
		return settingError("--fixed", "cannot be used: "+occupied.Error(), "the three ports after that of --addr must be free")
	}
	return err
}

// readSeed reads the seed file.
func (d demoCmd) readSeed() (*demo.Seed, error) {
	if !d.NoBot {
		return nil, settingError("--seed", "needs --no-bot", "the demo with the bot has a state of its own")
	}
	f, err := os.Open(d.Seed)
	if err != nil {
		return nil, settingError("--seed", "cannot be read: "+err.Error(), "name a seed file")
	}
	defer func() { _ = f.Close() }()
	data, err := io.ReadAll(io.LimitReader(f, maxYAML+1))
	if reason := checkYAMLSize(data); err == nil && reason != "" {
		err = errors.New(reason)
	}
	if err != nil {
		return nil, d.seedError(err)
	}
	seed, err := demo.ParseSeed(data)
	if err != nil {
		return nil, d.seedError(err)
	}
	return seed, nil
}

func (d demoCmd) seedError(err error) error {
	return settingError("--seed", fmt.Sprintf("is %s: %s", d.Seed, err), "see docs/demo.md for the keys of a seed file")
}

// listen opens the port of the page, on a loopback address only.
func (d demoCmd) listen() (net.Listener, error) {
	host, _, err := net.SplitHostPort(d.Addr)
	if ip := net.ParseIP(host); err != nil || ip == nil || !ip.IsLoopback() {
		return nil, settingError("--addr", fmt.Sprintf("is %q", d.Addr), "use a loopback address, such as 127.0.0.1:8080")
	}
	ln, err := net.Listen("tcp", d.Addr)
	if err != nil {
		return nil, settingError("--addr", "is not available: "+err.Error(), "if another demo is running, use foghorn demo --addr 127.0.0.1:8081")
	}
	return ln, nil
}

// runBot is foghorn serve without a log.
func runBot(ctx context.Context, settings map[string]string) error {
	cfg, err := configFrom(settings, "serve")
	if err != nil {
		return err
	}
	log := logrus.New()
	log.SetOutput(io.Discard)
	return serve(ctx, cfg, logrus.NewEntry(log))
}

// applyAll is foghorn apply --yes without output.
func applyAll(ctx context.Context, settings map[string]string) (manifests.Set, error) {
	cfg, err := configFrom(settings, "apply")
	if err != nil {
		return manifests.Set{}, err
	}
	client := cfg.newPortClient()
	defer client.Close()
	set, changes, err := applyCmd{Yes: true}.plan(ctx, cfg, client, io.Discard)
	if err != nil {
		return manifests.Set{}, err
	}
	return set, writeChanges(ctx, changes, io.Discard)
}

// configFrom reads settings from a map instead of the environment.
func configFrom(settings map[string]string, command string) (Config, error) {
	cfg, _, err := loadConfig(settings, os.DevNull, command)
	return cfg, err
}

// previewDefinition is foghorn preview for a definition that was pasted in the page.
func previewDefinition(ctx context.Context, definition []byte) (views []json.RawMessage, problems []string, err error) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	sources, err := readSelfServiceActions("The definition", definition)
	if err != nil {
		return nil, nil, err
	}
	for _, a := range sources {
		f, err := a.compile()
		if err != nil {
			return nil, nil, err
		}
		pages, err := renderPages(resolveForm(ctx, f, form.EvalContext{}, nil))
		if err != nil {
			return nil, nil, err
		}
		for _, page := range pages {
			data, err := json.Marshal(page)
			if err != nil {
				return nil, nil, fmt.Errorf("encode view: %w", err)
			}
			views = append(views, data)
		}
		for _, p := range f.Problems {
			problems = append(problems, formatProblem(p))
		}
	}
	return views, problems, nil
}
