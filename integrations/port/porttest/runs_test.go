package porttest_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"foghorn/integrations/emulator"
	"foghorn/integrations/port/porttest"
	"foghorn/manifests"
)

// manualAction has a backend that the emulator does not have, so a test ends its runs.
const manualAction = `{"identifier":%q,"title":"Ask","trigger":{"type":"self-service","operation":"CREATE","userInputs":{"properties":{
	"n":{"type":"number","minimum":1,"maximum":9},"d":{"type":"string","default":"dflt"},"p":{"type":"string","pattern":"^a+$"},
	"look":{"type":"string","pattern":"^(?!x).*$"},"mail":{"type":"string","format":"email"},"tags":{"type":"array","items":{"type":"string"},"maxItems":2,"uniqueItems":true},
	"q":{"type":"string","default":{"jqQuery":".form.d"},"enum":{"jqQuery":"[]"}}},"required":{"jqQuery":"[\"p\"]"},"order":[]}},
	"invocationMethod":{"type":"KAFKA"},"requiredApproval":%s}`

func TestRun_LifeCycle(t *testing.T) {
	d := newFixture(t, porttest.Config{})
	d.must(d.PutAction(rawJSON(manualAction, "ask", `{"type":"ANY"}`)))
	run := d.runAction("ask", `{"properties":{"n":3}}`, porttest.WaitingForApproval)
	expectFields(t, run.Properties, map[string]any{"d": "dflt", "q": nil})
	path := "/v1/actions/runs/" + run.ID

	d.AddUser("carol@example.com")
	d.must(d.SetApprovers("ask", "carol@example.com"))
	pending, _ := d.expectStatus("GET", path+"/approvers?include_pending_approvers=true", "", 200, "approvers").([]any)
	if len(pending) != 1 || valueAt(pending[0], "state") != "PENDING" {
		t.Errorf("approvers %v", pending)
	}
	if got := d.expectStatus("GET", path+"/approvers?include_pending_approvers=false", "", 200, "approvers"); len(got.([]any)) != 0 {
		t.Errorf("approvers %v", got)
	}
	d.expectError("GET", path+"/approvers?include_pending_approvers=maybe", "", 422, "invalid_request", "must be boolean")
	d.expectError("PATCH", path+"/approval", `{"status":"MAYBE"}`, 422, "invalid_request", "APPROVE")
	approved := d.expectStatus("PATCH", path+"/approval?version=v1", `{"status":"APPROVE","description":"go"}`, 201, "run")
	expectFields(t, approved, map[string]any{"status": "IN_PROGRESS", "action": "ask", "approval.description": "go"})
	d.expectError("PATCH", path+"/approval", `{"status":"APPROVE"}`, 422, "invalid_request", "does not wait")
	if got, _ := d.expectStatus("GET", path+"/approvers?include_pending_approvers=false", "", 200, "approvers").([]any); len(got) != 1 {
		t.Errorf("approvers %v", got)
	}

	d.expectError("PATCH", path, `{"status":"IN_PROGRESS"}`, 422, "invalid_request", `"status" must be equal to one of the allowed values ["SUCCESS","FAILURE"]`)
	changed := d.expectStatus("PATCH", path, `{"statusLabel":"half way","link":["https://a.example"],"externalRunId":"x-1"}`, 200, "run")
	expectFields(t, changed, map[string]any{"status": "IN_PROGRESS", "statusLabel": "half way", "externalRunId": "x-1"})
	log := d.expectStatus("POST", path+"/logs", `{"message":"hello"}`, 201, "runLog")
	expectFields(t, log, map[string]any{"message": "hello", "runId": run.ID})

	d.expectStatus("POST", path+"/logs", `{"message":"done","terminationStatus":"SUCCESS","statusLabel":"fine"}`, 201)
	d.expectError("PATCH", path, `{"status":"FAILURE"}`, 422, "invalid_request", "can no longer be modified")
	d.expectError("POST", path+"/logs", `{"message":"late"}`, 422, "invalid_request", "can no longer be modified")
	d.expectError("PATCH", "/v1/actions/runs/r_none", `{}`, 404, "not_found", "r_none")
	if logs, _ := d.expectStatus("GET", path+"/logs?limit=1&offset=1", "", 200, "runLogs").([]any); len(logs) != 1 || valueAt(logs[0], "message") != "done" {
		t.Errorf("logs %v", logs)
	}
}

func TestRuns_Filters(t *testing.T) {
	d := newFixture(t, porttest.Config{})
	d.must(d.PutAction(rawJSON(manualAction, "ask", `{"type":"ANY"}`)), d.PutAction(rawJSON(manualAction, "other", "false")))
	run := d.runAction("ask", `{"properties":{}}`, porttest.WaitingForApproval)
	d.must(d.Approve(t.Context(), run.ID))
	d.expectStatus("PATCH", "/v1/actions/runs/"+run.ID, `{"status":"SUCCESS","externalRunId":"x-1"}`, 200)
	second := d.runAction("other", `{"properties":{}}`, porttest.InProgress)
	third := d.runAction("ask", `{"properties":{}}`, porttest.WaitingForApproval)
	d.must(d.Decline(t.Context(), third.ID))
	for query, want := range map[string][]string{
		"":                                     {third.ID, second.ID, run.ID},
		"limit=1":                              {third.ID},
		"action=ask":                           {third.ID, run.ID},
		"action=ask&active=true":               {},
		"active=true":                          {second.ID},
		"user_email=alice@example.com&limit=2": {third.ID, second.ID},
		"user_email=bob@example.com":           {},
		"external_run_id=x-1":                  {run.ID},
		"source=AUTOMATION":                    {},
		"source=UI&source=API&active=false":    {third.ID, second.ID, run.ID},
		"entity=e":                             {},
		"exclude=payload&exclude=properties&action=other": {second.ID},
	} {
		list, _ := d.expectStatus("GET", "/v1/actions/runs?"+query, "", 200, "runs").([]any)
		got := []string{}
		for _, r := range list {
			got = append(got, valueAt(r, "id").(string))
			if strings.Contains(query, "exclude") && valueAt(r, "properties") != nil {
				t.Errorf("%s: %v", query, r)
			}
		}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%s: %v, want %v", query, got, want)
		}
	}
	d.expectError("GET", "/v1/actions/runs?limit=1001", "", 422, "invalid_request", "<= 1000")
	d.expectError("GET", "/v1/actions/runs?version=v3", "", 422, "invalid_request", "version")
}

func TestCreateRun_RejectsInvalidInputs(t *testing.T) {
	d := newFixture(t, porttest.Config{})
	d.must(d.PutAction(rawJSON(manualAction, "ask", "false")))
	for input, word := range map[string]string{
		`{"n":0}`: "must be >= 1", `{"n":10}`: "must be <= 9", `{"n":"1"}`: "must be number",
		`{"p":"b"}`: `must match pattern "^a+$"`, `{"mail":"x"}`: `must match format "email"`,
		`{"tags":["a","b","c"]}`: "must NOT have more than 2 items", `{"tags":["a","a"]}`: "must NOT have duplicate items",
		`{"look":"x"}`: `must match pattern "^(?!x).*$"`,
		`{"tags":[1]}`: `"properties/tags/0" must be string`, `{"d":null}`: `"properties/d" must be string`,
	} {
		d.expectError("POST", "/v1/actions/ask/runs", `{"properties":`+input+`}`, 422, "invalid_request", word)
	}
	d.expectStatus("POST", "/v1/actions/ask/runs", `{"properties":{"look":"y","q":"any"}}`, 202)
}

// A run of a DAY-2 action needs an entity: one of the action's blueprint, in either style, or of any if it has none.
func TestCreateRun_Target(t *testing.T) {
	d := newFixture(t, porttest.Config{})
	d.must(d.PutBlueprint(rawJSON(serviceBlueprint)), d.PutBlueprint(rawJSON(`{"identifier":"team","schema":{"properties":{}}}`)),
		d.PutEntity("service", rawJSON(`{"identifier":"api"}`)), d.PutEntity("team", rawJSON(`{"identifier":"core"}`)))
	inputs := `"userInputs":{"properties":{"n":{"type":"number"}}}`
	for name, style := range map[string]string{
		"new":          `"trigger":{"type":"self-service","operation":"DAY-2","blueprintIdentifier":"service",` + inputs + `}`,
		"old":          `"trigger":"DAY-2","blueprint":"service",` + inputs,
		"no blueprint": `"trigger":{"type":"self-service","operation":"DELETE",` + inputs + `}`,
	} {
		d.must(d.PutActionUnchecked(rawJSON(`{"identifier":"target",%s,"invocationMethod":{"type":"KAFKA"}}`, style)))
		path := "/v1/actions/target/runs"
		d.expectError("POST", path, `{"properties":{}}`, 422, "invalid_request", "'entity'")
		d.expectError("POST", path, `{"properties":{"n":"1"},"entity":"api"}`, 422, "invalid_request", "must be number")
		d.expectError("POST", path, `{"properties":{},"entity":"none"}`, 404, "not_found", "none")
		run := d.expectStatus("POST", path, `{"properties":{"n":1},"entity":"api"}`, 202, "run")
		expectFields(t, run, map[string]any{"blueprint.identifier": "service", "entity.identifier": "api"})
		if name == "no blueprint" {
			run = d.expectStatus("POST", path, `{"properties":{},"entity":"core"}`, 202, "run")
			expectFields(t, run, map[string]any{"blueprint.identifier": "team"})
		} else {
			d.expectError("POST", path, `{"properties":{},"entity":"core"}`, 404, "not_found", "core")
		}
	}
}

func TestFault_LoseStillCreatesRun(t *testing.T) {
	d := newFixture(t, porttest.Config{})
	d.must(d.PutAction(rawJSON(manualAction, "ask", "false")))
	d.InjectFault(emulator.Fault{Path: "/runs", Method: http.MethodPost, Times: 1, DropResponse: true})
	r, _ := http.NewRequestWithContext(t.Context(), "POST", d.URL()+"/v1/actions/ask/runs", strings.NewReader(`{"properties":{}}`))
	r.Header.Set("Authorization", d.token)
	if res, err := d.http.Do(r); err == nil {
		_ = res.Body.Close()
		t.Error("the lost answer arrived")
	}
	if len(d.Runs()) != 1 {
		t.Errorf("%d runs", len(d.Runs()))
	}
}

func TestRuns_DropOldest(t *testing.T) {
	d := newFixture(t, porttest.Config{MaxRuns: 10})
	d.must(d.PutAction(rawJSON(manualAction, "ask", "false")))
	kept := d.runAction("ask", `{"properties":{}}`, porttest.InProgress)
	for range 30 {
		r := d.runAction("ask", `{"properties":{}}`, porttest.InProgress)
		d.must(d.EndRun(r.ID, porttest.Success, ""))
	}
	if _, ok := d.Run(kept.ID); !ok || len(d.Runs()) > 10 {
		t.Errorf("%d runs; the running one is kept: %v", len(d.Runs()), ok)
	}
}

func TestRun_KeepsLogsAndEvent(t *testing.T) {
	d, _ := newGuideFixture(t, 200, incidentResponse)
	run := d.runAction(manifests.ActionID, `{"properties":{"name":"API down","severity":"Major","visibility":"public"}}`, porttest.Success)
	if len(run.Logs) != 2 || len(run.LogTimes) != 2 || run.LogTimes[0].Before(run.CreatedAt) || run.UpdatedAt.Before(run.LogTimes[0]) {
		t.Errorf("run %+v", run)
	}
	e, err := d.WaitEntity(withTimeout(t), manifests.BlueprintID, nil)
	if err != nil || e.CreatedAt == "" || e.UpdatedAt < e.CreatedAt {
		t.Errorf("entity %+v, %v", e, err)
	}
	automationRun, err := d.WaitAutomation(withTimeout(t), manifests.AutomationID, porttest.Success)
	d.must(err)
	expectFields(t, automationRun.Event, map[string]any{"diff.after.id": run.ID})
}

func TestRun_ApproveAndDecline(t *testing.T) {
	d := newFixture(t, porttest.Config{})
	d.must(d.PutAction(rawJSON(manualAction, "ask", "true")))
	approved := d.runAction("ask", `{"properties":{}}`, porttest.WaitingForApproval)
	declined := d.runAction("ask", `{"properties":{}}`, porttest.WaitingForApproval)
	d.must(d.Approve(t.Context(), approved.ID), d.Decline(t.Context(), declined.ID))
	d.expectStatus("PATCH", "/v1/actions/runs/"+approved.ID, `{"link":"https://ci.example.com/1"}`, 200)
	approved, _ = d.Run(approved.ID)
	declined, _ = d.Run(declined.ID)
	if approved.Status != porttest.InProgress || approved.Approval["state"] != "APPROVED" || approved.Link != "https://ci.example.com/1" {
		t.Errorf("approved %+v", approved)
	}
	if declined.Status != porttest.Declined || declined.Approval["state"] != "DECLINED" || declined.EndedAt.IsZero() {
		t.Errorf("declined %+v", declined)
	}
}
