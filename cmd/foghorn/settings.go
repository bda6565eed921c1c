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
	{Name: "SLACK_APP_TOKEN", Meaning: "Opens the links to Slack; an app-level token with `connections:write`.", Required: "serve", Secret: true, check: checkToken("xapp-", "an app-level token", "Basic Information, App-Level Tokens")},
	{Name: "SLACK_BOT_TOKEN", Meaning: "The bot's token.", Required: "serve", Secret: true, check: checkToken("xoxb-", "a bot token", "OAuth & Permissions")},
	{Name: "PORT_CLIENT_ID", Meaning: "Credentials of the Port organization.", Required: "serve, apply, doctor", check: checkSecretFormat},
	{Name: "PORT_CLIENT_SECRET", Meaning: "The other half of them.", Required: "serve, apply, doctor", Secret: true, check: checkSecretFormat},
	{Name: "PORT_ACTION", Default: manifests.ActionID, Meaning: "Identifier of the action that the command runs.", check: checkActionID},
	{Name: "SLACK_COMMAND", Default: "/incident", Meaning: "The slash command. Another app may own `/incident`: then choose another name.", check: checkCommand},
	{Name: "INCIDENT_IO_API_KEY", Meaning: "For apply and doctor, which read severities and statuses; with it serve also adds an incident's own channel to its message, once there is one. serve runs without it.", Secret: true, check: checkSecretFormat},
	{Name: "SLACK_API_URL", Default: slackapp.DefaultAPIURL, Meaning: "Where Slack's Web API is.", check: checkURL},
	{Name: "PORT_BASE_URL", Default: port.DefaultBaseURL, Meaning: "Where Port's API is; `https://api.us.port.io` in the United States.", check: checkPortURL},
	{Name: "INCIDENT_IO_BASE_URL", Default: "https://api.incident.io", Meaning: "Where incident.io's API is.", check: checkURL},
	{Name: "STATE_DIR", Default: "./state", Meaning: "Directory of the embedded store. Ignored when NATS_URL is set.", check: checkDirectory},
	{Name: "NATS_URL", Meaning: "An existing JetStream cluster, when one machine is too small.", check: checkNATSURL},
	{Name: "STATE_RETENTION", Default: "720h", Meaning: "How long the records of ended requests are kept.", check: checkRetention},
	{Name: "ANNOUNCE_CHANNEL", Meaning: "Id of a channel that hears of every public incident, besides the channel of the command.", check: checkChannelID},
	{Name: "HTTP_ADDR", Default: ":8080", Meaning: "Where /healthz, /readyz and /metrics are served, and /port/runs when PORT_WEBHOOK_SECRET is set; `off` for none.", check: checkListenAddr},
	{Name: "PORT_WEBHOOK_SECRET", Meaning: "Checks the signature of Port's webhook to /port/runs: the client secret of the organization.", Secret: true, check: checkSecretFormat},
	{Name: "LOG_LEVEL", Default: "info", Meaning: "`debug`, `info`, `warn` or `error`.", check: checkOneOf("debug", "info", "warn", "error")},
	{Name: "LOG_FORMAT", Default: "text", Meaning: "`text` or `json`.", check: checkOneOf("text", "json")},
}

// checkToken checks the kind of a Slack token, and names a swapped one.
func checkToken(prefix, kind, where string) func(string) (string, string) {
	return func(v string) (string, string) {
		hint := fmt.Sprintf("%s begins with %s; in your app's settings it is under %s", kind, prefix, where)
		if wrong, hint := checkSecretFormat(v); wrong != "" {
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

// checkSecretFormat refuses what comes along when a secret is pasted, and what no HTTP header carries.
func checkSecretFormat(v string) (string, string) {
	switch {
	case strings.ContainsFunc(v, unicode.IsSpace) || strings.ContainsAny(v, `"'`):
		return "has blanks or quotes around it or in it", "paste it alone"
	case strings.ContainsFunc(v, func(r rune) bool { return r <= ' ' || r > '~' }):
		return "has characters that no key has", "copy it again from where it was made"
	}
	return "", ""
}

var (
	actionPattern  = regexp.MustCompile(`^[\p{L}0-9@_.+:=-]+$`)
	commandPattern = regexp.MustCompile(`^/[^\s/A-Z]{1,31}$`)
	channelPattern = regexp.MustCompile(`^[CG][A-Z0-9]{2,}$`)
)

func checkActionID(v string) (string, string) {
	if !actionPattern.MatchString(v) || v == "." || v == ".." {
		return fmt.Sprintf("is %q, which is no identifier of an action", v), "letters, digits and @_.+:=- ; Port shows it as the action's identifier"
	}
	return "", ""
}

func checkCommand(v string) (string, string) {
	if !commandPattern.MatchString(v) {
		return fmt.Sprintf("is %q, which is no slash command", v), "a slash and up to 31 characters in lower case without blanks, such as /incident"
	}
	return "", ""
}

func checkChannelID(v string) (string, string) {
	if !channelPattern.MatchString(v) {
		return fmt.Sprintf("is %q, which is no id of a channel", v), "open the channel's details in Slack; the id at the bottom begins with C or G"
	}
	return "", ""
}

func checkURL(v string) (string, string) {
	u, err := url.Parse(v)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Hostname() == "" || u.User != nil || u.RawQuery != "" || u.ForceQuery || u.Fragment != "" || !isPortNumber(u.Port()) {
		return "is not an address", "it looks like https://host or https://host/path, without a user or a query"
	}
	return "", ""
}

// checkPortURL is the address of Port's API. Port's own pages often show it with its version.
func checkPortURL(v string) (string, string) {
	if strings.HasSuffix(strings.TrimRight(v, "/"), "/v1") {
		return "ends in /v1", "leave /v1 out: it is added to every call"
	}
	return checkURL(v)
}

func checkNATSURL(v string) (string, string) {
	for one := range strings.SplitSeq(v, ",") {
		u, err := url.Parse(strings.TrimSpace(one))
		if err != nil || u.Hostname() == "" || !slices.Contains([]string{"nats", "tls", "ws", "wss"}, u.Scheme) {
			return "is not an address of NATS", "it looks like nats://host:4222, several with commas between them"
		}
	}
	return "", ""
}

func checkListenAddr(v string) (string, string) {
	if v == "off" {
		return "", ""
	}
	if _, number, err := net.SplitHostPort(v); err != nil || number == "" || !isPortNumber(number) {
		return fmt.Sprintf("is %q, where nobody can listen", v), "it looks like :8080 or 127.0.0.1:8080; off serves nothing"
	}
	return "", ""
}

// isPortNumber reports whether s is empty or a number that a TCP port can have.
func isPortNumber(s string) bool {
	_, err := strconv.ParseUint(s, 10, 16)
	return s == "" || err == nil
}

func checkRetention(v string) (string, string) {
	if d, err := time.ParseDuration(v); err != nil || d < time.Hour {
		return fmt.Sprintf("is %q, which is no time to keep records", v), "it looks like 720h; an hour is the least"
	}
	return "", ""
}

// checkDirectory refuses what exists and is something else; what does not exist is made.
func checkDirectory(v string) (string, string) {
	if info, err := os.Stat(v); err == nil && !info.IsDir() {
		return fmt.Sprintf("is %q, which is a file", v), "name a directory; it is made when it does not exist"
	}
	return "", ""
}

func checkOneOf(words ...string) func(string) (string, string) {
	return func(v string) (string, string) {
		if slices.Contains(words, v) {
			return "", ""
		}
		return fmt.Sprintf("is %q", v), "it is one of " + strings.Join(words, ", ")
	}
}
