package porttest_test

import (
	"testing"

	"foghorn/integrations/port/porttest"
)

func TestEntities_CreateUpdateDelete(t *testing.T) {
	d := newFixture(t, porttest.Config{})
	d.expectStatus("POST", "/v1/blueprints", `{"identifier":"service","title":"Service","schema":{"properties":{"tier":{"type":"number","enum":[1,2]},"url":{"type":"string","format":"url"},
		"note":{"type":"string"}},"required":["tier"]},"relations":{"on":{"target":"service"}}}`, 201, "blueprint")
	d.expectError("POST", "/v1/blueprints", `{"identifier":"service","title":"S","schema":{"properties":{}}}`, 409, "conflict", "already exists")
	d.expectError("POST", "/v1/blueprints", `{"identifier":"a b","title":"S","schema":{"properties":{}}}`, 422, "invalid_request", "must match pattern")
	d.expectError("POST", "/v1/blueprints", `null`, 422, "invalid_request", "body must be object")
	d.expectStatus("PATCH", "/v1/blueprints/service", `{"title":"Services"}`, 200)
	if got := d.expectStatus("GET", "/v1/blueprints/service", "", 200, "blueprint", "title"); got != "Services" {
		t.Errorf("title %v", got)
	}

	const all = "/v1/blueprints/service/entities"
	for body, word := range map[string]string{
		`{"identifier":"a","properties":{}}`:                      `"properties" must have required property 'tier'`,
		`{"identifier":"a","properties":{"tier":3}}`:              `"properties/tier" must be equal to one of the allowed values [1,2]`,
		`{"identifier":"a","properties":{"tier":1,"url":"nope"}}`: `must match format "uri"`,
		`{"identifier":"a","properties":{"tier":1,"zz":1}}`:       `additional property: "zz"`,
		`{"identifier":"a b","properties":{"tier":1}}`:            `"identifier" must match pattern`,
		`{"identifier":"a","properties":"x"}`:                     `"properties" must be`,
	} {
		d.expectError("POST", all, body, 422, "invalid_request", word)
	}
	d.expectError("POST", all, `{"identifier":"a","properties":{"tier":1},"relations":{"no":"a"}}`, 404, "not_found", `"no"`)
	d.expectError("POST", all, `{"identifier":"a","properties":{"tier":1},"relations":{"on":"zz"}}`, 404, "not_found", "zz")
	d.expectError("POST", "/v1/blueprints/none/entities", `{"identifier":"a"}`, 404, "not_found", "none")
	d.expectStatus("POST", all+"?validation_only=true", `{"identifier":"a","properties":{"tier":1}}`, 201)
	if n := len(d.Entities("service")); n != 0 {
		t.Errorf("validation made %d entities", n)
	}
	made := d.expectStatus("POST", all, `{"title":"Nameless","properties":{"tier":1}}`, 201, "entity")
	if id, _ := valueAt(made, "identifier").(string); id == "" || valueAt(made, "title") != "Nameless" {
		t.Errorf("made %v", made)
	}
	d.expectStatus("POST", all+"?create_missing_related_entities=true", `{"identifier":"a","title":"A","team":["sre"],"properties":{"tier":1,"note":"n"},"relations":{"on":"b"}}`, 201)
	d.expectError("POST", all, `{"identifier":"a","properties":{"tier":2}}`, 409, "conflict", "already exists")
	if got := d.expectStatus("POST", all+"?upsert=true&merge=true", `{"identifier":"a","properties":{"tier":2}}`, 201, "entity"); valueAt(got, "properties", "note") != "n" || valueAt(got, "properties", "tier") != 2.0 || valueAt(got, "relations", "on") != "b" || valueAt(got, "title") != "A" {
		t.Errorf("merged %v", got)
	}
	if got := d.expectStatus("PATCH", all+"/a", `{"properties":{"note":null}}`, 200, "entity"); valueAt(got, "properties", "note") != nil || valueAt(got, "properties", "tier") != 2.0 {
		t.Errorf("patched %v", got)
	}
	if got, _ := valueAt(d.expectStatus("GET", all+"/a", "", 200, "entity"), "properties").(map[string]any); len(got) != 2 {
		t.Errorf("a property without a value is not shown as null: %v", got)
	}
	d.expectError("PATCH", all+"/a", `{"properties":{"tier":null}}`, 422, "invalid_request", "must have required property 'tier'")
	d.expectError("PATCH", all+"/a", `{"blueprint":"service"}`, 422, "invalid_request", `additional property: "blueprint"`)
	d.expectStatus("POST", all+"?upsert=true&merge=true", `{"identifier":"a","blueprint":"service","createdAt":"2026"}`, 201)
	if got := d.expectStatus("PUT", all+"/a", `{"properties":{"tier":1}}`, 200, "entity"); valueAt(got, "title") != "a" || valueAt(got, "relations", "on") != nil {
		t.Errorf("replaced %v", got)
	}
	d.expectError("PATCH", all+"/none", `{}`, 404, "not_found", "none")
	d.expectStatus("DELETE", all+"/a", "", 200)
	d.expectError("GET", all+"/a", "", 404, "not_found", `Entity with identifier "a" was not found`)
	d.expectError("DELETE", "/v1/blueprints/service", "", 422, "has_dependents", "service")
	d.expectStatus("DELETE", "/v1/blueprints/service/all-entities", "", 200)
	d.expectStatus("DELETE", "/v1/blueprints/service", "", 200)
	d.expectError("GET", all, "", 404, "not_found", "service")
}
