package incidentiotest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/oklog/ulid/v2"

	"foghorn/integrations/emulator"
)

// The number of incidents per page.
const (
	defaultPageSize = 25
	maxPageSize     = 500
)

// An Incident of the organization.
type Incident struct {
	ID, Reference, Name, Summary string
	Severity, Status             string // names; Severity may be empty
	Visibility, Mode             string
	Permalink                    string
	IdempotencyKey               string
	Reporter                     string              // e-mail address or id; may be empty
	Type                         string              // name
	SlackTeam                    string              // as requested; may be empty
	CustomFields                 map[string][]string // values by the name of the field, options by their name
	CreatedAt, UpdatedAt         time.Time

	severity        *Severity
	status          Status
	channelID       string
	roleAssignments []apiRoleAssignment
	incidentType    Type
	fields          []fieldEntry
}

// channelName returns the name of the incident's Slack channel.
func (i *Incident) channelName() string {
	return "inc-" + i.CreatedAt.Format(time.DateOnly) + "-" + strings.ToLower(i.Reference)
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

// SetStatus changes the status of an incident. It returns false when the incident or a status
// with the name does not exist.
func (s *Server) SetStatus(id, name string) bool {
	s.mu.Lock()
	i := s.findIncidentLocked(id)
	n := slices.IndexFunc(s.statuses, func(st Status) bool { return st.Name == name })
	if i == nil || n < 0 {
		s.mu.Unlock()
		return false
	}
	i.status, i.Status, i.UpdatedAt = s.statuses[n], name, time.Now().UTC()
	reference, body := i.Reference, incidentBody{s.toAPILocked(i)}
	s.mu.Unlock()
	s.Emit(emulator.Event{From: "incident.io", To: "incident.io", Kind: "incident", Text: reference + " is " + name, Body: body})
	return true
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
		return http.StatusBadRequest, newErrorBody(http.StatusBadRequest, "invalid_request_error", apiError{
			Code: "malformed", Message: "The request body could not be read as JSON",
		})
	}
	s.mu.Lock()
	if errs := s.validateLocked(in); len(errs) > 0 {
		s.mu.Unlock()
		return http.StatusUnprocessableEntity, newErrorBody(http.StatusUnprocessableEntity, "validation_error", errs...)
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
		onChannelCreated(created.channelID, created.channelName())
	}
	s.Emit(emulator.Event{
		From: "incident.io", To: "port", Kind: "incident", Text: fmt.Sprintf("%s %q %s", created.Reference, created.Name, created.Permalink), Body: body,
	})
	return http.StatusOK, body
}

// addIncidentLocked adds the incident of a valid request.
func (s *Server) addIncidentLocked(in createRequest) *Incident {
	now := time.Now().UTC()
	id := ulid.Make().String()
	i := &Incident{
		ID: id, Reference: fmt.Sprintf("INC-%d", len(s.incidents)+1), Name: in.Name, Summary: in.Summary.value,
		Visibility: in.Visibility, Mode: modes[0], IdempotencyKey: in.IdempotencyKey, Permalink: s.cfg.PermalinkBase + "/incidents/" + id,
		CreatedAt: now, UpdatedAt: now, severity: s.severityLocked(in.SeverityID), status: s.defaultStatusLocked(in.StatusID),
		channelID: "C" + id[len(id)-10:], incidentType: *s.typeLocked(in.TypeID), fields: in.Fields, SlackTeam: in.SlackTeam,
	}
	i.CustomFields = s.valuesByNameLocked(in.Fields)
	if i.Type = i.incidentType.Name; i.incidentType.PrivateOnly {
		i.Visibility = "private"
	}
	if strings.TrimSpace(i.Name) == "" {
		i.Name = strings.ToLower("incident-" + id[20:])
	}
	if in.Mode != nil {
		i.Mode = *in.Mode
	}
	if i.severity != nil {
		i.Severity = i.severity.Name
	}
	i.Status = i.status.Name
	for _, role := range in.Roles {
		if role.Assignee == nil {
			continue
		}
		assignment := newRoleAssignment(role.RoleID, *role.Assignee)
		if role.RoleID == reporterRoleID {
			i.Reporter = assignment.Assignee.Name
		}
		i.roleAssignments = append(i.roleAssignments, assignment)
	}
	s.incidents = append(s.incidents, i)
	s.byIdempotencyKey[i.IdempotencyKey] = i
	return i
}

func (s *Server) getIncident(r *http.Request) (int, any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := s.findIncidentLocked(r.PathValue("id"))
	if i == nil {
		return notFound()
	}
	return http.StatusOK, incidentBody{s.toAPILocked(i)}
}

// listIncidents returns the newest incidents first, without tests and tutorials. The key "after"
// is present only when there are more.
func (s *Server) listIncidents(r *http.Request) (int, any) {
	size := defaultPageSize
	if n, err := strconv.Atoi(r.URL.Query().Get("page_size")); err == nil && n >= 1 && n <= maxPageSize {
		size = n
	}
	after := r.URL.Query().Get("after")
	skip := after != ""
	out, meta := []apiIncident{}, map[string]any{"page_size": size}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, i := range slices.Backward(s.incidents) {
		if skip {
			skip = i.ID != after
			continue
		}
		if i.Mode == "test" || i.Mode == "tutorial" {
			continue
		}
		if len(out) == size {
			meta["after"] = out[size-1].ID
			break
		}
		out = append(out, s.toAPILocked(i))
	}
	return http.StatusOK, map[string]any{"incidents": out, "pagination_meta": meta}
}
