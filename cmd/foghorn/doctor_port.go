package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"foghorn/bot/form"
	"foghorn/integrations/port"
	"foghorn/integrations/rest"
	"foghorn/manifests"
)

const (
	applyHint   = "foghorn apply writes it; foghorn apply --dry-run shows the difference"
	portHint    = "Port did not respond as expected: check PORT_BASE_URL, the network and status.port.io"
	actionCheck = "definition"
)

func checkPort(ctx context.Context, cfg Config) []finding {
	c := &checks{group: "Port"}
	ctx, cancel := context.WithTimeout(ctx, 2*doctorTimeout)
	defer cancel()
	client := cfg.newPortClient()
	defer client.Close()

	if !c.checkPortCredentials(ctx, client, cfg) {
		return c.findings
	}
	ctx, cancel = withCheckTimeout(ctx)
	defer cancel()
	org, _ := readOrganization(ctx, cfg, false) // the group incident.io reports the error
	set, _ := manifests.Render(org, manifests.Options{ActionID: cfg.PortAction, IncidentURL: cfg.IncidentIOBaseURL})
	c.checkAction(ctx, client, cfg.PortAction)
	c.checkPermissions(ctx, client, cfg.PortAction)
	c.checkDefinition(ctx, "blueprint", blueprintDefinition{client, set.Blueprint})
	c.checkDefinition(ctx, actionCheck, actionDefinition{client, set.Action})
	c.checkDefinition(ctx, "automation", actionDefinition{client, set.Automation})
	switch _, err := client.Definitions().GetSecret(ctx, manifests.SecretName); {
	case rest.IsNotFound(err):
		c.fail("secret", "Port has no secret "+manifests.SecretName+", so the action cannot declare incidents", "foghorn apply creates it from INCIDENT_IO_API_KEY")
	case err != nil:
		c.warn("secret", err.Error(), "these credentials cannot read Port's secrets")
	default:
		c.ok("secret", manifests.SecretName)
	}
	return c.findings
}

// checkPortCredentials reports whether Port accepts the credentials.
func (c *checks) checkPortCredentials(ctx context.Context, client *port.Client, cfg Config) bool {
	ctx, cancel := withCheckTimeout(ctx)
	defer cancel()
	err := client.CheckCredentials(ctx)
	if errors.Is(err, port.ErrCredentials) {
		c.fail("credentials", "PORT_CLIENT_ID and PORT_CLIENT_SECRET were rejected by "+cfg.PortBaseURL,
			"copy both again; each region has its own: https://api.port.io and https://api.us.port.io (PORT_BASE_URL)")
		return false
	}
	if err != nil {
		c.fail("credentials", err.Error(), portHint)
		return false
	}
	c.ok("credentials", "accepted by "+cfg.PortBaseURL)
	// Only an organization's credentials may run an action as another person. The client id of a person's own
	// credentials is their e-mail address.
	// https://docs.port.io/create-self-service-experiences/set-self-service-actions-rbac
	if strings.Contains(cfg.PortClientID, "@") {
		c.fail("run as a person", "PORT_CLIENT_ID belongs to a person and cannot run actions as others", "use the credentials of the organization")
	} else {
		c.ok("run as a person", "the credentials belong to the organization")
	}
	return true
}

// checkAction checks that the action exists and can be run from Slack.
func (c *checks) checkAction(ctx context.Context, client *port.Client, id string) {
	a, err := client.GetAction(ctx, id)
	if rest.IsNotFound(err) {
		c.fail("action", "Port has no action "+id, "foghorn apply creates it, or set PORT_ACTION to another one")
		return
	}
	if err != nil {
		c.fail("action", err.Error(), portHint)
		return
	}
	f, err := form.Compile(a.Raw)
	if err != nil {
		c.fail("action", err.Error(), "foghorn preview "+id+" shows details")
		return
	}
	if len(f.Problems) > 0 {
		c.fail("action", id+" cannot be run from Slack: "+formatProblem(f.Problems[0]), "foghorn preview "+id+" lists all reasons")
		return
	}
	state := f.Resolve(ctx, form.EvalContext{}, nil)
	if len(state.Problems) > 0 {
		c.warn("action", id+" has a condition that cannot be evaluated: "+formatProblem(state.Problems[0]),
			"simplify the jq program; until then the form may differ from Port's")
		return
	}
	c.ok("action", id+" can be run from Slack")
}

// checkPermissions checks that the permissions of the actions can be read, and lists the actions for which only Port
// can decide who may run them.
func (c *checks) checkPermissions(ctx context.Context, client *port.Client, actions ...string) {
	var policies []string
	for _, id := range actions {
		switch p, err := client.GetExecutePermissions(ctx, id); {
		case rest.IsNotFound(err): // checkAction has reported it
			return
		case rest.IsRejected(err):
			c.fail("permissions", err.Error(), "give the key the role Admin: the bot runs nothing while it cannot read who may run "+id)
			return
		case err != nil:
			c.fail("permissions", err.Error(), portHint)
			return
		case p.HasPolicy:
			policies = append(policies, id)
		}
	}
	if len(policies) > 0 {
		c.warn("permissions", "a policy decides who may run "+strings.Join(policies, ", "),
			"the bot cannot evaluate policies: check in Port that a person whom the policy excludes cannot run the action from Slack")
		return
	}
	c.ok("permissions", "the bot checks who may run "+strings.Join(actions, ", "))
}

// checkDefinition checks that a definition in Port matches the manifest. The group incident.io reports severities and
// statuses that differ.
func (c *checks) checkDefinition(ctx context.Context, check string, d definition) {
	raw, err := d.read(ctx)
	switch {
	case rest.IsNotFound(err):
		if check != actionCheck { // checkAction has reported it
			c.fail(check, "Port has no "+d.target(), applyHint)
		}
		return
	case err != nil:
		c.fail(check, err.Error(), portHint)
		return
	}
	if len(enumValues(raw)) > 0 && !slices.Equal(enumValues(raw), enumValues(d.wanted())) {
		return
	}
	change, err := planChange(ctx, d)
	switch {
	case err != nil:
		c.fail(check, err.Error(), portHint)
	case change != nil:
		c.warn(check, definitionID(d.wanted())+" differs from the manifest", applyHint)
	default:
		c.ok(check, definitionID(d.wanted())+" matches the manifest")
	}
}

// enumValues returns the severities in the form of an action, or the statuses in the schema of a blueprint, sorted.
func enumValues(raw json.RawMessage) []string {
	var d struct {
		Trigger struct {
			UserInputs struct {
				Properties struct{ Severity struct{ Enum []string } }
			}
		}
		Schema struct {
			Properties struct{ Status struct{ Enum []string } }
		}
	}
	if json.Unmarshal(raw, &d) != nil {
		return nil
	}
	values := append(d.Trigger.UserInputs.Properties.Severity.Enum, d.Schema.Properties.Status.Enum...)
	slices.Sort(values)
	return values
}

func checkIncidentIO(ctx context.Context, cfg Config) []finding {
	c := &checks{group: "incident.io"}
	if cfg.IncidentIOKey == "" {
		c.warn("key", "INCIDENT_IO_API_KEY is not set, so severities and statuses are not compared", "set it for apply and doctor")
		return c.findings
	}
	ctx, cancel := withCheckTimeout(ctx)
	defer cancel()
	client := cfg.newIncidentIOClient()
	defer client.Close()
	id, err := client.GetIdentity(ctx)
	if err != nil {
		hint := "incident.io did not respond as expected: check INCIDENT_IO_BASE_URL and the network"
		if rest.IsUnauthorized(err) {
			hint = "create a key with the roles viewer and incident_creator under Settings, API keys"
		}
		c.fail("key", err.Error(), hint)
		return c.findings
	}
	c.ok("key", id.Name)
	org, err := readOrganization(ctx, cfg, false)
	if err != nil {
		c.fail("severities", err.Error(), "give the key the role viewer")
		return c.findings
	}
	portClient := cfg.newPortClient()
	defer portClient.Close()
	set, _ := manifests.Render(org, manifests.Options{ActionID: cfg.PortAction, IncidentURL: cfg.IncidentIOBaseURL})
	c.checkDrift(ctx, "severities", actionDefinition{portClient, set.Action})
	c.checkDrift(ctx, "statuses", blueprintDefinition{portClient, set.Blueprint})
	return c.findings
}

// checkDrift checks that Port has the severities or statuses of incident.io. The group Port reports missing
// definitions.
func (c *checks) checkDrift(ctx context.Context, check string, d definition) {
	raw, err := d.read(ctx)
	if err != nil {
		return
	}
	have, want := enumValues(raw), enumValues(d.wanted())
	if !slices.Equal(have, want) {
		c.fail(check, fmt.Sprintf("Port has %s; incident.io has %s", strings.Join(have, ", "), strings.Join(want, ", ")), "foghorn apply updates Port")
		return
	}
	c.ok(check, fmt.Sprintf("Port has all %d of incident.io", len(want)))
}
