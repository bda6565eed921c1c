package porttest_test

import (
	"fmt"
	"strings"
	"testing"

	"foghorn/integrations/port/porttest"
)

func TestEntities_CreateUpdateDelete(t *testing.T) {
	d := newFixture(t, porttest.Config{})
	d.expectStatus("POST", "/v1/blueprints", `{"identifier":"service","title":"Service","schema":{"properties":{"tier":{"type":"number","enum":[1,2]},"url":{"type":"string","format":"url"},
		"note":{"type":"string"}},"required":["tier"]},"relations":{"on":{"target":"service"}}}`, 201, "blueprint")
	d.expectError("POST", "/v1/blueprints", serviceBlueprint, 409, "conflict", "already exists")
	d.expectError("POST", "/v1/blueprints", `{"identifier":"a b","schema":{"properties":{}}}`, 422, "invalid_request", "must match pattern")
	d.expectError("POST", "/v1/blueprints", `null`, 422, "invalid_request", "body must be object")
	d.expectStatus("PATCH", "/v1/blueprints/service", `{"title":"Services"}`, 200)
	if got := d.expectStatus("GET", "/v1/blueprints/service", "", 200, "blueprint", "title"); got != "Services" {
		t.Errorf("title %v", got)
	}

	const all = "/v1/blueprints/service/entities"
	for body, word := range map[string]string{
		`{"identifier":"a","properties":{}}`:                                `"properties" must have required property 'tier'`,
		`{"identifier":"a","properties":{"tier":3}}`:                        `"properties/tier" must be equal to one of the allowed values [1,2]`,
		`{"identifier":"a","properties":{"tier":1,"url":"nope"}}`:           `must match format "uri"`,
		`{"identifier":"a","properties":{"tier":1,"zz":1}}`:                 `additional property: "zz"`,
		`{"identifier":"a","properties":{"tier":1},"relations":{"no":"a"}}`: `additional property: "no"`,
		`{"identifier":"a","properties":{"tier":1},"createdAt":"2026"}`:     `additional property: "createdAt"`,
		`{"identifier":"a b","properties":{"tier":1}}`:                      `"identifier" must match pattern`,
		`{"identifier":"a","properties":"x"}`:                               `"properties" must be`,
	} {
		d.expectError("POST", all, body, 422, "invalid_request", word)
	}
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
	if got := d.expectStatus("PUT", all+"/a", `{"properties":{"tier":1}}`, 200, "entity"); valueAt(got, "title") != "a" || valueAt(got, "relations", "on") != nil {
		t.Errorf("replaced %v", got)
	}
	d.expectError("PATCH", all+"/none", `{}`, 404, "not_found", "none")
	d.expectStatus("DELETE", all+"/a", "", 200)
	d.expectError("GET", all+"/a", "", 404, "not_found", `Entity with identifier "a" was not found`)
	d.expectStatus("DELETE", "/v1/blueprints/service", "", 200)
	d.expectError("GET", all, "", 404, "not_found", "service")
}

func TestSearch_Operators(t *testing.T) {
	d := newFixture(t, porttest.Config{})
	d.must(d.PutBlueprint(rawJSON(`{"identifier":"s","schema":{"properties":{"n":{"type":"number"},"w":{"type":"string"},"l":{"type":"array"},"at":{"type":"string","format":"date-time"}}},"relations":{"on":{"target":"s"}}}`)))
	d.must(d.PutBlueprint(rawJSON(serviceBlueprint)), d.PutEntity("service", rawJSON(`{"identifier":"x"}`)))
	d.must(
		d.PutEntity("s", rawJSON(`{"identifier":"a","title":"Alpha","team":["sre"],"properties":{"n":1,"w":"one","l":["p","q"],"at":"2020-01-01T00:00:00Z"}}`)),
		d.PutEntity("s", rawJSON(`{"identifier":"b","title":"Beta","properties":{"n":2,"w":"Two"},"relations":{"on":"a"}}`)),
		d.PutEntity("s", rawJSON(`{"identifier":"c","properties":{"n":3,"l":[],"at":"2999-01-01T00:00:00Z"},"relations":{"on":"b"}}`)),
	)
	rule := func(property, operator, value string) string {
		return fmt.Sprintf(`{"property":%q,"operator":%q,"value":%s}`, property, operator, value)
	}
	for _, c := range []struct{ rule, want string }{
		{rule("n", "=", "2"), "b"}, {rule("n", "!=", "2"), "a c"}, {rule("n", ">", "2"), "c"}, {rule("n", ">=", "2"), "b c"},
		{rule("n", "<", "2"), "a"}, {rule("n", "<=", "2"), "a b"}, {rule("n", "<", `"2"`), ""},
		{rule("n", "between", `{"from":1,"to":2}`), "a b"}, {rule("n", "notBetween", `{"from":1,"to":2}`), "c"},
		{rule("$createdAt", "between", `{"preset":"today"}`), "a b c"}, {rule("at", "between", `{"from":"2019-01-01T00:00:00Z","to":"2021-01-01T00:00:00+02:00"}`), "a"},
		{rule("w", "isEmpty", "null"), "c"}, {rule("w", "isNotEmpty", "null"), "a b"}, {rule("l", "isEmpty", "null"), "b c"},
		{rule("w", "contains", `"TW"`), "b"}, {rule("w", "doesNotContains", `"TW"`), "a c"}, {rule("l", "contains", `"q"`), "a"},
		{rule("$team", "containsAny", `["ops","sre"]`), "a"}, {rule("l", "matchAny", `["q"]`), "a"},
		{rule("w", "beginsWith", `"o"`), "a"}, {rule("w", "doesNotBeginsWith", `"o"`), "b c"}, {rule("$title", "endsWith", `"ta"`), "b"}, {rule("$title", "doesNotEndsWith", `"ta"`), "a c"},
		{rule("$identifier", "in", `["a","c"]`), "a c"}, {rule("$identifier", "notIn", `["a","c"]`), "b"},
		{rule("at", "isExpired", "null"), "a"}, {rule("at", "isNotExpired", "null"), "c"},
		{`{"operator":"relatedTo","blueprint":"s","value":"a"}`, "b c"}, {`{"operator":"relatedTo","blueprint":"service","value":"x"}`, ""},
		{`{"combinator":"or","rules":[` + rule("n", "=", "1") + `,{"combinator":"and","rules":[` + rule("n", "=", "3") + `,` + rule("w", "isEmpty", "null") + `]}]}`, "a c"},
		{`{"combinator":"and","rules":[]}`, "a b c"},
	} {
		body := `{"query":{"combinator":"and","rules":[` + c.rule + `]}}`
		if got := entityIDs(d.expectStatus("POST", "/v1/blueprints/s/entities/search", body, 200, "entities")); got != c.want {
			t.Errorf("%s found %q, want %q", c.rule, got, c.want)
		}
	}
	const path = "/v1/blueprints/s/entities/search"
	d.expectError("POST", path, `{"query":{"rules":[]}}`, 422, "invalid_request", `"query" must have required property 'combinator'`)
	d.expectError("POST", path, `{"limit":0}`, 422, "invalid_request", `"limit" must be >= 1`)
	d.expectError("POST", path, `{"query":{"combinator":"and","rules":[{"operator":"like"}]}}`, 422, "invalid_request", "allowed values")
	first := d.expectStatus("POST", path, `{"limit":2,"include":["title","n"],"exclude":["$title"]}`, 200)
	if entityIDs(valueAt(first, "entities")) != "a b" || valueAt(first, "next") != "b" || fmt.Sprint(valueAt(first, "entities")) != "[map[identifier:a properties:map[n:1]] map[identifier:b properties:map[n:2]]]" {
		t.Errorf("first page %v", first)
	}
	if rest := d.expectStatus("POST", path, `{"limit":2,"from":"b"}`, 200); entityIDs(valueAt(rest, "entities")) != "c" || valueAt(rest, "next") != nil {
		t.Errorf("second page %v", rest)
	}
	if got := entityIDs(d.expectStatus("POST", "/v1/entities/search", `{"combinator":"and","rules":[`+rule("$blueprint", "in", `["s","service"]`)+`]}`, 200, "entities")); got != "a b c x" {
		t.Errorf("everywhere %q", got)
	}
}

func entityIDs(entities any) string {
	list, _ := entities.([]any)
	var ids []string
	for _, e := range list {
		ids = append(ids, fmt.Sprint(valueAt(e, "identifier")))
	}
	return strings.Join(ids, " ")
}

func TestSecrets_UsersTeams(t *testing.T) {
	d := newFixture(t, porttest.Config{})
	const path = "/v1/organization/secrets"
	d.expectStatus("POST", path, `{"secretName":"K","secretValue":"hush-hush","description":"d"}`, 200)
	d.expectError("POST", path, `{"secretName":"K","secretValue":"x"}`, 409, "conflict", "K")
	d.expectError("POST", path, `{"secretName":"a b","secretValue":"x"}`, 422, "invalid_request", "pattern")
	d.expectStatus("PATCH", path+"/K", `{"secretValue":"hush"}`, 200)
	if got := d.expectStatus("GET", path, "", 200); strings.Contains(fmt.Sprint(got), "hush") || !strings.Contains(fmt.Sprint(got), "description:d") {
		t.Errorf("shown %v", got)
	}
	d.expectStatus("DELETE", path+"/K", "", 200)
	d.expectError("GET", path+"/K", "", 404, "not_found", "Secret")
	if u := d.expectStatus("GET", "/v1/users/alice@example.com", "", 200, "user"); valueAt(u, "firstName") != "Alice" || fmt.Sprint(valueAt(u, "teams")) != "[sre]" {
		t.Errorf("user %v", u)
	}
	d.AddUser("@odd")
	d.AddUser("émile@example.com")
	d.expectError("GET", "/v1/users/none@example.com", "", 404, "not_found", "none@example.com")
	if teams, _ := d.expectStatus("GET", "/v1/teams", "", 200, "teams").([]any); len(teams) != 1 {
		t.Errorf("teams %v", teams)
	}
	d.expectStatus("GET", "/v1/organization", "", 200)
}

func TestActions_Definitions(t *testing.T) {
	d := newFixture(t, porttest.Config{})
	action := func(changes string) string {
		return `{"identifier":"a","trigger":{"type":"self-service","operation":"CREATE","userInputs":{"properties":{}}},"invocationMethod":{"type":"WEBHOOK","url":"https://a.example"}` + changes + `}`
	}
	for changes, word := range map[string]string{
		`,"userInputs":{}`:                       `additional property: "userInputs"`,
		`,"createdAt":"2026"`:                    `additional property: "createdAt"`,
		`,"identifier":".."`:                     `"identifier" must NOT be valid`,
		`,"identifier":"a/b"`:                    `"identifier" must match pattern`,
		`,"trigger":"CREATE"`:                    `"trigger" must be object`,
		`,"publish":"yes"`:                       `"publish" must be boolean`,
		`,"invocationMethod":{"type":"SLACK"}`:   `"invocationMethod/type" must be equal to one of`,
		`,"invocationMethod":{"type":"WEBHOOK"}`: `"invocationMethod" must have required property 'url'`,
		`,"trigger":{"type":"self-service","operation":"UPDATE","userInputs":{"properties":{}}}`:                           `"trigger/operation" must be equal to one of`,
		`,"trigger":{"type":"self-service","userInputs":{"properties":{}}}`:                                                `'operation'`,
		`,"trigger":{"type":"self-service","operation":"CREATE","userInputs":{"properties":{"x":{"title":"no type"}}}}`:    `"trigger/userInputs/properties/x" must have required property 'type'`,
		`,"trigger":{"type":"automation","event":{"type":"RUN_UPDATED","blueprintIdentifier":"b"}}`:                        `"trigger/event" must`,
		`,"trigger":{"type":"automation","event":{"type":"NEVER"}}`:                                                        `"trigger/event/type" must be equal to one of`,
		`,"trigger":{"type":"self-service","operation":"DELETE","userInputs":{"properties":{}},"condition":{"type":"JQ"}}`: `must`,
	} {
		d.expectError("POST", "/v1/actions", action(changes), 422, "invalid_request", word)
	}
	d.expectStatus("POST", "/v1/actions", action(""), 201)
	d.expectError("POST", "/v1/actions", action(""), 409, "conflict", "already exists")
	d.expectError("PUT", "/v1/actions/zz", action(""), 404, "not_found", "zz")
	if got := d.expectStatus("PUT", "/v1/actions/a", action(`,"title":"T"`), 200, "action"); valueAt(got, "title") != "T" || valueAt(got, "publish") != true {
		t.Errorf("put %v", got)
	}
	d.must(d.PutActionUnchecked(rawJSON(`{"identifier":"old","userInputs":{"properties":{}},"trigger":"CREATE","invocationMethod":{"type":"SLACK"}}`)), d.PutActionUnchecked(rawJSON("null")))
	for query, want := range map[string]int{"": 3, "?trigger_type=self-service": 1, "?action_identifier=a&action_identifier=old": 2, "?operation=DAY-2": 0, "?trigger_type=automation": 0} {
		if got, _ := d.expectStatus("GET", "/v1/actions"+query, "", 200, "actions").([]any); len(got) != want {
			t.Errorf("%s lists %d, want %d", query, len(got), want)
		}
	}
	d.runAction("old", `{"properties":{}}`, porttest.InProgress)
	d.expectStatus("PATCH", "/v1/actions/a/permissions", `{"execute":{"users":["alice@example.com"]}}`, 200)
	d.expectError("PATCH", "/v1/actions/a/permissions", `{"execute":{"zz":1}}`, 422, "invalid_request", "zz")
	if got := d.expectStatus("GET", "/v1/actions/a/permissions", "", 200, "permissions", "execute", "users"); fmt.Sprint(got) != "[alice@example.com]" {
		t.Errorf("permissions %v", got)
	}
	d.expectStatus("PUT", "/v1/actions/a", strings.Replace(action(""), `"a"`, `"renamed"`, 1), 200)
	d.expectError("GET", "/v1/actions/a", "", 404, "not_found", "a")
	d.expectStatus("DELETE", "/v1/actions/renamed", "", 200)
}
