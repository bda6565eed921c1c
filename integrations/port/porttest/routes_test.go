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
			"delete_dependents=", "include_pending_approvers=1", "source=ME", "offset=-1", "published=x", "upsert=true&upsert=true", "limit=NaN", "limit=1e999",
			"limit=1.5", "limit=5&limit=6", "limit[]=5", "exclude=a&exclude[]=b", "exclude=a,,b", "include=", "version=v1&version=v1", "run_as=", "entity=", "fields="} {
			d.expectError(c.Method, path+"?"+query, "", 422, "invalid_request", "must")
		}
		for _, query := range []string{"a=%zz", "limit=5;limit=6", "upsert=%", "%=1"} {
			d.expectError(c.Method, path+"?"+query, "", 422, "invalid_request", "querystring is not valid")
		}
		if c.Method == "GET" {
			d.expectStatus("GET", path, "", 200)
		}
		if c.Method == "GET" || c.Method == "DELETE" {
			continue
		}
		for _, body := range []string{"", "[]", `"x"`, "null", "{", "{} {}", "{}x", `{"title":1e999}`, "{\"title\":\"\xff\"}", `{"title":"\ud800"}`, `{"\udfff":1}`,
			strings.Repeat(`{"rules":[`, 20_000), `{"title":` + strings.Repeat("[", 5000) + strings.Repeat("]", 5000) + "}"} {
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

// Parameters in a path are decoded once, and a path with an empty one is no route. Of a key that a body repeats, the last
// value counts. A value in a body that has no effect here is an error.
func TestRoutes_Values(t *testing.T) {
	d := newFixture(t, porttest.Config{})
	d.expectStatus("POST", "/v1/blueprints", `{"identifier":"a/b","title":"first","title":"last","schema":{"properties":{}}}`, 201)
	if title := d.expectStatus("GET", "/v1/blueprints/a%2Fb", "", 200, "blueprint", "title"); title != "last" {
		t.Errorf("title %v", title)
	}
	d.expectStatus("POST", "/v1/blueprints/a%2fb/entities", `{"identifier":"x/y"}`, 201)
	d.expectStatus("GET", "/v1/blueprints/a%2Fb/entities/x%2Fy", "", 200)
	for _, path := range []string{"/v1/blueprints/a/b", "/v1/blueprints/", "/v1/blueprints//entities", "/v1/blueprints/a%2Fb/entities/", "//v1/blueprints"} {
		d.expectError("GET", path, "", 404, "not_found", "Route GET:")
	}
	for _, path := range []string{"/v1/blueprints/a%252Fb", "/v1/blueprints/none/entities/x"} {
		d.expectError("GET", path, "", 404, "not_found", "Blueprint with identifier")
	}
	const all = "/v1/blueprints/a%2Fb/entities"
	for _, body := range []string{`{"identifier":""}`, `{"identifier":".."}`, `{"identifier":7}`, `{"team":[7]}`, `{"relations":{"r":[7]}}`, `{"relations":{"r":""}}`} {
		d.expectError("POST", all, body, 422, "invalid_request", "must")
	}
	d.expectError("POST", "/v1/blueprints/a%2Fb/bulk/entities/delete", `{"entities":[]}`, 422, "invalid_request", "must NOT have fewer than 1 items")
	d.must(d.PutAction(rawJSON(manualAction, "ask", "false")))
	d.expectError("POST", "/v1/actions/ask/runs", `{"properties":{},"entity":"x"}`, 422, "invalid_request", `"entity"`)
	d.expectError("PATCH", "/v1/actions/ask/permissions", `{"execute":{"roles":["Emperor"]}}`, 404, "not_found", "Role")
	d.expectError("PATCH", "/v1/actions/ask/permissions", `{"execute":{"policy":{"conditions":["true"]}}}`, 422, "invalid_request", "queries")
	run := "/v1/actions/runs/" + d.runAction("ask", `{"properties":{}}`, porttest.InProgress).ID
	d.expectStatus("PATCH", run, `{"statusLabel":"Building","summary":"s","link":"https://example.com"}`, 200)
	expectFields(t, d.expectStatus("PATCH", run, `{"statusLabel":"","summary":""}`, 200, "run"),
		map[string]any{"statusLabel": nil, "summary": nil, "link": "https://example.com", "status": porttest.InProgress})
	for _, body := range []string{`{"status":"IN_PROGRESS"}`, `{"status":"success"}`, `{"link":[7]}`} {
		d.expectError("PATCH", run, body, 422, "invalid_request", "must")
	}
	d.expectStatus("PATCH", run, `{"status":"SUCCESS"}`, 200)
	d.expectError("PATCH", run, `{"statusLabel":"x"}`, 422, "invalid_request", "has ended")
	d.expectError("PATCH", run+"/approval", `{"status":"APPROVE"}`, 422, "invalid_request", "has ended")
}

func TestAddUser_RefusesInvalid(t *testing.T) {
	s := porttest.New(t, porttest.Config{})
	for _, user := range [][]string{{""}, {"bea@example.com", "a", "a"}, {"bea@example.com", ""}} {
		if s.AddUser(user[0], user[1:]...) == nil {
			t.Errorf("%q is added", user)
		}
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
