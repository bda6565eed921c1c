package incidentiotest

import (
	"encoding/json"
	"slices"
)

// modes are the modes of an incident. The first is the default.
var modes = []string{"standard", "retrospective", "test", "tutorial"}

// A createRequest is the body of a new incident, as far as it is modeled.
// https://docs.incident.io/api-reference/incidents-v2/create
type createRequest struct {
	IdempotencyKey string         `json:"idempotency_key"`
	Visibility     string         `json:"visibility"`
	Name           string         `json:"name"`
	Summary        nullableString `json:"summary"`
	SeverityID     string         `json:"severity_id"`
	TypeID         *string        `json:"incident_type_id"`
	Fields         []fieldEntry   `json:"custom_field_entries"`
	SlackTeam      string         `json:"slack_team_id"`
	StatusID       *string        `json:"incident_status_id"`
	Mode           *string        `json:"mode"`
	Roles          []roleRequest  `json:"incident_role_assignments"`
}

type roleRequest struct {
	RoleID   string           `json:"incident_role_id"`
	Assignee *assigneeRequest `json:"assignee"`
}

type assigneeRequest struct {
	ID          string `json:"id"`
	Email       string `json:"email"`
	SlackUserID string `json:"slack_user_id"`
}

// A nullableString is a string, absent or null.
type nullableString struct {
	value  string
	isNull bool
}

func (n *nullableString) UnmarshalJSON(data []byte) error {
	if string(data) == "null" {
		n.isNull = true
		return nil
	}
	return json.Unmarshal(data, &n.value)
}

// validateLocked returns every error of a request.
func (s *Server) validateLocked(in createRequest) []apiError {
	validStatus := in.StatusID == nil || slices.ContainsFunc(s.statuses, func(st Status) bool { return st.ID == *in.StatusID })
	var errs []apiError
	for _, check := range []struct {
		failed               bool
		field, code, message string
	}{
		{in.IdempotencyKey == "", "idempotency_key", "is_required", "An idempotency key is required"},
		{in.Visibility == "", "visibility", "is_required", "A visibility is required"},
		{!slices.Contains([]string{"", "public", "private"}, in.Visibility), "visibility", "invalid_value", "Visibility must be one of public, private"},
		{in.SeverityID == "" && len(s.severities) > 0, "severity_id", "is_required", "A severity is required to open an incident"},
		{in.SeverityID != "" && s.severityLocked(in.SeverityID) == nil, "severity_id", "invalid_value", "Severity not found"},
		{!validStatus, "incident_status_id", "invalid_value", "Incident status not found"},
		{s.typeLocked(in.TypeID) == nil, "incident_type_id", "invalid_value", "Incident type not found"},
		{in.SlackTeam == "" && s.cfg.RequireSlackTeam, "slack_team_id", "is_required", "A Slack team is required"},
		{in.Summary.isNull && s.cfg.RejectNullSummary, "summary", "invalid_value", "Summary must be a string"},
	} {
		if check.failed {
			errs = append(errs, newFieldError(check.field, check.code, check.message))
		}
	}
	errs = append(errs, s.checkEntriesLocked(in.Fields)...)
	for _, role := range in.Roles {
		if message := s.checkRole(role); message != "" {
			errs = append(errs, newFieldError("incident_role_assignments", "invalid_value", message))
		}
	}
	if in.Mode != nil && !slices.Contains(modes, *in.Mode) {
		errs = append(errs, newFieldError("mode", "invalid_value", "Mode must be one of standard, retrospective, test, tutorial"))
	}
	return errs
}

// checkRole returns the error message of a role assignment, or "".
func (s *Server) checkRole(role roleRequest) string {
	if role.RoleID != reporterRoleID && role.RoleID != leadRoleID {
		return "Incident role not found"
	}
	if a := role.Assignee; a != nil && a.Email != "" && s.cfg.UserEmails != nil && !slices.Contains(s.cfg.UserEmails, a.Email) {
		return "User not found"
	}
	return ""
}

func newFieldError(field, code, message string) apiError {
	return apiError{Code: code, Message: message, Source: &errorSource{Field: field}}
}
