// Foghorn brings a Port self-service action to Slack: a command opens its form, the
// submission runs it as the person who asked, and the channel hears how it ended.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"syscall"

	"github.com/alecthomas/kong"
)

// Exit codes.
const (
	exitFailed = 1 // the command did its work and the answer is no
	exitUsage  = 2 // a setting or an argument is wrong
)

// commands is the command line.
type commands struct {
	Serve         serveCmd         `cmd:"" default:"1" help:"Run the bot (also without any command)."`
	Demo          demoCmd          `cmd:"" help:"Everything on this machine, without any account."`
	Doctor        doctorCmd        `cmd:"" help:"Look for what is wrong, with hints."`
	Apply         applyCmd         `cmd:"" help:"Bring Port to what Foghorn needs."`
	Preview       previewCmd       `cmd:"" help:"Show the Slack modals of an action."`
	SlackManifest slackManifestCmd `cmd:"" help:"Print the manifest of the Slack app."`
	Version       versionCmd       `cmd:"" help:"Print the version."`
}

const description = `Foghorn runs Port actions from Slack. See .env.example for what can be set.

Examples:
  foghorn demo --script        see one incident travel, without any account
  foghorn apply --dry-run      what Port lacks
  foghorn preview FILE         the Slack modals of an action
  foghorn serve                run the bot`

// console is where a command reads and writes. Tests have their own.
type console struct {
	stdin, stdout, stderr *os.File
	env                   func(string) (string, bool)
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the process at once
	os.Exit(run(ctx, os.Args[1:], &console{os.Stdin, os.Stdout, os.Stderr, os.LookupEnv}))
}

// run is the whole program. It returns the exit code.
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
	wrong, ok := errors.AsType[*SettingError](err)
	if !ok {
		_, _ = fmt.Fprintln(c.stderr, "foghorn:", err)
		return exitFailed
	}
	for _, f := range wrong.Problems {
		_, _ = fmt.Fprintln(c.stderr, "foghorn:", f)
	}
	return exitUsage
}
