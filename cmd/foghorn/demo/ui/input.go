package ui

import (
	"html/template"
	"slices"
	"strconv"
	"strings"
	"time"

	"foghorn/integrations/slackapp/slacktest"
)

// An input is an element of Block Kit that holds a value.
type input struct {
	ID          string // of the control in the page
	Name        string // block_id, or the action_id where a block has several fields
	Kind        string // see inputTypes; multiline for a text of several lines
	Label       string
	Hint        string
	Placeholder string
	Optional    bool
	Multiple    bool
	Value       string // of a field with text
	Options     []option
	MinQuery    int // characters before a search starts
	MaxLength   int // characters; 0: no limit
	Error       string
	Disabled    bool // in a preview
}

// An option of a select, of radio buttons or of checkboxes.
type option struct {
	Group, Text, Value string
	Label, Description template.HTML // as radio buttons and checkboxes show them
	Selected           bool
}

const (
	// valuePrefix is the prefix of the name of a control; the name of the field follows.
	valuePrefix = "value:"

	// dateTimeLayout is the format of a datetime-local control.
	dateTimeLayout = "2006-01-02T15:04"
)

// An inputType says how the page shows an element, and which properties of Block Kit have its value.
type inputType struct{ kind, value, initial string }

// inputTypes are the elements that hold a value.
// https://docs.slack.dev/reference/block-kit/block-elements
var inputTypes = map[string]inputType{
	"plain_text_input":           {"text", "value", "initial_value"},
	"email_text_input":           {"email", "value", "initial_value"},
	"url_text_input":             {"url", "value", "initial_value"},
	"number_input":               {"number", "value", "initial_value"},
	"rich_text_input":            {"multiline", "rich_text_value", "initial_value"},
	"datepicker":                 {"date", "selected_date", "initial_date"},
	"timepicker":                 {"time", "selected_time", "initial_time"},
	"datetimepicker":             {"datetime", "selected_date_time", "initial_date_time"},
	"static_select":              {"select", "selected_option", "initial_option"},
	"external_select":            {"search", "selected_option", "initial_option"},
	"radio_buttons":              {"radio", "selected_option", "initial_option"},
	"checkboxes":                 {"checkboxes", "selected_options", "initial_options"},
	"multi_static_select":        {"checkboxes", "selected_options", "initial_options"},
	"multi_external_select":      {"search", "selected_options", "initial_options"},
	"users_select":               {"select", "selected_user", "initial_user"},
	"multi_users_select":         {"checkboxes", "selected_users", "initial_users"},
	"channels_select":            {"select", "selected_channel", "initial_channel"},
	"multi_channels_select":      {"checkboxes", "selected_channels", "initial_channels"},
	"conversations_select":       {"select", "selected_conversation", "initial_conversation"},
	"multi_conversations_select": {"checkboxes", "selected_conversations", "initial_conversations"},
	"file_input":                 {"file", "files", ""},
}

// HTMLType returns the type of the control.
func (i *input) HTMLType() string {
	switch i.Kind {
	case "number":
		return "text" // browsers change what people type into a number control
	case "datetime":
		return "datetime-local"
	case "checkboxes":
		return "checkbox"
	}
	return i.Kind
}

type fieldKey struct{ block, action string }

// An inputBuilder makes the inputs of one view.
type inputBuilder struct {
	names           names
	zone            *time.Location
	values          map[string]map[string]object // state.values of the view
	fields          map[fieldKey]slacktest.Field
	fieldsInBlock   map[string]int
	editable        bool
	idPrefix        string
	users, channels func() []option
}

// newInput returns the input of an element; nil when the element holds no value.
func (b inputBuilder) newInput(block, element object, label string) *input {
	elementType := stringValue(element["type"])
	inputType, ok := inputTypes[elementType]
	if !ok {
		return nil
	}
	blockID, actionID := stringValue(block["block_id"]), stringValue(element["action_id"])
	out := &input{
		ID: b.idPrefix + blockID + "-" + actionID, Name: blockID, Kind: inputType.kind, Label: label,
		Hint:        stringValue(nestedValue(block, "hint", "text")),
		Placeholder: stringValue(nestedValue(element, "placeholder", "text")),
		Optional:    block["type"] != "input" || block["optional"] == true,
		Multiple:    strings.HasPrefix(elementType, "multi_") || inputType.kind == "checkboxes",
		Error:       b.fields[fieldKey{blockID, actionID}].Error,
		Disabled:    !b.editable,
		MaxLength:   intValue(element["max_length"]),
		MinQuery:    slacktest.DefaultMinQueryLength,
	}
	if b.fieldsInBlock[blockID] > 1 {
		out.Name = actionID
	}
	if out.Kind == "text" && element["multiline"] == true {
		out.Kind = "multiline"
	}
	if length, ok := element["min_query_length"]; ok {
		out.MinQuery = intValue(length)
	}
	current := element[inputType.initial]
	if state := b.values[blockID][actionID]; state != nil {
		current = state[inputType.value]
	}
	b.setValue(out, element, current)
	return out
}

// setValue sets the value or the options of an input.
func (b inputBuilder) setValue(out *input, element object, current any) {
	values := formValues(current)
	switch out.Kind {
	case "datetime":
		if unix, err := strconv.ParseInt(strings.Join(values, ""), 10, 64); err == nil && unix > 0 {
			out.Value = time.Unix(unix, 0).In(b.zone).Format(dateTimeLayout)
		}
	case "select", "radio", "checkboxes":
		out.Options = b.options(element)
		for i, o := range out.Options {
			out.Options[i].Selected = slices.Contains(values, o.Value)
		}
	case "search":
		out.Options = selectedOptions(current)
	default:
		out.Value = strings.Join(values, "\n")
	}
}

// options returns the options that an element offers: users, channels, or its own.
func (b inputBuilder) options(element object) []option {
	switch elementType := stringValue(element["type"]); {
	case strings.HasSuffix(elementType, "users_select"):
		return b.users()
	case strings.HasSuffix(elementType, "channels_select"), strings.HasSuffix(elementType, "conversations_select"):
		return b.channels()
	}
	out := b.groupOptions("", objectList(element["options"]))
	for _, g := range objectList(element["option_groups"]) {
		out = append(out, b.groupOptions(stringValue(nestedValue(g, "label", "text")), objectList(g["options"]))...)
	}
	return out
}

func (b inputBuilder) groupOptions(group string, options []object) (out []option) {
	for _, o := range options {
		option := newOption(o)
		option.Group = group
		option.Label, option.Description = renderText(b.names, o["text"]), renderText(b.names, o["description"])
		out = append(out, option)
	}
	return out
}

func newOption(o object) option {
	return option{Text: stringValue(nestedValue(o, "text", "text")), Value: stringValue(o["value"])}
}
