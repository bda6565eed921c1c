package main

import (
	"fmt"
	"net"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"foghorn/integrations/port"
	"foghorn/integrations/slackapp"
	"foghorn/manifests"
)

// setting is one environment variable. The table in docs/configuration.md and .env.example are generated from it.
type setting struct {
	Name     string
	Default  string
	Meaning  string
	Required string                                    // commands that require it, separated by ", "
	Secret   bool                                      // its value is never printed
	check    func(value string) (problem, hint string) // nil: every value is valid
}

// settings lists all settings in the order of the documentation.
var settings = []setting{
	{Name: "SLACK_APP_TOKEN", Meaning: "App-level token of the Slack app, with the scope `connections:write`.", Required: "serve", Secret: true, check: checkToken("xapp-", "an app-level token", "Basic Information, App-Level Tokens")},
	{Name: "SLACK_BOT_TOKEN", Meaning: "Bot token of the Slack app.", Required: "serve", Secret: true, check: checkToken("xoxb-", "a bot token", "OAuth & Permissions")},
	{Name: "PORT_CLIENT_ID", Meaning: "Client id of the Port organization.", Required: "serve, apply, doctor", check: checkSecretFormat},
	{Name: "PORT_CLIENT_SECRET", Meaning: "Client secret of the Port organization.", Required: "serve, apply, doctor", Secret: true, check: checkSecretFormat},
	{Name: "PORT_ACTION", Default: manifests.ActionID, Meaning: "Identifier of the action that the command runs.", check: checkActionID},
	{Name: "SLACK_COMMAND", Default: "/incident", Meaning: "The slash command. If another app owns `/incident`, choose another name.", check: checkCommand},
	{Name: "SLACK_COMMANDS", Meaning: "More slash commands, each with its action: `/deploy=deploy_service,/restart=restart_service`."}, // parseCommands checks it
	{Name: "SLACK_RUN_COMMAND", Meaning: "A slash command, such as `/run`, with which people choose among the actions that they may run. Empty: none.", check: checkCommand},
	{Name: "PORT_ACTIONS", Default: "*", Meaning: "Identifiers of the actions that can be chosen there; `*` stands for any characters: `deploy_*,restart_service`."}, // parseChoice checks it
	{Name: "INCIDENT_IO_API_KEY", Meaning: "API key of incident.io. `apply` and `doctor` read severities and statuses with it; `serve` keeps the messages about incidents and their entities in Port up to date with it. All of them also run without it.", Secret: true, check: checkSecretFormat},
	{Name: "UPDATE_CATALOG", Default: "on", Meaning: "`on` or `off`: whether the entities in Port's catalog follow the incidents that were declared through Foghorn. `off` if an integration imports incident.io into Port.", check: checkOneOf("on", "off")},
	{Name: "RECENT_INCIDENTS", Default: "on", Meaning: "`on` or `off`: the form of SLACK_COMMAND shows the open incidents of the last hour. It needs INCIDENT_IO_API_KEY.", check: checkOneOf("on", "off")},
	{Name: "SLACK_API_URL", Default: slackapp.DefaultAPIURL, Meaning: "Base URL of Slack's Web API.", check: checkURL},
	{Name: "PORT_BASE_URL", Default: port.DefaultBaseURL, Meaning: "Base URL of Port's API; `https://api.us.port.io` in the United States.", check: checkPortURL},
	{Name: "INCIDENT_IO_BASE_URL", Default: "https://api.incident.io", Meaning: "Base URL of incident.io's API.", check: checkURL},
	{Name: "STATE_DIR", Default: "./state", Meaning: "Directory of the embedded store. Ignored if NATS_URL is set.", check: checkDirectory},
	{Name: "NATS_URL", Meaning: "URL of an existing NATS JetStream cluster, which replaces the embedded store.", check: checkNATSURL},
	{Name: "NATS_CREDS", Meaning: "File with the credentials of the user at NATS_URL (`.creds`), or with the seed of its nkey.", check: checkNATSCreds},
	{Name: "NATS_CA", Meaning: "PEM file with the certificate authorities of NATS_URL, instead of those of the system.", check: checkAuthorityFile},
	{Name: "NATS_CERT", Meaning: "PEM file with the client certificate for NATS_URL.", check: checkReadable},
	{Name: "NATS_KEY", Meaning: "PEM file with the key of NATS_CERT.", check: checkReadable},
	{Name: "STATE_RETENTION", Default: "720h", Meaning: "How long records of ended requests are kept; at least `1h`.", check: checkRetention},
	{Name: "ANNOUNCE_CHANNEL", Meaning: "Id of a channel in which every public incident is announced, in addition to the channel of the command.", check: checkChannelID},
	{Name: "HTTP_ADDR", Default: ":8080", Meaning: "Address that serves /healthz, /readyz and /metrics, and /port/runs if PORT_WEBHOOK_SECRET is set; `off` for none.", check: checkListenAddr},
	{Name: "PORT_WEBHOOK_SECRET", Meaning: "Secret that verifies the signature of Port's webhook to /port/runs: the client secret of the organization.", Secret: true, check: checkSecretFormat},
	{Name: "LOG_LEVEL", Default: "info", Meaning: "`debug`, `info`, `warn` or `error`.", check: checkOneOf("debug", "info", "warn", "error")},
	{Name: "LOG_FORMAT", Default: "text", Meaning: "`text` or `json`.", check: checkOneOf("text", "json")},
	{Name: "OTEL_EXPORTER_OTLP_ENDPOINT", Meaning: "Base URL of an OTLP receiver, such as `http://localhost:4318`. `serve` exports traces to it, and reads the other standard `OTEL_*` variables."}, // readTraceVariables checks it
}

// checkToken returns a check for one kind of Slack token. It recognizes tokens of other kinds.
func checkToken(prefix, kind, where string) func(string) (string, string) {
	return func(v string) (string, string) {
		hint := fmt.Sprintf("%s begins with %s; in your app's settings it is under %s", kind, prefix, where)
		if problem, hint := checkSecretFormat(v); problem != "" {
			return problem, hint
		}
		switch {
		case v == prefix:
			return "has nothing after " + prefix, hint
		case strings.TrimRight(v, ",;") != v:
			return "ends in a comma or semicolon", "paste the value alone"
		case strings.HasPrefix(v, prefix):
			return "", ""
		case strings.HasPrefix(v, "xoxb-"):
			return "is a bot token (xoxb-…), which belongs in SLACK_BOT_TOKEN", hint
		case strings.HasPrefix(v, "xapp-"):
			return "is an app-level token (xapp-…), which belongs in SLACK_APP_TOKEN", hint
		case strings.HasPrefix(v, "xoxp-"):
			return "is a user token (xoxp-…)", hint
		case strings.HasPrefix(v, "xoxe"):
			return "is a rotating token (xoxe…)", "turn token rotation off in your app's settings; " + hint
		}
		return "is not " + kind, hint
	}
}

// checkSecretFormat rejects spaces and quotes, which are often pasted with a secret, and characters that are not valid
// in an HTTP header.
func checkSecretFormat(v string) (string, string) {
	switch {
	case strings.ContainsFunc(v, unicode.IsSpace) || strings.ContainsAny(v, `"'`):
		return "contains spaces or quotes", "paste the value alone"
	case strings.ContainsFunc(v, func(r rune) bool { return r <= ' ' || r > '~' }):
		return "contains characters that are not allowed", "copy it again from its source"
	}
	return "", ""
}

var (
	actionPattern  = regexp.MustCompile(`^[\p{L}0-9@_.+:=-]+$`)
	commandPattern = regexp.MustCompile(`^/[^\s/A-Z]{1,31}$`)
	channelPattern = regexp.MustCompile(`^[CG][A-Z0-9]{2,}$`)

	unexpandedPattern = regexp.MustCompile(`^~($|[/\\])|\$[A-Za-z_{(]|%[A-Za-z_]+%`)
)

func checkActionID(v string) (string, string) {
	if !actionPattern.MatchString(v) || v == "." || v == ".." {
		return fmt.Sprintf("is %q, which is not an action identifier", v), "use letters, digits and @_.+:=- ; Port shows the identifier in the action's settings"
	}
	return "", ""
}

func checkCommand(v string) (string, string) {
	if !commandPattern.MatchString(v) {
		return fmt.Sprintf("is %q, which is not a slash command", v), "use a slash and up to 31 lower-case characters without spaces, such as /incident"
	}
	return "", ""
}

func checkChannelID(v string) (string, string) {
	if !channelPattern.MatchString(v) {
		return fmt.Sprintf("is %q, which is not a channel id", v), "open the channel's details in Slack; the id at the bottom begins with C or G"
	}
	return "", ""
}

func checkURL(v string) (string, string) {
	u, err := url.Parse(v)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Hostname() == "" || !isPortNumber(u.Port()) ||
		u.User != nil || u.RawQuery != "" || u.ForceQuery || u.Fragment != "" {
		return "is not a valid URL", "use https://host or https://host/path, without a user or a query"
	}
	return "", ""
}

// checkPortURL checks the base URL of Port's API. Port's documentation often shows it with the version.
func checkPortURL(v string) (string, string) {
	if strings.HasSuffix(strings.TrimRight(v, "/"), "/v1") {
		return "ends in /v1", "remove /v1, which is added to every request"
	}
	return checkURL(v)
}

func checkListenAddr(v string) (string, string) {
	if v == "off" {
		return "", ""
	}
	if _, number, err := net.SplitHostPort(v); err != nil || number == "" || !isPortNumber(number) {
		return fmt.Sprintf("is %q, which is not a listen address", v), "use :8080 or 127.0.0.1:8080, or off for none"
	}
	return "", ""
}

// isPortNumber reports whether s is empty or a valid TCP port.
func isPortNumber(s string) bool {
	_, err := strconv.ParseUint(s, 10, 16)
	return s == "" || err == nil
}

func checkRetention(v string) (string, string) {
	if d, err := time.ParseDuration(v); err != nil || d < time.Hour {
		return fmt.Sprintf("is %q, which is not a valid duration", v), "use a duration of at least 1h, such as 720h"
	}
	return "", ""
}

// checkDirectory rejects a path that exists and is not a directory, and one that only a shell would understand. serve
// creates a missing directory.
func checkDirectory(v string) (string, string) {
	if unexpandedPattern.MatchString(v) {
		return fmt.Sprintf("is %q, in which nothing replaces the variable or ~", v), "write the whole path"
	}
	if info, err := os.Stat(v); err == nil && !info.IsDir() {
		return fmt.Sprintf("is %q, which is a file", v), "use a directory; it is created if it does not exist"
	}
	return "", ""
}

func checkOneOf(values ...string) func(string) (string, string) {
	return func(v string) (string, string) {
		if slices.Contains(values, v) {
			return "", ""
		}
		return fmt.Sprintf("is %q", v), "use one of " + strings.Join(values, ", ")
	}
}
