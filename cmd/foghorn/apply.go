package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"

	"github.com/rogpeppe/go-internal/diff"

	"foghorn/integrations/incidentio"
	"foghorn/integrations/port"
	"foghorn/integrations/rest"
	"foghorn/manifests"
)

// exitChanges is how a dry run says that there is something to do.
const exitChanges = exitCode(3)

// An exitCode ends the program without a word: all is said already.
type exitCode int

func (e exitCode) Error() string { return fmt.Sprintf("exit %d", int(e)) }

type applyCmd struct {
	DryRun       bool   `help:"Show the difference, write nothing; exit with 3 when there is one."`
	Yes          bool   `help:"Write without asking."`
	RotateSecret bool   `help:"Replace the secret in Port by INCIDENT_IO_API_KEY, even when there is one."`
	Verbatim     bool   `help:"Port's guide to the letter, without repairs."`
	Reporter     bool   `help:"Record who asked as the incident's reporter; incident.io must know everybody's e-mail."`
	BotURL       string `placeholder:"URL" help:"Where Port can reach the bot: adds the automation that wakes it at once."`
	Output       string `placeholder:"DIR" help:"Write the definitions as JSON into a directory instead."`
}

// Help is what foghorn apply --help says besides.
func (applyCmd) Help() string {
	return `Brings Port to what Foghorn needs: the secret, the blueprint, the action and the automation of
Port's guide, repaired and adapted to your incident.io organisation (manifests/README.md says how).
Twice is the same as once. Run it again when severities or statuses change.

  foghorn apply --dry-run      see what would change
  foghorn apply --output port  keep the definitions in git instead`
}

func (a applyCmd) Run(ctx context.Context, c *console) error {
	cfg, err := loadConfig(c.env, ".env", "apply")
	if err != nil {
		return err
	}
	set, err := a.renderManifests(ctx, cfg, c.stderr)
	if err != nil {
		return err
	}
	if a.Output != "" {
		return writeDefinitions(set, a.Output, c.stdout)
	}
	client := port.New(port.Config{BaseURL: cfg.PortBaseURL, ClientID: cfg.PortClientID, ClientSecret: cfg.PortClientSecret})
	defer client.Close()
	changes, err := a.planChanges(ctx, client, set, cfg.IncidentIOKey, c.stderr)
	if err != nil {
		return err
	}
	if len(changes) == 0 {
		_, _ = fmt.Fprintln(c.stdout, "Port has all of it already: nothing to do.")
		return nil
	}
	for _, ch := range changes {
		_, _ = fmt.Fprintf(c.stdout, "%s %s\n%s\n", ch.verb, ch.target, ch.diff)
	}
	switch {
	case a.DryRun:
		_, _ = fmt.Fprintf(c.stdout, "%d to do; nothing was written.\n", len(changes))
		return exitChanges
	case !a.Yes && !confirm(c):
		return fmt.Errorf("nothing was written\n  hint: answer yes, or use --yes where nobody can answer")
	}
	return writeChanges(ctx, changes, c.stdout)
}

// renderManifests makes the definitions for the organisation that the incident.io key belongs to.
func (a applyCmd) renderManifests(ctx context.Context, cfg Config, warn io.Writer) (manifests.Set, error) {
	org, err := readOrganization(ctx, cfg)
	if err != nil {
		return manifests.Set{}, err
	}
	set, warnings := manifests.Render(org, manifests.Options{
		Verbatim: a.Verbatim, ActionID: cfg.PortAction, IncidentURL: cfg.IncidentIOBaseURL, BotURL: a.BotURL, Reporter: a.Reporter,
	})
	for _, w := range warnings {
		_, _ = fmt.Fprintln(warn, "warning:", w)
	}
	return set, nil
}

// readOrganization asks incident.io what it has. Without a key nobody asks.
func readOrganization(ctx context.Context, cfg Config) (org manifests.Organization, err error) {
	if cfg.IncidentIOKey == "" {
		return org, nil
	}
	client := incidentio.New(incidentio.Config{BaseURL: cfg.IncidentIOBaseURL, APIKey: cfg.IncidentIOKey})
	defer client.Close()
	severities, err := client.ListSeverities(ctx)
	if err != nil {
		return org, apiKeyError(err)
	}
	statuses, err := client.ListStatuses(ctx)
	if err != nil {
		return org, apiKeyError(err)
	}
	org.Severities, org.Statuses = []manifests.Severity{}, []manifests.Status{}
	for _, s := range severities {
		org.Severities = append(org.Severities, manifests.Severity{ID: s.ID, Name: s.Name, Rank: s.Rank})
	}
	for _, s := range statuses {
		org.Statuses = append(org.Statuses, manifests.Status{Name: s.Name, Category: s.Category, Rank: s.Rank})
	}
	roles, err := client.ListRoles(ctx)
	if err != nil {
		return org, apiKeyError(err)
	}
	for _, r := range roles {
		if r.Type == "reporter" {
			org.ReporterRole = r.ID
		}
	}
	return org, nil
}

func apiKeyError(err error) error {
	if s := rest.Status(err); s == http.StatusUnauthorized || s == http.StatusForbidden {
		return settingError("INCIDENT_IO_API_KEY", fmt.Sprintf("is refused by incident.io (%d)", s), "make a key with the role viewer under Settings, API keys, or leave it empty to keep the guide's values")
	}
	return fmt.Errorf("ask incident.io: %w", err)
}

// A change is one thing to write to Port.
type change struct {
	verb, target, diff string
	apply              func(context.Context) error
}

// planChanges compares Port with the definitions. The order of the changes is that of what needs what.
func (a applyCmd) planChanges(ctx context.Context, client *port.Client, set manifests.Set, key string, warn io.Writer) ([]change, error) {
	var out []change
	secret, err := a.planSecret(ctx, client, key, warn)
	if err != nil {
		return nil, err
	}
	if secret != nil {
		out = append(out, *secret)
	}
	for _, d := range []definition{blueprintDefinition(client, set.Blueprint), actionDefinition(client, set.Action), actionDefinition(client, set.Automation), actionDefinition(client, set.Webhook)} {
		if len(d.want) == 0 {
			continue
		}
		ch, err := d.planChange(ctx)
		if err != nil {
			return nil, err
		}
		if ch != nil {
			out = append(out, *ch)
		}
	}
	return out, nil
}

// planSecret is what to do about the key that Port calls incident.io with; nil for nothing.
func (a applyCmd) planSecret(ctx context.Context, client *port.Client, key string, warn io.Writer) (*change, error) {
	_, err := client.Definitions().GetSecret(ctx, manifests.SecretName)
	what := "secret " + manifests.SecretName
	switch {
	case err != nil && rest.Status(err) != http.StatusNotFound:
		return nil, fmt.Errorf("read secret: %w", err)
	case err != nil && key == "":
		_, _ = fmt.Fprintf(warn, "warning: Port has no secret %s, and INCIDENT_IO_API_KEY is empty: no incident can be declared yet\n", manifests.SecretName)
	case err != nil:
		return &change{"create", what, "  (its value is not shown)\n", func(ctx context.Context) error {
			return client.Definitions().CreateSecret(ctx, manifests.SecretName, key, "Port declares incidents in incident.io with it.")
		}}, nil
	case a.RotateSecret && key == "":
		return nil, settingError("INCIDENT_IO_API_KEY", "is empty, and --rotate-secret would put it into Port", "set it, or leave the secret alone")
	case a.RotateSecret:
		return &change{"replace", what, "  (its value is not shown)\n", func(ctx context.Context) error {
			return client.Definitions().UpdateSecret(ctx, manifests.SecretName, key)
		}}, nil
	}
	return nil, nil
}

// writeChanges carries the changes out, and says how far it came.
func writeChanges(ctx context.Context, changes []change, out io.Writer) error {
	for i, ch := range changes {
		if err := ch.apply(ctx); err != nil {
			return fmt.Errorf("%s %s: %w\n  hint: %d of %d were written; foghorn apply goes on from there", ch.verb, ch.target, err, i, len(changes))
		}
		_, _ = fmt.Fprintf(out, "%s %s: done\n", ch.verb, ch.target)
	}
	return nil
}

// confirm asks whether to write.
func confirm(c *console) bool {
	_, _ = fmt.Fprint(c.stdout, "Write this to Port? [y/N] ")
	line, _ := bufio.NewReader(c.stdin).ReadString('\n')
	switch strings.ToLower(strings.TrimSpace(line)) {
	case "y", "yes":
		return true
	}
	_, _ = fmt.Fprintln(c.stdout)
	return false
}

// writeDefinitions writes the definitions into a directory.
func writeDefinitions(set manifests.Set, dir string, out io.Writer) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("write definitions: %w", err)
	}
	for _, f := range []struct {
		name string
		data json.RawMessage
	}{{"blueprint", set.Blueprint}, {"action", set.Action}, {"automation", set.Automation}, {"push", set.Webhook}} {
		if len(f.data) == 0 {
			continue
		}
		path := filepath.Join(dir, f.name+".json")
		if err := os.WriteFile(path, indentJSON(f.data), 0o644); err != nil {
			return fmt.Errorf("write definitions: %w", err)
		}
		_, _ = fmt.Fprintln(out, path)
	}
	return nil
}

// diffJSON is what changes, line by line.
func diffJSON(have, want json.RawMessage) string {
	return string(diff.Diff("in Port", indentJSON(have), "wanted", indentJSON(want)))
}
