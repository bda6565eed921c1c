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

// A choice is a property of an incident that the page can change.
type choice struct {
	Incident incidentiotest.Incident
	Label    string
	Name     string // of the form's field
	Current  string
	Possible []string
}

// Choices returns what the page can change of an incident: its status, severity and visibility.
func (v *viewModel) Choices(i incidentiotest.Incident) []choice {
	var statuses, severities []string
	for _, s := range v.server.cfg.Incidents.Statuses() {
		statuses = append(statuses, s.Name)
	}
	for _, s := range v.server.cfg.Incidents.Severities() {
		severities = append(severities, s.Name)
	}
	return []choice{
		{i, "Status", "status", i.Status, statuses}, {i, "Severity", "severity", i.Severity, severities},
		{i, "Visibility", "visibility", i.Visibility, []string{"public", "private"}},
	}
}
