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

	"foghorn/integrations/incidentio"
	"foghorn/integrations/port"
	"foghorn/integrations/rest"
	"foghorn/manifests"
)

// exitChanges is the exit code of a dry run that found a difference.
const exitChanges = exitCode(3)

// exitCode is an error that ends the process with a code and prints nothing.
type exitCode int

func (e exitCode) Error() string { return fmt.Sprintf("exit %d", int(e)) }

type applyCmd struct {
	DryRun       bool   `help:"Show the difference and write nothing; exit with 3 if there is one."`
	Yes          bool   `help:"Write without asking."`
	RotateSecret bool   `help:"Replace the secret in Port with INCIDENT_IO_API_KEY, even if Port has one."`
	Verbatim     bool   `help:"Write Port's guide unchanged."`
	Reporter     bool   `help:"Set the person as the incident's reporter; incident.io must know everyone's e-mail address."`
	BotURL       string `placeholder:"URL" help:"URL at which Port can reach the bot: adds the automation that calls it when a run changes."`
	Output       string `placeholder:"DIR" help:"Write the definitions as JSON files to a directory instead."`
}

// Help is the description in foghorn apply --help.
func (applyCmd) Help() string {
	return `Writes the secret, the blueprint, the action and the automation of Port's guide to Port, adapted to
your incident.io organization (see manifests/README.md). apply is idempotent. Run it again when
severities or statuses change.

  foghorn apply --dry-run      show what would change
  foghorn apply --output port  write JSON files, to keep the definitions in git`
}

func (a applyCmd) Run(ctx context.Context, c *console) error {
	cfg, err := c.loadConfig("apply")
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
	client := cfg.newPortClient()
	defer client.Close()
	changes, err := a.planChanges(ctx, client, set, cfg.IncidentIOKey, c.stderr)
	if err != nil {
		return err
	}
	if len(changes) == 0 {
		_, _ = fmt.Fprintln(c.stdout, "Port matches the manifests: nothing to do.")
		return nil
	}
	for _, ch := range changes {
		_, _ = fmt.Fprintf(c.stdout, "%s %s\n%s\n", ch.verb, ch.target, ch.diff)
	}
	switch {
	case a.DryRun:
		_, _ = fmt.Fprintf(c.stdout, "%s to write; nothing was written.\n", pluralize(len(changes), "change"))
		return exitChanges
	case !a.Yes && !confirm(c):
		return fmt.Errorf("nothing was written\n  hint: answer yes, or use --yes in scripts")
	}
	return writeChanges(ctx, changes, c.stdout)
}

// renderManifests renders the definitions for the incident.io organization. It prints warnings to warn.
func (a applyCmd) renderManifests(ctx context.Context, cfg Config, warn io.Writer) (manifests.Set, error) {
	org, err := readOrganization(ctx, cfg, a.Reporter)
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

// readOrganization reads the severities and statuses of the organization, and its reporter role if withRole is set.
// Without an API key all of them are unknown.
func readOrganization(ctx context.Context, cfg Config, withRole bool) (org manifests.Organization, err error) {
	if cfg.IncidentIOKey == "" {
		return org, nil
	}
	client := cfg.newIncidentIOClient()
	defer client.Close()
	severities, err := client.ListSeverities(ctx)
	if err != nil {
		return org, apiKeyError(err)
	}
	statuses, err := client.ListStatuses(ctx)
	if err != nil {
		return org, apiKeyError(err)
	}
	org.Severities = append([]incidentio.Severity{}, severities...) // not nil: known to be empty
	org.Statuses = append([]incidentio.Status{}, statuses...)
	if !withRole {
		return org, nil
	}
	roles, err := client.ListRoles(ctx)
	if err != nil {
		return org, apiKeyError(err)
	}
	for _, r := range roles {
		if r.Type == incidentio.RoleReporter {
			org.ReporterRole = r.ID
		}
	}
	return org, nil
}

func apiKeyError(err error) error {
	if s := rest.Status(err); s == http.StatusUnauthorized || s == http.StatusForbidden {
		return settingError("INCIDENT_IO_API_KEY", fmt.Sprintf("was rejected by incident.io (%d)", s),
			"create a key with the role viewer under Settings, API keys, or leave it empty to keep the values of the guide")
	}
	return fmt.Errorf("read the incident.io organization: %w", err)
}

// planChanges compares Port with the definitions. The changes are in the order of their dependencies.
func (a applyCmd) planChanges(ctx context.Context, client *port.Client, set manifests.Set, key string, warn io.Writer) ([]change, error) {
	var changes []change
	secret, err := a.planSecret(ctx, client, key, warn)
	if err != nil {
		return nil, err
	}
	if secret != nil {
		changes = append(changes, *secret)
	}
	for _, d := range []definition{
		blueprintDefinition{client, set.Blueprint}, actionDefinition{client, set.Action},
		actionDefinition{client, set.Automation}, actionDefinition{client, set.Webhook},
	} {
		if len(d.wanted()) == 0 {
			continue
		}
		ch, err := planChange(ctx, d)
		if err != nil {
			return nil, err
		}
		if ch != nil {
			changes = append(changes, *ch)
		}
	}
	return changes, nil
}

// planSecret returns the change of the API key that Port sends to incident.io; nil if there is nothing to write.
func (a applyCmd) planSecret(ctx context.Context, client *port.Client, key string, warn io.Writer) (*change, error) {
	const target, diff = "secret " + manifests.SecretName, "  (the value is not shown)\n"
	_, err := client.Definitions().GetSecret(ctx, manifests.SecretName)
	switch {
	case err != nil && !rest.IsNotFound(err):
		return nil, fmt.Errorf("read secret: %w", err)
	case err != nil && key == "":
		_, _ = fmt.Fprintf(warn, "warning: Port has no secret %s and INCIDENT_IO_API_KEY is not set: the action cannot declare incidents yet\n", manifests.SecretName)
	case err != nil:
		return &change{"create", target, diff, func(ctx context.Context) error {
			return client.Definitions().CreateSecret(ctx, manifests.SecretName, key, "API key of incident.io, used to declare incidents")
		}}, nil
	case a.RotateSecret && key == "":
		return nil, settingError("INCIDENT_IO_API_KEY", "is not set, and --rotate-secret needs it", "set it, or omit --rotate-secret")
	case a.RotateSecret:
		return &change{"replace", target, diff, func(ctx context.Context) error {
			return client.Definitions().UpdateSecret(ctx, manifests.SecretName, key)
		}}, nil
	}
	return nil, nil
}

// writeChanges writes the changes in order and prints each one. It stops at the first error.
func writeChanges(ctx context.Context, changes []change, out io.Writer) error {
	for i, ch := range changes {
		if err := ch.apply(ctx); err != nil {
			return fmt.Errorf("%s %s: %w\n  hint: %d of %d were written; run foghorn apply again to write the rest", ch.verb, ch.target, err, i, len(changes))
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

// writeDefinitions writes the definitions to files in dir and prints their paths.
func writeDefinitions(set manifests.Set, dir string, out io.Writer) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("write definitions: %w", err)
	}
	for _, f := range []struct {
		name string
		data json.RawMessage
	}{{"blueprint", set.Blueprint}, {"action", set.Action}, {"automation", set.Automation}, {"webhook", set.Webhook}} {
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
