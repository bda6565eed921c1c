package incidentiotest

import (
	"cmp"
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
	SlackTeam                    string              // id of its workspace
	CustomFields                 map[string][]string // values by the name of the field, options by their name
	CreatedAt, UpdatedAt         time.Time

	severity        *Severity
	status          Status
	channelID       string
	channelName     string
	callURL         string
	postmortem      string               // address
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
func (s *Server) createIncident(c *call) (int, any) {
	var in createRequest
	if status, body := c.decodeBody(&in); status != 0 {
		return status, body
	}
	if in.Retrospective != nil && in.Retrospective.ExternalID != nil {
		return c.notModeled("retrospective_incident_options.external_id")
	}
	if status, body := c.checkModeled(in.incidentFields); status != 0 {
		return status, body
	}
	if errs := s.validateLocked(in); len(errs) > 0 {
		return invalid(errs...)
	}
	i, exists := s.byIdempotencyKey[in.IdempotencyKey]
	if !exists {
		i = s.addIncidentLocked(in)
		c.after = s.announceLocked(i)
	}
	return http.StatusOK, incidentBody{s.toAPILocked(i)}
}

// AddIncident adds an incident as the API does, and returns its id. The configuration must have a severity of that name.
func (s *Server) AddIncident(n NewIncident) (id string, err error) {
	s.mu.Lock()
	fields, err := s.fieldsOfEditLocked(n.Edit)
	in := createRequest{incidentFields: fields, IdempotencyKey: cmp.Or(n.IdempotencyKey, newID()), Visibility: cmp.Or(n.Visibility, "public")}
	if n.Mode != "" {
		in.Mode = &n.Mode
	}
	if n.Type != "" {
		in.TypeID = cmp.Or(idOf(s.organization.Types, n.Type), &n.Type)
	}
	errs := slices.DeleteFunc(s.validateLocked(in), func(e apiError) bool { return e.Source.Field == "custom_field_entries" }) // has none
	if err == nil && len(errs) > 0 {
		err = fmt.Errorf("%s: %s", errs[0].Source.Field, errs[0].Message)
	}
	if err == nil && s.byIdempotencyKey[in.IdempotencyKey] != nil {
		err = fmt.Errorf("an incident has the idempotency key %q already", in.IdempotencyKey)
	}
	if err != nil {
		s.mu.Unlock()
		return "", err
	}
	i := s.addIncidentLocked(in)
	announce, id := s.announceLocked(i), i.ID
	s.mu.Unlock()
	announce()
	return id, nil
}

// A NewIncident is an incident that exists without a call to the API.
type NewIncident struct {
	Edit
	Mode           string `json:"mode"` // "" means standard
	Type           string `json:"type"` // name; "" means the default type
	IdempotencyKey string `json:"idempotency_key"`
}

// announceLocked returns the function that creates the channel of a new incident and emits its event.
func (s *Server) announceLocked(i *Incident) func() {
	created, body, onChannelCreated := *i, incidentBody{s.toAPILocked(i)}, s.onChannelCreated
	return func() {
		if onChannelCreated != nil && created.Visibility != "private" && created.Mode != "retrospective" {
			onChannelCreated(created.channelID, created.channelName)
		}
		s.Emit(emulator.Event{
			From: "incident.io", To: "port", Kind: "incident", Text: fmt.Sprintf("%s %q %s", created.Reference, created.Name, created.Permalink), Body: body,
		})
	}
}

// addIncidentLocked adds the incident of a valid request.
func (s *Server) addIncidentLocked(in createRequest) *Incident {
	id, created := newID(), now()
	i := &Incident{
		ID: id, Reference: fmt.Sprintf("INC-%d", len(s.incidents)+1), Name: strings.ToLower("incident-" + id[20:]),
		Visibility: in.Visibility, Mode: modes[0], IdempotencyKey: in.IdempotencyKey, Permalink: s.cfg.PermalinkBase + "/incidents/" + id,
		CreatedAt: created, UpdatedAt: created, status: s.firstStatusLocked(), channelID: "C" + id[len(id)-10:],
		incidentType: *s.typeLocked(in.TypeID), SlackTeam: cmp.Or(in.SlackTeam, s.cfg.SlackTeams[0]), timestamps: map[string]time.Time{timestamps[0].ID: created},
	}
	i.channelName = "inc-" + created.Format(time.DateOnly) + "-" + strings.ToLower(i.Reference)
	if i.Type = i.incidentType.Name; i.incidentType.PrivateOnly {
		i.Visibility = "private"
	}
	if in.Mode != nil {
		i.Mode = *in.Mode
	}
	if i.Mode == "retrospective" { // has no channel unless the request names one
		i.channelID, i.channelName = "", ""
	}
	if in.Retrospective != nil {
		i.channelID, i.postmortem = in.Retrospective.ChannelID, in.Retrospective.PostmortemURL
	}
	s.applyLocked(i, in.incidentFields)
	i.setReached("", in.Timestamps)
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
		i.severity = find(s.organization.Severities, *in.SeverityID)
		i.Severity = i.severity.Name
	}
	if in.StatusID != nil {
		i.status = *find(s.organization.Statuses, *in.StatusID)
	}
	i.Status = i.status.Name
	if in.CallURL != nil {
		i.callURL = *in.CallURL
	}
	i.channelName = cmp.Or(in.ChannelName, i.channelName)
	for _, e := range in.Fields {
		i.fields = append(slices.DeleteFunc(slices.Clone(i.fields), func(old fieldEntry) bool { return old.FieldID == e.FieldID }), e)
	}
	i.CustomFields = s.valuesByNameLocked(i.fields)
	for _, r := range in.Roles {
		s.assignLocked(i, r)
	}
	i.timestamps = maps.Clone(i.timestamps)
	for _, t := range in.Timestamps {
		if delete(i.timestamps, t.ID); t.Value != nil {
			i.timestamps[t.ID] = *t.Value
		}
	}
}

// reachedTimestamps are the timestamps that an incident gets when its status reaches a category.
// https://docs.incident.io/api-reference/incident-timestamps-v2/list
var reachedTimestamps = map[string][]string{
	"live": {"Accepted at"}, "learning": {"Resolved at"}, "closed": {"Resolved at", "Closed at"},
	"merged": {"Merged at"}, "declined": {"Declined at"}, "canceled": {"Canceled at"},
}

// setReached sets the timestamps of the category of an incident's status, unless that was the category before, or a
// request gives them. An incident is resolved once: where it is closed after the post-incident flow, the time stays.
func (i *Incident) setReached(before string, given []timestampRequest) {
	category := i.status.Category
	if category == before {
		return
	}
	for _, t := range timestamps {
		isGiven := slices.ContainsFunc(given, func(g timestampRequest) bool { return g.ID == t.ID })
		isKept := t.Name == "Resolved at" && before == "learning" && !i.timestamps[t.ID].IsZero()
		if slices.Contains(reachedTimestamps[category], t.Name) && !isGiven && !isKept {
			i.timestamps[t.ID] = now()
		}
	}
}

// assignLocked sets or removes the person who has a role.
func (s *Server) assignLocked(i *Incident, r roleRequest) {
	i.roleAssignments = slices.DeleteFunc(slices.Clone(i.roleAssignments), func(a apiRoleAssignment) bool { return a.Role.ID == r.RoleID })
	name := ""
	if r.Assignee != nil {
		p := s.personLocked(*r.Assignee)
		s.addPersonLocked(*p)
		i.roleAssignments, name = append(i.roleAssignments, apiRoleAssignment{
			*find(roles, r.RoleID), apiAssignee{p.ID, p.Name, "unset", p.Email, p.SlackUserID},
		}), p.Name
	}
	if r.RoleID == reporterRoleID {
		i.Reporter = name
	} else {
		i.Lead = name
	}
}

func (s *Server) getIncident(c *call) (int, any) {
	i := s.findIncidentLocked(c.PathValue("id"))
	if i == nil || !c.canSee(i) {
		return notFound()
	}
	return http.StatusOK, incidentBody{s.toAPILocked(i)}
}

// canSee reports whether the key of a request can see an incident.
func (c *call) canSee(i *Incident) bool {
	return i.Visibility != "private" || slices.Contains(c.roles, roleGlobal)
}
