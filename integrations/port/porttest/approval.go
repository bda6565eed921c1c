package porttest

import (
	"context"
	"errors"
	"net/http"
	"strconv"
)

// The decisions on a run that waits for approval.
const (
	approve = "APPROVE"
	decline = "DECLINE"
)

// pending is the state of an approver who has not decided. Port documents the member, and not its values.
const pending = "PENDING"

// SetApprovers replaces the members, by e-mail address, who can approve the runs of an action beside the admins.
func (s *Server) SetApprovers(action string, emails ...string) error {
	p, err := s.findPermissions(action)
	if err != nil {
		return err
	}
	p["approve"]["users"] = emails
	s.mu.Lock()
	defer s.mu.Unlock()
	s.permissions[action] = convertJSON[permissions](p)
	return nil
}

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
	u := s.users[email]
	s.mu.Unlock()
	if u == nil {
		return notFound("User", email)
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
func (s *Server) listApprovers(r *http.Request) (response, error) {
	run, ok := s.Run(r.PathValue("id"))
	if !ok {
		return response{}, notFound("Run", r.PathValue("id"))
	}
	withPending, err := strconv.ParseBool(r.URL.Query().Get("include_pending_approvers"))
	if err != nil && r.URL.Query().Has("include_pending_approvers") {
		return response{}, invalidRequest(`"include_pending_approvers" must be boolean`)
	}
	out := []any{}
	if run.Approval != nil {
		out = append(out, run.Approval)
	}
	if withPending && run.Status == WaitingForApproval {
		permitted, err := s.findPermissions(run.Action)
		if err != nil {
			return response{}, err
		}
		rule := convertJSON[executeRule](permitted["approve"])
		s.mu.Lock()
		defer s.mu.Unlock()
		for _, u := range s.sortedUsersLocked() {
			if rule.Policy == nil && rule.permits(u, nil) {
				out = append(out, map[string]any{"userId": u.ID, "state": pending})
			}
		}
	}
	return newResponse(http.StatusOK, "approvers", out), nil
}
