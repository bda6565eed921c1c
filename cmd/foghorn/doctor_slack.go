package main

import (
	"context"
	"slices"
	"strings"

	"foghorn/integrations/slackapp"
)

func checkSlack(ctx context.Context, cfg Config) []finding {
	w := &checks{group: "Slack"}
	app := slackapp.New(slackapp.Config{AppToken: cfg.SlackAppToken, BotToken: cfg.SlackBotToken, APIURL: cfg.SlackAPIURL})
	if cfg.SlackBotToken == "" {
		w.fail("bot token", "SLACK_BOT_TOKEN is empty", "copy it from OAuth & Permissions")
	} else {
		w.checkBotToken(ctx, app)
	}
	if cfg.SlackAppToken == "" {
		w.fail("socket mode", "SLACK_APP_TOKEN is empty", "make one under Basic Information, App-Level Tokens, with connections:write")
	} else {
		w.checkSocketMode(ctx, app)
	}
	if cfg.SlackCommand == "/incident" {
		w.warn("command", "/incident may belong to incident.io's own app: Slack gives it to the app that was installed last", "if it opens another form, set SLACK_COMMAND to a name of its own and change the app's manifest (foghorn slack-manifest)")
	} else {
		w.ok("command", cfg.SlackCommand)
	}
	if cfg.AnnounceChannel != "" && cfg.SlackBotToken != "" {
		w.checkAnnounceChannel(ctx, app, cfg.AnnounceChannel)
	}
	return w.findings
}

func (w *checks) checkBotToken(ctx context.Context, app *slackapp.Client) {
	ctx, cancel := withCheckTimeout(ctx)
	defer cancel()
	id, err := app.CheckAuth(ctx)
	if err != nil {
		w.fail("bot token", err.Error(), slackHint(err, "copy SLACK_BOT_TOKEN again from OAuth & Permissions; reinstall the app if it was revoked"))
		return
	}
	w.ok("bot token", "of "+id.Team)
	if id.Scopes == nil {
		w.warn("scopes", "Slack does not say which scopes the token has", "compare them with slack-app.yaml")
		return
	}
	if missing := missingScopes(id.Scopes, neededScopes); len(missing) > 0 {
		w.fail("scopes", "the app lacks "+strings.Join(missing, ", "), "update the app's manifest (foghorn slack-manifest) and reinstall it")
	} else {
		w.ok("scopes", "all that are needed")
	}
	if missing := missingScopes(id.Scopes, optionalScopes); len(missing) > 0 {
		w.warn("optional scopes", "without "+strings.Join(missing, ", ")+" a message whose answer was lost can appear twice", "add them to the app if that matters to you")
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

func (w *checks) checkSocketMode(ctx context.Context, app *slackapp.Client) {
	ctx, cancel := withCheckTimeout(ctx)
	defer cancel()
	if err := app.CheckSocketMode(ctx); err != nil {
		w.fail("socket mode", err.Error(), slackHint(err, "SLACK_APP_TOKEN needs the scope connections:write, and Socket Mode must be on"))
		return
	}
	w.ok("socket mode", "a link can be opened")
}

// checkAnnounceChannel looks whether the bot can post where incidents are announced.
func (w *checks) checkAnnounceChannel(ctx context.Context, app *slackapp.Client, channel string) {
	ctx, cancel := withCheckTimeout(ctx)
	defer cancel()
	c, err := app.GetChannel(ctx, channel)
	switch {
	case slackapp.ErrorCode(err) == "missing_scope":
		w.warn("announcements", "whether the bot may post to ANNOUNCE_CHANNEL cannot be seen without the scope channels:read", "invite the bot there to be sure")
	case err != nil:
		w.fail("announcements", "ANNOUNCE_CHANNEL: "+err.Error(), "check the id; a private channel must have invited the bot")
	case c.Archived:
		w.fail("announcements", "ANNOUNCE_CHANNEL is archived", "name another channel")
	case c.Private && !c.Member:
		w.fail("announcements", "the bot is not in ANNOUNCE_CHANNEL, which is private", "invite it there")
	default:
		w.ok("announcements", "#"+c.Name)
	}
}

// slackHint tells an outage from a refusal.
func slackHint(err error, refused string) string {
	if slackapp.IsRejected(err) || slackapp.IsFatal(err) {
		return refused
	}
	return "Slack does not answer as it should: look at SLACK_API_URL, the network and status.slack.com"
}
