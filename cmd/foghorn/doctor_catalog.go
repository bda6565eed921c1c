package main

import (
	"bytes"
	"context"
	"slices"

	"foghorn/integrations/port"
	"foghorn/integrations/rest"
	"foghorn/manifests"
)

const offHint = "if it keeps the incidents up to date, set UPDATE_CATALOG=off"

// importMarks are what an integration that imports incident.io contains: in its names, in the address that it reads, or
// in its mapping. Port's own is a custom integration, whose names people choose.
// https://docs.port.io/build-your-software-catalog/sync-data-to-catalog/incident-management/incident-io
var importMarks = []string{"incident.io", "incident-io", "incident_io", "incidentio", "/v2/incidents"}

// checkCatalog checks that only the bot updates the entities of incidents. A webhook, a script or Terraform that writes
// them cannot be seen.
func (c *checks) checkCatalog(ctx context.Context, client *port.Client, cfg Config) {
	switch {
	case cfg.IncidentIOKey == "":
		return
	case !cfg.UpdateCatalog:
		c.ok("catalog", "UPDATE_CATALOG is off: the bot does not update entities")
		return
	}
	integrations, err := port.NewCatalog(client).ListIntegrations(ctx)
	switch {
	case rest.IsRejected(err) && !rest.IsNotFound(err):
		c.warn("catalog", "the credentials cannot list integrations, so it is not known whether one imports incident.io: "+err.Error(), adminHint)
		return
	case rest.IsNotFound(err):
		c.ok("catalog", "this Port has no list of integrations")
		return
	case err != nil:
		c.warn("catalog", err.Error(), networkHint(err, portHint))
		return
	}
	for _, i := range integrations {
		switch {
		case bytes.Contains(i.Raw, []byte(manifests.BlueprintID)):
			c.warn("catalog", "the integration "+i.Identifier+" and the bot both write the entities of "+manifests.BlueprintID, offHint)
			return
		case importsIncidents(i):
			c.warn("catalog", "the integration "+i.Identifier+" imports incident.io into Port", offHint)
			return
		}
	}
	c.ok("catalog", "no integration imports incident.io")
}

func importsIncidents(i port.Integration) bool {
	raw := bytes.ToLower(i.Raw)
	return slices.ContainsFunc(importMarks, func(mark string) bool { return bytes.Contains(raw, []byte(mark)) })
}
