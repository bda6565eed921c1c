package main

import (
	"fmt"
	"regexp"
	"slices"
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

// maxPatterns bounds the entries of PORT_ACTIONS, each of which is compared with every action.
const maxPatterns = 200

// maxPatternBytes bounds one of them. It is no part of patternPattern, which would take 4 MB.
const maxPatternBytes = 400

var patternPattern = regexp.MustCompile(`^[\p{L}0-9@_.+:=*-]+$`)

// parseChoice reads SLACK_RUN_COMMAND and PORT_ACTIONS, and adds a problem for each part that is wrong.
func (e *SettingError) parseChoice(values map[string]string, commands []dialog.Command) (command string, patterns []string) {
	const commandName, patternsName = "SLACK_RUN_COMMAND", "PORT_ACTIONS"
	command = values[commandName]
	switch {
	case command == "":
	case command == values["SLACK_COMMAND"]:
		e.add(commandName, fmt.Sprintf("is %s, which is SLACK_COMMAND already", command), "use a command of its own, such as /run")
	case slices.ContainsFunc(commands, func(c dialog.Command) bool { return c.Name == command }):
		e.add(commandName, fmt.Sprintf("is %s, which SLACK_COMMANDS has already", command), "use a command of its own, such as /run")
	}
	for entry := range strings.SplitSeq(values[patternsName], ",") {
		entry = strings.TrimSpace(entry)
		switch {
		case entry == "":
		case len(entry) > maxPatternBytes || !patternPattern.MatchString(entry):
			e.add(patternsName, fmt.Sprintf("contains %q, which is not an action identifier", entry), "write identifiers with commas between them; * stands for any characters: deploy_*,restart_service")
		case len(patterns) == maxPatterns:
			e.add(patternsName, fmt.Sprintf("has more than %d identifiers", maxPatterns), "use * for several actions")
			return command, patterns
		default:
			patterns = append(patterns, entry)
		}
	}
	if len(patterns) == 0 && strings.Trim(values[patternsName], ", ") == "" {
		e.add(patternsName, "has no identifier", "leave it empty for all actions")
	}
	if command == "" && values[patternsName] != "*" {
		e.addWarning(patternsName, "has no effect without SLACK_RUN_COMMAND", "set SLACK_RUN_COMMAND, such as /run")
	}
	return command, patterns
}
