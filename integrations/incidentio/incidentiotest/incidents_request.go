package incidentiotest

import (
	"fmt"
	"slices"
	"time"
)

// modes are the modes of an incident. The first is the default.
var modes = []string{"standard", "retrospective", "test", "tutorial"}

// A createRequest is the body of a new incident, as far as it is modeled.
// https://docs.incident.io/api-reference/incidents-v2/create
type createRequest struct {
	incidentFields
	IdempotencyKey string         `json:"idempotency_key"`
	Visibility     string         `json:"visibility"`
	TypeID         *string        `json:"incident_type_id"`
	SlackTeam      string         `json:"slack_team_id"`
	Mode           *string        `json:"mode"`
	Retrospective  *retrospective `json:"retrospective_incident_options"`
}

// A retrospective has the members of an incident that is over.
type retrospective struct {
	ExternalID    *int64 `json:"external_id"` // not modeled
	PostmortemURL string `json:"postmortem_document_url"`
	ChannelID     string `json:"slack_channel_id"`
}

// incidentFields are the members that a new incident and an edit have in common. A member that is null is absent.
type incidentFields struct {
	Name        *string            `json:"name"`
	Summary     *string            `json:"summary"`
	SeverityID  *string            `json:"severity_id"`
	StatusID    *string            `json:"incident_status_id"`
	CallURL     *string            `json:"call_url"` // "" ends the call
	ChannelName string             `json:"slack_channel_name_override"`
	Fields      []fieldEntry       `json:"custom_field_entries"`
	Roles       []roleRequest      `json:"incident_role_assignments"`
	Timestamps  []timestampRequest `json:"incident_timestamp_values"`
}

type timestampRequest struct {
	ID    string     `json:"incident_timestamp_id"`
	Value *time.Time `json:"value"`
}

type roleRequest struct {
	RoleID   string  `json:"incident_role_id"`
	Assignee *Person `json:"assignee"`
}

// validateLocked returns every error of a new incident.
func (s *Server) validateLocked(in createRequest) []apiError {
	var errs []apiError
	for _, check := range []struct {
		failed               bool
		field, code, message string
	}{
		{in.IdempotencyKey == "", "idempotency_key", "is_required", "An idempotency key is required"},
		{in.Visibility == "", "visibility", "is_required", "A visibility is required"},
		{!slices.Contains([]string{"", "public", "private"}, in.Visibility), "visibility", "invalid_value", "Visibility must be one of public, private"},
		{deref(in.SeverityID) == "" && len(s.organization.Severities) > 0, "severity_id", "is_required", "A severity is required to open an incident"},
		{s.typeLocked(in.TypeID) == nil, "incident_type_id", "invalid_value", "Incident type not found"},
		{in.SlackTeam == "" && len(s.cfg.SlackTeams) > 1, "slack_team_id", "is_required", "A Slack team is required"},
		{in.SlackTeam != "" && !slices.Contains(s.cfg.SlackTeams, in.SlackTeam), "slack_team_id", "invalid_value", "Slack team not found"},
		{in.Mode != nil && !slices.Contains(modes, *in.Mode), "mode", "invalid_value", "Mode must be one of standard, retrospective, test, tutorial"},
		{in.Retrospective != nil && deref(in.Mode) != "retrospective", "retrospective_incident_options", "invalid_value", "The mode is not retrospective"},
		{in.CallURL != nil, "call_url", "invalid_value", "A new incident cannot have a call"},
	} {
		if check.failed {
			errs = append(errs, newFieldError(check.field, check.code, check.message))
		}
	}
	for _, f := range s.organization.CustomFields {
		if f.Required && !slices.ContainsFunc(in.Fields, func(e fieldEntry) bool { return e.FieldID == f.ID && len(e.Values) > 0 }) {
			errs = append(errs, newFieldError("custom_field_entries", "is_required", fmt.Sprintf("The custom field %q is required", f.Name)))
		}
	}
	return append(errs, s.checkFieldsLocked(in.incidentFields)...)
}

// checkModeled returns the status 0, or the answer to members that are not modeled.
func (c *call) checkModeled(in incidentFields) (int, any) {
	for _, e := range in.Fields {
		if slices.ContainsFunc(e.Values, func(v fieldValue) bool { return v.CatalogEntryID != nil }) {
			return c.notModeled("value_catalog_entry_id")
		}
	}
	if slices.ContainsFunc(in.Roles, func(r roleRequest) bool { return r.Assignee != nil && r.Assignee.Name != "" }) {
		return c.notModeled("name") // only the control API has the name of a lead
	}
	return 0, nil
}

// hasRepeated reports whether two items have the same id.
func hasRepeated[T any](list []T, id func(T) string) bool {
	seen := map[string]bool{}
	for _, v := range list {
		seen[id(v)] = true
	}
	return len(seen) < len(list)
}

// checkFieldsLocked returns the errors of the members of a new incident or an edit. The vendor does not document their
// texts.
func (s *Server) checkFieldsLocked(in incidentFields) (errs []apiError) {
	add := func(failed bool, field, message string) {
		if failed {
			errs = append(errs, newFieldError(field, "invalid_value", message))
		}
	}
	add(deref(in.SeverityID) != "" && find(s.organization.Severities, deref(in.SeverityID)) == nil, "severity_id", "Severity not found")
	add(in.StatusID != nil && find(s.organization.Statuses, deref(in.StatusID)) == nil, "incident_status_id", "Incident status not found")
	add(deref(in.CallURL) != "" && !isURL(*in.CallURL), "call_url", "The call is not a URL")
	for _, e := range in.Fields {
		message := s.checkEntryLocked(e)
		add(message != "", "custom_field_entries", message)
	}
	const twice = "An id is there twice"
	add(hasRepeated(in.Fields, func(e fieldEntry) string { return e.FieldID }), "custom_field_entries", twice)
	add(hasRepeated(in.Roles, func(r roleRequest) string { return r.RoleID }), "incident_role_assignments", twice)
	add(hasRepeated(in.Timestamps, func(t timestampRequest) string { return t.ID }), "incident_timestamp_values", twice)
	for _, role := range in.Roles {
		add(find(roles, role.RoleID) == nil, "incident_role_assignments", "Incident role not found")
		add(role.Assignee != nil && s.personLocked(*role.Assignee) == nil, "incident_role_assignments", "User not found")
	}
	for _, t := range in.Timestamps {
		add(find(timestamps, t.ID) == nil, "incident_timestamp_values", "Incident timestamp not found")
	}
	return errs
}
