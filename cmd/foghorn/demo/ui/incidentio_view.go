package ui

import (
	"net/url"
	"slices"

	"foghorn/integrations/incidentio/incidentiotest"
)

// Incidents returns all incidents, the latest first.
func (v *viewModel) Incidents() []incidentiotest.Incident {
	out := v.server.cfg.Incidents.Incidents()
	slices.Reverse(out)
	return out
}

// ShownIncident returns the incident of an incident's page; nil when there is none.
func (v *viewModel) ShownIncident() *incidentiotest.Incident {
	for _, i := range v.Incidents() {
		if i.ID == v.Incident {
			return &i
		}
	}
	return nil
}

// IncidentURL returns the address of an incident's page.
func (v *viewModel) IncidentURL(id string) string {
	return IncidentPath + "/incidents/" + url.PathEscape(id)
}

// Statuses returns the names of the statuses that an incident can have.
func (v *viewModel) Statuses() (out []string) {
	for _, s := range v.server.cfg.Incidents.Statuses() {
		out = append(out, s.Name)
	}
	return out
}
