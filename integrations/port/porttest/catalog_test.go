package porttest_test

import (
	"encoding/base64"
	"strings"
	"testing"

	"foghorn/integrations/port/porttest"
)

const teamBlueprint = `{"identifier":"team","title":"Team","schema":{"properties":{"n":{"type":"number"}}}}`

// newCatalogFixture has the blueprint app with an optional and a required relation to team, and entities of both.
func newCatalogFixture(t *testing.T) *fixture {
	t.Helper()
	d := newFixture(t, porttest.Config{})
	d.must(d.PutBlueprint(rawJSON(teamBlueprint)), d.PutBlueprint(rawJSON(`{"identifier":"app","schema":{"properties":{"a":{"type":"string"},"n":{"type":"number"}}},
		"relations":{"owner":{"target":"team","required":true},"readers":{"target":"team","many":true},"on":{"target":"app"}},
		"mirrorProperties":{"owner_n":{"path":"owner.n"},"reader_ids":{"path":"readers.$identifier"},"on_owner":{"path":"on.owner.$title"}},
		"calculationProperties":{"twice":{"calculation":".properties.owner_n * 2","type":"number"},"broken":{"calculation":"no.$jq","type":"string"}}}`)))
	d.must(
		d.PutEntity("team", rawJSON(`{"identifier":"sre","title":"SRE","properties":{"n":3}}`)), d.PutEntity("team", rawJSON(`{"identifier":"web"}`)),
		d.PutEntity("app", rawJSON(`{"identifier":"x","relations":{"owner":"sre","readers":["sre","web"]}}`)),
		d.PutEntity("app", rawJSON(`{"identifier":"y","relations":{"owner":"web","readers":["web"],"on":"x"}}`)),
	)
	return d
}

// POST and PUT accept the members that Port's clients send with an entity; PATCH does not. Values of null are kept.
func TestEntities_BodiesOfPortsClients(t *testing.T) {
	d := newCatalogFixture(t)
	const all, body = "/v1/blueprints/app/entities", `{"identifier":"z","blueprint":"app","createdAt":"2020","Title":"no","properties":{"a":null},"relations":{"owner":"sre","on":null}}`
	for _, c := range []struct {
		method, path string
		status       int
	}{{"POST", all, 201}, {"POST", all + "?upsert=true&run_id=", 201}, {"PUT", all + "/z?run_id=r_1", 200}} {
		got := d.expectStatus(c.method, c.path, body, c.status, "entity")
		if toJSON(t, valueAt(got, "properties")) != `{"a":null}` || toJSON(t, valueAt(got, "relations")) != `{"on":null,"owner":"sre"}` ||
			valueAt(got, "title") != "z" || valueAt(got, "createdAt") == "2020" {
			t.Errorf("%s %s: %v", c.method, c.path, got)
		}
	}
	d.expectError("PATCH", all+"/z", `{"blueprint":"app"}`, 422, "invalid_request", `additional property: "blueprint"`)
	d.expectError("POST", all, `{"identifier":"w","relations":{"on":"x"}}`, 422, "invalid_request", `"relations" must have required property 'owner'`)
	d.expectError("POST", all, `{"identifier":"w","relations":{"owner":["sre"]}}`, 422, "invalid_request", `"relations/owner" must be string`)
	d.expectError("POST", all, `{"identifier":"w","relations":{"owner":{"combinator":"and","rules":[]}}}`, 422, "invalid_request", `"relations/owner" must be`)
}

// An entity and a blueprint with another identifier keep their creation, their entities and the relations to them.
func TestCatalog_Rename(t *testing.T) {
	d := newCatalogFixture(t)
	const apps = "/v1/blueprints/app/entities/"
	created := d.expectStatus("GET", apps+"x", "", 200, "entity", "createdAt")
	got := d.expectStatus("PUT", apps+"x", `{"identifier":"x2","relations":{"owner":"sre"}}`, 200, "entity")
	expectFields(t, got, map[string]any{"identifier": "x2", "createdAt": created})
	d.expectError("GET", apps+"x", "", 404, "not_found", "x")
	if on := d.expectStatus("GET", apps+"y", "", 200, "entity", "relations", "on"); on != "x2" {
		t.Errorf("the relation leads to %v", on)
	}
	d.expectStatus("PATCH", "/v1/blueprints/team/entities/web", `{"identifier":"front"}`, 200)
	if got := toJSON(t, d.expectStatus("GET", apps+"y", "", 200, "entity", "relations")); got != `{"on":"x2","owner":"front","readers":["front"]}` {
		t.Errorf("relations %s", got)
	}
	d.expectStatus("PATCH", apps+"x2", `{"relations":{"on":"x2"}}`, 200)
	if on := d.expectStatus("PATCH", apps+"x2", `{"identifier":"x3"}`, 200, "entity", "relations", "on"); on != "x3" {
		t.Errorf("the relation of an entity to itself leads to %v", on)
	}
	d.expectError("PATCH", apps+"x3?create_missing_related_entities=true", `{"relations":{"on":"made","readers":["made"],"unknown":"y"}}`, 404, "not_found", "unknown")
	d.expectError("GET", apps+"made", "", 404, "not_found", "made")
	d.expectError("PUT", apps+"y", `{"identifier":"x3","relations":{"owner":"sre"}}`, 409, "conflict", "x3")

	created = d.expectStatus("GET", "/v1/blueprints/team", "", 200, "blueprint", "createdAt")
	renamed := d.expectStatus("PUT", "/v1/blueprints/team", strings.Replace(teamBlueprint, `"team"`, `"group"`, 1), 200, "blueprint")
	expectFields(t, renamed, map[string]any{"identifier": "group", "createdAt": created})
	expectFields(t, d.expectStatus("GET", "/v1/blueprints/group/entities/sre", "", 200, "entity"), map[string]any{"blueprint": "group", "properties.n": 3.0})
	expectFields(t, d.expectStatus("GET", "/v1/blueprints/app", "", 200, "blueprint"), map[string]any{"relations.owner.target": "group", "relations.readers.target": "group"})
	d.expectError("GET", "/v1/blueprints/team", "", 404, "not_found", "team")
	d.expectStatus("PATCH", "/v1/blueprints/app", `{"identifier":"service","relations":{"extra":{"target":"service"}}}`, 200)
	expectFields(t, d.expectStatus("GET", "/v1/blueprints/service", "", 200, "blueprint"),
		map[string]any{"relations.on.target": "service", "relations.extra.target": "service", "relations.owner.required": true})
	d.expectStatus("GET", "/v1/blueprints/service/entities/y", "", 200)
	d.expectError("PUT", "/v1/blueprints/service", strings.Replace(teamBlueprint, `"team"`, `"group"`, 1), 409, "conflict", "group")
}

func TestCatalog_Delete(t *testing.T) {
	d := newCatalogFixture(t)
	const teams, apps = "/v1/blueprints/team/entities", "/v1/blueprints/app/entities"
	d.expectError("DELETE", teams+"/web", "", 422, "has_dependents", "web")
	d.expectError("POST", "/v1/blueprints/team/bulk/entities/delete?delete_dependents=false", `{"entities":["sre","web"]}`, 422, "has_dependents", "sre")
	d.expectStatus("DELETE", apps+"/x", "", 200) // no required relation leads to it
	if on := d.expectStatus("GET", apps+"/y", "", 200, "entity", "relations", "on"); on != nil {
		t.Errorf("the relation leads to %v", on)
	}
	d.expectStatus("DELETE", teams+"/web?delete_dependents=true", "", 200)
	d.expectError("GET", apps+"/y", "", 404, "not_found", "y")
	d.expectError("DELETE", "/v1/blueprints/team", "", 422, "has_dependents", "team")
	d.expectError("DELETE", "/v1/blueprints/team/all-entities?delete_blueprint=true", "", 422, "has_dependents", "team")
	if n := d.expectStatus("GET", "/v1/blueprints/team/entities-count", "", 200, "count"); n != 1.0 {
		t.Errorf("%v teams", n)
	}
	if deleted := d.expectStatus("POST", "/v1/blueprints/team/bulk/entities/delete", `{"entities":["sre","sre"]}`, 200, "deletedEntities"); toJSON(t, deleted) != `["sre"]` {
		t.Errorf("deleted %v", deleted)
	}
	d.must(d.PutAction(rawJSON(`{"identifier":"restart","trigger":{"type":"self-service","operation":"DAY-2","blueprintIdentifier":"app",
		"userInputs":{"properties":{}}},"invocationMethod":{"type":"KAFKA"}}`)))
	d.expectStatus("DELETE", "/v1/blueprints/app?delete_actions=true", "", 200)
	d.expectError("GET", "/v1/actions/restart", "", 404, "not_found", "restart")
	d.must(d.PutEntity("team", rawJSON(`{"identifier":"a"}`)))
	migration, _ := d.expectStatus("DELETE", "/v1/blueprints/team/all-entities?delete_blueprint=true", "", 200, "migrationId").(string)
	if status := d.expectStatus("GET", "/v1/migrations/"+migration, "", 200, "migration", "status"); status != "COMPLETED" {
		t.Errorf("migration %v", status)
	}
	d.expectError("GET", "/v1/blueprints/team", "", 404, "not_found", "team")
}

func TestEntities_Bulk(t *testing.T) {
	d := newCatalogFixture(t)
	const path = "/v1/blueprints/team/entities/bulk"
	got := d.expectStatus("POST", path+"?upsert=true", `{"entities":[{"identifier":"sre","blueprint":"team"},{"identifier":"new"}]}`, 200)
	if toJSON(t, valueAt(got, "entities")) != `[{"created":false,"identifier":"sre","index":0},{"created":true,"identifier":"new","index":1}]` {
		t.Errorf("stored %v", got)
	}
	got = d.expectStatus("POST", path, `{"entities":[{"identifier":"sre"},{"identifier":"newer","properties":{"n":"x"}},{"identifier":"newest"}]}`, 207)
	if toJSON(t, valueAt(got, "entities")) != `[{"created":true,"identifier":"newest","index":2}]` || !strings.Contains(toJSON(t, valueAt(got, "errors")),
		`[{"error":"conflict","identifier":"sre","index":0,"message":"Entity with identifier \"sre\" already exists","statusCode":409},{"error":"invalid_request"`) {
		t.Errorf("stored %v", got)
	}
	d.expectError("POST", path, `{"entities":[`+strings.Repeat(`{"identifier":"a"},`, 20)+`{"identifier":"a"}]}`, 422, "invalid_request", "must NOT have more than 20 items")
	d.expectError("POST", "/v1/blueprints/none/entities/bulk", `{"entities":[]}`, 404, "not_found", "none")
}

func TestEntities_CalculatedProperties(t *testing.T) {
	d := newCatalogFixture(t)
	const apps = "/v1/blueprints/app/entities"
	const x = `{"broken":null,"on_owner":null,"owner_n":3,"reader_ids":["sre","web"],"twice":6}`
	if got := toJSON(t, d.expectStatus("GET", apps+"/x", "", 200, "entity", "properties")); got != x {
		t.Errorf("properties %s", got)
	}
	if got := d.expectStatus("GET", apps+"/x?exclude_calculated_properties=true&include=identifier,properties", "", 200, "entity"); toJSON(t, got) != `{"identifier":"x"}` {
		t.Errorf("stored %v", got)
	}
	got := d.expectStatus("POST", "/v1/entities/search?include=identifier,twice", `{"combinator":"and","rules":[{"property":"twice","operator":"=","value":6}]}`, 200)
	if toJSON(t, got) != `{"entities":[{"identifier":"x","properties":{"twice":6}}],"failedBlueprints":[],"matchingBlueprints":["app"],"ok":true}` {
		t.Errorf("found %v", got)
	}
	d.expectStatus("PATCH", "/v1/blueprints/team/entities/sre", `{"properties":{"n":4}}`, 200)
	if got := d.expectStatus("GET", apps+"/x", "", 200, "entity", "properties", "twice"); got != 8.0 {
		t.Errorf("calculated %v", got)
	}
}

func TestBlueprints_Definitions(t *testing.T) {
	d := newFixture(t, porttest.Config{})
	blueprint := func(members string) string {
		return `{"identifier":"b","title":"B","schema":{"properties":{}}` + members + `}`
	}
	for members, word := range map[string]string{
		`,"relations":{"r":{"target":"none"}}`:             `Blueprint with identifier "none" was not found`,
		`,"relations":{"r":{"target":"b","x":1}}`:          `additional property: "x"`,
		`,"aggregationProperties":{"a":{"target":"b"}}`:    "must NOT have more than 0 properties",
		`,"mirrorProperties":{"m":{}}`:                     `must have required property 'path'`,
		`,"calculationProperties":{"c":{"type":"string"}}`: `must have required property 'calculation'`,
		`,"title":""`: "must NOT have fewer than 1 characters",
	} {
		status, code := 422, "invalid_request"
		if strings.Contains(word, "not found") {
			status, code = 404, "not_found"
		}
		d.expectError("POST", "/v1/blueprints", blueprint(members), status, code, word)
	}
	got := d.expectStatus("POST", "/v1/blueprints?create_catalog_page=false", blueprint(`,"relations":{"r":{"target":"b"}}`), 201, "blueprint")
	expectFields(t, got, map[string]any{"calculationProperties": map[string]any{}, "aggregationProperties": map[string]any{},
		"relations.r": map[string]any{"target": "b", "required": false, "many": false}})
	d.expectStatus("GET", "/v1/blueprints/b?exclude_calculated_properties=true", "", 200)
	d.expectStatus("PUT", "/v1/blueprints/b", `{"title":"C","schema":{"properties":{}}}`, 200)
}

// The access token is a JSON Web Token whose claims say when it expires.
func TestAuth_JSONWebToken(t *testing.T) {
	d := newFixture(t, porttest.Config{})
	parts := strings.Split(d.token, ".")
	if len(parts) != 3 {
		t.Fatalf("token %q", d.token)
	}
	claims, err := base64.RawURLEncoding.DecodeString(parts[1])
	d.must(err)
	for _, claim := range []string{`"exp":`, `"iat":`, `"orgId":"org_`, `"isMachine":true`} {
		if !strings.Contains(string(claims), claim) {
			t.Errorf("claims %s", claims)
		}
	}
}
