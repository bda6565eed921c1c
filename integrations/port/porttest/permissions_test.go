package porttest_test

import (
	"testing"

	"foghorn/integrations/port/porttest"
)

func TestPermissions_RunAs(t *testing.T) {
	const policy = `{"policy":{"queries":{"me":{"combinator":"and","rules":[{"property":"$identifier","operator":"=","value":"{{ .entity.identifier }}"}]}},
		"conditions":["(.results.me.entities | length) == 1 and .trigger.user.email == \"ann@example.com\""]}}`
	for _, c := range []struct {
		name, execute string
		want          int
	}{
		{"machine tokens bypass users, roles, teams and ownership", `{"roles":["Admin"],"ownedByTeam":true}`, 202},
		{"policy that permits", policy, 202},
		{"policy that does not", `{"roles":["Member"],"policy":{"queries":{},"conditions":["false"]}}`, 403},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := newFixture(t, porttest.Config{})
			d.must(d.PutBlueprint(rawJSON(serviceBlueprint)),
				d.PutEntity("service", rawJSON(`{"identifier":"api","team":"web","properties":{"tier":1}}`)),
				d.PutAction(rawJSON(`{"identifier":"restart","title":"Restart","trigger":{"type":"self-service","operation":"DAY-2","blueprintIdentifier":"service",
					"userInputs":{"properties":{}}},"invocationMethod":{"type":"KAFKA","payload":{}}}`)),
				d.SetExecutePermissions("restart", c.execute))
			d.AddUser("ann@example.com", "sre")
			d.expectStatus("POST", "/v1/actions/restart/runs?run_as=ann@example.com", `{"entity":"api","properties":{}}`, c.want)
		})
	}
}
