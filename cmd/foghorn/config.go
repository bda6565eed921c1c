package main

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/url"
	"os"
	"regexp"
	"strings"
	"time"

	"github.com/joho/godotenv"
	"github.com/sirupsen/logrus"

	"foghorn/bot"
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
	Required string // the commands that cannot do without; empty: none
	Secret   bool
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
	{Name: "PORT_BASE_URL", Default: port.DefaultBaseURL, Meaning: "Where Port's API is; `https://api.us.port.io` in the United States.", check: address},
	{Name: "INCIDENT_IO_BASE_URL", Default: "https://api.incident.io", Meaning: "Where incident.io's API is.", check: address},
	{Name: "STATE_DIR", Default: "./state", Meaning: "Directory of the embedded store. Ignored when NATS_URL is set."},
	{Name: "NATS_URL", Meaning: "An existing JetStream cluster, when one machine is too small.", check: natsAddress},
	{Name: "STATE_RETENTION", Default: "720h", Meaning: "How long the records of ended requests are kept.", check: duration},
	{Name: "ANNOUNCE_CHANNEL", Meaning: "Id of a channel that hears of every public incident, besides the channel of the command.", check: channel},
	{Name: "HTTP_ADDR", Default: ":8080", Meaning: "Where /healthz, /readyz and /metrics are served, and /port/runs when PORT_WEBHOOK_SECRET is set; `off` for none.", check: listen},
	{Name: "PORT_WEBHOOK_SECRET", Meaning: "Checks the signature of Port's webhook to /port/runs: the client secret of the organization.", Secret: true, check: credential},
	{Name: "LOG_LEVEL", Default: "info", Meaning: "`debug`, `info`, `warn` or `error`.", check: oneOf("debug", "info", "warn", "error")},
	{Name: "LOG_FORMAT", Default: "text", Meaning: "`text` or `json`.", check: oneOf("text", "json")},
}

// A Config is what the environment says, checked.
type Config struct {
	SlackAppToken, SlackBotToken                string
	PortClientID, PortClientSecret              string
	PortAction, SlackCommand                    string
	IncidentIOKey                               string
	SlackAPIURL, PortBaseURL, IncidentIOBaseURL string
	StateDir, NATSURL                           string
	Retention                                   time.Duration
	AnnounceChannel                             string
	HTTPAddr                                    string // empty: serve no HTTP
	PortWebhookSecret                           string
	LogLevel, LogFormat                         string
}

// A SettingError names everything that is wrong with the settings. The program ends with 2.
type SettingError struct{ Faults []Fault }

// A Fault is one wrong setting. It never holds the value of a secret.
type Fault struct{ Name, Wrong, Hint string }

func (e *SettingError) Error() string {
	lines := make([]string, 0, len(e.Faults))
	for _, f := range e.Faults {
		lines = append(lines, fmt.Sprintf("%s %s\n  hint: %s", f.Name, f.Wrong, f.Hint))
	}
	return strings.Join(lines, "\n")
}

func fault(name, wrong, hint string) *SettingError {
	return &SettingError{[]Fault{{name, wrong, hint}}}
}

// loadConfig reads the environment and, behind it, the file .env. All that is wrong for a
// command is reported at once.
func loadConfig(env func(string) (string, bool), dotenv, forCommand string) (Config, error) {
	file, err := godotenv.Read(dotenv)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return Config{}, fault(dotenv, "cannot be read", "each line is NAME=value; quotes must be closed")
	}
	var wrong SettingError
	values := map[string]string{}
	for _, s := range settings {
		value, ok := env(s.Name)
		if !ok || value == "" {
			value = file[s.Name]
		}
		value = cmp.Or(value, s.Default)
		if value == "" {
			if required(s, forCommand) {
				wrong.Faults = append(wrong.Faults, Fault{s.Name, "is required and is empty", "set it in the environment or in .env; see .env.example"})
			}
			continue
		}
		if s.check != nil {
			if text, hint := s.check(value); text != "" {
				wrong.Faults = append(wrong.Faults, Fault{s.Name, text, hint})
			}
		}
		values[s.Name] = value
	}
	if len(wrong.Faults) > 0 {
		return Config{}, &wrong
	}
	retention, _ := time.ParseDuration(values["STATE_RETENTION"]) // it was checked
	cfg := Config{
		SlackAppToken: values["SLACK_APP_TOKEN"], SlackBotToken: values["SLACK_BOT_TOKEN"],
		PortClientID: values["PORT_CLIENT_ID"], PortClientSecret: values["PORT_CLIENT_SECRET"],
		PortAction: values["PORT_ACTION"], SlackCommand: values["SLACK_COMMAND"], IncidentIOKey: values["INCIDENT_IO_API_KEY"],
		SlackAPIURL: slash(values["SLACK_API_URL"]), PortBaseURL: strings.TrimRight(values["PORT_BASE_URL"], "/"),
		IncidentIOBaseURL: strings.TrimRight(values["INCIDENT_IO_BASE_URL"], "/"),
		StateDir:          values["STATE_DIR"], NATSURL: values["NATS_URL"], Retention: cmp.Or(retention, bot.DefaultRetention),
		AnnounceChannel: values["ANNOUNCE_CHANNEL"], HTTPAddr: values["HTTP_ADDR"], PortWebhookSecret: values["PORT_WEBHOOK_SECRET"],
		LogLevel: values["LOG_LEVEL"], LogFormat: values["LOG_FORMAT"],
	}
	if cfg.HTTPAddr == "off" {
		cfg.HTTPAddr = ""
	}
	return cfg, nil
}

func required(s setting, command string) bool {
	for word := range strings.SplitSeq(s.Required, ", ") {
		if word == command {
			return true
		}
	}
	return false
}

func slash(u string) string { return strings.TrimRight(u, "/") + "/" }

// logger writes to stderr, as the settings say.
func (c Config) logger(stderr *os.File) *logrus.Entry {
	log := logrus.New()
	log.SetOutput(stderr)
	level, err := logrus.ParseLevel(c.LogLevel)
	if err == nil {
		log.SetLevel(level)
	}
	log.SetFormatter(&logrus.TextFormatter{FullTimestamp: true, TimestampFormat: "15:04:05.000"})
	if c.LogFormat == "json" {
		log.SetFormatter(&logrus.JSONFormatter{TimestampFormat: time.RFC3339Nano})
	}
	return logrus.NewEntry(log)
}

// token checks the kind of a Slack token, and names a swapped one.
func token(prefix, kind, where string) func(string) (string, string) {
	return func(v string) (string, string) {
		hint := fmt.Sprintf("%s begins with %s; in your app's settings it is under %s", kind, prefix, where)
		switch {
		case strings.TrimSpace(v) != v || strings.ContainsAny(v, `"' `):
			return "has blanks or quotes around it or in it", "paste the token alone"
		case strings.HasPrefix(v, prefix) && len(v) > len(prefix):
			return "", ""
		case strings.HasPrefix(v, "xoxb-"):
			return "holds a bot token (xoxb-…), which belongs in SLACK_BOT_TOKEN", hint
		case strings.HasPrefix(v, "xapp-"):
			return "holds an app-level token (xapp-…), which belongs in SLACK_APP_TOKEN", hint
		case strings.HasPrefix(v, "xoxp-"):
			return "holds a user token (xoxp-…)", hint
		}
		return "is not " + kind, hint
	}
}

func credential(v string) (string, string) {
	if strings.TrimSpace(v) != v || strings.ContainsAny(v, "\"' \t\n") {
		return "has blanks or quotes around it or in it", "paste it alone"
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
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return "is not an address", "it looks like https://host or https://host/path, without a user or a query"
	}
	return "", ""
}

func natsAddress(v string) (string, string) {
	for one := range strings.SplitSeq(v, ",") {
		u, err := url.Parse(strings.TrimSpace(one))
		if err != nil || u.Host == "" || u.Scheme != "nats" && u.Scheme != "tls" && u.Scheme != "ws" && u.Scheme != "wss" {
			return "is not an address of NATS", "it looks like nats://host:4222, several with commas between them"
		}
	}
	return "", ""
}

func listen(v string) (string, string) {
	if v == "off" {
		return "", ""
	}
	if _, _, err := net.SplitHostPort(v); err != nil {
		return fmt.Sprintf("is %q, where nobody can listen", v), "it looks like :8080 or 127.0.0.1:8080; off serves nothing"
	}
	return "", ""
}

func duration(v string) (string, string) {
	if d, err := time.ParseDuration(v); err != nil || d < time.Hour {
		return fmt.Sprintf("is %q, which is no time to keep records", v), "it looks like 720h; an hour is the least"
	}
	return "", ""
}

func oneOf(words ...string) func(string) (string, string) {
	return func(v string) (string, string) {
		for _, w := range words {
			if v == w {
				return "", ""
			}
		}
		return fmt.Sprintf("is %q", v), "it is one of " + strings.Join(words, ", ")
	}
}
