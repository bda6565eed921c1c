package main

import (
	"context"
	"fmt"
	"strings"

	"golang.org/x/sync/errgroup"

	"foghorn/bot/dialog"
	"foghorn/bot/form"
	"foghorn/bot/identity"
	"foghorn/bot/slacktext"
	"foghorn/integrations/port"
	"foghorn/integrations/rest"
)

// actionsAtOnce is how many actions are read from Port at the same time.
const actionsAtOnce = 8

// A checkedAction is what Port says of the action of a command.
type checkedAction struct {
	dialog.Command
	definition     port.Action
	err            error // of the definition
	permissions    port.Permissions
	permissionsErr error
}

// checkActions checks the action of each command: that it exists and can be run from Slack, and who may run it. The
// first command is the main one.
func (c *checks) checkActions(ctx context.Context, client *port.Client, commands []dialog.Command) {
	actions := make([]checkedAction, len(commands))
	var reading errgroup.Group
	reading.SetLimit(actionsAtOnce)
	for i, command := range commands {
		reading.Go(func() error {
			a := &actions[i]
			a.Command = command
			if a.definition, a.err = client.GetAction(ctx, command.Action); a.err == nil {
				a.permissions, a.permissionsErr = client.GetExecutePermissions(ctx, command.Action)
			}
			return nil
		})
	}
	_ = reading.Wait() // the errors are in actions
	for i, a := range actions {
		hint := "set SLACK_COMMANDS to an action that exists; Port shows its identifier in its settings"
		if i == 0 {
			hint = "foghorn apply creates it, or set PORT_ACTION to another one"
		}
		c.checkAction(ctx, a, hint)
	}
	c.checkPermissions(actions)
}

// checkAction reports whether an action exists and can be run from Slack, and who may run it.
func (c *checks) checkAction(ctx context.Context, a checkedAction, missingHint string) {
	id := a.Action
	switch {
	case rest.IsNotFound(a.err):
		c.fail("action", "Port has no action "+id, missingHint)
		return
	case rest.IsRejected(a.err):
		c.fail("action", "the credentials cannot read "+id+", so the bot has no form: "+a.err.Error(), adminHint)
		return
	case a.err != nil:
		c.fail("action", a.err.Error(), networkHint(a.err, portHint))
		return
	}
	f, err := form.Compile(a.definition.Raw)
	if err != nil {
		c.fail("action", err.Error(), "foghorn preview "+id+" shows details")
		return
	}
	if len(f.Problems) > 0 {
		c.fail("action", id+" cannot be run from Slack: "+formatProblems(f.Problems), "foghorn preview "+id+" lists all reasons")
		return
	}
	state := resolveForm(ctx, f, form.EvalContext{}, nil)
	if len(state.Problems) > 0 {
		c.warn("action", id+" has a condition that cannot be evaluated: "+formatProblem(state.Problems[0]),
			"simplify the jq program; until then the form may differ from Port's")
		return
	}
	text := fmt.Sprintf("%s (%s) can be run from Slack", id, a.Name)
	if a.permissionsErr == nil {
		text += "; who may run it: " + slacktext.SingleLine(identity.Audience(a.permissions))
	}
	c.ok("action", text)
}

// maxFormattedProblems is how many problems of an action a line shows.
const maxFormattedProblems = 3

func formatProblems(problems []form.Problem) string {
	var out []string
	for i, p := range problems {
		if i == maxFormattedProblems {
			out = append(out, fmt.Sprintf("and %d more", len(problems)-i))
			break
		}
		out = append(out, formatProblem(p))
	}
	return strings.Join(out, "; ")
}

// checkPermissions checks that the permissions of the actions can be read, and lists the actions for which only Port
// can decide who may run them.
func (c *checks) checkPermissions(actions []checkedAction) {
	var policies []string
	read := 0
	for _, a := range actions {
		switch err := a.permissionsErr; {
		case a.err != nil || rest.IsNotFound(err): // checkAction has reported it
			continue
		case rest.IsRejected(err):
			c.fail("permissions", err.Error(), "give the key the role Admin: the bot runs nothing while it cannot read who may run "+a.Action)
			return
		case err != nil:
			c.fail("permissions", err.Error(), networkHint(err, portHint))
			return
		case a.permissions.HasPolicy:
			policies = append(policies, a.Action)
		}
		read++
	}
	if len(policies) > 0 {
		c.warn("permissions", "a policy decides who may run "+strings.Join(policies, ", "),
			"the bot cannot evaluate policies: check in Port that a person whom the policy excludes cannot run the action from Slack")
		return
	}
	if read > 0 {
		c.ok("permissions", "the credentials can read who may run "+pluralize(read, "action"))
	}
}
