package ui

import (
	"encoding/json"
	"fmt"
	"html/template"
	"slices"
	"strconv"
	"strings"
	"time"

	"foghorn/integrations/slackapp/slacktest"
)

// A formView is a modal as the page shows it.
type formView struct {
	ID      string // of the view; "" for a preview
	Title   string
	Submit  string
	Close   string
	Blocks  []block
	Trouble string // why the latest submission did not arrive
}

// An input is a field: an element that holds a value.
type input struct {
	ID          string // of the element in the page
	Name        string // block_id, or the action_id where a block has several fields
	Kind        string // text, lines, number, email, url, date, time, moment, choice, radio, checks, search, file
	Label       string
	Hint        string
	Placeholder string
	Optional    bool
	Many        bool
	Value       string // of fields that are typed into
	Options     []option
	MinQuery    int // characters before a search asks
	Max         int // characters; 0: no limit
	Error       string
	Disabled    bool // in a preview
}

// An option can be chosen.
type option struct {
	Group, Text, Value string
	Label, About       template.HTML // of radio buttons and checkboxes, which may be mrkdwn
	Chosen             bool
}

// newFormView is a view as the page shows it. The fields give what is not in the view: what
// searches brought and what was wrong with the latest submission.
func (p *Server) newFormView(n names, view json.RawMessage, fields []slacktest.Field, zone *time.Location) formView {
	var v struct {
		ID                   string
		Title, Submit, Close object
		Blocks               json.RawMessage
		State                struct{ Values map[string]map[string]object }
	}
	if json.Unmarshal(view, &v) != nil {
		return formView{}
	}
	b := inputBuilder{page: p, names: n, zone: zone, values: v.State.Values, live: v.ID != "", modalFields: map[string]slacktest.Field{}, fieldsInBlock: map[string]int{}}
	if b.prefix = "f-"; !b.live {
		b.prefix = "p-"
	}
	for _, f := range fields {
		b.modalFields[f.BlockID+" "+f.ActionID] = f
		b.fieldsInBlock[f.BlockID]++
	}
	out := formView{
		ID: v.ID, Title: stringValue(v.Title["text"]), Submit: stringValue(v.Submit["text"]), Close: firstNonEmpty(stringValue(v.Close["text"]), "Cancel"),
		Blocks: blockRenderer{names: n, field: b.input}.blocks(v.Blocks),
	}
	if v.Submit != nil && out.Submit == "" {
		out.Submit = "Submit"
	}
	return out
}

// A inputBuilder makes the inputs of one view.
type inputBuilder struct {
	page *Server
	names
	zone          *time.Location
	values        map[string]map[string]object // state.values
	modalFields   map[string]slacktest.Field
	fieldsInBlock map[string]int // fields
	live          bool
	prefix        string // of ids in the page
}

// inputKinds are the elements that hold a value.
// https://docs.slack.dev/reference/block-kit/block-elements
var inputKinds = map[string]struct{ kind, value, initial string }{
	"plain_text_input":           {"text", "value", "initial_value"},
	"email_text_input":           {"email", "value", "initial_value"},
	"url_text_input":             {"url", "value", "initial_value"},
	"number_input":               {"number", "value", "initial_value"},
	"rich_text_input":            {"lines", "rich_text_value", "initial_value"},
	"datepicker":                 {"date", "selected_date", "initial_date"},
	"timepicker":                 {"time", "selected_time", "initial_time"},
	"datetimepicker":             {"moment", "selected_date_time", "initial_date_time"},
	"static_select":              {"choice", "selected_option", "initial_option"},
	"external_select":            {"search", "selected_option", "initial_option"},
	"radio_buttons":              {"radio", "selected_option", "initial_option"},
	"checkboxes":                 {"checks", "selected_options", "initial_options"},
	"multi_static_select":        {"checks", "selected_options", "initial_options"},
	"multi_external_select":      {"search", "selected_options", "initial_options"},
	"users_select":               {"choice", "selected_user", "initial_user"},
	"multi_users_select":         {"checks", "selected_users", "initial_users"},
	"channels_select":            {"choice", "selected_channel", "initial_channel"},
	"multi_channels_select":      {"checks", "selected_channels", "initial_channels"},
	"conversations_select":       {"choice", "selected_conversation", "initial_conversation"},
	"multi_conversations_select": {"checks", "selected_conversations", "initial_conversations"},
	"file_input":                 {"file", "files", ""},
}

// input makes the field of an element; nil when the element holds no value.
func (b inputBuilder) input(block, e object, label string) *input {
	kind, ok := inputKinds[stringValue(e["type"])]
	if !ok {
		return nil
	}
	blockID, action := stringValue(block["block_id"]), stringValue(e["action_id"])
	shown, name := b.modalFields[blockID+" "+action], blockID
	if b.fieldsInBlock[blockID] > 1 {
		name = action
	}
	out := &input{
		ID: b.prefix + blockID + "-" + action, Name: name, Kind: kind.kind, Label: label, Hint: stringValue(nestedValue(block, "hint", "text")),
		Placeholder: stringValue(nestedValue(e, "placeholder", "text")), Optional: block["type"] != "input" || block["optional"] == true,
		Many: strings.HasPrefix(stringValue(e["type"]), "multi_") || kind.kind == "checks", Error: shown.Error, Disabled: !b.live,
		Max: intValue(e["max_length"]), MinQuery: slacktest.DefaultMinQueryLength,
	}
	if out.Kind == "text" && e["multiline"] == true {
		out.Kind = "lines"
	}
	if _, given := e["min_query_length"]; given {
		out.MinQuery = intValue(e["min_query_length"])
	}
	held := b.values[blockID][action][kind.value]
	if b.values[blockID][action] == nil {
		held = e[kind.initial]
	}
	chosen := formValues(held)
	switch out.Kind {
	case "moment":
		if at, err := strconv.ParseInt(strings.Join(chosen, ""), 10, 64); err == nil && at > 0 {
			out.Value = time.Unix(at, 0).In(b.zone).Format(dateTimeLayout)
		}
	case "choice", "radio", "checks":
		out.Options = b.options(e)
		for i, o := range out.Options {
			out.Options[i].Chosen = slices.Contains(chosen, o.Value)
		}
	case "search":
		for _, o := range selectedOptions(held) {
			o.Chosen = true
			out.Options = append(out.Options, o)
		}
	default:
		out.Value = strings.Join(chosen, "\n")
	}
	return out
}

// dateTimeLayout is what browsers use for a date with a time.
const dateTimeLayout = "2006-01-02T15:04"

// options are what an element offers: its own, people or conversations.
func (b inputBuilder) options(e object) (out []option) {
	switch kind := stringValue(e["type"]); {
	case strings.HasSuffix(kind, "users_select"):
		for _, u := range b.page.cfg.Slack.Users() {
			name := firstNonEmpty(u.RealName, u.Name)
			out = append(out, option{Text: name, Label: b.emojis(name), Value: u.ID})
		}
		return out
	case strings.HasSuffix(kind, "channels_select"), strings.HasSuffix(kind, "conversations_select"):
		for _, c := range b.page.cfg.Slack.Channels() {
			if !strings.HasPrefix(c.ID, "D") { // a direct conversation has no name of its own
				out = append(out, option{Text: "#" + c.Name, Label: b.emojis("#" + c.Name), Value: c.ID})
			}
		}
		return out
	}
	add := func(group string, options []object) {
		for _, o := range options {
			out = append(out, newOption(o))
			shown, text := &out[len(out)-1], blockRenderer{names: b.names}.text
			shown.Group, shown.Label, shown.About = group, text(o["text"]), text(o["description"])
		}
	}
	add("", objectList(e["options"]))
	for _, g := range objectList(e["option_groups"]) {
		add(stringValue(nestedValue(g, "label", "text")), objectList(g["options"]))
	}
	return out
}

func newOption(o object) option {
	return option{Text: stringValue(nestedValue(o, "text", "text")), Value: stringValue(o["value"])}
}

// selectedOptions are the options that a field holds.
func selectedOptions(held any) (out []option) {
	switch held := held.(type) {
	case object:
		return []option{newOption(held)}
	case []any:
		for _, o := range objectList(held) {
			out = append(out, newOption(o))
		}
	}
	return out
}

// formValues are what a field holds, as it is written in a form.
func formValues(held any) (out []string) {
	switch held := held.(type) {
	case nil:
		return nil
	case []any:
		for _, item := range held {
			out = append(out, formValues(item)...)
		}
		return out
	case object:
		if v, ok := held["value"].(string); ok {
			return []string{v}
		}
		return []string{richTextContent(held)}
	case float64:
		return []string{strconv.FormatFloat(held, 'f', -1, 64)}
	}
	return []string{fmt.Sprint(held)}
}

// richTextContent is the text of a rich text value.
func richTextContent(v any) string {
	switch v := v.(type) {
	case []any:
		var out strings.Builder
		for _, item := range v {
			out.WriteString(richTextContent(item))
		}
		return out.String()
	case object:
		return stringValue(v["text"]) + richTextContent(v["elements"])
	}
	return ""
}

func intValue(v any) int {
	f, _ := v.(float64)
	return int(f)
}
