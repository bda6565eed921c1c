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

// payload is the body of a new incident, as far as it is modelled.
// https://docs.incident.io/api-reference/incidents-v2/create
type payload struct {
	IdempotencyKey *string `json:"idempotency_key"`
	Visibility     *string `json:"visibility"`
	Name           *string `json:"name"`
	Summary        text    `json:"summary"`
	SeverityID     *string `json:"severity_id"`
	TypeID         *string `json:"incident_type_id"`
	StatusID       *string `json:"incident_status_id"`
	Mode           *string `json:"mode"`
	Roles          []struct {
		RoleID   string `json:"incident_role_id"`
		Assignee *struct {
			ID          string `json:"id"`
			Email       string `json:"email"`
			SlackUserID string `json:"slack_user_id"`
		} `json:"assignee"`
	} `json:"incident_role_assignments"`
}

// text is a string that knows whether it came as null.
type text struct {
	string
	null bool
}

func (t *text) UnmarshalJSON(data []byte) error {
	if string(data) == "null" {
		t.null = true
		return nil
	}
	return json.Unmarshal(data, &t.string)
}

func (s *Server) create(r *http.Request) (int, any) {
	var p payload
	if err := json.NewDecoder(r.Body).Decode(&p); err != nil {
		return http.StatusBadRequest, failure(http.StatusBadRequest, "invalid_request_error", problem{Code: "malformed", Message: "The request body could not be read as JSON"})
	}
	s.mu.Lock()
	wrong := s.wrong(p)
	if len(wrong) > 0 {
		s.mu.Unlock()
		return http.StatusUnprocessableEntity, failure(http.StatusUnprocessableEntity, "validation_error", wrong...)
	}
	i, again := s.byKey[*p.IdempotencyKey]
	if !again {
		i = s.declare(p)
	}
	body := map[string]any{"incident": s.wire(i)}
	name, reference, permalink, onChannel := i.Name, i.Reference, i.Permalink, s.onChannel
	s.mu.Unlock()
	if !again && onChannel != nil && i.Visibility != "private" {
		onChannel(i.channel, i.channelName())
	}
	if !again {
		s.Emit(emulator.Event{From: "incident.io", To: "port", Kind: "incident", Text: fmt.Sprintf("%s %q %s", reference, name, permalink), Body: body})
	}
	return http.StatusOK, body
}

// wrong is what a new incident must not be. The caller holds the lock.
func (s *Server) wrong(p payload) (out []problem) {
	say := func(field, code, message string) {
		out = append(out, problem{Code: code, Message: message, Source: &source{Field: field}})
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
	case p.SeverityID != nil && *p.SeverityID != "" && s.severity(*p.SeverityID) == nil:
		say("severity_id", "invalid_value", "Severity not found")
	}
	if p.StatusID != nil && !slices.ContainsFunc(s.statuses, func(st Status) bool { return st.ID == *p.StatusID }) {
		say("incident_status_id", "invalid_value", "Incident status not found")
	}
	if p.TypeID != nil && *p.TypeID != defaultType {
		say("incident_type_id", "invalid_value", "Incident type not found")
	}
	if p.Summary.null && s.cfg.RefuseNull {
		say("summary", "invalid_value", "Summary must be a string")
	}
	for _, role := range p.Roles {
		switch a := role.Assignee; {
		case role.RoleID != reporterRole && role.RoleID != leadRole:
			say("incident_role_assignments", "invalid_value", "Incident role not found")
		case a != nil && a.Email != "" && s.cfg.People != nil && !slices.Contains(s.cfg.People, a.Email):
			say("incident_role_assignments", "invalid_value", "User not found")
		}
	}
	if p.Mode != nil && !slices.Contains([]string{"standard", "retrospective", "test", "tutorial"}, *p.Mode) {
		say("mode", "invalid_value", "Mode must be one of standard, retrospective, test, tutorial")
	}
	return out
}

func (s *Server) severity(id string) *Severity {
	for i := range s.severities {
		if s.severities[i].ID == id {
			return &s.severities[i]
		}
	}
	return nil
}

// declare makes an incident. The caller holds the lock and has checked p.
func (s *Server) declare(p payload) *Incident {
	i := &Incident{
		ID: ulid.Make().String(), Reference: fmt.Sprintf("INC-%d", len(s.incidents)+1),
		Visibility: *p.Visibility, Mode: "standard", IdempotencyKey: *p.IdempotencyKey, CreatedAt: time.Now().UTC(),
	}
	i.UpdatedAt = i.CreatedAt
	i.Permalink = s.cfg.Permalinks + "/incidents/" + i.ID
	i.Name = strings.ToLower("incident-" + i.ID[20:]) // one is made up where none is given
	if p.Name != nil && strings.TrimSpace(*p.Name) != "" {
		i.Name = *p.Name
	}
	i.Summary = p.Summary.string
	if p.Mode != nil {
		i.Mode = *p.Mode
	}
	if p.SeverityID != nil {
		if sev := s.severity(*p.SeverityID); sev != nil {
			kept := *sev
			i.severity, i.Severity = &kept, sev.Name
		}
	}
	i.status = s.first(p.StatusID)
	i.Status = i.status.Name
	for _, role := range p.Roles {
		a := role.Assignee
		if a == nil {
			continue
		}
		who := cmp.Or(a.Email, a.SlackUserID, a.ID)
		if role.RoleID == reporterRole {
			i.Reporter = who
		}
		user := map[string]any{"id": cmp.Or(a.ID, ulid.Make().String()), "name": who, "role": "unset"}
		if a.Email != "" {
			user["email"] = a.Email
		}
		if a.SlackUserID != "" {
			user["slack_user_id"] = a.SlackUserID
		}
		i.assigned = append(i.assigned, map[string]any{"role": roleWire(role.RoleID, made), "assignee": user})
	}
	i.channel = "C" + i.ID[len(i.ID)-10:]
	s.incidents = append(s.incidents, i)
	s.byKey[i.IdempotencyKey] = i
	return i
}

// channelName is what the incident's channel is called.
func (i *Incident) channelName() string {
	return "inc-" + i.CreatedAt.Format(time.DateOnly) + "-" + strings.ToLower(i.Reference)
}

// first is the status of a new incident: the one asked for, else triage.
// https://docs.incident.io/incidents/lifecycle
func (s *Server) first(id *string) Status {
	byRank := slices.SortedFunc(slices.Values(s.statuses), func(a, b Status) int { return cmp.Compare(a.Rank, b.Rank) })
	for _, fits := range []func(Status) bool{ // best first
		func(st Status) bool { return id != nil && st.ID == *id },
		func(st Status) bool { return st.Category == "triage" && !s.cfg.NoTriage },
		func(st Status) bool { return st.Category == "live" },
		func(Status) bool { return true },
	} {
		if n := slices.IndexFunc(byRank, fits); n >= 0 {
			return byRank[n]
		}
	}
	return Status{} // an organisation without statuses
}

// wire is an incident as the API shows it: keys that have no value are absent. The caller
// holds the lock.
func (s *Server) wire(i *Incident) map[string]any {
	const layout = "2006-01-02T15:04:05.999Z07:00" // the fraction varies in length, as theirs does
	at := i.CreatedAt.Format(layout)
	out := map[string]any{
		"id": i.ID, "reference": i.Reference, "name": i.Name, "mode": i.Mode, "visibility": i.Visibility,
		"permalink": i.Permalink, "created_at": at, "updated_at": i.UpdatedAt.Format(layout),
		"creator":         map[string]any{"api_key": map[string]any{"id": "01FCNDV6P870EA6S7TK1DSYDG0", "name": "Port"}},
		"incident_status": statusWire(i.status, made),
		"incident_type":   typeWire(made), "incident_role_assignments": append([]any{}, i.assigned...), "custom_field_entries": []any{},
		"incident_timestamp_values": []any{}, "slack_team_id": "T0ACME", "slack_channel_id": "",
		"workload_minutes_total": 0.0, "workload_minutes_working": 0.0, "workload_minutes_late": 0.0, "workload_minutes_sleeping": 0.0,
		"has_debrief": false,
	}
	if i.Summary != "" {
		out["summary"] = i.Summary
	}
	if i.severity != nil {
		out["severity"] = severityWire(*i.severity, made)
	}
	if time.Since(i.CreatedAt) >= s.cfg.ChannelIn {
		out["slack_channel_id"] = i.channel
		out["slack_channel_name"] = i.channelName()
	}
	return out
}

func (s *Server) read(r *http.Request) (int, any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if i := s.find(r.PathValue("id")); i != nil {
		return http.StatusOK, map[string]any{"incident": s.wire(i)}
	}
	return notFound(r)
}

// list gives the newest first. Tests and tutorials are hidden, and after is given only
// when there is more.
func (s *Server) list(r *http.Request) (int, any) {
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
		out = append(out, s.wire(i))
	}
	return http.StatusOK, map[string]any{"incidents": out, "pagination_meta": meta}
}
