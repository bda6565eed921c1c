package main

import (
	"cmp"
	"errors"
	"io/fs"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/joho/godotenv"
	"github.com/sirupsen/logrus"

	"foghorn/bot/store"
)

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
type SettingError struct{ Problems []SettingProblem }

// A SettingProblem is one wrong setting. It never holds the value of a secret.
type SettingProblem struct{ Name, Problem, Hint string }

func (e *SettingError) Error() string {
	lines := make([]string, 0, len(e.Problems))
	for _, f := range e.Problems {
		lines = append(lines, f.String())
	}
	return strings.Join(lines, "\n")
}

func (f SettingProblem) String() string { return f.Name + " " + f.Problem + "\n  hint: " + f.Hint }

func settingError(name, wrong, hint string) *SettingError {
	return &SettingError{[]SettingProblem{{name, wrong, hint}}}
}

// loadConfig reads the environment and, behind it, the file dotenv, which need not exist. A
// variable that the environment sets to nothing is empty, whatever the file says. All that is
// wrong for a command is in the one [SettingError].
func loadConfig(env func(string) (string, bool), dotenv, forCommand string) (Config, error) {
	file, err := godotenv.Read(dotenv)
	if _, unread := errors.AsType[*fs.PathError](err); unread && !errors.Is(err, fs.ErrNotExist) {
		return Config{}, settingError(dotenv, "cannot be read", "it must be a file that this user may read")
	} else if err != nil && !unread { // err quotes the file, so it is not shown
		return Config{}, settingError(dotenv, "is not understood", "each line is NAME=value; quotes must be closed")
	}
	var wrong SettingError
	values := map[string]string{}
	for _, s := range settings {
		value, ok := env(s.Name)
		if !ok {
			value = file[s.Name]
		}
		value = cmp.Or(value, s.Default)
		if value == "" {
			if isRequired(s, forCommand) {
				wrong.Problems = append(wrong.Problems, SettingProblem{s.Name, "is required and is empty", "set it in the environment or in .env; see .env.example"})
			}
			continue
		}
		if s.check != nil {
			if text, hint := s.check(value); text != "" {
				wrong.Problems = append(wrong.Problems, SettingProblem{s.Name, text, hint})
			}
		}
		values[s.Name] = value
	}
	if len(wrong.Problems) > 0 {
		return Config{}, &wrong
	}
	retention, _ := time.ParseDuration(values["STATE_RETENTION"]) // it was checked
	cfg := Config{
		SlackAppToken: values["SLACK_APP_TOKEN"], SlackBotToken: values["SLACK_BOT_TOKEN"],
		PortClientID: values["PORT_CLIENT_ID"], PortClientSecret: values["PORT_CLIENT_SECRET"],
		PortAction: values["PORT_ACTION"], SlackCommand: values["SLACK_COMMAND"], IncidentIOKey: values["INCIDENT_IO_API_KEY"],
		SlackAPIURL: withTrailingSlash(values["SLACK_API_URL"]), PortBaseURL: strings.TrimRight(values["PORT_BASE_URL"], "/"),
		IncidentIOBaseURL: strings.TrimRight(values["INCIDENT_IO_BASE_URL"], "/"),
		StateDir:          values["STATE_DIR"], NATSURL: values["NATS_URL"], Retention: cmp.Or(retention, store.DefaultRetention),
		AnnounceChannel: values["ANNOUNCE_CHANNEL"], HTTPAddr: values["HTTP_ADDR"], PortWebhookSecret: values["PORT_WEBHOOK_SECRET"],
		LogLevel: values["LOG_LEVEL"], LogFormat: values["LOG_FORMAT"],
	}
	if cfg.HTTPAddr == "off" {
		cfg.HTTPAddr = ""
	}
	return cfg, nil
}

func isRequired(s setting, command string) bool {
	return slices.Contains(strings.Split(s.Required, ", "), command)
}

func withTrailingSlash(u string) string { return strings.TrimRight(u, "/") + "/" }

// newLogger writes to stderr, as the settings say.
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
