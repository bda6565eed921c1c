package workflow

import (
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"foghorn/bot/request"
	"foghorn/integrations/port"
)

func TestOutcomeOf(t *testing.T) {
	at := time.Date(2026, 1, 31, 15, 4, 5, 0, time.UTC)
	entity := &port.EntityReference{Blueprint: "service", Identifier: "checkout", Title: "Checkout"}
	for name, c := range map[string]struct {
		run  port.Run
		want request.Outcome
	}{
		"a summary": {
			port.Run{Status: port.StatusSuccess, Summary: "done", StatusLabel: "Deployed", Links: []string{"https://l"}, Entity: entity},
			request.Outcome{Status: request.Success, Summary: "done", Links: []string{"https://l"}, Entity: &request.Entity{Blueprint: "service", Identifier: "checkout", Title: "Checkout"}},
		},
		"a status label alone": {port.Run{Status: port.StatusSuccess, StatusLabel: "Deployed"}, request.Outcome{Status: request.Success, Summary: "Deployed"}},
		"an entity that was deleted": {
			port.Run{Status: port.StatusSuccess, Entity: &port.EntityReference{Blueprint: "service", Identifier: "x", Deleted: true}}, request.Outcome{Status: request.Success},
		},
		"a failure after an approval": {port.Run{Status: port.StatusFailure, Comment: "go ahead", Summary: "exit 1"}, request.Outcome{Status: request.Failure, Reason: "exit 1"}},
		"declined with a comment":     {port.Run{Status: port.StatusDeclined, Comment: "not today", StatusLabel: "x"}, request.Outcome{Status: request.Declined, Reason: "not today"}},
		"declined without a comment":  {port.Run{Status: port.StatusDeclined}, request.Outcome{Status: request.Declined}},
	} {
		c.run.EndedAt, c.want.EndedAt = at, at
		if diff := gocmp.Diff(c.want, outcomeOf(c.run)); diff != "" {
			t.Errorf("%s: -want +got\n%s", name, diff)
		}
	}
}
