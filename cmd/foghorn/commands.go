package main

import (
	"fmt"
	"strings"

	"foghorn/bot/dialog"
)

// maxCommands bounds the commands of an app. Slack documents no limit; each has a definition that is read in the background.
const maxCommands = 50

// parseCommands reads SLACK_COMMANDS, and adds a problem for each entry that is wrong.
func (e *SettingError) parseCommands(values map[string]string) (commands []dialog.Command) {
	const name, example = "SLACK_COMMANDS", "write /command=action, with commas between several: /deploy=deploy_service,/restart=restart_service"
	actions := map[string]string{values["SLACK_COMMAND"]: values["PORT_ACTION"]} // by command
	used := map[string]string{values["PORT_ACTION"]: values["SLACK_COMMAND"]}    // the reverse
	for entry := range strings.SplitSeq(values[name], ",") {
		if entry = strings.TrimSpace(entry); entry == "" {
			continue
		}
		command, action, found := strings.Cut(entry, "=")
		command, action = strings.TrimSpace(command), strings.TrimSpace(action)
		problem, hint := "", example
		switch {
		case !found || command == "" || action == "":
			problem = fmt.Sprintf("contains %q, which is not a command with its action", entry)
		case actions[command] != "":
			problem, hint = fmt.Sprintf("has %s, which runs %s already", command, actions[command]), "use each command once; SLACK_COMMAND is one of them"
		case used[action] != "":
			problem, hint = fmt.Sprintf("has %s for %s, which %s runs already", command, action, used[action]), "use each action once; PORT_ACTION is one of them"
		case len(commands) == maxCommands:
			problem, hint = fmt.Sprintf("has more than %d commands", maxCommands), "remove some of them"
		default:
			if problem, hint = checkCommand(command); problem == "" {
				problem, hint = checkActionID(action)
			}
		}
		if problem != "" {
			e.add(name, problem, hint)
			continue
		}
		actions[command], used[action] = action, command
		commands = append(commands, dialog.Command{Name: command, Action: action})
	}
	return commands
}
