package porttest

// A reference names the action, blueprint or entity of a run.
type reference struct {
	Identifier string `json:"identifier"`
	Title      string `json:"title,omitempty"`
	Icon       string `json:"icon,omitempty"`
	Deleted    bool   `json:"deleted"`
}

// runToAPILocked returns a run as the API shows it. Action, blueprint and entity are identifiers in version v1, where an
// empty one is null, and references in version v2, where it is absent.
func (s *Server) runToAPILocked(r *Run, version string) map[string]any {
	client, creator := s.clientUserID(), s.creatorLocked(r)
	out := map[string]any{
		"id": r.ID, "status": r.Status, "statusLabel": nullIfEmpty(r.StatusLabel), "source": r.Source, "properties": s.showInputsLocked(r),
		"rawProperties": r.Properties, "requiredApproval": r.requiredApproval, "approval": r.Approval, "payload": r.Payload, "link": r.Link,
		"createdBy": creator, "createdAt": formatTime(r.CreatedAt), "updatedBy": client, "updatedAt": formatTime(r.UpdatedAt),
	}
	optional := map[string]any{"summary": r.Summary, "response": r.Response, "externalRunId": r.externalID}
	if !r.EndedAt.IsZero() {
		optional["endedAt"] = formatTime(r.EndedAt)
	}
	if creator != client {
		optional["impersonatedBy"], optional["impersonatedUserId"] = client, creator
	}
	if r.requiredApproval == nil {
		out["requiredApproval"] = false
	}
	if r.Link == nil {
		out["link"] = []any{}
	}
	if version == "v1" {
		out["action"], out["blueprint"], out["entity"] = r.Action, nullIfEmpty(r.Blueprint), nullIfEmpty(r.Entity)
	} else {
		s.addReferencesLocked(optional, r)
	}
	for key, v := range optional {
		if v != nil && v != "" {
			out[key] = v
		}
	}
	return out
}

// addReferencesLocked adds what a run refers to.
func (s *Server) addReferencesLocked(out map[string]any, r *Run) {
	action, blueprint, entity := s.actions.items[r.Action], s.blueprints.items[r.Blueprint], s.entities[r.Blueprint].items[r.Entity]
	out["action"] = reference{Identifier: r.Action, Deleted: true}
	if action != nil {
		out["action"] = reference{Identifier: r.Action, Title: action.Title, Icon: action.Icon}
	}
	if blueprint != nil {
		out["blueprint"] = reference{Identifier: r.Blueprint, Title: blueprint.Title, Icon: blueprint.Icon}
	} else if r.Blueprint != "" {
		out["blueprint"] = reference{Identifier: r.Blueprint, Deleted: true}
	}
	if entity != nil {
		out["entity"] = reference{Identifier: r.Entity, Title: entity.Title, Icon: toText(entity.Icon)}
	} else if r.Entity != "" {
		out["entity"] = reference{Identifier: r.Entity, Deleted: true}
	}
}

// showInputsLocked returns the inputs as the API shows them: entities are objects.
func (s *Server) showInputsLocked(r *Run) map[string]any {
	a := s.actions.items[r.Action]
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
	if u := s.users.items[r.RunAs]; u != nil {
		return u.ID
	}
	return s.clientUserID()
}
