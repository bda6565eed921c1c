package main

import (
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"time"

	"foghorn/bot/dialog"
	"foghorn/bot/message"
	"foghorn/integrations/port"
	"foghorn/integrations/rest"
	"foghorn/manifests"
)

const (
	applyHint   = "foghorn apply writes it; foghorn apply --dry-run shows the difference"
	portHint    = "Port did not respond as expected: check PORT_BASE_URL, the network and status.port.io"
	adminHint   = "use credentials with the role Admin: Settings, Credentials, in Port"
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
	c.checkActions(ctx, client, append([]dialog.Command{{Name: cfg.SlackCommand, Action: cfg.PortAction}}, cfg.SlackCommands...))
	c.checkChoice(ctx, client, cfg)
	c.checkUsers(ctx, client)
	c.checkRuns(ctx, client, cfg.PortAction)
	c.checkCatalog(ctx, client, cfg)
	optional, isOwn, _ := findAction(ctx, client, cfg.PortAction) // checkAction reports the error
	if isOwn {
		c.ok(actionCheck, cfg.PortAction+" does not declare incidents of incident.io, so it is not compared with the manifest")
		return c.findings
	}
	org, _ := readOrganization(ctx, cfg, inputs{inPort: optional}, io.Discard) // the group incident.io reports the error
	set, _ := manifests.Render(org, manifests.Options{ActionID: cfg.PortAction, IncidentURL: cfg.IncidentIOBaseURL})
	c.checkDefinition(ctx, "blueprint", blueprintDefinition{client, set.Blueprint}, org)
	c.checkDefinition(ctx, actionCheck, actionDefinition{client, set.Action}, org)
	c.checkDefinition(ctx, "automation", actionDefinition{client, set.Automation}, org)
	switch _, err := client.Definitions().GetSecret(ctx, manifests.SecretName); {
	case rest.IsNotFound(err):
		c.fail("secret", "Port has no secret "+manifests.SecretName+", so the action cannot declare incidents", "foghorn apply creates it from INCIDENT_IO_API_KEY")
	case rest.IsRejected(err):
		c.warn("secret", "the credentials cannot read secrets, so apply cannot write "+manifests.SecretName+": "+err.Error(), adminHint)
	case err != nil:
		c.warn("secret", err.Error(), networkHint(err, portHint))
	default:
		c.ok("secret", manifests.SecretName)
	}
	return c.findings
}

// checkUsers checks that the credentials can read users. It reports problems only.
func (c *checks) checkUsers(ctx context.Context, client *port.Client) {
	_, err := client.GetUser(ctx, "doctor@foghorn.invalid") // an address that no member has
	switch {
	case err == nil || rest.IsNotFound(err):
	case rest.IsRejected(err):
		c.fail("users", "the credentials cannot read users, so the bot cannot check who may run an action and runs nothing: "+err.Error(), adminHint)
	default:
		c.fail("users", err.Error(), networkHint(err, portHint))
	}
}

// Bounds of the runs that checkRuns reads. Port does not document their order, so that they may be old ones.
const (
	maxLatestRuns = 100
	maxLatestAge  = 7 * 24 * time.Hour
)

// checkRuns checks that the credentials can read runs, and that incident.io did not reject the latest one because of
// an input that apply can add. It reports problems only.
func (c *checks) checkRuns(ctx context.Context, client *port.Client, action string) {
	runs, err := client.ListRuns(ctx, port.RunsQuery{Action: action, Exclude: []string{"payload"}, Limit: maxLatestRuns})
	switch {
	case rest.IsNotFound(err): // checkAction reports it
		return
	case rest.IsRejected(err):
		c.fail("runs", "the credentials cannot read runs, so the bot cannot report how one ended: "+err.Error(), adminHint)
		return
	case err != nil:
		c.fail("runs", err.Error(), networkHint(err, portHint))
		return
	}
	var latest port.Run
	for _, r := range runs {
		if r.HasEnded() && r.CreatedAt.After(latest.CreatedAt) {
			latest = r
		}
	}
	hint := message.MissingInput(latest.Response)
	if hint != "" && latest.Status == port.StatusFailure && time.Since(latest.CreatedAt) < maxLatestAge {
		c.warn("latest run", "incident.io rejected it: "+message.ErrorText(latest.Response), strings.ReplaceAll(hint, "`", ""))
	}
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
		c.fail("credentials", err.Error(), networkHint(err, portHint))
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

// checkDefinition checks that a definition in Port matches the manifest. The group incident.io reports severities and
// statuses that differ.
func (c *checks) checkDefinition(ctx context.Context, check string, d definition, org manifests.Organization) {
	raw, err := d.read(ctx)
	switch {
	case rest.IsNotFound(err):
		if check != actionCheck { // checkAction has reported it
			c.fail(check, "Port has no "+d.target(), applyHint)
		}
		return
	case rest.IsRejected(err):
		c.fail(check, "the credentials cannot read it, so apply cannot write it: "+err.Error(), adminHint)
		return
	case err != nil:
		c.fail(check, err.Error(), networkHint(err, portHint))
		return
	}
	if org.Severities != nil && len(enumValues(raw)) > 0 && !slices.Equal(enumValues(raw), enumValues(d.wanted())) {
		return
	}
	change, err := planChange(ctx, d, org)
	switch {
	case errors.Is(err, manifests.ErrOwnEntries):
		c.fail(check, manifests.ErrOwnEntries.Error(), "delete it in Port and run foghorn apply with --custom-field for each field, or delete the optional inputs")
	case err != nil:
		c.fail(check, err.Error(), networkHint(err, portHint))
	case change != nil:
		c.warn(check, definitionID(d.wanted())+" differs from the manifest", applyHint)
	default:
		c.ok(check, definitionID(d.wanted())+" matches the manifest")
	}
}
