package incidentiotest

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"time"

	"foghorn/integrations/emulator"
)

// An Edit is a change of an incident that a responder makes in incident.io. Members that are empty change nothing.
type Edit struct {
	Name       string `json:"name"`
	Summary    string `json:"summary"`
	Severity   string `json:"severity"`   // name
	Status     string `json:"status"`     // name; every move is allowed
	Visibility string `json:"visibility"` // public or private
	Lead       Person `json:"lead"`
}

// Edit changes the incident with an id or the number of a reference.
func (s *Server) Edit(id string, e Edit) error {
	s.mu.Lock()
	i := s.findIncidentLocked(id)
	in, err := s.fieldsOfEditLocked(e)
	if i == nil || err != nil {
		s.mu.Unlock()
		return cmp.Or(err, errors.New("incident not found"))
	}
	event, changed := s.changeLocked(i, in, cmp.Or(e.Visibility, i.Visibility))
	s.mu.Unlock()
	if changed {
		s.Emit(event)
	}
	return nil
}

// fieldsOfEditLocked returns an edit as the API would have it.
func (s *Server) fieldsOfEditLocked(e Edit) (in incidentFields, err error) {
	if !slices.Contains([]string{"", "public", "private"}, e.Visibility) {
		return in, fmt.Errorf("unknown visibility %q", e.Visibility)
	}
	if e.Name != "" {
		in.Name = &e.Name
	}
	if e.Summary != "" {
		in.Summary = &e.Summary
	}
	if e.Severity != "" {
		if in.SeverityID = idOf(s.organization.Severities, e.Severity); in.SeverityID == nil {
			return in, fmt.Errorf("unknown severity %q", e.Severity)
		}
	}
	if e.Status != "" {
		if in.StatusID = idOf(s.organization.Statuses, e.Status); in.StatusID == nil {
			return in, fmt.Errorf("unknown status %q", e.Status)
		}
	}
	if e.Lead != (Person{}) {
		if s.personLocked(e.Lead) == nil {
			return in, errors.New("unknown lead")
		}
		in.Roles = []roleRequest{{leadRoleID, &e.Lead}}
	}
	return in, nil
}

// idOf returns the id of the item with a name, or nil.
func idOf[T namedItem](list []T, name string) *string {
	for _, v := range list {
		if v.itemName() == name {
			id := v.itemID()
			return &id
		}
	}
	return nil
}

// An editRequest is the body of an edit.
type editRequest struct {
	Incident *incidentFields `json:"incident"`
	Notify   *bool           `json:"notify_incident_channel"`
}

// editIncident changes the members that the request has.
// https://docs.incident.io/api-reference/incidents-v2/edit
func (s *Server) editIncident(c *call) (int, any) {
	var in editRequest
	if status, body := c.decodeBody(&in); status != 0 {
		return status, body
	}
	i := s.findIncidentLocked(c.PathValue("id"))
	if i == nil || !c.canSee(i) {
		return notFound()
	}
	if status, body := s.checkEditLocked(c, i, in); status != http.StatusOK {
		return status, body
	}
	if event, changed := s.changeLocked(i, *in.Incident, i.Visibility); changed {
		c.after = func() { s.Emit(event) }
	}
	return http.StatusOK, incidentBody{s.toAPILocked(i)}
}

// checkEditLocked returns the status and the body of the response to an invalid edit, or 200.
func (s *Server) checkEditLocked(c *call, i *Incident, in editRequest) (int, any) {
	var errs []apiError
	if in.Notify == nil {
		errs = append(errs, newFieldError("notify_incident_channel", "is_required", "The member notify_incident_channel is required"))
	}
	if in.Incident == nil {
		return invalid(append(errs, newFieldError("incident", "is_required", "An incident is required"))...)
	}
	if status, body := c.checkModeled(*in.Incident); status != 0 {
		return status, body
	}
	if errs = append(errs, s.checkFieldsLocked(*in.Incident)...); in.Incident.SeverityID != nil && *in.Incident.SeverityID == "" {
		errs = append(errs, newFieldError("severity_id", "invalid_value", "Severity not found"))
	}
	if slices.ContainsFunc(in.Incident.Roles, func(r roleRequest) bool { return r.RoleID == reporterRoleID }) {
		errs = append(errs, newFieldError("incident_role_assignments", "invalid_value", "The reporter can be set only when an incident is created"))
	}
	if len(errs) > 0 {
		return invalid(errs...)
	}
	if in.Incident.StatusID == nil {
		return http.StatusOK, nil
	}
	return s.checkMoveLocked(c, i.status, *find(s.organization.Statuses, *in.Incident.StatusID))
}

// checkMoveLocked returns the status and the body of the response to a move that the API does not allow, or 200.
func (s *Server) checkMoveLocked(c *call, from, to Status) (int, any) {
	isOpen := from.Category == "triage" || from.Category == "live"
	hasFlow := slices.ContainsFunc(s.organization.Statuses, func(st Status) bool { return st.Category == "learning" })
	switch {
	case isOpen && to.Category == "closed" && hasFlow && !slices.Contains(c.roles, roleOptOut):
		return missingRole(roleOptOut)
	case from.Category == to.Category, isOpen && to.Category == "learning", to.Category == "closed" && (isOpen || from.Category == "learning"):
		return http.StatusOK, nil
	}
	return invalid(newFieldError("incident_status_id", "invalid_value", fmt.Sprintf("An incident cannot move from %s to %s", from.Name, to.Name)))
}

// changeLocked changes an incident and returns the event of it. It returns false if that leaves the incident as it is.
func (s *Server) changeLocked(i *Incident, in incidentFields, visibility string) (emulator.Event, bool) {
	before := *i
	s.applyLocked(i, in)
	i.setReached(before.status.Category, in.Timestamps)
	i.Visibility = visibility
	if reflect.DeepEqual(before, *i) {
		return emulator.Event{}, false
	}
	i.UpdatedAt = now()
	if before.Status != i.Status || before.Severity != i.Severity {
		s.addUpdateLocked(i)
	}
	var changes []string
	for _, c := range []struct{ name, before, after string }{
		{"status", before.Status, i.Status}, {"severity", before.Severity, i.Severity}, {"lead", before.Lead, i.Lead},
		{"visibility", before.Visibility, i.Visibility}, {"name", before.Name, i.Name},
	} {
		if c.before != c.after {
			changes = append(changes, c.name+" "+c.after)
		}
	}
	return emulator.Event{
		From: "incident.io", To: "incident.io", Kind: "incident", Text: i.Reference + ": " + cmp.Or(strings.Join(changes, ", "), "details changed"),
		Body: incidentBody{s.toAPILocked(i)},
	}, true
}

// An update is a change of the status or the severity of an incident. The first is its creation.
type update struct {
	incident *Incident
	body     apiUpdate
}

type apiUpdate struct {
	ID         string       `json:"id"`
	IncidentID string       `json:"incident_id"`
	Status     apiStatus    `json:"new_incident_status"`
	Severity   *apiSeverity `json:"new_severity,omitempty"`
	Updater    creator      `json:"updater"`
	CreatedAt  string       `json:"created_at"`
}

func (s *Server) addUpdateLocked(i *Incident) {
	shown := s.toAPILocked(i)
	s.updates = append(s.updates, update{i, apiUpdate{newID(), i.ID, shown.Status, shown.Severity, shown.Creator, shown.UpdatedAt}})
}

// listUpdates returns a page of the updates of the incidents that the key can see, the newest first. An id that no
// incident has is no error.
// https://docs.incident.io/api-reference/incident-updates-v2/list
func (s *Server) listUpdates(c *call) (int, any) {
	id, all := c.query.Get("incident_id"), slices.Clone(s.updates)
	slices.Reverse(all)
	return page(c.query, "incident_updates", maxPageSize, all, func(u update) string { return u.body.ID },
		func(u update) bool { return c.canSee(u.incident) && (id == "" || id == u.incident.ID) }, func(u update) apiUpdate { return u.body })
}

// now returns the current time with the precision that the API shows.
func now() time.Time { return time.Now().UTC().Truncate(time.Millisecond) }
