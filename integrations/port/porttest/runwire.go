package porttest

import "slices"

// runToAPILocked is a run as the API shows it: version v1 has strings where v2 has objects.
// The caller holds the lock.
func (s *Server) runToAPILocked(r *Run, version string, exclude []string) map[string]any {
	out := map[string]any{
		"id": r.ID, "status": r.Status, "statusLabel": nullIfEmpty(r.StatusLabel), "source": r.Source,
		"properties": r.Properties, "rawProperties": r.Properties, "requiredApproval": false,
		"payload": r.Payload, "link": []any{}, "approval": nil,
		"createdBy": s.ClientID + "@clients", "updatedBy": s.ClientID + "@clients",
		"createdAt": formatTime(r.CreatedAt), "updatedAt": formatTime(r.UpdatedAt),
	}
	if r.requiredApproval != nil {
		out["requiredApproval"] = r.requiredApproval
	}
	if r.Summary != "" {
		out["summary"] = r.Summary
	}
	if r.Response != nil {
		out["response"] = r.Response
	}
	if r.externalID != nil {
		out["externalRunId"] = r.externalID
	}
	if r.Approval != nil {
		out["approval"] = r.Approval
	}
	if r.Link != nil {
		out["link"] = r.Link
	}
	if !r.EndedAt.IsZero() {
		out["endedAt"] = formatTime(r.EndedAt)
	}
	if u := s.users[r.RunAs]; u != nil {
		out["createdBy"], out["impersonatedBy"], out["impersonatedUserId"] = u["id"], s.ClientID+"@clients", u["id"]
	}
	if version == "v1" {
		out["action"], out["blueprint"], out["entity"] = r.Action, nullIfEmpty(r.Blueprint), nullIfEmpty(r.Entity)
	} else {
		out["action"] = toReference(r.Action, s.actions[r.Action])
		if r.Blueprint != "" {
			out["blueprint"] = toReference(r.Blueprint, s.blueprints[r.Blueprint])
		}
		if r.Entity != "" {
			out["entity"] = toReference(r.Entity, s.entities[r.Blueprint][r.Entity])
		}
	}
	for k := range out {
		if slices.Contains(exclude, k) {
			delete(out, k)
		}
	}
	return deepCopy(out)
}

// toReference is what a run says of its action, blueprint or entity.
func toReference(id string, it map[string]any) map[string]any {
	out := map[string]any{"identifier": id, "deleted": it == nil}
	for _, k := range []string{"title", "icon"} {
		if v, ok := it[k].(string); ok {
			out[k] = v
		}
	}
	return out
}

func nullIfEmpty(s string) any {
	if s == "" {
		return nil
	}
	return s
}
