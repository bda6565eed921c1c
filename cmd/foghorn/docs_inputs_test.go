package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/slack-go/slack"

	"foghorn/bot/form"
	"foghorn/bot/modal"
)

// A documentedInput is a row of the table of inputs in the documentation.
type documentedInput struct {
	name       string // in Port's terms
	definition string
	required   bool
	note       string
}

var documentedInputs = []documentedInput{
	{"`string`", `{"type":"string"}`, false, "up to 3,000 characters"},
	{"`string` as `multi-line`, `markdown`, `yaml` or `proto`", `{"type":"string","format":"multi-line"}`, false, "several lines"},
	{"`string` as `email`", `{"type":"string","format":"email"}`, false, ""},
	{"`string` as `url`", `{"type":"string","format":"url"}`, false, ""},
	{"`string` as `ipv4` or `ipv6`", `{"type":"string","format":"ipv4"}`, false, "checked on submission"},
	{"`string` as `date-time`", `{"type":"string","format":"date-time"}`, false, "in the person's time zone, with a button to clear it"},
	{"`string` as `user`", `{"type":"string","format":"user"}`, false, "Port gets the person's email address"},
	{"`string` as `team`", `{"type":"string","format":"team"}`, false, "type-ahead over Port's teams"},
	{"`string` as `entity`", `{"type":"string","format":"entity","blueprint":"b"}`, false, "type-ahead over the entities of the blueprint, with `dataset` and `sort`"},
	{"`number`, `integer`", `{"type":"number"}`, false, "with its bounds"},
	{"`boolean`", `{"type":"boolean"}`, false, "Yes and No"},
	{"`object`", `{"type":"object"}`, false, "JSON, several lines"},
	{"`object` as `labeled-url`", `{"type":"object","format":"labeled-url"}`, false, "the URL, a space, the label"},
	{"`enum`", `{"type":"string","enum":["a"]}`, false, "up to 100 values that fit a page"},
	{"`enum`, required", `{"type":"string","enum":["a"]}`, true, "up to 4 values"},
	{"`enum`, longer", `{"type":"string","enum":` + longEnum() + `}`, false, "type-ahead over all values"},
	{"`array` of `string` or `number`", `{"type":"array","items":{"type":"string"}}`, false, "one per line"},
	{"`array` of `object`", `{"type":"array","items":{"type":"object"}}`, false, "JSON, several lines"},
	{"`array` with `items.enum`", `{"type":"array","items":{"type":"string","enum":["a"]}}`, false, "up to 100 values that fit a page"},
	{"`array` with `items.enum`, longer", `{"type":"array","items":{"type":"string","enum":` + longEnum() + `}}`, false, "type-ahead over all values"},
	{"`array` of `entity` or `team`", `{"type":"array","blueprint":"b","items":{"type":"string","format":"entity"}}`, false, "type-ahead"},
	{"`array` of `user`", `{"type":"array","items":{"type":"string","format":"user"}}`, false, ""},
	{"any, disabled", `{"type":"string","disabled":true}`, false, "shown with its value"},
	{"any, encrypted", `{"type":"string","encryption":"aes256-gcm"}`, false, ""},
}

// longEnum has more values than a menu of Slack.
func longEnum() string {
	values := make([]int, 101)
	for i := range values {
		values[i] = i
	}
	data, _ := json.Marshal(values)
	return string(data)
}

// inputsTable is a table in Markdown of how each input of Port appears in Slack. It renders one of each.
func inputsTable(t *testing.T) string {
	t.Helper()
	var b strings.Builder
	b.WriteString("| Input in Port | In Slack | |\n|---|---|---|\n")
	for _, in := range documentedInputs {
		element, note := in.render(t)
		fmt.Fprintf(&b, "| %s | %s | %s |\n", in.name, element, note)
	}
	return b.String()
}

func (in documentedInput) render(t *testing.T) (element, note string) {
	t.Helper()
	required := "[]"
	if in.required {
		required = `["x"]`
	}
	f, err := form.Compile(json.RawMessage(`{"identifier":"x","trigger":{"type":"self-service","operation":"CREATE","userInputs":{"properties":{"x":` +
		in.definition + `},"required":` + required + `}}}`))
	if err != nil {
		t.Fatal(err)
	}
	if len(f.Problems) > 0 {
		return "—", "rejected: " + f.Problems[0].Reason
	}
	view, err := modal.Render(f.Resolve(t.Context(), form.EvalContext{}, nil), modal.Page{Action: "x"})
	if err != nil {
		t.Fatal(err)
	}
	block, isInput := view.Blocks.BlockSet[0].(*slack.InputBlock)
	if !isInput {
		return "text", in.note
	}
	return fmt.Sprintf("`%s`", block.Element.ElementType()), in.note
}
