package ui

import (
	"net/http"
	"slices"

	"foghorn/integrations/emulator"
	"foghorn/integrations/incidentio/incidentiotest"
	"foghorn/integrations/port/porttest"
	"foghorn/integrations/slackapp/slacktest"
)

// A service is an emulator on the page that lists what is modeled.
type service struct {
	Name, ControlURL string
	Refused          []emulator.Call // newest last
	Coverage         []emulator.Coverage
}

// serveEmulators serves the page of what the emulators model, and of what they have refused.
func (s *Server) serveEmulators(w http.ResponseWriter, _ *http.Request) {
	html, err := s.renderTemplate("emulators", []service{
		{"Slack", s.cfg.Slack.ControlURL(), s.cfg.Slack.Refused(), slacktest.Coverage()},
		{"Port", s.cfg.Port.ControlURL(), s.cfg.Port.Refused(), porttest.Coverage()},
		{"incident.io", s.cfg.Incidents.ControlURL(), s.cfg.Incidents.Refused(), incidentiotest.Coverage()},
	})
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = w.Write(html)
}

// Count is the number of methods and routes in a state.
func (s service) Count(state string) int {
	return len(slices.DeleteFunc(slices.Clone(s.Coverage), func(c emulator.Coverage) bool { return c.State != state }))
}
