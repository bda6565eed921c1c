package demo

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"

	"foghorn/cmd/foghorn/demo/sandbox"
	"foghorn/integrations/incidentio/incidentiotest"
	"foghorn/integrations/slackapp/slacktest"
)

// A Seed is what the emulators have at the start and after a reset. Its YAML form is that of a seed file; docs/demo.md
// describes it.
type Seed struct {
	Tokens struct {
		SlackBot   string `json:"slack_bot"`
		SlackApp   string `json:"slack_app"`
		PortID     string `json:"port_client_id"`
		PortSecret string `json:"port_client_secret"`
		IncidentIO string `json:"incident_io_api_key"`
	} `json:"tokens"`
	Slack struct {
		Users    []slacktest.User    `json:"users"`
		Channels []slacktest.Channel `json:"channels"`
		Scopes   []string            `json:"scopes"`
		Events   []string            `json:"events"`
		Commands []string            `json:"commands"`
	} `json:"slack"`
	Port struct {
		Users []struct {
			Email string   `json:"email"`
			Teams []string `json:"teams"`
		} `json:"users"`
		Blueprints []map[string]any            `json:"blueprints"`
		Entities   map[string][]map[string]any `json:"entities"` // by blueprint
		Actions    []map[string]any            `json:"actions"`
		Secrets    map[string]string           `json:"secrets"`
	} `json:"port"`
	IncidentIO struct {
		Severities   []incidentiotest.Severity    `json:"severities"`
		Statuses     []incidentiotest.Status      `json:"statuses"`
		Types        []incidentiotest.Type        `json:"types"`
		CustomFields []incidentiotest.CustomField `json:"custom_fields"`
		Users        []incidentiotest.Person      `json:"users"`
		KeyRoles     []string                     `json:"key_roles"`
		Incidents    []incidentiotest.NewIncident `json:"incidents"`
	} `json:"incident_io"`
}

// A SeedError is an error of the values in a seed file, with their key.
type SeedError struct{ error }

// ParseSeed reads a seed file, whose size and nesting the caller has bounded. An error names the line or the key.
func ParseSeed(data []byte) (*Seed, error) {
	s := &Seed{}
	if err := yaml.UnmarshalWithOptions(data, s, yaml.Strict()); err != nil {
		position, _, _ := strings.Cut(yaml.FormatError(err, false, false), "\n")
		return nil, errors.New(position)
	}
	return s, s.check()
}

// check returns the errors that the emulators do not report themselves.
func (s *Seed) check() error {
	ids := map[string]bool{"": true}
	checkID := func(key string, i int, id, name string) error {
		if ids[id] || name == "" {
			return fmt.Errorf("%s[%d]: id and name are required, and an id must be unique", key, i)
		}
		ids[id] = true
		return nil
	}
	var errs []error
	for i, u := range s.Slack.Users {
		errs = append(errs, checkID("slack.users", i, u.ID, u.Name))
	}
	for i, c := range s.Slack.Channels {
		errs = append(errs, checkID("slack.channels", i, c.ID, c.Name))
	}
	if s.Slack.Users != nil && !slices.ContainsFunc(s.Slack.Users, func(u slacktest.User) bool { return !u.Bot }) {
		errs = append(errs, errors.New("slack.users: at least one must be a person"))
	}
	emails := map[string]bool{"": true}
	for i, u := range s.Port.Users {
		if emails[u.Email] {
			errs = append(errs, fmt.Errorf("port.users[%d]: email is required, and must be unique", i))
		}
		emails[u.Email] = true
	}
	errs = append(errs,
		checkKnown("slack.scopes", s.Slack.Scopes, slacktest.AllScopes), checkKnown("slack.events", s.Slack.Events, slacktest.BotEvents()),
		checkPrefix("tokens.slack_bot", "xoxb-", s.Tokens.SlackBot), checkPrefix("tokens.slack_app", "xapp-", s.Tokens.SlackApp),
		checkPrefix("tokens.incident_io_api_key", "inc_", s.Tokens.IncidentIO), checkPrefix("slack.commands", "/", s.Slack.Commands...))
	return errors.Join(errs...)
}

func checkKnown(key string, given, known []string) error {
	for i, v := range given {
		if !slices.Contains(known, v) {
			return fmt.Errorf("%s[%d]: %q is not emulated; known are %s", key, i, v, strings.Join(known, ", "))
		}
	}
	return nil
}

func checkPrefix(key, prefix string, values ...string) error {
	for _, v := range values {
		if v != "" && !strings.HasPrefix(v, prefix) {
			return fmt.Errorf("%s: a value does not begin with %s", key, prefix)
		}
	}
	return nil
}

// configure replaces what the emulators start with.
func (s *Seed) configure(cfg *sandbox.Config) {
	t := s.Tokens
	for _, token := range []struct {
		configured *string
		value      string
	}{
		{&cfg.Slack.BotToken, t.SlackBot}, {&cfg.Slack.AppToken, t.SlackApp}, {&cfg.Port.ClientID, t.PortID}, {&cfg.Port.ClientSecret, t.PortSecret},
		{&cfg.IncidentIO.APIKey, t.IncidentIO},
	} {
		*token.configured = cmp.Or(token.value, *token.configured)
	}
	cfg.Slack.Scopes, cfg.Slack.BotEvents, cfg.Slack.Commands = s.Slack.Scopes, s.Slack.Events, s.Slack.Commands
	if s.Slack.Users != nil {
		cfg.Slack.Users = s.Slack.Users
	}
	if s.Slack.Channels != nil {
		cfg.Slack.Channels = s.Slack.Channels
	}
	cfg.IncidentIO.Severities, cfg.IncidentIO.Statuses = s.IncidentIO.Severities, s.IncidentIO.Statuses
	cfg.IncidentIO.Users, cfg.IncidentIO.KeyRoles = s.IncidentIO.Users, s.IncidentIO.KeyRoles
}

// fillPort writes what the file says to an empty Port.
func (s *Seed) fillPort(box *sandbox.Sandbox) error {
	box.Port.RemoveUsers()
	for i, u := range s.Port.Users {
		if err := box.Port.AddUser(u.Email, u.Teams...); err != nil {
			return fmt.Errorf("port.users[%d]: %w", i, err)
		}
	}
	for name, value := range s.Port.Secrets {
		box.Port.SetSecret(name, value)
	}
	put := func(key string, list []map[string]any, f func(json.RawMessage) error) error {
		ids := map[string]bool{}
		for i, v := range list {
			data, err := json.Marshal(v)
			if id, _ := v["identifier"].(string); ids[id] {
				err = fmt.Errorf("the identifier %s is there twice", id)
			} else if id != "" {
				ids[id] = true
			}
			if err == nil {
				err = f(data)
			}
			if err != nil {
				return fmt.Errorf("%s[%d]: %w", key, i, err)
			}
		}
		return nil
	}
	if err := put("port.blueprints", s.Port.Blueprints, box.Port.PutBlueprint); err != nil {
		return err
	}
	for blueprint, list := range s.Port.Entities {
		if err := put("port.entities."+blueprint, list, func(data json.RawMessage) error { return box.Port.PutEntity(blueprint, data) }); err != nil {
			return err
		}
	}
	return put("port.actions", s.Port.Actions, box.Port.PutAction)
}

// fillIncidentIO writes what the file says to incident.io without incidents.
func (s *Seed) fillIncidentIO(box *sandbox.Sandbox) error {
	in := s.IncidentIO
	if err := box.IncidentIO.SetOrganization(incidentiotest.Organization{
		Severities: in.Severities, Statuses: in.Statuses, Types: in.Types, CustomFields: in.CustomFields,
	}); err != nil {
		return fmt.Errorf("incident_io: %w", err)
	}
	for i, n := range in.Incidents {
		if _, err := box.IncidentIO.AddIncident(n); err != nil {
			return fmt.Errorf("incident_io.incidents[%d]: %w", i, err)
		}
	}
	return nil
}
