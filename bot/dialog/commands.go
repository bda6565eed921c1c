package dialog

import "github.com/slack-go/slack"

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

// command is the command of an action; for an action without one, the main one.
func (d *Dialog) command(action string) string {
	for _, c := range d.cfg.commands() {
		if c.Action == action {
			return c.Name
		}
	}
	return d.cfg.Command
}

// actionOfView is the action whose form a view is; "" if it is not a form of this bot.
func (d *Dialog) actionOfView(v slack.View) string {
	if page, err := decodePage(v); err == nil && d.hasAction(page.Action) {
		return page.Action
	}
	return ""
}

func (d *Dialog) hasAction(action string) bool {
	for _, c := range d.cfg.commands() {
		if c.Action == action {
			return true
		}
	}
	return false
}
