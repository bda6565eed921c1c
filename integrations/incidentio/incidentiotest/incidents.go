package incidentiotest

import (
	"cmp"
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

// createRequest is the body of a new incident, as far as it is modelled.
// https://docs.incident.io/api-reference/incidents-v2/create
type createRequest struct {
	IdempotencyKey *string        `json:"idempotency_key"`
	Visibility     *string        `json:"visibility"`
	Name           *string        `json:"name"`
	Summary        nullableString `json:"summary"`
	SeverityID     *string        `json:"severity_id"`
	TypeID         *string        `json:"incident_type_id"`
	StatusID       *string        `json:"incident_status_id"`
	Mode           *string        `json:"mode"`
	Roles          []struct {
		RoleID   string `json:"incident_role_id"`
		Assignee *struct {
			ID          string `json:"id"`
			Email       string `json:"email"`
			SlackUserID string `json:"slack_user_id"`
		} `json:"assignee"`
	} `json:"incident_role_assignments"`
}

// nullableString is a string that knows whether it came as null.
type nullableString struct {
	string
	isNull bool
}

func (t *nullableString) UnmarshalJSON(data []byte) error {
	if string(data) == "null" {
		t.isNull = true
		return nil
	}
	return json.Unmarshal(data, &t.string)
}

func (s *Server) createIncident(r *http.Request) (int, any) {
	var p createRequest
	if err := json.NewDecoder(r.Body).Decode(&p); err != nil {
		return http.StatusBadRequest, errorBody(http.StatusBadRequest, "invalid_request_error", apiError{Code: "malformed", Message: "The request body could not be read as JSON"})
	}
	s.mu.Lock()
	wrong := s.validateLocked(p)
	if len(wrong) > 0 {
		s.mu.Unlock()
		return http.StatusUnprocessableEntity, errorBody(http.StatusUnprocessableEntity, "validation_error", wrong...)
	}
	i, again := s.byIdempotencyKey[*p.IdempotencyKey]
	if !again {
		i = s.addIncidentLocked(p)
	}
	body := map[string]any{"incident": s.toAPILocked(i)}
	name, reference, permalink, onChannel := i.Name, i.Reference, i.Permalink, s.onChannelCreated
	s.mu.Unlock()
	if !again && onChannel != nil && i.Visibility != "private" {
		onChannel(i.channelID, i.channelName())
	}
	if !again {
		s.Emit(emulator.Event{From: "incident.io", To: "port", Kind: "incident", Text: fmt.Sprintf("%s %q %s", reference, name, permalink), Body: body})
	}
	return http.StatusOK, body
}

// validateLocked is what a new incident must not be. The caller holds the lock.
func (s *Server) validateLocked(p createRequest) (out []apiError) {
	say := func(field, code, message string) {
		out = append(out, apiError{Code: code, Message: message, Source: &errorSource{Field: field}})
	}
	if p.IdempotencyKey == nil || *p.IdempotencyKey == "" {
		say("idempotency_key", "is_required", "An idempotency key is required")
	}
	switch {
	case p.Visibility == nil || *p.Visibility == "":
		say("visibility", "is_required", "A visibility is required")
	case *p.Visibility != "public" && *p.Visibility != "private":
		say("visibility", "invalid_value", "Visibility must be one of public, private")
	}
	switch {
	case len(s.severities) > 0 && (p.SeverityID == nil || *p.SeverityID == ""):
		say("severity_id", "is_required", "A severity is required to open an incident")
	case p.SeverityID != nil && *p.SeverityID != "" && s.severityLocked(*p.SeverityID) == nil:
		say("severity_id", "invalid_value", "Severity not found")
	}
	if p.StatusID != nil && !slices.ContainsFunc(s.statuses, func(st Status) bool { return st.ID == *p.StatusID }) {
		say("incident_status_id", "invalid_value", "Incident status not found")
	}
	if p.TypeID != nil && *p.TypeID != defaultTypeID {
		say("incident_type_id", "invalid_value", "Incident type not found")
	}
	if p.Summary.isNull && s.cfg.RejectNullSummary {
		say("summary", "invalid_value", "Summary must be a string")
	}
	for _, role := range p.Roles {
		switch a := role.Assignee; {
		case role.RoleID != reporterRoleID && role.RoleID != leadRoleID:
			say("incident_role_assignments", "invalid_value", "Incident role not found")
		case a != nil && a.Email != "" && s.cfg.UserEmails != nil && !slices.Contains(s.cfg.UserEmails, a.Email):
			say("incident_role_assignments", "invalid_value", "User not found")
		}
	}
	if p.Mode != nil && !slices.Contains([]string{"standard", "retrospective", "test", "tutorial"}, *p.Mode) {
		say("mode", "invalid_value", "Mode must be one of standard, retrospective, test, tutorial")
	}
	return out
}

func (s *Server) severityLocked(id string) *Severity {
	for i := range s.severities {
		if s.severities[i].ID == id {
			return &s.severities[i]
		}
	}
	return nil
}

// addIncidentLocked makes an incident. The caller holds the lock and has checked p.
func (s *Server) addIncidentLocked(p createRequest) *Incident {
	i := &Incident{
		ID: ulid.Make().String(), Reference: fmt.Sprintf("INC-%d", len(s.incidents)+1),
		Visibility: *p.Visibility, Mode: "standard", IdempotencyKey: *p.IdempotencyKey, CreatedAt: time.Now().UTC(),
	}
	i.UpdatedAt = i.CreatedAt
	i.Permalink = s.cfg.PermalinkBase + "/incidents/" + i.ID
	i.Name = strings.ToLower("incident-" + i.ID[20:]) // one is made up where none is given
	if p.Name != nil && strings.TrimSpace(*p.Name) != "" {
		i.Name = *p.Name
	}
	i.Summary = p.Summary.string
	if p.Mode != nil {
		i.Mode = *p.Mode
	}
	if p.SeverityID != nil {
		if sev := s.severityLocked(*p.SeverityID); sev != nil {
			kept := *sev
			i.severity, i.Severity = &kept, sev.Name
		}
	}
	i.status = s.defaultStatusLocked(p.StatusID)
	i.Status = i.status.Name
	for _, role := range p.Roles {
		a := role.Assignee
		if a == nil {
			continue
		}
		who := cmp.Or(a.Email, a.SlackUserID, a.ID)
		if role.RoleID == reporterRoleID {
			i.Reporter = who
		}
		user := map[string]any{"id": cmp.Or(a.ID, ulid.Make().String()), "name": who, "role": "unset"}
		if a.Email != "" {
			user["email"] = a.Email
		}
		if a.SlackUserID != "" {
			user["slack_user_id"] = a.SlackUserID
		}
		i.roleAssignments = append(i.roleAssignments, map[string]any{"role": roleToAPI(role.RoleID, seededAt), "assignee": user})
	}
	i.channelID = "C" + i.ID[len(i.ID)-10:]
	s.incidents = append(s.incidents, i)
	s.byIdempotencyKey[i.IdempotencyKey] = i
	return i
}

// channelName is what the incident's channel is called.
func (i *Incident) channelName() string {
	return "inc-" + i.CreatedAt.Format(time.DateOnly) + "-" + strings.ToLower(i.Reference)
}

// defaultStatusLocked is the status of a new incident: the one asked for, else triage.
// https://docs.incident.io/incidents/lifecycle
func (s *Server) defaultStatusLocked(id *string) Status {
	byRank := slices.SortedFunc(slices.Values(s.statuses), func(a, b Status) int { return cmp.Compare(a.Rank, b.Rank) })
	for _, fits := range []func(Status) bool{ // best first
		func(st Status) bool { return id != nil && st.ID == *id },
		func(st Status) bool { return st.Category == "triage" && !s.cfg.TriageDisabled },
		func(st Status) bool { return st.Category == "live" },
		func(Status) bool { return true },
	} {
		if n := slices.IndexFunc(byRank, fits); n >= 0 {
			return byRank[n]
		}
	}
	return Status{} // an organisation without statuses
}

// toAPILocked is an incident as the API shows it: keys that have no value are absent. The caller
// holds the lock.
func (s *Server) toAPILocked(i *Incident) map[string]any {
	const layout = "2006-01-02T15:04:05.999Z07:00" // the fraction varies in length, as theirs does
	at := i.CreatedAt.Format(layout)
	out := map[string]any{
		"id": i.ID, "reference": i.Reference, "name": i.Name, "mode": i.Mode, "visibility": i.Visibility,
		"permalink": i.Permalink, "created_at": at, "updated_at": i.UpdatedAt.Format(layout),
		"creator":         map[string]any{"api_key": map[string]any{"id": "01FCNDV6P870EA6S7TK1DSYDG0", "name": "Port"}},
		"incident_status": statusToAPI(i.status, seededAt),
		"incident_type":   typeToAPI(seededAt), "incident_role_assignments": append([]any{}, i.roleAssignments...), "custom_field_entries": []any{},
		"incident_timestamp_values": []any{}, "slack_team_id": "T0ACME", "slack_channel_id": "",
		"workload_minutes_total": 0.0, "workload_minutes_working": 0.0, "workload_minutes_late": 0.0, "workload_minutes_sleeping": 0.0,
		"has_debrief": false,
	}
	if i.Summary != "" {
		out["summary"] = i.Summary
	}
	if i.severity != nil {
		out["severity"] = severityToAPI(*i.severity, seededAt)
	}
	if time.Since(i.CreatedAt) >= s.cfg.ChannelDelay {
		out["slack_channel_id"] = i.channelID
		out["slack_channel_name"] = i.channelName()
	}
	return out
}

func (s *Server) getIncident(r *http.Request) (int, any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if i := s.findIncidentLocked(r.PathValue("id")); i != nil {
		return http.StatusOK, map[string]any{"incident": s.toAPILocked(i)}
	}
	return notFound(r)
}

// listIncidents gives the newest first. Tests and tutorials are hidden, and after is given only
// when there is more.
func (s *Server) listIncidents(r *http.Request) (int, any) {
	size := 25
	if n, err := strconv.Atoi(r.URL.Query().Get("page_size")); err == nil && n >= 1 && n <= 500 {
		size = n
	}
	after := r.URL.Query().Get("after")
	s.mu.Lock()
	defer s.mu.Unlock()
	out, skipping := []any{}, after != ""
	meta := map[string]any{"page_size": size}
	for _, i := range slices.Backward(s.incidents) {
		switch {
		case skipping:
			skipping = i.ID != after
			continue
		case i.Mode == "test" || i.Mode == "tutorial":
			continue
		case len(out) == size:
			meta["after"] = out[size-1].(map[string]any)["id"]
			return http.StatusOK, map[string]any{"incidents": out, "pagination_meta": meta}
		}
		out = append(out, s.toAPILocked(i))
	}
	return http.StatusOK, map[string]any{"incidents": out, "pagination_meta": meta}
}
