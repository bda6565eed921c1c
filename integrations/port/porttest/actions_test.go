package porttest_test

import (
	"fmt"
	"strings"
	"testing"

	"foghorn/integrations/port/porttest"
)

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
	for query, want := range map[string]int{"": 3, "?trigger_type=self-service": 2, "?action_identifier=a&action_identifier=old": 2, "?operation=CREATE": 2, "?operation=DAY-2": 0, "?published=false": 3, "?trigger_type=automation": 0} {
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
