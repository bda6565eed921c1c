package dialog

import (
	"path"
	"slices"

	"github.com/slack-go/slack"
)

// A Command is a slash command and the action whose form it opens.
type Command struct {
	Name   string // such as /deploy
	Action string // identifier of the Port action
}

// commands are all commands; the first one is the main one.
func (c Config) commands() []Command {
	return append([]Command{{c.Command, c.Action}}, c.Commands...)
}

// action is the action of a command.
func (d *Dialog) action(command string) (action string, ok bool) {
	for _, c := range d.cfg.commands() {
		if c.Name == command {
			return c.Action, true
		}
	}
	return "", false
}

// command is the command with which a form of an action is opened; for no action, the main one.
func (d *Dialog) command(action string) string {
	for _, c := range d.cfg.commands() {
		if c.Action == action {
			return c.Name
		}
	}
	if action != "" && d.cfg.RunCommand != "" {
		return d.cfg.RunCommand
	}
	return d.cfg.Command
}

// commandOfView is the command with which the form that a view is can be opened. It is the right one also for an action
// that can no longer be chosen.
func (d *Dialog) commandOfView(v slack.View) string {
	page, _ := decodePage(v)
	return d.command(page.Action)
}

// actionOfView is the action whose form a view is; "" if it is not a form of this bot.
func (d *Dialog) actionOfView(v slack.View) string {
	if page, err := decodePage(v); err == nil && d.hasAction(page.Action) {
		return page.Action
	}
	return ""
}

// hasAction reports that an action is run by a command, or that it can be chosen.
func (d *Dialog) hasAction(action string) bool {
	return d.cfg.offers(action) || slices.ContainsFunc(d.cfg.commands(), func(c Command) bool { return c.Action == action })
}

// offers reports that an action is one of those that can be chosen. No permission extends them.
func (c Config) offers(action string) bool {
	return c.RunCommand != "" && action != "" && slices.ContainsFunc(c.Choice, func(pattern string) bool {
		matches, err := path.Match(pattern, action)
		return matches && err == nil
	})
}
