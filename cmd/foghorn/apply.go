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
	DryRun        bool     `help:"Show the difference and write nothing; exit with 3 if there is one."`
	Yes           bool     `help:"Write without asking."`
	IncidentTypes bool     `help:"Let people choose the incident type."`
	CustomField   []string `sep:"none" placeholder:"NAME" help:"Let people fill a custom field of incident.io; repeatable."`
	SlackTeam     string   `placeholder:"ID" help:"Workspace in which incident.io creates channels, on Enterprise Grid."`
	Reporter      bool     `help:"Set the person as the incident's reporter; incident.io must know everyone's e-mail address."`
	BotURL        string   `placeholder:"URL" help:"URL at which Port can reach the bot: adds the automation that calls it when a run changes."`
	RotateSecret  bool     `help:"Replace the secret in Port with INCIDENT_IO_API_KEY, even if Port has one."`
	Verbatim      bool     `help:"Write Port's guide unchanged."`
	Output        string   `placeholder:"DIR" help:"Write the definitions as JSON files to a directory instead."`
}

// Help is the description in foghorn apply --help.
func (applyCmd) Help() string {
	return `Writes the secret, the blueprint, the action and the automation of Port's guide to Port, adapted to
your incident.io organization (see manifests/README.md). apply is idempotent, and keeps what people
added in Port. Run it again when severities, statuses, incident types or custom fields change.

  foghorn apply --dry-run                        show what would change
  foghorn apply --custom-field "Affected team"   add a field; later runs keep it up to date
  foghorn apply --output port                    write JSON files, to keep the definitions in git`
}

func (a applyCmd) Run(ctx context.Context, c *console) error {
	cfg, err := c.loadConfig("apply")
	if err != nil {
		return err
	}
	if a.Verbatim && (a.IncidentTypes || len(a.CustomField) > 0 || a.SlackTeam != "" || a.Reporter) {
		return fmt.Errorf("--verbatim writes the guide unchanged\n  hint: omit it, or the options that add inputs")
	}
	if a.Output != "" {
		set, _, err := a.renderManifests(ctx, cfg, manifests.Optional{}, c.stderr)
		if err != nil {
			return err
		}
		return writeDefinitions(set, a.Output, c.stdout)
	}
	client := cfg.newPortClient()
	defer client.Close()
	_, changes, err := a.plan(ctx, cfg, client, c.stderr)
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

// plan renders the definitions and compares Port with them. The changes are in the order of their dependencies. It
// prints warnings to warn.
func (a applyCmd) plan(ctx context.Context, cfg Config, client *port.Client, warn io.Writer) (manifests.Set, []change, error) {
	optional, isOwn, err := findAction(ctx, client, cfg.PortAction)
	if err != nil {
		return manifests.Set{}, nil, err
	}
	if isOwn {
		return manifests.Set{}, nil, settingError("PORT_ACTION", "names an action in Port that does not declare incidents of incident.io, and apply would replace it",
			"set it to an identifier that no other action has, or leave it empty")
	}
	set, org, err := a.renderManifests(ctx, cfg, optional, warn)
	if err != nil {
		return set, nil, err
	}
	var changes []change
	secret, err := a.planSecret(ctx, cfg, client, warn)
	if err != nil {
		return set, nil, err
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
		ch, err := planChange(ctx, d, org)
		if err != nil {
			return set, nil, err
		}
		if ch != nil {
			changes = append(changes, *ch)
		}
	}
	return set, changes, nil
}

// findAction finds the optional inputs of the action in Port, and whether it is one of people's own, which does
// something else than declare incidents.
func findAction(ctx context.Context, client *port.Client, id string) (optional manifests.Optional, isOwn bool, err error) {
	action, err := client.GetAction(ctx, id)
	if rest.IsNotFound(err) {
		return optional, false, nil
	}
	if err != nil {
		return optional, false, fmt.Errorf("read action: %w", err)
	}
	return manifests.FindOptional(action.Raw), !manifests.DeclaresIncidents(action.Raw), nil
}

// renderManifests renders the definitions for the incident.io organization, which it returns too. It prints warnings
// to warn.
func (a applyCmd) renderManifests(ctx context.Context, cfg Config, inPort manifests.Optional, warn io.Writer) (manifests.Set, manifests.Organization, error) {
	org := manifests.Organization{Severities: []incidentio.Severity{}, Statuses: []incidentio.Status{}} // the guide's are known
	if !a.Verbatim {
		var err error
		wanted := inputs{types: a.IncidentTypes, fields: a.CustomField, reporter: a.Reporter, inPort: inPort}
		if org, err = readOrganization(ctx, cfg, wanted, warn); err != nil {
			return manifests.Set{}, org, err
		}
	}
	set, warnings := manifests.Render(org, manifests.Options{
		Verbatim: a.Verbatim, ActionID: cfg.PortAction, IncidentURL: cfg.IncidentIOBaseURL, BotURL: a.BotURL, Reporter: a.Reporter,
		SlackTeam: a.SlackTeam,
	})
	for _, w := range warnings {
		_, _ = fmt.Fprintln(warn, "warning:", w)
	}
	return set, org, nil
}

// planSecret returns the change of the API key that Port sends to incident.io; nil if there is nothing to write.
func (a applyCmd) planSecret(ctx context.Context, cfg Config, client *port.Client, warn io.Writer) (*change, error) {
	const target, diff = "secret " + manifests.SecretName, "  (the value is not shown)\n"
	key := cfg.IncidentIOKey
	_, err := client.Definitions().GetSecret(ctx, manifests.SecretName)
	switch {
	case rest.Status(err) == http.StatusForbidden && !a.RotateSecret:
		_, _ = fmt.Fprintf(warn, "warning: the credentials cannot read secrets, so it is unknown whether Port has %s\n", manifests.SecretName)
	case err != nil && !rest.IsNotFound(err):
		return nil, fmt.Errorf("read secret: %w", err)
	case err != nil && key == "":
		_, _ = fmt.Fprintf(warn, "warning: Port has no secret %s and INCIDENT_IO_API_KEY is not set: the action cannot declare incidents yet\n", manifests.SecretName)
	case err != nil:
		warnRoles(ctx, cfg, warn)
		return &change{"create", target, diff, func(ctx context.Context) error {
			return client.Definitions().CreateSecret(ctx, manifests.SecretName, key, "API key of incident.io, used to declare incidents")
		}}, nil
	case a.RotateSecret && key == "":
		return nil, settingError("INCIDENT_IO_API_KEY", "is not set, and --rotate-secret needs it", "set it, or omit --rotate-secret")
	case a.RotateSecret:
		warnRoles(ctx, cfg, warn)
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
			hint := "run foghorn apply again to write the rest"
			if rest.Status(err) == http.StatusForbidden {
				hint = adminHint
			}
			return fmt.Errorf("%s %s: %w\n  hint: %d of %d were written; %s", ch.verb, ch.target, err, i, len(changes), hint)
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
