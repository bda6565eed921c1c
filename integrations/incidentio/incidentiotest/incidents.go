package incidentiotest

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"foghorn/integrations/emulator"
)

// An Incident of the organization.
type Incident struct {
	ID, Reference, Name, Summary string
	Severity, Status             string // names; Severity may be empty
	Visibility, Mode             string
	Permalink                    string
	IdempotencyKey               string
	Reporter, Lead               string              // name, e-mail address or id; may be empty
	Type                         string              // name
	SlackTeam                    string              // as requested; may be empty
	CustomFields                 map[string][]string // values by the name of the field, options by their name
	CreatedAt, UpdatedAt         time.Time

	severity        *Severity
	status          Status
	channelID       string
	channelName     string
	callURL         string
	timestamps      map[string]time.Time // by id
	roleAssignments []apiRoleAssignment
	incidentType    Type
	fields          []fieldEntry
}

// Incidents returns all incidents, oldest first.
func (s *Server) Incidents() []Incident {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]Incident, 0, len(s.incidents))
	for _, i := range s.incidents {
		out = append(out, *i)
	}
	return out
}

// OnChannelCreated sets the function that creates the Slack channel of each new public incident,
// as incident.io does when it is connected to Slack.
func (s *Server) OnChannelCreated(f func(id, name string)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.onChannelCreated = f
}

// findIncidentLocked returns the incident with an id or the number of a reference, or nil.
func (s *Server) findIncidentLocked(id string) *Incident {
	for _, i := range s.incidents {
		if i.ID == id || i.Reference == "INC-"+id {
			return i
		}
	}
	return nil
}

// createIncident creates an incident. A request with a known idempotency key returns the existing
// incident and creates none.
func (s *Server) createIncident(r *http.Request) (int, any) {
	var in createRequest
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
		return malformed()
	}
	s.mu.Lock()
	if errs := s.validateLocked(in); len(errs) > 0 {
		s.mu.Unlock()
		return invalid(errs...)
	}
	i, exists := s.byIdempotencyKey[in.IdempotencyKey]
	if !exists {
		i = s.addIncidentLocked(in)
	}
	created, body, onChannelCreated := *i, incidentBody{s.toAPILocked(i)}, s.onChannelCreated
	s.mu.Unlock()
	if exists {
		return http.StatusOK, body
	}
	if onChannelCreated != nil && created.Visibility != "private" {
		onChannelCreated(created.channelID, created.channelName)
	}
	s.Emit(emulator.Event{
		From: "incident.io", To: "port", Kind: "incident", Text: fmt.Sprintf("%s %q %s", created.Reference, created.Name, created.Permalink), Body: body,
	})
	return http.StatusOK, body
}

// addIncidentLocked adds the incident of a valid request.
func (s *Server) addIncidentLocked(in createRequest) *Incident {
	id, created := newID(), now()
	i := &Incident{
		ID: id, Reference: fmt.Sprintf("INC-%d", len(s.incidents)+1), Name: strings.ToLower("incident-" + id[20:]),
		Visibility: in.Visibility, Mode: modes[0], IdempotencyKey: in.IdempotencyKey, Permalink: s.cfg.PermalinkBase + "/incidents/" + id,
		CreatedAt: created, UpdatedAt: created, status: s.firstStatusLocked(), channelID: "C" + id[len(id)-10:],
		incidentType: *s.typeLocked(in.TypeID), SlackTeam: in.SlackTeam, timestamps: map[string]time.Time{timestamps[0].ID: created},
	}
	i.channelName = "inc-" + created.Format(time.DateOnly) + "-" + strings.ToLower(i.Reference)
	if i.Type = i.incidentType.Name; i.incidentType.PrivateOnly {
		i.Visibility = "private"
	}
	if in.Mode != nil {
		i.Mode = *in.Mode
	}
	s.applyLocked(i, in.incidentFields)
	s.incidents = append(s.incidents, i)
	s.byIdempotencyKey[i.IdempotencyKey] = i
	s.addUpdateLocked(i)
	return i
}

// applyLocked sets the members that a valid request has.
func (s *Server) applyLocked(i *Incident, in incidentFields) {
	if in.Name != nil && strings.TrimSpace(*in.Name) != "" {
		i.Name = *in.Name
	}
	if in.Summary != nil {
		i.Summary = *in.Summary
	}
	if in.SeverityID != nil && *in.SeverityID != "" {
		i.severity = s.severityLocked(*in.SeverityID)
		i.Severity = i.severity.Name
	}
	if in.StatusID != nil {
		i.status = *s.statusLocked(*in.StatusID)
	}
	i.Status = i.status.Name
	i.callURL, i.channelName = cmp.Or(in.CallURL, i.callURL), cmp.Or(in.ChannelName, i.channelName)
	for _, e := range in.Fields {
		i.fields = append(slices.DeleteFunc(slices.Clone(i.fields), func(old fieldEntry) bool { return old.FieldID == e.FieldID }), e)
	}
	i.CustomFields = s.valuesByNameLocked(i.fields)
	for _, r := range in.Roles {
		i.assign(r)
	}
	i.timestamps = maps.Clone(i.timestamps)
	for _, t := range in.Timestamps {
		if delete(i.timestamps, t.ID); t.Value != nil {
			i.timestamps[t.ID] = *t.Value
		}
	}
}

// assign sets or removes the person who has a role.
func (i *Incident) assign(r roleRequest) {
	i.roleAssignments = slices.DeleteFunc(slices.Clone(i.roleAssignments), func(a apiRoleAssignment) bool { return a.Role.ID == r.RoleID })
	name := ""
	if r.Assignee != nil {
		assignment := newRoleAssignment(r.RoleID, *r.Assignee)
		i.roleAssignments, name = append(i.roleAssignments, assignment), assignment.Assignee.Name
	}
	if r.RoleID == reporterRoleID {
		i.Reporter = name
	} else {
		i.Lead = name
	}
}

func (s *Server) getIncident(r *http.Request) (int, any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := s.findIncidentLocked(r.PathValue("id"))
	if i == nil || !s.isVisibleLocked(r, i) {
		return notFound()
	}
	return http.StatusOK, incidentBody{s.toAPILocked(i)}
}
