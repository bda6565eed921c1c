package demo

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"

	"foghorn/cmd/foghorn/demo/sandbox"
	"foghorn/integrations/emulator"
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
	file, content := yaml.NewDecoder(bytes.NewReader(data)), any(nil)
	if err := file.Decode(&content); err != nil && err != io.EOF {
		position, _, _ := strings.Cut(yaml.FormatError(err, false, false), "\n")
		return nil, errors.New(position)
	}
	if more := any(nil); file.Decode(&more) != io.EOF {
		return nil, errors.New("it has a second document")
	}
	s := &Seed{}
	if content == nil {
		return s, nil // such as a file of comments
	}
	text, err := json.Marshal(content)
	if err == nil {
		err = emulator.Decode(text, s)
	}
	if err != nil {
		return nil, err
	}
	return s, s.check()
}

// check returns the errors that the emulators do not report themselves.
func (s *Seed) check() error {
	errs, emails := []error{s.checkTokens(), s.checkSlack(), s.checkIncidentIO()}, map[string]bool{"": true}
	for i, u := range s.Port.Users {
		if emails[u.Email] {
			errs = append(errs, fmt.Errorf("port.users[%d]: email is required, and must be unique", i))
		}
		emails[u.Email] = true
	}
	return errors.Join(errs...)
}

func (s *Seed) checkTokens() error {
	t := s.Tokens
	return errors.Join(
		checkText("tokens.slack_bot", "xoxb-", t.SlackBot), checkText("tokens.slack_app", "xapp-", t.SlackApp), checkText("tokens.port_client_id", "", t.PortID),
		checkText("tokens.port_client_secret", "", t.PortSecret), checkText("tokens.incident_io_api_key", "inc_", t.IncidentIO))
}

func (s *Seed) checkSlack() error {
	users, ids := s.slackUserIDs(), unique{}
	var errs []error
	for i, u := range s.Slack.Users {
		key := fmt.Sprintf("slack.users[%d]", i)
		errs = append(errs, ids.add(key, "id", u.ID), ids.add(key, "name", u.Name), ids.addOptional(key, "email", u.Email))
		errs = append(errs, checkKnown(key+".answer_with", []string{cmp.Or(u.AnswerWith, u.ID)}, users))
	}
	for i, c := range s.Slack.Channels {
		key := fmt.Sprintf("slack.channels[%d]", i)
		errs = append(errs, ids.add(key, "id", c.ID), ids.add(key, "name of a channel", c.Name), checkKnown(key+".members", c.Members, users))
	}
	if s.Slack.Users != nil && !slices.ContainsFunc(s.Slack.Users, func(u slacktest.User) bool { return !u.Bot }) {
		errs = append(errs, errors.New("slack.users: at least one must be a person"))
	}
	return errors.Join(append(errs,
		checkKnown("slack.scopes", s.Slack.Scopes, slacktest.AllScopes), checkKnown("slack.events", s.Slack.Events, slacktest.BotEvents()),
		checkText("slack.commands", "/", s.Slack.Commands...))...)
}

// slackUserIDs returns the ids of the users that Slack will have.
func (s *Seed) slackUserIDs() (ids []string) {
	users := s.Slack.Users
	if users == nil {
		users = pageSandbox("", true).Slack.Users
	}
	for _, u := range users {
		ids = append(ids, u.ID)
	}
	return ids
}

func (s *Seed) checkIncidentIO() error {
	errs, ids := []error{checkKnown("incident_io.key_roles", s.IncidentIO.KeyRoles, incidentiotest.KeyRoles)}, unique{}
	for i, u := range s.IncidentIO.Users {
		key := fmt.Sprintf("incident_io.users[%d]", i)
		errs = append(errs, ids.addOptional(key, "id", u.ID), ids.addOptional(key, "email", u.Email), ids.add(key, "name", cmp.Or(u.Name, u.Email, u.SlackUserID, u.ID)))
		if u.SlackUserID != "" {
			errs = append(errs, ids.add(key, "slack_user_id", u.SlackUserID), checkKnown(key+".slack_user_id", []string{u.SlackUserID}, s.slackUserIDs()))
		}
	}
	for i, n := range s.IncidentIO.Incidents {
		if n.Lead != (incidentiotest.Person{}) && s.IncidentIO.Users == nil {
			errs = append(errs, fmt.Errorf("incident_io.incidents[%d].lead: is none of incident_io.users", i))
		}
	}
	return errors.Join(errs...)
}

// unique has the values that must not be there twice.
type unique map[[2]string]bool

// add returns an error for a value that is empty, or that is there already under the same name.
func (u unique) add(key, name, value string) error {
	if value == "" {
		return fmt.Errorf("%s: %s is required", key, name)
	}
	return u.addOptional(key, name, value)
}

func (u unique) addOptional(key, name, value string) error {
	if value != "" && u[[2]string{name, value}] {
		return fmt.Errorf("%s: the %s %q is there twice", key, name, value)
	}
	u[[2]string{name, value}] = true
	return nil
}

func checkKnown(key string, given, known []string) error {
	for i, v := range given {
		if !slices.Contains(known, v) {
			return fmt.Errorf("%s[%d]: %q is not known; known are %s", key, i, v, strings.Join(known, ", "))
		}
		if slices.Contains(given[:i], v) {
			return fmt.Errorf("%s[%d]: %q is there twice", key, i, v)
		}
	}
	return nil
}

// checkText checks tokens and commands, whose values must not be in an error.
func checkText(key, prefix string, values ...string) error {
	for i, v := range values {
		rest, hasPrefix := strings.CutPrefix(v, prefix)
		isPlain := !strings.ContainsFunc(rest, func(r rune) bool { return r <= ' ' || r > '~' })
		if v != "" && (!hasPrefix || rest == "" || !isPlain) {
			return fmt.Errorf("%s: a value is not plain ASCII without spaces that begins with %q", key, prefix)
		}
		if slices.Contains(values[:i], v) {
			return fmt.Errorf("%s: a value is there twice", key)
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
		return fmt.Errorf("incident_io.%w", err)
	}
	for i, n := range in.Incidents {
		if _, err := box.IncidentIO.AddIncident(n); err != nil {
			return fmt.Errorf("incident_io.incidents[%d]: %w", i, err)
		}
	}
	return nil
}
