package porttest

import (
	"context"
	"errors"
	"net/http"
)

// The decisions on a run that waits for approval.
const (
	approve = "APPROVE"
	decline = "DECLINE"
)

// pending is the state of an approver who has not decided. Port documents the member, and not its values.
const pending = "PENDING"

// Approve starts a run that waits for approval. The end of ctx does not end the run.
func (s *Server) Approve(ctx context.Context, id string) error {
	return errors.Join(ctx.Err(), s.decideApproval(id, s.clientUserID(), approve, ""))
}

// Decline ends a run that waits for approval.
func (s *Server) Decline(ctx context.Context, id string) error {
	return errors.Join(ctx.Err(), s.decideApproval(id, s.clientUserID(), decline, ""))
}

// DeclineAs is Decline by a member, with a comment.
func (s *Server) DeclineAs(ctx context.Context, id, email, comment string) error {
	s.mu.Lock()
	u, err := s.users.find(email)
	s.mu.Unlock()
	if err != nil {
		return err
	}
	return errors.Join(ctx.Err(), s.decideApproval(id, u.ID, decline, comment))
}

func (s *Server) decideApproval(id, userID, decision, description string) error {
	err := s.updateRunIf(id, func(r *Run) bool { return r.Status == WaitingForApproval }, func(r *Run) {
		r.Approval = map[string]any{"state": decision + "D", "description": description, "userId": userID}
		if r.Status = InProgress; decision == decline {
			r.Status = Declined
		}
	})
	if err == nil && decision == approve {
		s.goAsync(func(ctx context.Context) { s.executeRun(ctx, id) })
	}
	return err
}

// listApprovers returns who has decided on a run, and on demand who can: the admins, and the users, roles and teams of
// the action's permission to approve; none with a policy, which is not evaluated.
func (s *Server) listApprovers(c call) (response, error) {
	run, err := s.runsByID.find(c.path["run_id"])
	if err != nil {
		return response{}, err
	}
	out := []any{}
	if run.Approval != nil {
		out = append(out, run.Approval)
	}
	if c.flag("include_pending_approvers") && run.Status == WaitingForApproval {
		permitted, err := s.permissionsLocked(run.Action)
		if err != nil {
			return response{}, err
		}
		rule := convertJSON[executeRule](permitted["approve"])
		for _, u := range s.users.all() {
			if rule.Policy == nil && rule.permits(u) {
				out = append(out, map[string]any{"userId": u.ID, "state": pending})
			}
		}
	}
	return newResponse(http.StatusOK, "approvers", out), nil
}
