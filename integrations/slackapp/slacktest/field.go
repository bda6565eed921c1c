package slacktest

import (
	"cmp"
	"slices"
	"strings"
)

// A field is an element of a view that has a value.
type field struct {
	block, action string
	kind          string // type of the element
	label         string // as the user sees it
	element       map[string]any
	isInput       bool // of an input block
	optional      bool
	dispatches    bool // sends block_actions when it changes
	attachment    any  // the id of the attachment of a message that has it; nil for none
}

// stateKeys has, for each element with a value, the property of state.values and the property with the
// initial value.
// https://docs.slack.dev/reference/views#fields
var stateKeys = map[string]struct{ state, initial string }{
	"plain_text_input":           {"value", "initial_value"},
	"email_text_input":           {"value", "initial_value"},
	"url_text_input":             {"value", "initial_value"},
	"number_input":               {"value", "initial_value"},
	"rich_text_input":            {"rich_text_value", "initial_value"},
	"datepicker":                 {"selected_date", "initial_date"},
	"timepicker":                 {"selected_time", "initial_time"},
	"datetimepicker":             {"selected_date_time", "initial_date_time"},
	"static_select":              {"selected_option", "initial_option"},
	"external_select":            {"selected_option", "initial_option"},
	"radio_buttons":              {"selected_option", "initial_option"},
	"checkboxes":                 {"selected_options", "initial_options"},
	"multi_static_select":        {"selected_options", "initial_options"},
	"multi_external_select":      {"selected_options", "initial_options"},
	"users_select":               {"selected_user", "initial_user"},
	"multi_users_select":         {"selected_users", "initial_users"},
	"channels_select":            {"selected_channel", "initial_channel"},
	"multi_channels_select":      {"selected_channels", "initial_channels"},
	"conversations_select":       {"selected_conversation", "initial_conversation"},
	"multi_conversations_select": {"selected_conversations", "initial_conversations"},
	"file_input":                 {"files", ""},
}

// holdsList reports whether the value of an element is a list.
func holdsList(kind string) bool {
	return kind == "checkboxes" || kind == "file_input" || strings.HasPrefix(kind, "multi_")
}

// initialValue returns the value of an element before the user changes it.
func initialValue(element map[string]any) map[string]any {
	kind, _ := element["type"].(string)
	return newValue(element, element[stateKeys[kind].initial])
}

// newValue returns the value of an element in the form of state.values; nil: it is empty.
func newValue(element map[string]any, value any) map[string]any {
	kind, _ := element["type"].(string)
	if value == nil && holdsList(kind) {
		value = []any{}
	}
	held := map[string]any{"type": kind, stateKeys[kind].state: value}
	if zone, ok := element["timezone"]; ok && kind == "timepicker" {
		held["timezone"] = zone
	}
	return held
}

// fields are the elements of a view that hold values, from top to bottom.
func (v *view) fields() []field {
	return slices.DeleteFunc(v.elements(), func(f field) bool { return stateKeys[f.kind].state == "" })
}

// elements are the elements of a view that a person can use, from top to bottom.
func (v *view) elements() []field {
	blocks, _ := v.body["blocks"].([]any)
	return elementsOf(blocks)
}

// elementsOf returns the elements of blocks.
func elementsOf(blocks []any) (out []field) {
	walkBlocks(blocks, nil, func(block map[string]any, attachment any) {
		for _, f := range blockElements(block) {
			f.attachment = attachment
			out = append(out, f)
		}
	})
	return out
}

// walkBlocks calls visit for blocks, and for those in blocks and in attachments, whose ids it passes.
func walkBlocks(blocks []any, attachment any, visit func(block map[string]any, attachment any)) {
	for _, b := range blocks {
		block, ok := b.(map[string]any)
		if !ok {
			continue
		}
		visit(block, attachment)
		inner, _ := block["child_blocks"].([]any)
		if block["type"] == "carousel" {
			inner, _ = block["elements"].([]any)
		}
		walkBlocks(inner, attachment, visit)
		inner, _ = block["blocks"].([]any)
		walkBlocks(inner, block["id"], visit)
	}
}

// blockElements returns the elements of one block.
func blockElements(block map[string]any) (out []field) {
	add := func(e any, f field) {
		f.element, _ = e.(map[string]any)
		f.kind, _ = f.element["type"].(string)
		f.block, _ = block["block_id"].(string)
		f.action, _ = f.element["action_id"].(string)
		f.label = cmp.Or(f.label, textOf(f.element["placeholder"]), textOf(f.element["text"]), f.action)
		if stateKeys[f.kind].state != "" || f.isClickable() {
			out = append(out, f)
		}
	}
	switch block["type"] {
	case "input":
		f := field{label: textOf(block["label"]), isInput: true}
		f.optional, _ = block["optional"].(bool)
		f.dispatches, _ = block["dispatch_action"].(bool)
		add(block["element"], f)
	case "section":
		f := field{optional: true, dispatches: true}
		if e, _ := block["accessory"].(map[string]any); e["type"] != "button" {
			f.label = textOf(block["text"])
		}
		add(block["accessory"], f)
	case "actions", "context_actions", "card":
		elements, _ := block["elements"].([]any)
		actions, _ := block["actions"].([]any)
		for _, e := range append(elements[:len(elements):len(elements)], actions...) {
			add(e, field{optional: true, dispatches: true})
		}
	}
	return out
}

// isClickable reports that a person can use the element, which has no value.
func (f field) isClickable() bool {
	return slices.Contains([]string{"button", "icon_button", "overflow"}, f.kind)
}

// options returns the options of a static element, including those of its groups.
func (f field) options() []any {
	out, _ := f.element["options"].([]any)
	groups, _ := f.element["option_groups"].([]any)
	return append(out[:len(out):len(out)], flattenGroups(groups)...)
}

func flattenGroups(groups []any) []any {
	var out []any
	for _, g := range groups {
		group, _ := g.(map[string]any)
		options, _ := group["options"].([]any)
		out = append(out, options...)
	}
	return out
}

// stillValid reports whether the element still offers the options that were selected before.
func (f field) stillValid(held map[string]any) bool {
	if strings.HasSuffix(f.kind, "external_select") || f.kind == "rich_text_input" {
		return true
	}
	options := f.options()
	return !slices.ContainsFunc(itemsOf(held[stateKeys[f.kind].state]), func(c any) bool {
		option, ok := c.(map[string]any)
		return ok && option["value"] != nil && !containsOption(options, option)
	})
}

// itemsOf returns the items of a value: those of a list, or an object.
func itemsOf(held any) []any {
	switch held := held.(type) {
	case []any:
		return held
	case map[string]any:
		return []any{held}
	}
	return nil
}

// textOf returns the text of a text object.
func textOf(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case map[string]any:
		s, _ := v["text"].(string)
		return s
	}
	return ""
}

// normalizeView completes a view as Slack does: missing ids, and emoji and verbatim of text objects.
func normalizeView(body map[string]any) {
	blocks, _ := body["blocks"].([]any)
	normalizeBlocks(blocks)
	for _, name := range []string{"title", "submit", "close"} {
		normalizeTexts(body[name])
	}
}

func normalizeBlocks(blocks []any) {
	walkBlocks(blocks, nil, func(block map[string]any, _ any) {
		if id, _ := block["block_id"].(string); id == "" {
			block["block_id"] = randomLetters(5)
		}
	})
	for _, f := range elementsOf(blocks) {
		if f.action == "" {
			f.element["action_id"] = randomLetters(5)
		}
	}
	normalizeTexts(blocks)
}

func normalizeTexts(v any) {
	switch v := v.(type) {
	case []any:
		for _, item := range v {
			normalizeTexts(item)
		}
	case map[string]any:
		if _, isText := v["text"].(string); isText {
			switch v["type"] {
			case "plain_text":
				if v["emoji"] == nil {
					v["emoji"] = true
				}
			case "mrkdwn":
				if v["verbatim"] == nil {
					v["verbatim"] = false
				}
			}
		}
		for _, item := range v {
			normalizeTexts(item)
		}
	}
}
