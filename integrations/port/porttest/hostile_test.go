package porttest_test

import (
	"fmt"
	"testing"
	"time"

	"foghorn/integrations/port/porttest"
)

// hostilePrograms take gigabytes, or do not end within one step of gojq.
var hostilePrograms = []string{
	`reduce range(60) as $i (0; [.,.]) | tojson`,
	`[range(1000000000)] | length`,
	`reduce range(40) as $i (\"ab\"; . + .) | test(\"(a*)*c$\")`,
	`null | setpath([200000000]; 1)`,
	`def f: 1 + f; f`,
	`\"a\" * 1000000000 | length`,
}

// Programs that cost too much are null, and false in a condition. Meanwhile other runs are served.
func TestTemplates_ExpensivePrograms(t *testing.T) {
	b := newBackend(t, 200, `{}`)
	d := newFixture(t, porttest.Config{})
	d.must(d.PutBlueprint(rawJSON(serviceBlueprint)), d.PutAction(rawJSON(manualAction, "quick", "false")))
	for i, program := range hostilePrograms {
		id := fmt.Sprintf("expensive%d", i)
		d.must(d.PutAction(rawJSON(`{"identifier":%q,"trigger":{"type":"self-service","operation":"CREATE","userInputs":{"properties":{}}},"invocationMethod":
			{"type":"WEBHOOK","url":%q,"synchronized":true,"body":{"before":"{{ 1 }}","expensive":"{{ %s }}","text":"a {{ %[3]s }}"}}}`, id, b.URL, program)))
		d.must(d.PutAction(rawJSON(`{"identifier":"on-%s","trigger":{"type":"automation","event":{"type":"RUN_UPDATED","actionIdentifier":%[1]q},
			"condition":{"type":"JQ","expressions":["%[2]s",".diff.after.status == \"SUCCESS\""],"combinator":"or"}},
			"invocationMethod":{"type":"UPSERT_ENTITY","blueprintIdentifier":"service","mapping":{"identifier":%[1]q,"title":"{{ %[2]s }}"}}}`, id, program)))
		start := time.Now()
		run, _ := d.expectStatus("POST", "/v1/actions/"+id+"/runs", `{"properties":{}}`, 202, "run", "id").(string)
		d.runAction("quick", `{"properties":{}}`, porttest.InProgress)
		if _, err := d.WaitRun(withTimeout(t), run, porttest.Success); err != nil {
			t.Fatal(err)
		}
		body := (<-b.requests).json(t)
		if body["before"] != 1.0 || body["expensive"] != nil || body["text"] != "a null" {
			t.Errorf("%s: the body is %v", program, body)
		}
		if _, err := d.WaitEntity(withTimeout(t), "service", func(e porttest.Entity) bool { return e.Identifier == id }); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(start); took > 10*time.Second { // 0.3 s on a machine that is not busy
			t.Errorf("%s: the run and the automation took %v", program, took)
		}
	}
}
