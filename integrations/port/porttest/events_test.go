package porttest_test

import (
	"encoding/json"
	"strings"
	"testing"

	"foghorn/integrations/emulator"
	"foghorn/integrations/port/porttest"
	"foghorn/manifests"
)

// Every hop of a run is told, in its order, with the JSON that crossed and without secrets.
func TestEvents_EveryStepOfRun(t *testing.T) {
	d, b := newGuideFixture(t, 200, incidentResponse)
	told := make(chan emulator.Event, 1000)
	defer d.WatchAll(func(e emulator.Event) { told <- e })()
	d.login()
	id, _ := d.expectStatus("POST", "/v1/actions/"+manifests.ActionID+"/runs?run_as=alice@example.com", `{"properties":{"name":"API down","severity":"Major","visibility":"public"}}`, 202, "run", "id").(string)
	if _, err := d.WaitAutomation(withTimeout(t), manifests.AutomationID, porttest.Success); err != nil {
		t.Fatal(err)
	}
	d.expectStatus("GET", "/v1/actions/runs?active=true", "", 200)
	var all strings.Builder
	var seen []string
	for _, want := range []struct{ line, holds string }{
		{"foghorn > port call: POST /v1/auth/access_token", `"clientId"`},
		{"port > foghorn answer: 200 OK to POST /v1/auth/access_token", `"accessToken":"•••"`},
		{"foghorn > port call: POST /v1/actions/" + manifests.ActionID + "/runs?run_as=alice@example.com", `"name":"API down"`},
		{"port > port run: " + id + " of " + manifests.ActionID, `"severity":"Major"`},
		{"port > incident.io webhook: POST https://api.incident.io/v2/incidents for " + id, `"Bearer ********"`},
		{"incident.io > port webhook: 200 OK for " + id, `"permalink"`},
		{"port > port run: " + id + " SUCCESS", `"response"`},
		{"port > port automation: AUTOMATION of " + manifests.AutomationID, `"event":{"action":"UPDATE"`},
		{"port > port entity: 01J \"API down\" of " + manifests.BlueprintID, `"properties"`},
		{"foghorn > port call: GET /v1/actions/runs?active=true", "null"},
		{"port > foghorn answer: 200 OK to GET /v1/actions/runs?active=true", `"runs":[]`},
	} {
		for found := false; !found; {
			select {
			case <-withTimeout(t).Done():
				t.Fatalf("%q is not told in its place; told\n%s", want.line, strings.Join(seen, "\n"))
			case e := <-told:
				line := e.From + " > " + e.To + " " + e.Kind + ": " + strings.TrimSpace(e.Text)
				body, err := json.Marshal(e.Body)
				if err != nil {
					t.Fatal(err)
				}
				if e.Kind == "automation" { // whose id nobody knows
					_, rest, _ := strings.Cut(line, " of ")
					line = "port > port automation: AUTOMATION of " + rest
				}
				seen = append(seen, line)
				all.WriteString(line + string(body))
				if found = line == want.line; found && !strings.Contains(string(body), want.holds) {
					t.Errorf("%s has the body %s", line, body)
				}
			}
		}
	}
	<-b.requests
	for _, secret := range []string{d.ClientSecret, d.token, "inc-secret-value"} {
		if strings.Contains(all.String(), secret) {
			t.Errorf("the events show %.8s…", secret)
		}
	}
}

// What a page shows of a run and of an entity can be read.
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
