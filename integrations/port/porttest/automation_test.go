package porttest_test

import (
	"testing"

	"foghorn/integrations/port/porttest"
)

func TestAutomations_PushAndChain(t *testing.T) {
	b := newBackend(t, 200, `{}`)
	d := newFixture(t, porttest.Config{})
	d.must(d.PutBlueprint(rawJSON(serviceBlueprint)), d.PutAction(rawJSON(manualAction, "ask", "false")))
	d.must(d.PutAction(rawJSON(`{"identifier":"push","trigger":{"type":"automation","event":{"type":"RUN_UPDATED","actionIdentifier":"ask"},
		"condition":{"type":"JQ","expressions":[".diff.before.status == \"IN_PROGRESS\"",".diff.after.status == \"SUCCESS\""],"combinator":"and"}},
		"invocationMethod":{"type":"WEBHOOK","url":%q,"synchronized":true,"body":"{{ .event }}"}}`, b.URL)))
	d.must(d.PutAction(rawJSON(`{"identifier":"keep","trigger":{"type":"automation","event":{"type":"ANY_RUN_CHANGE","actionIdentifier":"push"},"condition":{"type":"JQ","expressions":[]}},
		"invocationMethod":{"type":"UPSERT_ENTITY","blueprintIdentifier":"service","mapping":{"identifier":"{{ .event.diff.after.id }}","properties":{"tier":"{{ if .event.diff.after.status == \"SUCCESS\" then 1 else null end }}"}}}}`)))
	d.must(d.PutAction(rawJSON(`{"identifier":"off","publish":false,"trigger":{"type":"automation","event":{"type":"ANY_ENTITY_CHANGE","blueprintIdentifier":"service"}},
		"invocationMethod":{"type":"KAFKA"}}`)))
	run := d.runAction("ask", `{"properties":{}}`, porttest.InProgress)
	d.expectStatus("POST", "/v1/actions/runs/"+run.ID+"/logs", `{"message":"no event"}`, 201)
	d.must(d.EndRun(run.ID, porttest.Success, "well"))
	event := (<-b.requests).json(t)
	if event["action"] != "UPDATE" || event["resourceType"] != "run" || valueAt(event, "context", "action", "identifier") != "ask" ||
		valueAt(event, "diff", "before", "status") != "IN_PROGRESS" || valueAt(event, "diff", "after", "summary") != "well" || valueAt(event, "trigger", "origin") != "API" {
		t.Errorf("event %v", event)
	}
	e, err := d.WaitEntity(withTimeout(t), "service", func(e porttest.Entity) bool { return e.Properties["tier"] == 1.0 })
	if err != nil {
		t.Fatal(err)
	}
	if push, _ := d.Run(e.Identifier); push.Source != "AUTOMATION" || push.Action != "push" {
		t.Errorf("the push's run is %+v", push)
	}
	for _, r := range d.AutomationRuns() {
		if r.Action == "off" {
			t.Error("an automation that is not published ran")
		}
	}
}
