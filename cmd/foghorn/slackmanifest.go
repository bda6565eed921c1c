package main

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"unicode"

	"github.com/goccy/go-yaml"

	"foghorn/bot/dialog"
)

// appManifest is the part of a Slack app manifest that Foghorn needs.
// https://docs.slack.dev/reference/app-manifest
type appManifest struct {
	Metadata struct {
		MajorVersion int `json:"major_version" yaml:"major_version"`
		MinorVersion int `json:"minor_version" yaml:"minor_version"`
	} `json:"_metadata" yaml:"_metadata"`
	Display struct {
		Name            string `json:"name" yaml:"name"`
		Description     string `json:"description" yaml:"description"`
		BackgroundColor string `json:"background_color" yaml:"background_color"`
	} `json:"display_information" yaml:"display_information"`
	Features struct {
		AppHome struct {
			Home     bool `json:"home_tab_enabled" yaml:"home_tab_enabled"`
			Messages bool `json:"messages_tab_enabled" yaml:"messages_tab_enabled"`
			ReadOnly bool `json:"messages_tab_read_only_enabled" yaml:"messages_tab_read_only_enabled"`
		} `json:"app_home" yaml:"app_home"`
		Bot struct {
			Name   string `json:"display_name" yaml:"display_name"`
			Online bool   `json:"always_online" yaml:"always_online"`
		} `json:"bot_user" yaml:"bot_user"`
		Commands  []slashCommand `json:"slash_commands" yaml:"slash_commands"`
		Shortcuts []shortcut     `json:"shortcuts" yaml:"shortcuts"`
	} `json:"features" yaml:"features"`
	OAuth struct {
		Scopes struct {
			Bot      []string `json:"bot" yaml:"bot"`
			Optional []string `json:"bot_optional" yaml:"bot_optional"`
		} `json:"scopes" yaml:"scopes"`
	} `json:"oauth_config" yaml:"oauth_config"`
	Settings struct {
		Events struct {
			Bot []string `json:"bot_events" yaml:"bot_events"`
		} `json:"event_subscriptions" yaml:"event_subscriptions"`
		Interactivity struct {
			Enabled bool `json:"is_enabled" yaml:"is_enabled"`
		} `json:"interactivity" yaml:"interactivity"`
		Deploy     bool `json:"org_deploy_enabled" yaml:"org_deploy_enabled"`
		SocketMode bool `json:"socket_mode_enabled" yaml:"socket_mode_enabled"`
		Rotation   bool `json:"token_rotation_enabled" yaml:"token_rotation_enabled"`
	} `json:"settings" yaml:"settings"`
}

type slashCommand struct {
	Command     string `json:"command" yaml:"command"`
	Description string `json:"description" yaml:"description"`
	Hint        string `json:"usage_hint" yaml:"usage_hint"`
	Escape      bool   `json:"should_escape" yaml:"should_escape"`
}

type shortcut struct {
	Name        string `json:"name" yaml:"name"`
	Type        string `json:"type" yaml:"type"` // global or message
	CallbackID  string `json:"callback_id" yaml:"callback_id"`
	Description string `json:"description" yaml:"description"`
}

// Scopes that the bot requires, and optional ones with which it finds a message whose response was lost.
var (
	requiredScopes = []string{"commands", "chat:write", "chat:write.public", "users:read", "users:read.email"}
	optionalScopes = []string{"channels:history", "groups:history"}
)

func newAppManifest(cfg Config) appManifest {
	var m appManifest
	m.Metadata.MajorVersion, m.Metadata.MinorVersion = 2, 1
	m.Display.Name = "Foghorn"
	m.Display.Description = "Runs a Port action from Slack as you and posts the result in the channel."
	m.Display.BackgroundColor = "#1d3557"
	m.Features.AppHome.Home, m.Features.AppHome.Messages, m.Features.AppHome.ReadOnly = true, true, true
	m.Settings.Events.Bot = []string{"app_home_opened"}
	m.Features.Bot.Name, m.Features.Bot.Online = "Foghorn", true
	m.Features.Commands = []slashCommand{{Command: cfg.SlackCommand, Description: "Declare an incident", Hint: "what is happening"}}
	for _, c := range cfg.SlackCommands {
		m.Features.Commands = append(m.Features.Commands, slashCommand{Command: c.Name, Description: describeAction(c.Action), Hint: "what for"})
	}
	m.Features.Shortcuts = []shortcut{
		{"Declare an incident", "global", dialog.ShortcutDeclare, "Open the form, from anywhere"},
		{"Declare an incident", "message", dialog.ShortcutDeclareMessage, "Open the form with this message as the description"},
	}
	if cfg.SlackRunCommand != "" {
		m.Features.Commands = append(m.Features.Commands, slashCommand{Command: cfg.SlackRunCommand, Description: "Choose an action and run it", Hint: "what to search for"})
		m.Features.Shortcuts = append(m.Features.Shortcuts, shortcut{"Run an action…", "message", dialog.ShortcutRunMessage, "Choose an action; this message becomes its first long text"})
	}
	m.OAuth.Scopes.Bot, m.OAuth.Scopes.Optional = requiredScopes, optionalScopes
	m.Settings.Interactivity.Enabled, m.Settings.SocketMode = true, true
	return m
}

// describeAction is the description of the command of an action. The manifest is printed without a call of Port, so it is made
// from the identifier.
func describeAction(action string) string {
	words := []rune(strings.Join(strings.FieldsFunc(action, func(r rune) bool { return strings.ContainsRune("_-.:+=@", r) }), " "))
	if len(words) == 0 {
		return "Run an action"
	}
	words[0] = unicode.ToUpper(words[0])
	return string(words)
}

// manifestHeader is the first line of slack-app.yaml.
const manifestHeader = "# The manifest of the Slack app, printed by foghorn slack-manifest.\n"

type slackManifestCmd struct{}

func (slackManifestCmd) Run(c *console) error {
	cfg, err := c.loadConfig("slack-manifest")
	if err != nil {
		return err
	}
	m := newAppManifest(cfg)
	text, err := yaml.Marshal(m)
	if err != nil {
		return fmt.Errorf("write manifest: %w", err)
	}
	flat, err := json.Marshal(m)
	if err != nil {
		return fmt.Errorf("write manifest: %w", err)
	}
	_, _ = fmt.Fprintf(c.stdout, manifestHeader+"%s", text)
	_, _ = fmt.Fprintf(c.stderr, "\nCreate the app with one click:\nhttps://api.slack.com/apps?new_app=1&manifest_json=%s\n", url.QueryEscape(string(flat)))
	return nil
}
