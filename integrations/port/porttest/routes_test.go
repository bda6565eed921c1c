package porttest_test

import (
	"strings"
	"testing"

	"foghorn/integrations/port/porttest"
)

// pathOf fills the parameters of a route with what newRoutesFixture has.
var pathOf = strings.NewReplacer("{action_identifier}", "ask", "{blueprint_identifier}", "service", "{entity_identifier}", "x",
	"{identifier}", "service", "{secret_name}", "S", "{user_email}", "alice@example.com", "{name}", "sre")

// No route answers 200 to what it does not know: query parameters, their types, and bodies.
func TestRoutes_RefuseUnknown(t *testing.T) {
	d := newFixture(t, porttest.Config{})
	d.must(d.PutBlueprint(rawJSON(serviceBlueprint)), d.PutEntity("service", rawJSON(`{"identifier":"x"}`)), d.PutAction(rawJSON(manualAction, "ask", "true")))
	d.SetSecret("S", "v")
	run := d.runAction("ask", `{"properties":{}}`, porttest.WaitingForApproval).ID
	migration, _ := d.expectStatus("DELETE", "/v1/blueprints/service/all-entities", "", 200, "migrationId").(string)
	d.must(d.PutEntity("service", rawJSON(`{"identifier":"x"}`)))
	d.expectStatus("PATCH", "/v1/actions/runs/"+run+"/response", `{"response":{"id":1}}`, 200)
	before := d.State()
	for _, c := range porttest.Coverage() {
		path := strings.NewReplacer("{run_id}", run, "{migration_id}", migration).Replace(pathOf.Replace(c.Route))
		if c.State == "absent" {
			d.expectError(c.Method, path, "{}", 404, "not_found", "Route "+c.Method+":"+path+" not found")
			continue
		}
		if shapes.Routes[c.Method+" "+c.Route] == nil {
			t.Errorf("testdata/shapes.json has no %s %s", c.Method, c.Route)
		}
		d.expectError(c.Method, path+"?unknown=1", "", 422, "invalid_request", `additional property: "unknown"`)
		for _, query := range []string{"limit=x", "limit=0", "upsert=1", "version=v3", "active=yes", "fields=password", "attach_title_to_relation=true",
			"delete_dependents=", "include_pending_approvers=1", "source=ME", "offset=-1", "published=x", "upsert=true&upsert=true"} {
			d.expectError(c.Method, path+"?"+query, "", 422, "invalid_request", "must")
		}
		if c.Method == "GET" {
			d.expectStatus("GET", path, "", 200)
		}
		if c.Method == "GET" || c.Method == "DELETE" {
			continue
		}
		for _, body := range []string{"", "[]", `"x"`, "null", "{"} {
			d.expectError(c.Method, path, body, 422, "invalid_request", "body")
		}
		if c.Route == "/v1/blueprints/{identifier}" || c.Method != "PATCH" && strings.HasSuffix(path, "/entities/x") || strings.HasSuffix(path, "/entities") {
			continue // Port's document allows further members
		}
		d.expectError(c.Method, path, `{"unknown":1}`, 422, "invalid_request", "must")
	}
	if after := d.State(); toJSON(t, after) != toJSON(t, before) {
		t.Errorf("a call that was refused changed %s to %s", toJSON(t, before), toJSON(t, after))
	}
}

// What is not modeled, and is a list in Port, is empty here, so that Port's command line client can read all.
func TestRoutes_EmptyLists(t *testing.T) {
	d := newFixture(t, porttest.Config{})
	d.must(d.PutBlueprint(rawJSON(serviceBlueprint)), d.PutAction(rawJSON(`{"identifier":"restart","trigger":{"type":"self-service","operation":"DAY-2",
		"blueprintIdentifier":"service","userInputs":{"properties":{}}},"invocationMethod":{"type":"KAFKA"}}`)), d.PutAction(rawJSON(manualAction, "ask", "false")))
	for path, key := range map[string]string{"/v1/integration": "integrations", "/v1/scorecards": "scorecards", "/v1/pages?compact=false": "pages",
		"/v1/sidebars/catalog": "sidebar", "/v1/webhooks": "webhooks", "/v1/blueprints/service/scorecards": "scorecards"} {
		if list, _ := d.expectStatus("GET", path, "", 200, key).([]any); list == nil || len(list) > 0 {
			t.Errorf("%s: %v", path, list)
		}
	}
	if list, _ := d.expectStatus("GET", "/v1/blueprints/service/actions", "", 200, "actions").([]any); len(list) != 1 {
		t.Errorf("actions %v", list)
	}
	for _, path := range []string{"scorecards", "actions", "entities-count"} {
		d.expectError("GET", "/v1/blueprints/none/"+path, "", 404, "not_found", "none")
	}
	if got := toJSON(t, d.expectStatus("GET", "/v1/users?fields=email&fields=type", "", 200, "users")); got != `[{"email":"alice@example.com","type":"STANDARD"}]` {
		t.Errorf("users %s", got)
	}
	if got := toJSON(t, d.expectStatus("GET", "/v1/teams?fields=name,provider", "", 200, "teams")); got != `[{"name":"sre","provider":"port"}]` {
		t.Errorf("teams %s", got)
	}
}
