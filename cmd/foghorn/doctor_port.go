package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"foghorn/bot/form"
	"foghorn/integrations/incidentio"
	"foghorn/integrations/port"
	"foghorn/integrations/rest"
	"foghorn/manifests"
)

const applyHint = "foghorn apply mends it; foghorn apply --dry-run shows the difference"

func checkPort(ctx context.Context, cfg Config) []finding {
	w := &checks{group: "Port"}
	ctx, cancel := context.WithTimeout(ctx, 2*doctorTimeout)
	defer cancel()
	client := port.New(port.Config{BaseURL: cfg.PortBaseURL, ClientID: cfg.PortClientID, ClientSecret: cfg.PortClientSecret})
	defer client.Close()

	asking, done := withCheckTimeout(ctx)
	err := client.CheckCredentials(asking)
	done()
	switch {
	case errors.Is(err, port.ErrCredentials):
		w.fail("credentials", "PORT_CLIENT_ID and PORT_CLIENT_SECRET are refused by "+cfg.PortBaseURL, "copy both again; those of one region are unknown in the other: https://api.port.io and https://api.us.port.io (PORT_BASE_URL)")
		return w.findings
	case err != nil:
		w.fail("credentials", err.Error(), "Port does not answer as it should: look at PORT_BASE_URL, the network and status.port.io")
		return w.findings
	}
	w.ok("credentials", "accepted")
	// Only an organization's credentials may run an action as somebody else; a person's own
	// have their e-mail as the client id.
	// https://docs.port.io/create-self-service-experiences/set-self-service-actions-rbac
	if strings.Contains(cfg.PortClientID, "@") {
		w.fail("run as a person", "PORT_CLIENT_ID is a person's: it cannot run actions as others", "take the organization's credentials")
	} else {
		w.ok("run as a person", "these are an organization's credentials")
	}

	asking, done = withCheckTimeout(ctx)
	defer done()
	org, _ := readOrganization(asking, cfg) // incident.io's own group says what is wrong with it
	set, _ := manifests.Render(org, manifests.Options{ActionID: cfg.PortAction, IncidentURL: cfg.IncidentIOBaseURL})
	w.checkAction(asking, client, cfg.PortAction)
	w.checkDefinition(asking, "blueprint", blueprintDefinition(client, set.Blueprint))
	w.checkDefinition(asking, "action's definition", actionDefinition(client, set.Action))
	w.checkDefinition(asking, "automation", actionDefinition(client, set.Automation))
	if _, err := client.Definitions().GetSecret(asking, manifests.SecretName); rest.Status(err) == http.StatusNotFound {
		w.fail("secret", "Port has no secret "+manifests.SecretName+": no incident can be declared", "foghorn apply creates it from INCIDENT_IO_API_KEY")
	} else if err != nil {
		w.warn("secret", err.Error(), "Port does not show its secrets to these credentials")
	} else {
		w.ok("secret", manifests.SecretName)
	}
	return w.findings
}

// checkAction looks whether the action can be run from Slack.
func (w *checks) checkAction(ctx context.Context, client *port.Client, id string) {
	a, err := client.GetAction(ctx, id)
	if rest.Status(err) == http.StatusNotFound {
		w.fail("action", "Port has no action "+id, "foghorn apply creates it, or set PORT_ACTION to another one")
		return
	}
	if err != nil {
		w.fail("action", err.Error(), "Port does not answer as it should")
		return
	}
	f, err := form.Compile(a.Raw)
	if err != nil {
		w.fail("action", err.Error(), "foghorn preview "+id+" says more")
		return
	}
	if len(f.Problems) > 0 {
		w.fail("action", fmt.Sprintf("%s cannot be run from Slack: %s", id, strings.TrimPrefix(f.Problems[0].Input+": "+f.Problems[0].Reason, ": ")), "foghorn preview "+id+" lists all of it")
		return
	}
	w.ok("action", id+" can be run from Slack")
}

// checkDefinition looks whether Port has a definition as it should be. What follows from
// incident.io having changed is said there.
func (w *checks) checkDefinition(ctx context.Context, check string, d definition) {
	raw, err := d.read(ctx)
	switch {
	case rest.Status(err) == http.StatusNotFound:
		if check != "action's definition" { // the action's own check has said so
			w.fail(check, "Port has no "+d.kind+" "+d.id, applyHint)
		}
		return
	case err != nil:
		w.fail(check, err.Error(), "Port does not answer as it should")
		return
	}
	if len(enumValues(raw)) > 0 && !slices.Equal(enumValues(raw), enumValues(d.want)) {
		return // drift: incident.io's group says so
	}
	change, err := d.planChange(ctx)
	switch {
	case err != nil:
		w.fail(check, err.Error(), "Port does not answer as it should")
	case change != nil:
		w.warn(check, d.id+" differs from what Foghorn would write", applyHint)
	default:
		w.ok(check, d.id+" is as it should be")
	}
}

// enumValues are the severities that an action offers, or the statuses that a blueprint allows, sorted.
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
	out := append(d.Trigger.UserInputs.Properties.Severity.Enum, d.Schema.Properties.Status.Enum...)
	slices.Sort(out)
	return out
}

func checkIncidentIO(ctx context.Context, cfg Config) []finding {
	w := &checks{group: "incident.io"}
	if cfg.IncidentIOKey == "" {
		w.warn("key", "INCIDENT_IO_API_KEY is empty: severities and statuses cannot be compared", "set it for apply and doctor")
		return w.findings
	}
	ctx, cancel := withCheckTimeout(ctx)
	defer cancel()
	client := incidentio.New(incidentio.Config{BaseURL: cfg.IncidentIOBaseURL, APIKey: cfg.IncidentIOKey})
	defer client.Close()
	id, err := client.GetIdentity(ctx)
	if err != nil {
		hint := "incident.io does not answer as it should: look at INCIDENT_IO_BASE_URL and the network"
		if rest.Status(err) == http.StatusUnauthorized {
			hint = "make a key with the roles viewer and incident_creator under Settings, API keys"
		}
		w.fail("key", err.Error(), hint)
		return w.findings
	}
	w.ok("key", id.Name)
	org, err := readOrganization(ctx, cfg)
	if err != nil {
		w.fail("severities", err.Error(), "the key needs the role viewer")
		return w.findings
	}
	portClient := port.New(port.Config{BaseURL: cfg.PortBaseURL, ClientID: cfg.PortClientID, ClientSecret: cfg.PortClientSecret})
	defer portClient.Close()
	set, _ := manifests.Render(org, manifests.Options{ActionID: cfg.PortAction, IncidentURL: cfg.IncidentIOBaseURL})
	w.checkDrift(ctx, "severities", actionDefinition(portClient, set.Action))
	w.checkDrift(ctx, "statuses", blueprintDefinition(portClient, set.Blueprint))
	return w.findings
}

// checkDrift looks whether Port knows incident.io's severities or statuses. Where Port has no
// definition, its own group says so.
func (w *checks) checkDrift(ctx context.Context, check string, d definition) {
	raw, err := d.read(ctx)
	if err != nil {
		return
	}
	if have, want := enumValues(raw), enumValues(d.want); !slices.Equal(have, want) {
		w.fail(check, fmt.Sprintf("Port has %s, incident.io has %s", strings.Join(have, ", "), strings.Join(want, ", ")), "foghorn apply brings Port up to date")
		return
	}
	w.ok(check, "Port has them all")
}
