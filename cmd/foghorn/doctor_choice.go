package main

import (
	"context"
	"fmt"
	"path"
	"slices"
	"strings"

	"foghorn/integrations/port"
	"foghorn/integrations/rest"
)

// checkChoice checks that the actions that can be chosen with SLACK_RUN_COMMAND can be listed, and that there are some
// for each entry of PORT_ACTIONS.
func (c *checks) checkChoice(ctx context.Context, client *port.Client, cfg Config) {
	const check = "choice"
	if cfg.SlackRunCommand == "" {
		return
	}
	actions, err := client.Definitions().ListSelfServiceActions(ctx)
	switch {
	case rest.IsRejected(err):
		c.fail(check, "the credentials cannot list actions: "+err.Error(), adminHint)
		return
	case err != nil:
		c.fail(check, err.Error(), networkHint(err, portHint))
		return
	}
	offered := map[string]bool{}
	var unused []string
	for _, pattern := range cfg.PortActions {
		found := false
		for _, a := range actions {
			if matches, _ := path.Match(pattern, a.Identifier); matches && a.Published {
				found, offered[a.Identifier] = true, true
			}
		}
		if !found {
			unused = append(unused, pattern)
		}
	}
	if len(unused) > 0 {
		slices.Sort(unused)
		consequence := ""
		if len(offered) == 0 {
			consequence = "; " + cfg.SlackRunCommand + " offers nothing"
		}
		c.warn(check, "PORT_ACTIONS has entries that no published action matches: "+strings.Join(unused, ", ")+consequence, "correct them; foghorn preview --all lists all actions in Port")
		return
	}
	c.ok(check, fmt.Sprintf("%s offers up to %d of %s, to each person those that they may run", cfg.SlackRunCommand, len(offered), pluralize(len(actions), "action")))
}
