package main

import (
	"cmp"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/sirupsen/logrus"

	"foghorn/bot/dialog"
	"foghorn/bot/store"
	"foghorn/integrations/incidentio"
	"foghorn/integrations/port"
)

// Config is the checked settings.
type Config struct {
	SlackAppToken, SlackBotToken                string
	PortClientID, PortClientSecret              string
	PortAction, SlackCommand                    string
	SlackCommands                               []dialog.Command // more of them
	SlackRunCommand                             string           // with which an action is chosen; empty: none
	PortActions                                 []string         // that can be chosen, with * for any characters
	IncidentIOKey                               string
	UpdateCatalog                               bool
	HideRecent                                  bool // the form shows no recent incidents
	SlackAPIURL, PortBaseURL, IncidentIOBaseURL string
	StateDir                                    string
	Cluster                                     store.Cluster // the zero value: the embedded store
	Retention                                   time.Duration
	AnnounceChannel                             string
	HTTPAddr                                    string // empty: no HTTP
	PortWebhookSecret                           string
	LogLevel, LogFormat                         string
	Traces                                      map[string]string // OpenTelemetry's variables; nil: traces are not exported

	Warnings []SettingProblem // what is probably not meant
}

// SettingError lists all wrong settings and arguments. The process exits with [exitUsage].
type SettingError struct{ Problems, Warnings []SettingProblem }

// SettingProblem is one wrong setting or argument. It never contains the value of a secret.
type SettingProblem struct{ Name, Problem, Hint string }

func (e *SettingError) Error() string {
	lines := make([]string, 0, len(e.Problems))
	for _, p := range e.Problems {
		lines = append(lines, p.String())
	}
	return strings.Join(lines, "\n")
}

func (p SettingProblem) String() string { return p.Name + " " + p.Problem + "\n  hint: " + p.Hint }

func (e *SettingError) add(name, problem, hint string) {
	e.Problems = append(e.Problems, SettingProblem{name, problem, hint})
}

func (e *SettingError) addWarning(name, problem, hint string) {
	e.Warnings = append(e.Warnings, SettingProblem{name, problem, hint})
}

func settingError(name, problem, hint string) *SettingError {
	return &SettingError{Problems: []SettingProblem{{name, problem, hint}}}
}

// loadConfig reads the settings of a command. It sets in the environment what the libraries read from there and .env
// provides, such as proxies. serve and doctor report the warnings, for the other commands they are printed.
func (c *console) loadConfig(command string) (Config, error) {
	cfg, exported, err := loadConfig(c.env, ".env", command)
	if err != nil {
		return Config{}, err
	}
	for name, value := range exported {
		if err := c.setenv(name, value); err != nil {
			return Config{}, settingError(name, "cannot be set: "+err.Error(), "remove it from .env")
		}
	}
	if command != "serve" && command != "doctor" {
		c.printWarnings(cfg.Warnings)
	}
	return cfg, nil
}

// loadConfig reads the environment and the file dotenv, which need not exist. The environment wins, also where it sets
// a variable to the empty string. exported is what belongs in the environment. The error is a [SettingError] with all
// problems.
func loadConfig(env map[string]string, dotenv, forCommand string) (_ Config, exported map[string]string, _ error) {
	file := readDotenv(dotenv)
	invalid := SettingError{Problems: file.problems, Warnings: append(file.warnings, checkNames(env, file)...)}
	values := map[string]string{}
	for _, s := range settings {
		value := cmp.Or(invalid.readValue(s.Name, env, file), s.Default)
		if value == "" {
			if isRequired(s, forCommand) && !file.rejected[s.Name] {
				invalid.add(s.Name, "is not set", "set it in the environment or in .env; .env.example lists the settings")
			}
			continue
		}
		problem, hint := checkQuotes(value)
		if problem == "" && s.check != nil {
			problem, hint = s.check(value)
		}
		if problem != "" {
			invalid.add(s.Name, problem, hint)
		}
		values[s.Name] = value
	}
	commands := invalid.parseCommands(values)
	runCommand, patterns := invalid.parseChoice(values, commands)
	invalid.checkCluster(values)
	exported = invalid.readNetworkVariables(env, file)
	var traces map[string]string
	if forCommand == "serve" || forCommand == "doctor" {
		traces = invalid.readTraceVariables(env, file, exported)
	}
	if len(invalid.Problems) > 0 {
		return Config{}, nil, &invalid
	}
	retention, _ := time.ParseDuration(values["STATE_RETENTION"]) // checkRetention has parsed it
	cfg := Config{
		SlackAppToken: values["SLACK_APP_TOKEN"], SlackBotToken: values["SLACK_BOT_TOKEN"],
		PortClientID: values["PORT_CLIENT_ID"], PortClientSecret: values["PORT_CLIENT_SECRET"],
		PortAction: values["PORT_ACTION"], SlackCommand: values["SLACK_COMMAND"], SlackCommands: commands, SlackRunCommand: runCommand, PortActions: patterns,
		IncidentIOKey: values["INCIDENT_IO_API_KEY"], UpdateCatalog: values["UPDATE_CATALOG"] != "off", HideRecent: values["RECENT_INCIDENTS"] == "off",
		SlackAPIURL: withTrailingSlash(values["SLACK_API_URL"]), PortBaseURL: strings.TrimRight(values["PORT_BASE_URL"], "/"),
		IncidentIOBaseURL: strings.TrimRight(values["INCIDENT_IO_BASE_URL"], "/"),
		StateDir:          values["STATE_DIR"], Retention: cmp.Or(retention, store.DefaultRetention),
		Cluster: store.Cluster{
			URL: values["NATS_URL"], Creds: values["NATS_CREDS"], CA: values["NATS_CA"], Cert: values["NATS_CERT"], Key: values["NATS_KEY"],
		},
		AnnounceChannel: values["ANNOUNCE_CHANNEL"], HTTPAddr: values["HTTP_ADDR"], PortWebhookSecret: values["PORT_WEBHOOK_SECRET"],
		LogLevel: values["LOG_LEVEL"], LogFormat: values["LOG_FORMAT"], Traces: traces,
	}
	if cfg.HTTPAddr == "off" {
		cfg.HTTPAddr = ""
	}
	cfg.Warnings = append(invalid.Warnings, cfg.checkEncryption()...)
	return cfg, exported, nil
}

// readValue returns the value that is meant, and adds a warning if it is not the one that is set.
func (e *SettingError) readValue(name string, env map[string]string, file *dotenvFile) string {
	value, isSet := env[name]
	if !isSet {
		return unquote(file.values[name])
	}
	clean := cleanValue(value)
	if clean != value {
		e.addWarning(name, "has spaces, quotes or a comment around its value, which are ignored",
			"remove them; docker --env-file takes quotes and comments as part of the value")
	}
	return clean
}

func isRequired(s setting, command string) bool {
	return slices.Contains(strings.Split(s.Required, ", "), command)
}

func withTrailingSlash(u string) string { return strings.TrimRight(u, "/") + "/" }

func (c Config) newPortClient() *port.Client {
	return port.New(port.Config{BaseURL: c.PortBaseURL, ClientID: c.PortClientID, ClientSecret: c.PortClientSecret})
}

func (c Config) newIncidentIOClient() *incidentio.Client {
	return incidentio.New(incidentio.Config{BaseURL: c.IncidentIOBaseURL, APIKey: c.IncidentIOKey})
}

// newLogger returns a logger that writes to stderr, with the level and the format of the settings.
func (c Config) newLogger(stderr *os.File) *logrus.Entry {
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
