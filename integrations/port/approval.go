package port

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"foghorn/integrations/rest"
)

// An Approver is a person who can approve a run, or who has approved or declined it.
type Approver struct {
	Name        string // first and last name, else the e-mail address; "": Port does not say who it is
	State       string // Port documents no values; those of a decision begin with APPROVE and DECLINE
	Description string // the comment on the decision

	userID string
}

// UnmarshalJSON reads an approver. It never fails: a value that is not one has no state.
func (a *Approver) UnmarshalJSON(data []byte) error {
	var w struct {
		UserID      string `json:"userId"`
		State       string `json:"state"`
		Description string `json:"description"`
	}
	_ = json.Unmarshal(data, &w) // see decode.go
	*a = Approver{State: w.State, Description: w.Description, userID: w.UserID}
	return nil
}

// HasDeclined reports whether the person has declined the run.
func (a Approver) HasDeclined() bool { return a.hasDecided("DECLINE") }

// IsPending reports whether the person can still decide.
func (a Approver) IsPending() bool { return !a.HasDeclined() && !a.hasDecided("APPROVE") }

func (a Approver) hasDecided(decision string) bool {
	return strings.HasPrefix(strings.ToUpper(a.State), decision)
}

// Approvals reads who approves runs. Make one with NewApprovals.
type Approvals struct{ client *Client }

// NewApprovals returns the calls about approvals of a Client.
func NewApprovals(c *Client) Approvals { return Approvals{c} }

// ListApprovers lists who has approved or declined a run, and with pending, who can do so. It takes two calls: Port
// identifies approvers by ids, of which only the list of all users says whose they are. If that cannot be read, an
// approver has a name only if the id is an e-mail address.
// https://docs.port.io/api-reference/get-an-action-runs-approvers
//
//api:operation GET /v1/actions/runs/{run_id}/approvers
func (a Approvals) ListApprovers(ctx context.Context, runID string, pending bool) ([]Approver, error) {
	op := fmt.Sprintf("list approvers of run %q", runID)
	query := url.Values{"include_pending_approvers": {strconv.FormatBool(pending)}}
	path := rest.Path("v1", "actions", "runs", runID, "approvers")
	res, err := call[struct{ Approvers rest.List[Approver] }](ctx, a.client, op, http.MethodGet, path, query, nil)
	if err != nil || len(res.Approvers.Items) == 0 {
		return nil, err
	}
	names, _ := a.listNames(ctx) // without them, the approvers are known by their addresses
	for i := range res.Approvers.Items {
		approver := &res.Approvers.Items[i]
		if approver.Name = names[approver.userID]; approver.Name == "" && strings.Contains(approver.userID, "@") && !strings.HasSuffix(approver.userID, "@clients") {
			approver.Name = approver.userID
		}
	}
	return res.Approvers.Items, nil
}

// listNames lists the names of all members, by id and by e-mail address.
// https://docs.port.io/api-reference/get-all-users-in-your-organization
//
//api:operation GET /v1/users
func (a Approvals) listNames(ctx context.Context) (map[string]string, error) {
	query := url.Values{"fields": {"id", "email", "firstName", "lastName"}}
	res, err := call[struct{ Users rest.List[User] }](ctx, a.client, "list users", http.MethodGet, rest.Path("v1", "users"), query, nil)
	names := make(map[string]string, 2*len(res.Users.Items))
	for _, u := range res.Users.Items {
		name := strings.TrimSpace(u.FirstName + " " + u.LastName)
		if name == "" {
			name = u.Email
		}
		names[u.ID], names[u.Email] = name, name
	}
	delete(names, "")
	return names, err
}
