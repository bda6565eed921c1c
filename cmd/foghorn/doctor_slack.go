package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"foghorn/integrations/slackapp"
)

func checkSlack(ctx context.Context, cfg Config) []finding {
	c := &checks{group: "Slack"}
	app := slackapp.New(slackapp.Config{AppToken: cfg.SlackAppToken, BotToken: cfg.SlackBotToken, APIURL: cfg.SlackAPIURL})
	if cfg.SlackBotToken == "" {
		c.fail("bot token", "SLACK_BOT_TOKEN is not set", "copy it from OAuth & Permissions")
	} else {
		c.checkBotToken(ctx, app)
	}
	if cfg.SlackAppToken == "" {
		c.fail("socket mode", "SLACK_APP_TOKEN is not set", "create one under Basic Information, App-Level Tokens, with connections:write")
	} else {
		c.checkSocketMode(ctx, app)
	}
	if cfg.SlackCommand == "/incident" {
		c.warn("command", "/incident may belong to incident.io's own app: Slack sends it to the app that was installed last",
			"if it opens another form, set SLACK_COMMAND to another name and update the app's manifest (foghorn slack-manifest)")
	} else {
		c.ok("command", cfg.SlackCommand)
	}
	for _, command := range cfg.SlackCommands {
		c.ok("command", command.Name+" runs "+command.Action)
	}
	if cfg.SlackRunCommand != "" {
		c.ok("command", cfg.SlackRunCommand+" lets people choose an action")
	}
	// No method that takes a bot token lists the commands of an app: apps.manifest.export needs a configuration token.
	// https://docs.slack.dev/reference/methods/apps.manifest.export
	c.ok("command", "not checked: whether the installed app has these commands, which Slack shows to no bot; foghorn slack-manifest prints them")
	if cfg.AnnounceChannel != "" && cfg.SlackBotToken != "" {
		c.checkAnnounceChannel(ctx, app, cfg.AnnounceChannel)
	}
	return c.findings
}

func (c *checks) checkBotToken(ctx context.Context, app *slackapp.Client) {
	ctx, cancel := withCheckTimeout(ctx)
	defer cancel()
	id, err := app.CheckAuth(ctx)
	if err != nil {
		c.fail("bot token", err.Error(), slackHint(err, "copy SLACK_BOT_TOKEN again from OAuth & Permissions; reinstall the app if it was revoked"))
		return
	}
	c.ok("bot token", "accepted by "+id.Team)
	if id.Scopes == nil {
		c.warn("scopes", "Slack did not return the scopes of the token", "compare them with slack-app.yaml")
		return
	}
	if missing := missingScopes(id.Scopes, requiredScopes); len(missing) > 0 {
		c.fail("scopes", "missing: "+strings.Join(missing, ", "), "update the app's manifest (foghorn slack-manifest) and reinstall the app")
	} else {
		c.ok("scopes", strings.Join(requiredScopes, ", "))
	}
	if missing := missingScopes(id.Scopes, optionalScopes); len(missing) > 0 {
		c.warn("optional scopes", "missing: "+strings.Join(missing, ", ")+"; a message can be posted twice if Slack's response is lost",
			"add them to the app, or accept the risk")
	}
}

func missingScopes(granted, wanted []string) (missing []string) {
	for _, s := range wanted {
		if !slices.Contains(granted, s) {
			missing = append(missing, s)
		}
	}
	return missing
}

func (c *checks) checkSocketMode(ctx context.Context, app *slackapp.Client) {
	ctx, cancel := withCheckTimeout(ctx)
	defer cancel()
	took, missed, err := app.CheckSocketMode(ctx)
	if err != nil {
		c.fail("socket mode", err.Error(), socketHint(err))
		return
	}
	text := fmt.Sprintf("connected, hello received in %d ms", took.Milliseconds())
	if missed > 0 {
		c.warn("socket mode", fmt.Sprintf("%s; %d that Slack sent to this connection instead of the bot's were not answered", text, missed),
			"Slack has informed the people that the app did not respond; they can repeat it")
		return
	}
	c.ok("socket mode", text)
}

// socketHint returns how to fix a connection that could not be opened.
func socketHint(err error) string {
	if _, ok := errors.AsType[*slackapp.Error](err); ok { // of apps.connections.open
		return slackHint(err, "give SLACK_APP_TOKEN the scope connections:write, and turn on Socket Mode")
	}
	if end, ok := errors.AsType[*slackapp.DisconnectError](err); ok {
		if end.Reason == "too_many_websockets" {
			return "Slack allows ten connections of an app, and the bot opens two: stop processes that are not needed"
		}
		return "turn on Socket Mode in your app's settings"
	}
	return networkHint(err, "let this machine, and the proxy if there is one, open websockets (wss) to this host; Slack's are wss-primary.slack.com and wss-backup.slack.com, port 443")
}

// checkAnnounceChannel checks that the bot can post to ANNOUNCE_CHANNEL.
func (c *checks) checkAnnounceChannel(ctx context.Context, app *slackapp.Client, id string) {
	const check = "announcements"
	ctx, cancel := withCheckTimeout(ctx)
	defer cancel()
	channel, err := app.GetChannel(ctx, id)
	switch {
	case slackapp.ErrorCode(err) == "missing_scope":
		c.warn(check, "ANNOUNCE_CHANNEL cannot be checked without the scope channels:read", "invite the bot to the channel")
	case err != nil:
		c.fail(check, "ANNOUNCE_CHANNEL: "+err.Error(), "check the id; the bot must be a member of a private channel")
	case channel.Archived:
		c.fail(check, "ANNOUNCE_CHANNEL is archived", "use another channel")
	case channel.Private && !channel.Member:
		c.fail(check, "ANNOUNCE_CHANNEL is private and the bot is not a member", "invite the bot to the channel")
	default:
		c.ok(check, "#"+channel.Name)
	}
}

// slackHint returns ifRejected if Slack rejected the request, else a hint for an outage.
func slackHint(err error, ifRejected string) string {
	if slackapp.IsRejected(err) || slackapp.IsFatal(err) {
		return ifRejected
	}
	return networkHint(err, "Slack did not respond as expected: check SLACK_API_URL, the network and status.slack.com")
}
