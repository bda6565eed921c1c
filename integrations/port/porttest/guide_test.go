package porttest_test

import (
	"encoding/base64"
	"slices"
	"strings"
	"testing"

	"foghorn/integrations/port/porttest"
	"foghorn/manifests"
)

func TestGuide_WebhookRequest(t *testing.T) {
	d, b := newGuideFixture(t, 200, incidentResponse)
	d.runAction(manifests.ActionID, `{"properties":{"name":"API down","severity":"Major","visibility":"public"}}`, porttest.Success)
	sent := <-b.requests
	if sent.Method != "POST" || sent.URL.Path != "/v2/incidents" || sent.Header.Get("Authorization") != "Bearer inc-secret-value" {
		t.Errorf("sent %s %s %v", sent.Method, sent.URL, sent.Header)
	}
	body := sent.json(t)
	expectFields(t, body, map[string]any{"name": "API down", "severity_id": "01J53A3A1F2RCGSQQQNA6NJ5CY", "visibility": "public"})
	if summary, exists := body["summary"]; !exists || summary != nil {
		t.Errorf("a missing input is %v, want null", summary)
	}
	if key, err := base64.StdEncoding.DecodeString(body["idempotency_key"].(string)); err != nil || !strings.Contains(string(key), ".") {
		t.Errorf("idempotency key %v is not a time in base64", body["idempotency_key"])
	}
}

func TestGuide_RunsUnchanged(t *testing.T) {
	d, _ := newGuideFixture(t, 200, incidentResponse)
	id := d.runAction(manifests.ActionID, `{"properties":{"name":"API down","severity":"Major","visibility":"public"}}`, porttest.Success).ID
	run := d.expectStatus("GET", "/v1/actions/runs/"+id+"?version=v2", "", 200, "run")
	expectFields(t, run, map[string]any{
		"action.identifier": manifests.ActionID, "response.incident.permalink": "https://app.incident.io/acme/incidents/01J",
		"payload.headers.Authorization": "Bearer ********",
	})
	if valueAt(run, "endedAt") == nil {
		t.Errorf("run %v", run)
	}
	var messages []string
	logs, _ := d.expectStatus("GET", "/v1/actions/runs/"+id+"/logs", "", 200, "runLogs").([]any)
	for _, l := range logs {
		messages = append(messages, valueAt(l, "message").(string))
	}
	if !slices.Equal(messages, []string{"Sending the request", "Action invocation has completed successfully with status code: 200"}) {
		t.Errorf("logs %q", messages)
	}
	e, err := d.WaitEntity(withTimeout(t), manifests.BlueprintID, nil)
	d.must(err)
	if e.Identifier != "01J" || e.Title != "API down" {
		t.Errorf("entity %+v", e)
	}
	expectFields(t, e.Properties, map[string]any{"severity": "Major", "status": "Investigating"})
}

func TestGuide_BackendRejects(t *testing.T) {
	d, _ := newGuideFixture(t, 422, `{"type":"validation_error"}`)
	run := d.runAction(manifests.ActionID, `{"properties":{"name":"x","severity":"Minor","visibility":"public"}}`, porttest.Failure)
	if run.Summary != `Failed to invoke the webhook with status code: 422. Response: {"type":"validation_error"}` || valueAt(run.Response, "type") != "validation_error" {
		t.Errorf("failed with %q, %v", run.Summary, run.Response)
	}
	// The condition of the automation requires SUCCESS, so it does not run.
	if got := d.AutomationRuns(); len(got) != 0 || len(d.Entities(manifests.BlueprintID)) != 0 {
		t.Errorf("automation runs %+v", got)
	}
}

func TestUpsertEntity_BlueprintRejects(t *testing.T) {
	d, _ := newGuideFixture(t, 200, strings.Replace(incidentResponse, "Investigating", "Triage", 1)) // not in the guide's enum
	d.runAction(manifests.ActionID, `{"properties":{"name":"x","severity":"Minor","visibility":"public"}}`, porttest.Success)
	auto, err := d.WaitAutomation(withTimeout(t), manifests.AutomationID, porttest.Failure)
	if err != nil {
		t.Fatal(err)
	}
	if auto.Source != "AUTOMATION" || !strings.Contains(auto.Summary, `"properties/status" must be equal to one of the allowed values`) {
		t.Errorf("the automation's run is %+v", auto)
	}
	if got := d.Entities(manifests.BlueprintID); len(got) != 0 {
		t.Errorf("entities %+v", got)
	}
}

func TestGuide_RejectsInvalidInputs(t *testing.T) {
	d, b := newGuideFixture(t, 200, incidentResponse)
	const path = "/v1/actions/" + manifests.ActionID + "/runs"
	for body, word := range map[string]string{
		`{}`:                                 "body must have required property 'properties'",
		`{"properties":{"name":"x"},"x":1}`:  `must NOT have additional properties, additional property: "x"`,
		`{"properties":[]}`:                  `"properties" must be object`,
		`{"properties":{"severity":"Minor"}`: "not valid JSON",
		`{"properties":{"severity":"Minor","visibility":"public"}}`:                    `"properties" must have required property 'name'`,
		`{"properties":{"name":1,"severity":"Minor","visibility":"public"}}`:           `"properties/name" must be string`,
		`{"properties":{"name":"x","severity":"Huge","visibility":"public"}}`:          `"properties/severity" must be equal to one of the allowed values`,
		`{"properties":{"name":"x","severity":"Minor","visibility":"public","zz":""}}`: `additional property: "zz"`,
	} {
		d.expectError("POST", path, body, 422, "invalid_request", word)
	}
	d.expectError("POST", path+"?run_as=mallory@example.com", `{"properties":{"name":"x","severity":"Minor","visibility":"public"}}`, 404, "not_found", "mallory")
	d.expectError("POST", "/v1/actions/none/runs", `{"properties":{}}`, 404, "not_found", `Action with identifier "none" was not found`)
	d.expectError("POST", "/v1/actions/"+manifests.AutomationID+"/runs", `{"properties":{}}`, 404, "not_found", "Action")
	if len(d.Runs()) != 0 || len(b.requests) != 0 {
		t.Errorf("%d runs, %d webhooks", len(d.Runs()), len(b.requests))
	}
}
