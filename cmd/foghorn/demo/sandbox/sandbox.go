// Package sandbox is an emulated Slack, Port and incident.io on loopback, connected to each
// other: Port's webhooks to incident.io reach the emulator. The demo and the tests use it.
package sandbox

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"foghorn/integrations/incidentio/incidentiotest"
	"foghorn/integrations/port/porttest"
	"foghorn/integrations/slackapp/slacktest"
	"foghorn/manifests"
)

// incidentIOURL is where the guide's action sends its webhook.
const incidentIOURL = "https://api.incident.io"

// Config says what a Sandbox starts with. The zero value is empty services.
type Config struct {
	Slack      slacktest.Config
	IncidentIO incidentiotest.Config
	PortUsers  []string // e-mail addresses

	// WebhookFallback, if set, receives Port's webhooks to hosts that are not emulated.
	WebhookFallback string
}

// A Sandbox is the three services. Make one with Start, and close it.
type Sandbox struct {
	Slack      *slacktest.Server
	Port       *porttest.Server
	IncidentIO *incidentiotest.Server
}

// Start starts the services. Port has no definitions yet.
func Start(cfg Config) (_ *Sandbox, err error) {
	s := &Sandbox{}
	defer func() {
		if err != nil {
			s.Close()
			err = fmt.Errorf("start the emulators: %w", err)
		}
	}()
	if s.IncidentIO, err = incidentiotest.Start(cfg.IncidentIO); err != nil {
		return nil, err
	}
	s.Port, err = porttest.Start(porttest.Config{
		ClientName: strings.ToLower(cfg.Slack.AppName),
		RewriteURL: func(url string) string {
			if path, ok := strings.CutPrefix(url, incidentIOURL); ok {
				return s.IncidentIO.URL() + path
			}
			if cfg.WebhookFallback != "" && !strings.HasPrefix(url, s.IncidentIO.URL()) && !strings.HasPrefix(url, s.Port.URL()) {
				return cfg.WebhookFallback
			}
			return url
		},
	})
	if err != nil {
		return nil, err
	}
	for _, email := range cfg.PortUsers {
		s.Port.AddUser(email)
	}
	s.Slack, err = slacktest.Start(cfg.Slack)
	return s, err
}

// Close stops the services.
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

// InstallGuide puts the definitions of Port's guide into Port, exactly as published.
func (s *Sandbox) InstallGuide() error {
	guide := manifests.Guide()
	s.Port.SetSecret(manifests.SecretName, s.IncidentIO.APIKey)
	return errors.Join(s.Port.PutBlueprint(guide.Blueprint), s.Port.PutAction(guide.Action), s.Port.PutAction(guide.Automation))
}

// EditGuideAction replaces a part of the guide's action in Port.
func (s *Sandbox) EditGuideAction(before, after string) error {
	definition := string(manifests.Guide().Action)
	if !strings.Contains(definition, before) {
		return fmt.Errorf("the guide's action does not contain %s", before)
	}
	return s.Port.PutAction(json.RawMessage(strings.Replace(definition, before, after, 1)))
}

// Settings are the environment with which foghorn works on the sandbox.
func (s *Sandbox) Settings() map[string]string {
	return map[string]string{
		"SLACK_APP_TOKEN": s.Slack.AppToken, "SLACK_BOT_TOKEN": s.Slack.BotToken, "SLACK_API_URL": s.Slack.URL(),
		"PORT_CLIENT_ID": s.Port.ClientID, "PORT_CLIENT_SECRET": s.Port.ClientSecret, "PORT_BASE_URL": s.Port.URL(),
		"INCIDENT_IO_API_KEY": s.IncidentIO.APIKey, "INCIDENT_IO_BASE_URL": s.IncidentIO.URL(),
	}
}
