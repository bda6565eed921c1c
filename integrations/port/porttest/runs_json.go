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
	out.Action = s.actionReferenceLocked(r.Action)
	if r.Blueprint != "" {
		out.Blueprint = s.blueprintReferenceLocked(r.Blueprint)
	}
	if r.Entity != "" {
		out.Entity = s.entityReferenceLocked(r.Blueprint, r.Entity)
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

func (s *Server) actionReferenceLocked(id string) reference {
	if a := s.actions[id]; a != nil {
		return reference{Identifier: id, Title: a.Title, Icon: a.Icon}
	}
	return reference{Identifier: id, Deleted: true}
}

func (s *Server) blueprintReferenceLocked(id string) reference {
	if b := s.blueprints[id]; b != nil {
		return reference{Identifier: id, Title: b.Title, Icon: b.Icon}
	}
	return reference{Identifier: id, Deleted: true}
}

func (s *Server) entityReferenceLocked(blueprint, id string) reference {
	if e := s.entities[blueprint][id]; e != nil {
		return reference{Identifier: id, Title: e.Title, Icon: toText(e.Icon)}
	}
	return reference{Identifier: id, Deleted: true}
}

// formatOptionalTime returns "" for the zero time.
func formatOptionalTime(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return formatTime(t)
}
