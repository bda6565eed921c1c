// Package sandbox starts emulators of Slack, Port and incident.io that are connected to each other: Port's webhooks to
// incident.io reach the emulator. The demo and the tests use it.
package sandbox

import (
	"bytes"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"foghorn/integrations/emulator"
	"foghorn/integrations/incidentio/incidentiotest"
	"foghorn/integrations/port/porttest"
	"foghorn/integrations/slackapp/slacktest"
	"foghorn/manifests"
)

// The person and the channel of [StartGuide].
const (
	UserID    = "U0ALICE"
	UserEmail = "alice@example.com"
	ChannelID = "C0GENERAL"
)

// incidentIOURL is the base URL in the guide's action.
const incidentIOURL = "https://api.incident.io"

// Config is the initial state of a Sandbox. The zero value starts empty emulators.
type Config struct {
	Slack      slacktest.Config
	IncidentIO incidentiotest.Config
	Port       porttest.Config // ClientName and RewriteURL are set by Start
	PortUsers  []string        // e-mail addresses

	// WebhookFallback is a URL that receives Port's webhooks to other machines that are not emulated; "" sends them there.
	WebhookFallback string
}

// Sandbox is three running emulators. Create it with [Start] or [StartGuide], and close it.
type Sandbox struct {
	Slack      *slacktest.Server
	Port       *porttest.Server
	IncidentIO *incidentiotest.Server
}

// StartGuide starts emulators with one person, one channel, the command /incident, and Port's guide in Port.
func StartGuide() (*Sandbox, error) {
	s, err := Start(Config{
		Slack: slacktest.Config{
			Commands: []string{"/incident"},
			Users:    []slacktest.User{{ID: UserID, Name: "alice", RealName: "Alice", Email: UserEmail}},
			Channels: []slacktest.Channel{{ID: ChannelID, Name: "general", BotIsMember: true}},
		},
		IncidentIO: incidentiotest.Config{TriageDisabled: true}, // the guide's blueprint lacks the status Triage
		PortUsers:  []string{UserEmail},
	})
	if err != nil {
		return nil, err
	}
	if err := s.InstallGuide(); err != nil {
		s.Close()
		return nil, fmt.Errorf("install Port's guide: %w", err)
	}
	return s, nil
}

// Start starts emulators. Port has no definitions yet.
func Start(cfg Config) (_ *Sandbox, err error) {
	s := &Sandbox{}
	defer func() {
		if err != nil {
			s.Close()
			err = fmt.Errorf("start the emulators: %w", err)
		}
	}()
	if s.Slack, err = slacktest.Start(cfg.Slack); err != nil {
		return nil, err
	}
	cfg.IncidentIO.SlackTeams = []string{s.Slack.TeamID}
	if s.IncidentIO, err = incidentiotest.Start(cfg.IncidentIO); err != nil {
		return nil, err
	}
	cfg.Port.ClientName = strings.ToLower(cfg.Slack.AppName)
	cfg.Port.RewriteURL = func(url string) string { return s.webhookURL(cfg.WebhookFallback, url) }
	if s.Port, err = porttest.Start(cfg.Port); err != nil {
		return nil, err
	}
	for _, email := range cfg.PortUsers {
		if err := s.Port.AddUser(email); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// webhookURL returns the URL to which Port's webhook to address is sent.
func (s *Sandbox) webhookURL(fallback, address string) string {
	if path, ok := strings.CutPrefix(address, incidentIOURL); ok {
		return s.IncidentIO.URL() + path
	}
	if u, err := url.Parse(address); fallback == "" || err == nil && emulator.IsLoopback(u.Host) {
		return address
	}
	return fallback
}

// Close stops the emulators.
func (s *Sandbox) Close() {
	if s.Slack != nil {
		s.Slack.Close()
	}
	if s.Port != nil {
		s.Port.Close()
	}
	if s.IncidentIO != nil {
		s.IncidentIO.Close()
	}
}

// InstallGuide writes the definitions of Port's guide to Port as published, except for the idempotency key of incidents,
// which is the id of the run. The published one is the time, which two incidents can share.
func (s *Sandbox) InstallGuide() error {
	guide := manifests.Guide()
	guide.Action = bytes.ReplaceAll(guide.Action, []byte("now | tostring | @base64"), []byte(".run.id"))
	s.Port.SetSecret(manifests.SecretName, s.IncidentIO.APIKey)
	return errors.Join(s.Port.PutBlueprint(guide.Blueprint), s.Port.PutAction(guide.Action), s.Port.PutAction(guide.Automation))
}

// Settings returns the environment variables with which foghorn uses the emulators.
func (s *Sandbox) Settings() map[string]string {
	return map[string]string{
		"SLACK_APP_TOKEN": s.Slack.AppToken, "SLACK_BOT_TOKEN": s.Slack.BotToken, "SLACK_API_URL": s.Slack.URL(),
		"PORT_CLIENT_ID": s.Port.ClientID, "PORT_CLIENT_SECRET": s.Port.ClientSecret, "PORT_BASE_URL": s.Port.URL(),
		"INCIDENT_IO_API_KEY": s.IncidentIO.APIKey, "INCIDENT_IO_BASE_URL": s.IncidentIO.URL(),
	}
}
