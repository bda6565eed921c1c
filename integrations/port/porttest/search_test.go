package porttest_test

import (
	"fmt"
	"strings"
	"testing"

	"foghorn/integrations/port/porttest"
)

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
		if value == "" {
			return fmt.Sprintf(`{"property":%q,"operator":%q}`, property, operator)
		}
		return fmt.Sprintf(`{"property":%q,"operator":%q,"value":%s}`, property, operator, value)
	}
	for _, c := range []struct{ rule, want string }{
		{rule("n", "=", "2"), "b"}, {rule("n", "!=", "2"), "a c"}, {rule("n", ">", "2"), "c"}, {rule("n", ">=", "2"), "b c"},
		{rule("n", "<", "2"), "a"}, {rule("n", "<=", "2"), "a b"}, {rule("at", "<", `"2021-01-01T00:00:00Z"`), "a"},
		{rule("at", "notBetween", `{"preset":"last12Months"}`), "a c"}, {rule("n", "<", `"2021-01-01T00:00:00Z"`), ""},
		{rule("$createdAt", "between", `{"preset":"today"}`), "a b c"}, {rule("at", "between", `{"from":"2019-01-01T00:00:00Z","to":"2021-01-01T00:00:00+02:00"}`), "a"},
		{rule("w", "isEmpty", ""), "c"}, {rule("w", "isNotEmpty", ""), "a b"}, {rule("l", "isEmpty", ""), "b c"},
		{rule("w", "contains", `"TW"`), "b"}, {rule("w", "doesNotContains", `"TW"`), "a c"}, {rule("l", "contains", `"q"`), "a"},
		{rule("$team", "containsAny", `["ops","sre"]`), "a"}, {rule("l", "matchAny", `["q"]`), "a"},
		{rule("w", "beginsWith", `"o"`), "a"}, {rule("w", "doesNotBeginsWith", `"o"`), "b c"}, {rule("$title", "endsWith", `"ta"`), "b"}, {rule("$title", "doesNotEndsWith", `"ta"`), "a c"},
		{rule("$identifier", "in", `["a","c"]`), "a c"}, {rule("$identifier", "notIn", `["a","c"]`), "b"},
		{rule("at", "isExpired", ""), "a"}, {rule("at", "isNotExpired", ""), "c"},
		{`{"operator":"relatedTo","blueprint":"s","value":"a"}`, "b c"}, {`{"operator":"relatedTo","blueprint":"service","value":"x"}`, ""},
		{`{"combinator":"or","rules":[` + rule("n", "=", "1") + `,{"combinator":"and","rules":[` + rule("n", "=", "3") + `,` + rule("w", "isEmpty", "") + `]}]}`, "a c"},
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
	for bad, word := range map[string]string{
		rule("n", "<", `"2"`): "date-time", rule("n", "=", ""): "value", rule("n", "isEmpty", "null"): "value", rule("$nope", "=", "1"): "$updatedBy",
		rule("n", "between", `{"from":1,"to":2}`): "must be string", rule("n", "between", `{"preset":"never"}`): "last2Weeks", rule("l", "matchAny", "1"): "array",
		rule("l", "in", `[{}]`): "must be boolean,number,string", `{"operator":"relatedTo","value":"a"}`: "blueprint", `{"operator":"=","property":{"context":"user","property":"email"},"value":1}`: "must be string",
	} {
		d.expectError("POST", path, `{"query":{"combinator":"and","rules":[`+bad+`]}}`, 422, "invalid_request", word)
	}
	d.expectError("POST", path, `{"from":"b"}`, 422, "invalid_request", `"from"`)
	first := d.expectStatus("POST", path, `{"limit":2,"include":["title","n"],"exclude":["$title"]}`, 200)
	if entityIDs(valueAt(first, "entities")) != "a b" || valueAt(first, "next") == nil || fmt.Sprint(valueAt(first, "entities")) != "[map[identifier:a properties:map[n:1]] map[identifier:b properties:map[n:2]]]" {
		t.Errorf("first page %v", first)
	}
	if rest := d.expectStatus("POST", path, fmt.Sprintf(`{"limit":2,"from":%q}`, valueAt(first, "next")), 200); entityIDs(valueAt(rest, "entities")) != "c" || valueAt(rest, "next") != nil {
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
