package porttest_test

import (
	"testing"

	"foghorn/integrations/port/porttest"
)

func TestPermissions_RunAs(t *testing.T) {
	const policy = `{"policy":{"queries":{"me":{"combinator":"and","rules":[{"property":"$identifier","operator":"=","value":"{{ .entity.identifier }}"}]}},
		"conditions":["(.results.me.entities | length) == 1 and .trigger.user.email == \"ann@example.com\""]}}`
	for _, c := range []struct {
		name, execute    string
		enforced, ownAPI bool
		want             int
	}{
		{"machine tokens bypass users, roles, teams and ownership", `{"roles":["Admin"]}`, false, false, 202},
		{"role", `{"roles":["Admin"]}`, true, false, 403},
		{"every member", `{"roles":["Member"]}`, true, false, 202},
		{"user", `{"users":["ann@example.com"]}`, true, false, 202},
		{"team", `{"teams":["sre"]}`, true, false, 202},
		{"owned by the team", `{"ownedByTeam":true}`, true, true, 202},
		{"owned by another team", `{"ownedByTeam":true}`, true, false, 403},
		{"policy that permits", policy, true, false, 202},
		{"policy that does not", `{"roles":["Member"],"policy":{"queries":{},"conditions":["false"]}}`, false, false, 403},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := newFixture(t, porttest.Config{})
			team := "web"
			if c.ownAPI {
				team = "sre"
			}
			d.must(d.PutBlueprint(rawJSON(serviceBlueprint)),
				d.PutEntity("service", rawJSON(`{"identifier":"api","team":%q,"properties":{"tier":1}}`, team)),
				d.PutAction(rawJSON(`{"identifier":"restart","title":"Restart","trigger":{"type":"self-service","operation":"DAY-2","blueprintIdentifier":"service",
					"userInputs":{"properties":{}}},"invocationMethod":{"type":"KAFKA","payload":{}}}`)),
				d.SetExecutePermissions("restart", c.execute))
			d.AddUser("ann@example.com", "sre")
			d.EnforcePermissions(c.enforced)
			d.expectStatus("POST", "/v1/actions/restart/runs?run_as=ann@example.com", `{"entity":"api","properties":{}}`, c.want)
			d.SetRoles("ann@example.com", "Admin")
			if c.want = 202; c.name != "policy that does not" {
				d.expectStatus("POST", "/v1/actions/restart/runs?run_as=ann@example.com", `{"entity":"api","properties":{}}`, c.want)
			}
		})
	}
}
