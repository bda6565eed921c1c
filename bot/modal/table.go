package modal

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"foghorn/bot/form"
)

// A tableRow of the table: an input of Port and what people should know of it in Slack.
type tableRow struct {
	input      string // in words
	definition string
	required   bool
	note       string
}

var tableRows = []tableRow{
	{"`string`", `{"type":"string"}`, false, "up to 3,000 characters"},
	{"`string` as `multi-line`, `markdown`, `yaml` or `proto`", `{"type":"string","format":"multi-line"}`, false, "several lines"},
	{"`string` as `email`", `{"type":"string","format":"email"}`, false, ""},
	{"`string` as `url`", `{"type":"string","format":"url"}`, false, ""},
	{"`string` as `ipv4` or `ipv6`", `{"type":"string","format":"ipv4"}`, false, "checked when the form is sent"},
	{"`string` as `date-time`", `{"type":"string","format":"date-time"}`, false, "in the person's time zone"},
	{"`string` as `user`", `{"type":"string","format":"user"}`, false, "Port gets the person's e-mail address"},
	{"`string` as `team`", `{"type":"string","format":"team"}`, false, "type-ahead over Port's teams"},
	{"`string` as `entity`", `{"type":"string","format":"entity","blueprint":"b"}`, false, "type-ahead over the entities of the blueprint, with `dataset` and `sort`"},
	{"`number`, `integer`", `{"type":"number"}`, false, "with its bounds"},
	{"`boolean`", `{"type":"boolean"}`, false, "Yes and No"},
	{"`object`", `{"type":"object"}`, false, "JSON, several lines"},
	{"`object` as `labeled-url`", `{"type":"object","format":"labeled-url"}`, false, "the address, a blank, what it is called"},
	{"`enum`", `{"type":"string","enum":["a"]}`, false, "up to 100 values"},
	{"`enum`, required", `{"type":"string","enum":["a"]}`, true, fmt.Sprintf("up to %d values", maxRadioOptions)},
	{"`enum`, longer", `{"type":"string","enum":` + longEnum() + `}`, false, "type-ahead over all of them"},
	{"`array` of `string` or `number`", `{"type":"array","items":{"type":"string"}}`, false, "one a line"},
	{"`array` of `object`", `{"type":"array","items":{"type":"object"}}`, false, "JSON, several lines"},
	{"`array` with `items.enum`", `{"type":"array","items":{"type":"string","enum":["a"]}}`, false, "up to 100 values"},
	{"`array` with `items.enum`, longer", `{"type":"array","items":{"type":"string","enum":` + longEnum() + `}}`, false, "type-ahead over all of them"},
	{"`array` of `entity` or `team`", `{"type":"array","blueprint":"b","items":{"type":"string","format":"entity"}}`, false, "type-ahead"},
	{"`array` of `user`", `{"type":"array","items":{"type":"string","format":"user"}}`, false, ""},
	{"any, disabled", `{"type":"string","disabled":true}`, false, "shown with its value"},
	{"any, encrypted", `{"type":"string","encryption":"aes256-gcm"}`, false, ""},
}

func longEnum() string {
	values := make([]int, maxOptions+1)
	for i := range values {
		values[i] = i
	}
	data, _ := json.Marshal(values)
	return string(data)
}

// Table tells in Markdown how each input of Port appears in Slack. It is made by rendering
// one of each.
func Table() string {
	var b strings.Builder
	b.WriteString("| Input in Port | In Slack | |\n|---|---|---|\n")
	for _, r := range tableRows {
		element, note := r.render()
		fmt.Fprintf(&b, "| %s | %s | %s |\n", r.input, element, note)
	}
	return b.String()
}

func (r tableRow) render() (element, note string) {
	required := "[]"
	if r.required {
		required = `["x"]`
	}
	f, err := form.Compile(json.RawMessage(`{"identifier":"x","trigger":{"type":"self-service","operation":"CREATE","userInputs":{"properties":{"x":` +
		r.definition + `},"required":` + required + `}}}`))
	if err != nil {
		return "—", err.Error()
	}
	if len(f.Problems) > 0 {
		return "—", "refused: " + f.Problems[0].Reason
	}
	x := f.Resolve(context.Background(), form.EvalContext{}, nil).Field("x")
	if !isInput(x) {
		return "text", r.note
	}
	return "`" + elementType(x) + "`", r.note
}
