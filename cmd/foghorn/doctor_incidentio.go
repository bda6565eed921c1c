package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"foghorn/integrations/incidentio"
	"foghorn/integrations/rest"
	"foghorn/manifests"
)

const keyHint = "create a key with the roles viewer and incident_creator under Settings, API keys"

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
		hint := networkHint(err, "incident.io did not respond as expected: check INCIDENT_IO_BASE_URL and the network")
		if rest.IsUnauthorized(err) {
			hint = keyHint
		}
		c.fail("key", err.Error(), hint)
		return c.findings
	}
	c.ok("key", id.Name)
	if !c.checkRoles(id) {
		return c.findings
	}
	portClient := cfg.newPortClient()
	defer portClient.Close()
	optional, isOwn, _ := findAction(ctx, portClient, cfg.PortAction) // the group Port reports the error
	if isOwn {
		return c.findings
	}
	org, err := readOrganization(ctx, cfg, inputs{inPort: optional}, io.Discard)
	if err != nil {
		c.fail("severities", err.Error(), "give the key the role viewer")
		return c.findings
	}
	set, _ := manifests.Render(org, manifests.Options{ActionID: cfg.PortAction, IncidentURL: cfg.IncidentIOBaseURL})
	c.checkDrift(ctx, "severities", actionDefinition{portClient, set.Action})
	c.checkDrift(ctx, "statuses", blueprintDefinition{portClient, set.Blueprint})
	return c.findings
}

// checkRoles checks what the API key may do, and reports whether it may read the organization.
func (c *checks) checkRoles(id incidentio.Identity) bool {
	if id.Roles == nil { // not reported
		return true
	}
	has := "the key has " + strings.Join(id.Roles, ", ")
	if len(id.Roles) == 0 {
		has = "the key has no roles"
	}
	if !slices.Contains(id.Roles, roleViewer) {
		c.fail("roles", has+"; without viewer, apply and doctor cannot read severities, statuses, incident types and custom fields", keyHint)
		return false
	}
	if !slices.Contains(id.Roles, roleCreator) {
		c.warn("roles", has+"; without incident_creator, Port cannot declare incidents with it",
			"Port's secret "+manifests.SecretName+" needs a key with that role: create one, and run foghorn apply --rotate-secret with it")
		return true
	}
	text := strings.Join(id.Roles, ", ")
	if !slices.Contains(id.Roles, "global_access") {
		text += "; without global_access, the bot does not see the channels of private incidents"
	}
	c.ok("roles", text)
	return true
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

// checkDrift checks that Port has the severities or statuses of incident.io. The group Port reports missing
// definitions.
func (c *checks) checkDrift(ctx context.Context, check string, d definition) {
	raw, err := d.read(ctx)
	if err != nil {
		return
	}
	have, want := enumValues(raw), enumValues(d.wanted())
	if !slices.Equal(have, want) {
		c.fail(check, fmt.Sprintf("Port has %s; incident.io has %s", strings.Join(have, ", "), strings.Join(want, ", ")), "run foghorn apply, which updates Port")
		return
	}
	c.ok(check, fmt.Sprintf("Port has all %d of incident.io", len(want)))
}
