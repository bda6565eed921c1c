// Foghorn runs Port self-service actions from Slack: a slash command opens the form of an action, the submission runs
// the action as the person who sent it, and the result is posted in the channel.
//
// This package has one file for each sub-command, and the settings:
//
//   - main: flags, signals, exit codes
//   - settings, config: the environment variables and their checks
//   - dotenv, value, names: .env, values as they are meant, misspelled names
//   - network: proxies, certificate authorities, hints for failed connections
//   - statedir, disk*: whether the directory of the store is lasting, and its free space
//   - nats: the settings of a cluster
//   - serve: the bot
//   - demo: the demo, which is the package demo
//   - apply, definition: writes Port's definitions
//   - doctor*: checks of Slack, Port, incident.io and this machine
//   - preview*: the Slack views of an action
//   - requests*: what was asked for, for operators
//   - slackmanifest: the manifest of the Slack app
package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"runtime"
	"slices"
	"strings"

	"github.com/alecthomas/kong"

	_ "foghorn/cmd/foghorn/earlylog" // before the libraries that log
	"foghorn/cmd/foghorn/stopsignal"
	"foghorn/integrations/slackapp"
)

// Exit codes.
const (
	exitFailed = 1 // the command failed, or its result is negative
	exitUsage  = 2 // a setting or an argument is wrong
)

// commands are the sub-commands, for kong.
type commands struct {
	Serve         serveCmd         `cmd:"" default:"1" help:"Run the bot (also without any command)."`
	Demo          demoCmd          `cmd:"" help:"Run everything on this machine, without an account."`
	Doctor        doctorCmd        `cmd:"" help:"Check the setup, with a hint for each problem."`
	Apply         applyCmd         `cmd:"" help:"Write Port's definitions."`
	Preview       previewCmd       `cmd:"" help:"Print the Slack views of an action."`
	Requests      requestsCmd      `cmd:"" help:"Show what was asked for, and continue or end it."`
	SlackManifest slackManifestCmd `cmd:"" help:"Print the manifest of the Slack app."`
	Version       versionCmd       `cmd:"" help:"Print the version."`
}

const description = `Foghorn runs Port actions from Slack. .env.example lists the settings.

Examples:
  foghorn demo --script        play one incident, without an account
  foghorn apply --dry-run      show what is missing in Port
  foghorn serve                run the bot`

// console is the input, the output and the environment of a command. Tests replace it.
type console struct {
	stdin, stdout, stderr *os.File
	env                   map[string]string              // of the process
	setenv                func(name, value string) error // sets a variable of the process
}

func main() {
	// The clients copy this transport.
	http.DefaultTransport.(*http.Transport).OnProxyConnectResponse = slackapp.CheckTunnel
	env := map[string]string{}
	for _, variable := range os.Environ() {
		name, value, _ := strings.Cut(variable, "=")
		if runtime.GOOS == "windows" { // where the case of names does not matter
			name = strings.ToUpper(name)
		}
		env[name] = value
	}
	os.Exit(run(stopsignal.Context, os.Args[1:], &console{os.Stdin, os.Stdout, os.Stderr, env, os.Setenv}))
}

// run parses the arguments, runs the command and returns the exit code.
func run(ctx context.Context, args []string, c *console) int {
	if len(args) > 0 && args[0] == "help" {
		args = append(slices.Clone(args[1:]), "--help")
	}
	var cmds commands
	exited := -1
	parser, err := kong.New(&cmds, kong.Name("foghorn"), kong.Description(description), kong.UsageOnError(),
		kong.Writers(c.stdout, c.stderr), kong.Exit(func(code int) { exited = code }),
		kong.BindTo(ctx, (*context.Context)(nil)), kong.Bind(c), kong.ConfigureHelp(kong.HelpOptions{Compact: true, NoExpandSubcommands: true}))
	if err != nil {
		_, _ = fmt.Fprintln(c.stderr, "foghorn:", err)
		return exitFailed
	}
	parsed, err := parser.Parse(args)
	if exited >= 0 {
		return exited
	}
	if err != nil {
		_, _ = fmt.Fprintf(c.stderr, "foghorn: %v\n  hint: foghorn help\n", err)
		return exitUsage
	}
	err = parsed.Run()
	if err == nil {
		return 0
	}
	if code, ok := errors.AsType[exitCode](err); ok {
		return int(code)
	}
	invalid, ok := errors.AsType[*SettingError](err)
	if !ok {
		_, _ = fmt.Fprintln(c.stderr, "foghorn:", err)
		return exitFailed
	}
	for _, p := range invalid.Problems {
		_, _ = fmt.Fprintln(c.stderr, "foghorn:", p)
	}
	c.printWarnings(invalid.Warnings)
	return exitUsage
}

func (c *console) printWarnings(warnings []SettingProblem) {
	for _, w := range warnings {
		_, _ = fmt.Fprintln(c.stderr, "foghorn: warning:", w)
	}
}
