package slacktest

import (
	"fmt"
	"strconv"
)

// Rules of the elements.
// https://docs.slack.dev/reference/block-kit/block-elements

var (
	actionID    = fields{"type": anything, "action_id": str(0, MaxID)}
	placeholder = fields{"placeholder": plainText(1, MaxPlaceholder)}
	focus       = fields{"focus_on_load": focusOnLoad}

	confirm = object(fields{"text": text(MaxConfirmText)}, fields{
		"title": plainText(1, MaxConfirmTitle), "confirm": plainText(1, MaxConfirmButton), "deny": plainText(1, MaxConfirmButton),
		"style": enum("primary", "danger"),
	})

	dispatchConfig = object(fields{
		"trigger_actions_on": list(1, 2, enum("on_enter_pressed", "on_character_entered")),
	}, nil)

	conversationFilter = object(nil, fields{
		"include":                          list(1, 4, enum("im", "mpim", "private", "public")),
		"exclude_external_shared_channels": boolean,
		"exclude_bot_users":                boolean,
	})

	plainOption    = option(plainText(1, MaxOptionText), plainText(1, MaxOptionDescription), nil)
	richOption     = option(text(MaxOptionText), text(MaxOptionDescription), nil)
	overflowOption = option(plainText(1, MaxOptionText), plainText(1, MaxOptionDescription), fields{"url": address(0)})

	optionGroup = object(fields{
		"label":   plainText(1, MaxGroupLabel),
		"options": list(1, MaxOptions, plainOption),
	}, nil)

	slackFile = object(nil, fields{"id": str(1, MaxID), "url": address(1)}, exactlyOne("id", "url"))

	inputParameter = object(fields{"name": str(1, MaxID), "value": str(0, MaxTextObject)}, nil)
	workflow       = object(fields{"trigger": object(
		fields{"url": address(1)},
		fields{"customizable_input_parameters": list(0, MaxOptions, inputParameter)},
	)}, nil)

	ids = list(0, MaxOptions, str(1, MaxID))
)

func option(name, description rule, may fields) rule {
	return object(fields{"text": name, "value": str(0, MaxOptionValue)}, with(fields{"description": description}, may))
}

func focusOnLoad(c *checker, at string, v any) {
	boolean(c, at, v)
	if v == true {
		if c.focused {
			c.fail(at, "only one element may set `focus_on_load`")
		}
		c.focused = true
	}
}

// all is many sets of fields as one.
func all(sets ...fields) fields {
	out := fields{}
	for _, s := range sets {
		out = with(out, s)
	}
	return out
}

var (
	common   = all(actionID, fields{"confirm": confirm}, focus)
	selects  = all(common, placeholder)
	multiple = all(selects, fields{"max_selected_items": integer(1, MaxOptions)})
	typed    = all(actionID, placeholder, focus, fields{"dispatch_action_config": dispatchConfig})
)

// elements are the rules by type.
var elements = map[string]rule{
	"button": object(fields{"type": anything, "text": plainText(1, MaxButtonText)}, fields{
		"action_id": str(0, MaxID), "url": address(0), "value": str(0, MaxButtonValue),
		"style": enum("primary", "danger"), "confirm": confirm, "accessibility_label": str(0, MaxButtonText),
	}),
	"workflow_button": object(fields{"type": anything, "text": plainText(1, MaxButtonText), "workflow": workflow}, fields{
		"action_id": str(0, MaxID), "style": enum("primary", "danger"), "confirm": confirm, "accessibility_label": str(0, MaxButtonText),
	}),
	"image": object(fields{"type": anything, "alt_text": str(0, MaxAltText)},
		fields{"image_url": address(1), "slack_file": slackFile}, exactlyOne("image_url", "slack_file")),
	"overflow": object(fields{"type": anything, "options": list(1, MaxOverflow, overflowOption)},
		fields{"action_id": str(0, MaxID), "confirm": confirm}),

	"plain_text_input": object(nil, all(typed, fields{
		"initial_value": str(0, MaxInput), "multiline": boolean,
		"min_length": integer(0, MaxInput), "max_length": integer(1, MaxInput),
	}), ordered("min_length", "max_length")),
	"email_text_input": object(nil, all(typed, fields{"initial_value": str(0, MaxInput)})),
	"url_text_input":   object(nil, all(typed, fields{"initial_value": str(0, MaxInput)})),
	"number_input": object(fields{"is_decimal_allowed": boolean}, all(typed, fields{
		"initial_value": numberText, "min_value": numberText, "max_value": numberText,
	}), ordered("min_value", "max_value")),
	"rich_text_input": object(nil, all(typed, fields{
		"initial_value": anyRichText, "min_lines": integer(1, MaxInput), "max_lines": integer(1, MaxInput),
	}), ordered("min_lines", "max_lines")),

	"datepicker":     object(nil, all(selects, fields{"initial_date": pattern(`^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$`)})),
	"timepicker":     object(nil, all(selects, fields{"initial_time": pattern(`^([01]\d|2[0-3]):[0-5]\d$`), "timezone": str(1, MaxID)})),
	"datetimepicker": object(nil, all(common, fields{"initial_date_time": integer(1e9, 1e10-1)})),

	"checkboxes": object(fields{"options": list(1, MaxChoices, richOption)},
		all(common, fields{"initial_options": list(1, MaxChoices, richOption)}), initialsAreOptions),
	"radio_buttons": object(fields{"options": list(1, MaxChoices, richOption)},
		all(common, fields{"initial_option": richOption}), initialsAreOptions),

	"static_select": object(nil, all(selects, staticOptions, fields{"initial_option": plainOption}),
		exactlyOne("options", "option_groups"), initialsAreOptions),
	"multi_static_select": object(nil, all(multiple, staticOptions, fields{"initial_options": list(1, MaxOptions, plainOption)}),
		exactlyOne("options", "option_groups"), initialsAreOptions),
	"external_select": object(nil, all(selects, fields{
		"initial_option": plainOption, "min_query_length": integer(0, MaxOptionValue),
	})),
	"multi_external_select": object(nil, all(multiple, fields{
		"initial_options": list(1, MaxOptions, plainOption), "min_query_length": integer(0, MaxOptionValue),
	})),
	"users_select":       object(nil, all(selects, fields{"initial_user": str(1, MaxID)})),
	"multi_users_select": object(nil, all(multiple, fields{"initial_users": ids})),
	"channels_select": object(nil, all(selects, fields{
		"initial_channel": str(1, MaxID), "response_url_enabled": boolean,
	})),
	"multi_channels_select": object(nil, all(multiple, fields{"initial_channels": ids})),
	"conversations_select": object(nil, all(selects, fields{
		"initial_conversation": str(1, MaxID), "default_to_current_conversation": boolean,
		"response_url_enabled": boolean, "filter": conversationFilter,
	})),
	"multi_conversations_select": object(nil, all(multiple, fields{
		"initial_conversations": ids, "default_to_current_conversation": boolean, "filter": conversationFilter,
	})),
	"file_input": object(nil, all(actionID, fields{
		"filetypes": list(0, MaxOptions, str(1, MaxID)), "max_files": integer(1, MaxFiles),
	})),

	"icon_button": object(fields{"type": anything, "icon": str(1, MaxID), "text": plainText(1, MaxButtonText)}, fields{
		"action_id": str(0, MaxID), "value": str(0, MaxButtonValue), "confirm": confirm,
		"accessibility_label": str(0, MaxButtonText), "visible_to_user_ids": list(0, 10, str(1, MaxID)),
	}),
	"feedback_buttons": object(fields{"type": anything, "positive_button": feedback, "negative_button": feedback},
		fields{"action_id": str(0, MaxID)}),
	"url":  urlSource,
	"icon": object(fields{"type": anything, "name": str(1, MaxID)}, nil),
}

var (
	staticOptions = fields{"options": list(1, MaxOptions, plainOption), "option_groups": list(1, MaxOptions, optionGroup)}
	feedback      = object(fields{"text": plainText(1, MaxButtonText), "value": str(0, MaxButtonValue)},
		fields{"accessibility_label": str(0, MaxButtonText)})
	urlSource = object(fields{"type": anything, "url": address(1), "text": str(1, MaxTextObject)}, nil)
)

// ordered wants one bound not to be above the other.
func ordered(low, high string) func(*checker, string, map[string]any) {
	read := func(v any) (float64, bool) {
		switch v := v.(type) {
		case float64:
			return v, true
		case string:
			n, err := strconv.ParseFloat(v, 64)
			return n, err == nil
		}
		return 0, false
	}
	return func(c *checker, at string, o map[string]any) {
		l, ok1 := read(o[low])
		h, ok2 := read(o[high])
		if ok1 && ok2 && l > h {
			c.fail(at, "`%s` must not be greater than `%s`", low, high)
		}
	}
}

// initialsAreOptions wants initial_option(s) to equal one of the options.
func initialsAreOptions(c *checker, at string, o map[string]any) {
	options := field{element: o}.options()
	if one, ok := o["initial_option"].(map[string]any); ok && !contains(options, one) {
		c.fail(step(at, "initial_option"), "`initial_option` must be one of the options")
	}
	several, _ := o["initial_options"].([]any)
	for i, one := range several {
		if one, ok := one.(map[string]any); ok && !contains(options, one) {
			c.fail(fmt.Sprintf("%s/initial_options/%d", at, i), "`initial_options` must be among the options")
		}
	}
}

// contains says whether an option is among others: value, text and description are the same.
func contains(options []any, wanted map[string]any) bool {
	same := func(a, b any) bool {
		x, _ := a.(map[string]any)
		y, _ := b.(map[string]any)
		return x["type"] == y["type"] && plain(a) == plain(b)
	}
	for _, o := range options {
		option, _ := o.(map[string]any)
		value, isText := option["value"].(string)
		if isText && value == wanted["value"] && same(option["text"], wanted["text"]) && same(option["description"], wanted["description"]) {
			return true
		}
	}
	return false
}

// validateSuggestions checks the answer to a block_suggestion.
func validateSuggestions(answer map[string]any) []Problem {
	c := &checker{}
	object(nil, fields{"options": list(0, MaxOptions, plainOption), "option_groups": list(0, MaxOptions, optionGroup)},
		exactlyOne("options", "option_groups"))(c, "", answer)
	return c.problems
}

// only picks the rules of some types.
func only(kinds ...string) rule {
	some := map[string]rule{}
	for _, k := range kinds {
		some[k] = elements[k]
	}
	return byType(some)
}

var (
	selectKinds = []string{
		"static_select", "external_select", "users_select", "channels_select", "conversations_select",
		"multi_static_select", "multi_external_select", "multi_users_select", "multi_channels_select", "multi_conversations_select",
	}
	pickKinds = append(selectKinds[:len(selectKinds):len(selectKinds)], "checkboxes", "radio_buttons", "datepicker", "timepicker", "datetimepicker")

	inputElement = only(append(pickKinds[:len(pickKinds):len(pickKinds)],
		"plain_text_input", "email_text_input", "url_text_input", "number_input", "rich_text_input", "file_input")...)
	sectionAccessory = only(append(pickKinds[:len(pickKinds):len(pickKinds)], "button", "workflow_button", "image", "overflow")...)
	actionsElement   = only(append(pickKinds[:len(pickKinds):len(pickKinds)], "button", "workflow_button", "overflow", "rich_text_input")...)
	iconOrFeedback   = only("icon_button", "feedback_buttons")
)
