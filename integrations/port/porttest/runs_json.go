package porttest

import "time"

// An apiRun is a run as the API shows it. Action, Blueprint and Entity are identifiers in
// version v1, where an empty one is null, and references in version v2, where it is absent.
type apiRun struct {
	ID                 string         `json:"id"`
	Action             any            `json:"action"`
	Blueprint          any            `json:"blueprint,omitempty"`
	Entity             any            `json:"entity,omitempty"`
	Status             string         `json:"status"`
	StatusLabel        *string        `json:"statusLabel"`
	Summary            string         `json:"summary,omitempty"`
	Source             string         `json:"source"`
	Properties         map[string]any `json:"properties"`
	RawProperties      map[string]any `json:"rawProperties"`
	RequiredApproval   any            `json:"requiredApproval"`
	Approval           map[string]any `json:"approval"`
	Payload            any            `json:"payload"`
	Response           any            `json:"response,omitempty"`
	Link               any            `json:"link"`
	ExternalID         any            `json:"externalRunId,omitempty"`
	CreatedBy          string         `json:"createdBy"`
	ImpersonatedBy     string         `json:"impersonatedBy,omitempty"`
	ImpersonatedUserID string         `json:"impersonatedUserId,omitempty"`
	UpdatedBy          string         `json:"updatedBy"`
	CreatedAt          string         `json:"createdAt"`
	UpdatedAt          string         `json:"updatedAt"`
	EndedAt            string         `json:"endedAt,omitempty"`
}

// A reference names the action, blueprint or entity of a run.
type reference struct {
	Identifier string `json:"identifier"`
	Title      string `json:"title,omitempty"`
	Icon       string `json:"icon,omitempty"`
	Deleted    bool   `json:"deleted"`
}

func (s *Server) runToAPILocked(r *Run, version string) apiRun {
	out := apiRun{
		ID: r.ID, Status: r.Status, StatusLabel: nullIfEmpty(r.StatusLabel), Summary: r.Summary, Source: r.Source,
		Properties: s.showInputsLocked(r), RawProperties: r.Properties, RequiredApproval: r.requiredApproval, Approval: r.Approval,
		Payload: r.Payload, Response: r.Response, Link: r.Link, ExternalID: r.externalID,
		CreatedBy: s.creatorLocked(r), UpdatedBy: s.clientUserID(),
		CreatedAt: formatTime(r.CreatedAt), UpdatedAt: formatTime(r.UpdatedAt), EndedAt: formatOptionalTime(r.EndedAt),
	}
	if out.RequiredApproval == nil {
		out.RequiredApproval = false
	}
	if out.Link == nil {
		out.Link = []any{}
	}
	if out.CreatedBy != s.clientUserID() {
		out.ImpersonatedBy, out.ImpersonatedUserID = s.clientUserID(), out.CreatedBy
	}
	if version == "v1" {
		out.Action, out.Blueprint, out.Entity = r.Action, nullIfEmpty(r.Blueprint), nullIfEmpty(r.Entity)
		return out
	}
	action, blueprint, entity := s.actions[r.Action], s.blueprints[r.Blueprint], s.entities[r.Blueprint][r.Entity]
	out.Action = reference{Identifier: r.Action, Deleted: true}
	if action != nil {
		out.Action = reference{Identifier: r.Action, Title: action.Title, Icon: action.Icon}
	}
	if blueprint != nil {
		out.Blueprint = reference{Identifier: r.Blueprint, Title: blueprint.Title, Icon: blueprint.Icon}
	} else if r.Blueprint != "" {
		out.Blueprint = reference{Identifier: r.Blueprint, Deleted: true}
	}
	if entity != nil {
		out.Entity = reference{Identifier: r.Entity, Title: entity.Title, Icon: toText(entity.Icon)}
	} else if r.Entity != "" {
		out.Entity = reference{Identifier: r.Entity, Deleted: true}
	}
	return out
}

// showInputsLocked returns the inputs as the API shows them: entities are objects.
func (s *Server) showInputsLocked(r *Run) map[string]any {
	a := s.actions[r.Action]
	if a == nil || r.Properties == nil {
		return r.Properties
	}
	out := make(map[string]any, len(r.Properties))
	for id, v := range r.Properties {
		out[id] = s.expandEntitiesLocked(a.Trigger.UserInputs.Properties[id], v)
	}
	return out
}

// creatorLocked returns the id of the user who created a run.
func (s *Server) creatorLocked(r *Run) string {
	if u := s.users[r.RunAs]; u != nil {
		return u.ID
	}
	return s.clientUserID()
}

// formatOptionalTime returns "" for the zero time.
func formatOptionalTime(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return formatTime(t)
}
