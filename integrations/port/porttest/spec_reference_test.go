//go:build reference

package porttest_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"foghorn/integrations/port/porttest"
	"foghorn/integrations/rest/resttest"
	"foghorn/manifests"
)

// The vendors' OpenAPI documents within REFERENCE_DIR.
const (
	portSpec     = "spec/port-openapi.json"
	incidentSpec = "spec/incidentio-openapi-subset.json"
)

// The answers to the calls of Foghorn's client, and the bodies that it sends, match Port's OpenAPI
// document.
func TestReference_ResponsesMatchPortSpec(t *testing.T) {
	spec := resttest.LoadSpec(t, referencePath(t, portSpec))
	d, _ := newGuideFixture(t, 200, incidentResponse)
	d.must(d.PutBlueprint(rawJSON(serviceBlueprint)), d.PutEntity("service", rawJSON(`{"identifier":"x"}`)), d.PutAction(rawJSON(manualAction, "ask", "true")))
	waiting := d.runAction("ask", `{"properties":{}}`, porttest.WaitingForApproval)
	run := d.runAction(manifests.ActionID, `{"properties":{"name":"x","severity":"Minor","visibility":"public"}}`, porttest.Success)
	set := manifests.Guide()
	renamed := func(definition json.RawMessage, id string) string {
		var v map[string]any
		if err := json.Unmarshal(definition, &v); err != nil {
			t.Fatal(err)
		}
		v["identifier"] = id
		text, err := json.Marshal(v)
		d.must(err)
		return string(text)
	}
	const (
		action    = "/v1/actions/{action_identifier}"
		runs      = action + "/runs"
		oneRun    = "/v1/actions/runs/{run_id}"
		blueprint = "/v1/blueprints/{identifier}"
		entities  = "/v1/blueprints/{blueprint_identifier}/entities"
		secrets   = "/v1/organization/secrets"
	)
	for _, c := range []struct {
		method, route, path, body string
		status                    int
	}{
		{"POST", "/v1/auth/access_token", "", `{"clientId":"` + d.ClientID + `","clientSecret":"` + d.ClientSecret + `"}`, 200},
		{"POST", "/v1/auth/access_token", "", `{"clientId":"a","clientSecret":"b"}`, 401},
		{"POST", "/v1/auth/access_token", "", `{}`, 422},

		{"POST", runs, "/v1/actions/ask/runs", `{"properties":{}}`, 202},
		{"POST", runs, "/v1/actions/ask/runs?run_as=alice@example.com", `{"properties":{}}`, 202},
		{"POST", runs, "/v1/actions/none/runs", `{"properties":{}}`, 404},
		{"POST", runs, "/v1/actions/" + manifests.ActionID + "/runs", `{"properties":{}}`, 422},
		{"GET", oneRun, "/v1/actions/runs/" + run.ID, "", 200},
		{"GET", oneRun, "/v1/actions/runs/" + waiting.ID + "?version=v2", "", 200},
		{"GET", oneRun, "/v1/actions/runs/none", "", 404},
		{"GET", "/v1/actions/runs", "/v1/actions/runs?version=v2", "", 200},
		{"GET", "/v1/actions/runs", "/v1/actions/runs?active=true&limit=1", "", 200},
		{"GET", oneRun + "/logs", "/v1/actions/runs/" + run.ID + "/logs", "", 200},
		{"POST", oneRun + "/logs", "/v1/actions/runs/" + waiting.ID + "/logs", `{"message":"m"}`, 201},
		{"PATCH", oneRun + "/approval", "/v1/actions/runs/" + waiting.ID + "/approval", `{"status":"APPROVE"}`, 201},
		{"GET", oneRun + "/approvers", "/v1/actions/runs/" + waiting.ID + "/approvers", "", 200},
		{"PATCH", oneRun, "/v1/actions/runs/" + waiting.ID, `{"status":"SUCCESS"}`, 200},
		{"GET", oneRun, "/v1/actions/runs/" + waiting.ID, "", 200},

		{"POST", "/v1/actions", "", renamed(set.Action, "copy"), 201},
		{"POST", "/v1/actions", "", `{}`, 422},
		{"PUT", action, "/v1/actions/copy", renamed(set.Action, "copy"), 200},
		{"GET", action, "/v1/actions/copy", "", 200},
		{"GET", action, "/v1/actions/none", "", 404},
		{"GET", action + "/permissions", "/v1/actions/copy/permissions", "", 200},
		{"DELETE", action, "/v1/actions/copy", "", 200},
		{"GET", "/v1/actions", "", "", 200},

		{"POST", "/v1/blueprints", "", renamed(set.Blueprint, "copy"), 201},
		{"POST", "/v1/blueprints", "", `{}`, 422},
		{"PUT", blueprint, "/v1/blueprints/copy", renamed(set.Blueprint, "copy"), 200},
		{"PATCH", blueprint, "/v1/blueprints/copy", `{"title":"Copy"}`, 200},
		{"GET", blueprint, "/v1/blueprints/copy", "", 200},
		{"GET", blueprint, "/v1/blueprints/none", "", 404},

		{"GET", entities + "/{entity_identifier}", "/v1/blueprints/service/entities/x", "", 200},
		{"GET", entities + "/{entity_identifier}", "/v1/blueprints/service/entities/none", "", 404},
		{"POST", entities, "/v1/blueprints/service/entities", `{"identifier":"y"}`, 201},
		{"PATCH", entities + "/{entity_identifier}", "/v1/blueprints/service/entities/y", `{"title":"Y"}`, 200},
		{"PUT", entities + "/{entity_identifier}", "/v1/blueprints/service/entities/y", `{"title":"Y","relations":{"on":null}}`, 200},
		{"POST", entities + "/search", "/v1/blueprints/service/entities/search", `{"limit":1}`, 200},
		{"POST", "/v1/entities/search", "", `{"combinator":"and","rules":[{"property":"$identifier","operator":"=","value":"y"}]}`, 200},
		{"POST", entities, "/v1/blueprints/service/entities?upsert=true&merge=true", `{"identifier":"z","blueprint":"service"}`, 201},
		{"GET", entities + "-count", "/v1/blueprints/service/entities-count", "", 200},
		{"DELETE", entities + "/{entity_identifier}", "/v1/blueprints/service/entities/z", "", 200},
		{"DELETE", blueprint, "/v1/blueprints/service", "", 422},
		{"POST", "/v1/blueprints/{blueprint_identifier}/bulk/entities/delete", "/v1/blueprints/service/bulk/entities/delete", `{"entities":["y"]}`, 200},
		{"DELETE", "/v1/blueprints/{blueprint_identifier}/all-entities", "/v1/blueprints/service/all-entities", "", 200},
		{"PATCH", blueprint, "/v1/blueprints/service", `{"identifier":"service2"}`, 200},

		{"POST", secrets, "", `{"secretName":"S","secretValue":"v"}`, 200},
		{"GET", secrets, "", "", 200},
		{"GET", secrets + "/{secret_name}", secrets + "/S", "", 200},
		{"GET", secrets + "/{secret_name}", secrets + "/none", "", 404},
		{"PATCH", secrets + "/{secret_name}", secrets + "/S", `{"secretValue":"w"}`, 200},

		{"GET", "/v1/users/{user_email}", "/v1/users/alice@example.com", "", 200},
		{"GET", "/v1/users/{user_email}", "/v1/users/none@example.com", "", 404},
		{"GET", "/v1/users", "", "", 200},
		{"GET", "/v1/teams", "", "", 200},
		{"GET", "/v1/integration", "", "", 200},
	} {
		path := c.path
		if path == "" {
			path = c.route
		}
		if c.body != "" && c.status < 400 {
			spec.CheckRequest(c.method, c.route, []byte(c.body))
		}
		status, _, answer := d.do(c.method, path, c.body)
		if status != c.status {
			t.Errorf("%s %s: %d %v, want %d", c.method, path, status, answer, c.status)
			continue
		}
		removeUndocumented(answer)
		body, err := json.Marshal(answer)
		d.must(err)
		spec.CheckResponse(c.method, c.route, status, body)
	}
	d.token = "invalid"
	_, _, answer := d.do("GET", "/v1/teams", "")
	body, err := json.Marshal(answer)
	d.must(err)
	spec.CheckResponse("GET", "/v1/teams", 401, body)
	spec.CheckCoverage("..")
}

// removeUndocumented removes the keys of Port's answers that its document does not have: the details
// of an error, and the audit fields of an entity.
func removeUndocumented(answer map[string]any) {
	delete(answer, "details")
	delete(answer, "migrationId") // Port's Terraform provider reads it
	entities, _ := answer["entities"].([]any)
	for _, e := range append(entities, answer["entity"]) {
		entity, _ := e.(map[string]any)
		for _, key := range []string{"blueprint", "createdAt", "createdBy", "updatedAt", "updatedBy"} {
			delete(entity, key)
		}
		if entity["icon"] == nil {
			delete(entity, "icon")
		}
	}
}

// The body of the guide's webhook matches incident.io's OpenAPI document.
func TestReference_WebhookMatchesIncidentSpec(t *testing.T) {
	spec := resttest.LoadSpec(t, referencePath(t, incidentSpec))
	d, b := newGuideFixture(t, 200, incidentResponse)
	d.runAction(manifests.ActionID, `{"properties":{"name":"API down","description":"All of it","severity":"Major","visibility":"private"}}`, porttest.Success)
	sent := <-b.requests
	if !strings.HasPrefix(sent.Header.Get("Content-Type"), "application/json") {
		t.Errorf("sent %v", sent.Header)
	}
	spec.CheckRequest(sent.Method, sent.URL.Path, sent.body)
}

// referencePath returns the path of a file within REFERENCE_DIR.
func referencePath(t *testing.T, name string) string {
	t.Helper()
	dir := os.Getenv("REFERENCE_DIR")
	if dir == "" {
		t.Fatal("REFERENCE_DIR is not set")
	}
	return filepath.Join(dir, name)
}
