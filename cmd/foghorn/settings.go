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

// A setting is one variable of the environment. The table of the README and .env.example
// are made from it.
type setting struct {
	Name     string
	Default  string
	Meaning  string
	Required string                                  // the commands that cannot do without, with ", " between; empty: none
	Secret   bool                                    // no message shows its value
	check    func(value string) (wrong, hint string) // nil: anything goes
}

// settings are all that can be set, in the order in which people meet them.
var settings = []setting{
	{Name: "SLACK_APP_TOKEN", Meaning: "Opens the links to Slack; an app-level token with `connections:write`.", Required: "serve", Secret: true, check: token("xapp-", "an app-level token", "Basic Information, App-Level Tokens")},
	{Name: "SLACK_BOT_TOKEN", Meaning: "The bot's token.", Required: "serve", Secret: true, check: token("xoxb-", "a bot token", "OAuth & Permissions")},
	{Name: "PORT_CLIENT_ID", Meaning: "Credentials of the Port organization.", Required: "serve, apply, doctor", check: credential},
	{Name: "PORT_CLIENT_SECRET", Meaning: "The other half of them.", Required: "serve, apply, doctor", Secret: true, check: credential},
	{Name: "PORT_ACTION", Default: manifests.ActionID, Meaning: "Identifier of the action that the command runs.", check: action},
	{Name: "SLACK_COMMAND", Default: "/incident", Meaning: "The slash command. Another app may own `/incident`: then choose another name.", check: command},
	{Name: "INCIDENT_IO_API_KEY", Meaning: "For apply and doctor, which read severities and statuses; with it serve also adds an incident's own channel to its message, once there is one. serve runs without it.", Secret: true, check: credential},
	{Name: "SLACK_API_URL", Default: slackapp.DefaultAPIURL, Meaning: "Where Slack's Web API is.", check: address},
	{Name: "PORT_BASE_URL", Default: port.DefaultBaseURL, Meaning: "Where Port's API is; `https://api.us.port.io` in the United States.", check: portAddress},
	{Name: "INCIDENT_IO_BASE_URL", Default: "https://api.incident.io", Meaning: "Where incident.io's API is.", check: address},
	{Name: "STATE_DIR", Default: "./state", Meaning: "Directory of the embedded store. Ignored when NATS_URL is set.", check: directory},
	{Name: "NATS_URL", Meaning: "An existing JetStream cluster, when one machine is too small.", check: natsAddress},
	{Name: "STATE_RETENTION", Default: "720h", Meaning: "How long the records of ended requests are kept.", check: duration},
	{Name: "ANNOUNCE_CHANNEL", Meaning: "Id of a channel that hears of every public incident, besides the channel of the command.", check: channel},
	{Name: "HTTP_ADDR", Default: ":8080", Meaning: "Where /healthz, /readyz and /metrics are served, and /port/runs when PORT_WEBHOOK_SECRET is set; `off` for none.", check: listen},
	{Name: "PORT_WEBHOOK_SECRET", Meaning: "Checks the signature of Port's webhook to /port/runs: the client secret of the organization.", Secret: true, check: credential},
	{Name: "LOG_LEVEL", Default: "info", Meaning: "`debug`, `info`, `warn` or `error`.", check: oneOf("debug", "info", "warn", "error")},
	{Name: "LOG_FORMAT", Default: "text", Meaning: "`text` or `json`.", check: oneOf("text", "json")},
}

// token checks the kind of a Slack token, and names a swapped one.
func token(prefix, kind, where string) func(string) (string, string) {
	return func(v string) (string, string) {
		hint := fmt.Sprintf("%s begins with %s; in your app's settings it is under %s", kind, prefix, where)
		if wrong, hint := credential(v); wrong != "" {
			return wrong, hint
		}
		switch {
		case v == prefix:
			return "ends after " + prefix, hint
		case strings.HasPrefix(v, prefix):
			return "", ""
		case strings.HasPrefix(v, "xoxb-"):
			return "holds a bot token (xoxb-…), which belongs in SLACK_BOT_TOKEN", hint
		case strings.HasPrefix(v, "xapp-"):
			return "holds an app-level token (xapp-…), which belongs in SLACK_APP_TOKEN", hint
		case strings.HasPrefix(v, "xoxp-"):
			return "holds a user token (xoxp-…)", hint
		case strings.HasPrefix(v, "xoxe"):
			return "holds a token that rotates (xoxe…)", "turn token rotation off in your app's settings; " + hint
		}
		return "is not " + kind, hint
	}
}

// credential refuses what comes along when a secret is pasted, and what no HTTP header carries.
func credential(v string) (string, string) {
	switch {
	case strings.ContainsFunc(v, unicode.IsSpace) || strings.ContainsAny(v, `"'`):
		return "has blanks or quotes around it or in it", "paste it alone"
	case strings.ContainsFunc(v, func(r rune) bool { return r <= ' ' || r > '~' }):
		return "has characters that no key has", "copy it again from where it was made"
	}
	return "", ""
}

var (
	actionForm  = regexp.MustCompile(`^[\p{L}0-9@_.+:=-]+$`)
	commandForm = regexp.MustCompile(`^/[^\s/A-Z]{1,31}$`)
	channelForm = regexp.MustCompile(`^[CG][A-Z0-9]{2,}$`)
)

func action(v string) (string, string) {
	if !actionForm.MatchString(v) || v == "." || v == ".." {
		return fmt.Sprintf("is %q, which is no identifier of an action", v), "letters, digits and @_.+:=- ; Port shows it as the action's identifier"
	}
	return "", ""
}

func command(v string) (string, string) {
	if !commandForm.MatchString(v) {
		return fmt.Sprintf("is %q, which is no slash command", v), "a slash and up to 31 characters in lower case without blanks, such as /incident"
	}
	return "", ""
}

func channel(v string) (string, string) {
	if !channelForm.MatchString(v) {
		return fmt.Sprintf("is %q, which is no id of a channel", v), "open the channel's details in Slack; the id at the bottom begins with C or G"
	}
	return "", ""
}

func address(v string) (string, string) {
	u, err := url.Parse(v)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Hostname() == "" || u.User != nil || u.RawQuery != "" || u.ForceQuery || u.Fragment != "" || !portNumber(u.Port()) {
		return "is not an address", "it looks like https://host or https://host/path, without a user or a query"
	}
	return "", ""
}

// portAddress is the address of Port's API. Port's own pages often show it with its version.
func portAddress(v string) (string, string) {
	if strings.HasSuffix(strings.TrimRight(v, "/"), "/v1") {
		return "ends in /v1", "leave /v1 out: it is added to every call"
	}
	return address(v)
}

func natsAddress(v string) (string, string) {
	for one := range strings.SplitSeq(v, ",") {
		u, err := url.Parse(strings.TrimSpace(one))
		if err != nil || u.Hostname() == "" || !slices.Contains([]string{"nats", "tls", "ws", "wss"}, u.Scheme) {
			return "is not an address of NATS", "it looks like nats://host:4222, several with commas between them"
		}
	}
	return "", ""
}

func listen(v string) (string, string) {
	if v == "off" {
		return "", ""
	}
	if _, number, err := net.SplitHostPort(v); err != nil || number == "" || !portNumber(number) {
		return fmt.Sprintf("is %q, where nobody can listen", v), "it looks like :8080 or 127.0.0.1:8080; off serves nothing"
	}
	return "", ""
}

// portNumber reports whether s is empty or a number that a TCP port can have.
func portNumber(s string) bool {
	_, err := strconv.ParseUint(s, 10, 16)
	return s == "" || err == nil
}

func duration(v string) (string, string) {
	if d, err := time.ParseDuration(v); err != nil || d < time.Hour {
		return fmt.Sprintf("is %q, which is no time to keep records", v), "it looks like 720h; an hour is the least"
	}
	return "", ""
}

// directory refuses what exists and is something else; what does not exist is made.
func directory(v string) (string, string) {
	if info, err := os.Stat(v); err == nil && !info.IsDir() {
		return fmt.Sprintf("is %q, which is a file", v), "name a directory; it is made when it does not exist"
	}
	return "", ""
}

func oneOf(words ...string) func(string) (string, string) {
	return func(v string) (string, string) {
		if slices.Contains(words, v) {
			return "", ""
		}
		return fmt.Sprintf("is %q", v), "it is one of " + strings.Join(words, ", ")
	}
}
