package porttest

import "slices"

// wire is a run as the API shows it: version v1 has strings where v2 has objects.
// The caller holds the lock.
func (s *Server) wire(r *Run, version string, exclude []string) map[string]any {
	out := map[string]any{
		"id": r.ID, "status": r.Status, "statusLabel": orNull(r.Label), "source": r.Source,
		"properties": r.Properties, "rawProperties": r.Properties, "requiredApproval": false,
		"payload": r.Payload, "link": []any{}, "approval": nil,
		"createdBy": s.ClientID + "@clients", "updatedBy": s.ClientID + "@clients",
		"createdAt": stamp(r.CreatedAt), "updatedAt": stamp(r.UpdatedAt),
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
	if r.external != nil {
		out["externalRunId"] = r.external
	}
	if r.Approval != nil {
		out["approval"] = r.Approval
	}
	if r.Link != nil {
		out["link"] = r.Link
	}
	if !r.EndedAt.IsZero() {
		out["endedAt"] = stamp(r.EndedAt)
	}
	if u := s.users[r.RunAs]; u != nil {
		out["createdBy"], out["impersonatedBy"], out["impersonatedUserId"] = u["id"], s.ClientID+"@clients", u["id"]
	}
	if version == "v1" {
		out["action"], out["blueprint"], out["entity"] = r.Action, orNull(r.Blueprint), orNull(r.Entity)
	} else {
		out["action"] = named(r.Action, s.actions[r.Action])
		if r.Blueprint != "" {
			out["blueprint"] = named(r.Blueprint, s.blueprints[r.Blueprint])
		}
		if r.Entity != "" {
			out["entity"] = named(r.Entity, s.entities[r.Blueprint][r.Entity])
		}
	}
	for k := range out {
		if slices.Contains(exclude, k) {
			delete(out, k)
		}
	}
	return copyOf(out)
}

// named is what a run says of its action, blueprint or entity.
func named(id string, it map[string]any) map[string]any {
	out := map[string]any{"identifier": id, "deleted": it == nil}
	for _, k := range []string{"title", "icon"} {
		if v, ok := it[k].(string); ok {
			out[k] = v
		}
	}
	return out
}

func orNull(s string) any {
	if s == "" {
		return nil
	}
	return s
}
