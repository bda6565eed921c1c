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
	d.must(d.PutAction(rawJSON(manualAction, "ask", `{"type":"ANY"}`)), d.PutAction(rawJSON(manualAction, "other", "false")))
	run := d.runAction("ask", `{"properties":{"n":3}}`, porttest.WaitingForApproval)
	if run.Properties["d"] != "dflt" || run.Properties["q"] != nil || run.RunAs != "alice@example.com" {
		t.Errorf("run %+v", run)
	}
	one := "/v1/actions/runs/" + run.ID
	d.expectError("PATCH", one+"/approval", `{"status":"MAYBE"}`, 422, "invalid_request", "APPROVE")
	if got := d.expectStatus("PATCH", one+"/approval?version=v1", `{"status":"APPROVE","description":"go"}`, 201, "run"); valueAt(got, "status") != "IN_PROGRESS" || valueAt(got, "action") != "ask" || valueAt(got, "approval", "description") != "go" {
		t.Errorf("approved %v", got)
	}
	d.expectError("PATCH", one+"/approval", `{"status":"APPROVE"}`, 422, "invalid_request", "does not wait")
	if got, _ := d.expectStatus("GET", one+"/approvers?include_pending_approvers=false", "", 200, "approvers").([]any); len(got) != 1 {
		t.Errorf("approvers %v", got)
	}
	d.expectError("PATCH", one, `{"status":"IN_PROGRESS"}`, 422, "invalid_request", `"status" must be equal to one of the allowed values ["SUCCESS","FAILURE"]`)
	d.expectStatus("PATCH", one, `{"statusLabel":"half way","link":["https://a.example"],"externalRunId":"x-1"}`, 200)
	if log := d.expectStatus("POST", one+"/logs", `{"message":"hello"}`, 201, "runLog"); valueAt(log, "message") != "hello" || valueAt(log, "runId") != run.ID {
		t.Errorf("log %v", log)
	}
	if now, _ := d.Run(run.ID); now.Ended() || now.StatusLabel != "half way" {
		t.Errorf("now %+v", now)
	}
	d.expectStatus("POST", one+"/logs", `{"message":"done","terminationStatus":"SUCCESS","statusLabel":"fine"}`, 201)
	d.expectError("PATCH", one, `{"status":"FAILURE"}`, 422, "invalid_request", "can no longer be modified")
	d.expectError("POST", one+"/logs", `{"message":"late"}`, 422, "invalid_request", "can no longer be modified")
	d.expectError("PATCH", "/v1/actions/runs/r_none", `{}`, 404, "not_found", "r_none")
	if logs, _ := d.expectStatus("GET", one+"/logs?limit=1&offset=1", "", 200, "runLogs").([]any); len(logs) != 1 || valueAt(logs[0], "message") != "done" {
		t.Errorf("logs %v", logs)
	}

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
		`{"tags":[1]}`: `"properties/tags/0" must be string`, `{"d":null}`: `"properties/d" must be string`,
	} {
		d.expectError("POST", "/v1/actions/ask/runs", `{"properties":`+input+`}`, 422, "invalid_request", word)
	}
	d.expectStatus("POST", "/v1/actions/ask/runs", `{"properties":{"look":"x","q":"any"}}`, 202) // accepted, because Go does not have the pattern
}

func TestFault_LoseStillCreatesRun(t *testing.T) {
	d := newFixture(t, porttest.Config{})
	d.must(d.PutAction(rawJSON(manualAction, "ask", "false")))
	d.Plan(emulator.Fault{Path: "/runs", Method: http.MethodPost, Times: 1, Lose: true})
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

func TestRun_KeepsLogsApprovalLink(t *testing.T) {
	d, _ := newGuideFixture(t, 200, incidentResponse)
	d.must(d.PutAction(rawJSON(manualAction, "ask", "true")))
	run := d.runAction(manifests.ActionID, `{"properties":{"name":"API down","severity":"Major","visibility":"public"}}`, porttest.Success)
	if len(run.Logs) != 2 || len(run.LogTimes) != 2 || run.LogTimes[0].Before(run.CreatedAt) || run.UpdatedAt.Before(run.LogTimes[0]) {
		t.Errorf("run %+v", run)
	}
	e, err := d.WaitEntity(withTimeout(t), manifests.BlueprintID, nil)
	if err != nil || e.CreatedAt.IsZero() || e.UpdatedAt.Before(e.CreatedAt) {
		t.Errorf("entity %+v, %v", e, err)
	}
	auto := d.AutomationRuns()
	if len(auto) == 0 || valueAt(auto[0].Event, "diff", "after", "id") != run.ID {
		t.Errorf("automations %+v", auto)
	}

	yes, no := d.runAction("ask", `{"properties":{}}`, porttest.WaitingForApproval), d.runAction("ask", `{"properties":{}}`, porttest.WaitingForApproval)
	d.must(d.Approve(t.Context(), yes.ID), d.Decline(t.Context(), no.ID))
	d.expectStatus("PATCH", "/v1/actions/runs/"+yes.ID, `{"link":"https://ci.example.com/1"}`, 200)
	yes, _ = d.Run(yes.ID)
	no, _ = d.Run(no.ID)
	if yes.Status != porttest.InProgress || yes.Approval["state"] != "APPROVED" || yes.Link != "https://ci.example.com/1" {
		t.Errorf("approved %+v", yes)
	}
	if no.Status != porttest.Declined || no.Approval["state"] != "DECLINED" || no.EndedAt.IsZero() {
		t.Errorf("declined %+v", no)
	}
}
