package slacktest

import (
	"fmt"
	"strconv"
)

// Rules of the elements.
// https://docs.slack.dev/reference/block-kit/block-elements

var (
	actionID    = fields{"type": anyValue, "action_id": stringRule(0, MaxID)}
	placeholder = fields{"placeholder": plainTextRule(1, MaxPlaceholder)}
	focus       = fields{"focus_on_load": checkFocusOnLoad}

	confirm = objectRule(fields{"text": textRule(MaxConfirmText)}, fields{
		"title": plainTextRule(1, MaxConfirmTitle), "confirm": plainTextRule(1, MaxConfirmButton), "deny": plainTextRule(1, MaxConfirmButton),
		"style": enumRule("primary", "danger"),
	})

	dispatchConfig = objectRule(fields{
		"trigger_actions_on": listRule(1, 2, enumRule("on_enter_pressed", "on_character_entered")),
	}, nil)

	conversationFilter = objectRule(nil, fields{
		"include":                          listRule(1, 4, enumRule("im", "mpim", "private", "public")),
		"exclude_external_shared_channels": boolRule,
		"exclude_bot_users":                boolRule,
	})

	plainOption    = optionRule(plainTextRule(1, MaxOptionText), plainTextRule(1, MaxOptionDescription), nil)
	richOption     = optionRule(textRule(MaxOptionText), textRule(MaxOptionDescription), nil)
	overflowOption = optionRule(plainTextRule(1, MaxOptionText), plainTextRule(1, MaxOptionDescription), fields{"url": urlRule(0)})

	optionGroup = objectRule(fields{
		"label":   plainTextRule(1, MaxGroupLabel),
		"options": listRule(1, MaxOptions, plainOption),
	}, nil)

	slackFile = objectRule(nil, fields{"id": stringRule(1, MaxID), "url": urlRule(1)}, exactlyOneOf("id", "url"))

	inputParameter = objectRule(fields{"name": stringRule(1, MaxID), "value": stringRule(0, MaxTextObject)}, nil)
	workflow       = objectRule(fields{"trigger": objectRule(
		fields{"url": urlRule(1)},
		fields{"customizable_input_parameters": listRule(0, MaxOptions, inputParameter)},
	)}, nil)

	ids = listRule(0, MaxOptions, stringRule(1, MaxID))
)

func optionRule(name, description rule, may fields) rule {
	return objectRule(fields{"text": name, "value": stringRule(0, MaxOptionValue)}, mergeFields(fields{"description": description}, may))
}

func checkFocusOnLoad(c *checker, pointer string, v any) {
	boolRule(c, pointer, v)
	if v == true {
		if c.focused {
			c.addProblem(pointer, "only one element may set `focus_on_load`")
		}
		c.focused = true
	}
}

// mergeAllFields returns the union of several sets.
func mergeAllFields(sets ...fields) fields {
	out := fields{}
	for _, s := range sets {
		out = mergeFields(out, s)
	}
	return out
}

var (
	common   = mergeAllFields(actionID, fields{"confirm": confirm}, focus)
	selects  = mergeAllFields(common, placeholder)
	multiple = mergeAllFields(selects, fields{"max_selected_items": integerRule(1, MaxOptions)})
	typed    = mergeAllFields(actionID, placeholder, focus, fields{"dispatch_action_config": dispatchConfig})
)

// elementRules are the rules by type.
var elementRules = map[string]rule{
	"button": objectRule(fields{"type": anyValue, "text": plainTextRule(1, MaxButtonText)}, fields{
		"action_id": stringRule(0, MaxID), "url": urlRule(0), "value": stringRule(0, MaxButtonValue),
		"style": enumRule("primary", "danger"), "confirm": confirm, "accessibility_label": stringRule(0, MaxButtonText),
	}),
	"workflow_button": objectRule(fields{"type": anyValue, "text": plainTextRule(1, MaxButtonText), "workflow": workflow}, fields{
		"action_id": stringRule(0, MaxID), "style": enumRule("primary", "danger"), "confirm": confirm, "accessibility_label": stringRule(0, MaxButtonText),
	}),
	"image": objectRule(fields{"type": anyValue, "alt_text": stringRule(0, MaxAltText)},
		fields{"image_url": urlRule(1), "slack_file": slackFile}, exactlyOneOf("image_url", "slack_file")),
	"overflow": objectRule(fields{"type": anyValue, "options": listRule(1, MaxOverflow, overflowOption)},
		fields{"action_id": stringRule(0, MaxID), "confirm": confirm}),

	"plain_text_input": objectRule(nil, mergeAllFields(typed, fields{
		"initial_value": stringRule(0, MaxInput), "multiline": boolRule,
		"min_length": integerRule(0, MaxInput), "max_length": integerRule(1, MaxInput),
	}), checkOrder("min_length", "max_length")),
	"email_text_input": objectRule(nil, mergeAllFields(typed, fields{"initial_value": stringRule(0, MaxInput)})),
	"url_text_input":   objectRule(nil, mergeAllFields(typed, fields{"initial_value": stringRule(0, MaxInput)})),
	"number_input": objectRule(fields{"is_decimal_allowed": boolRule}, mergeAllFields(typed, fields{
		"initial_value": numberTextRule, "min_value": numberTextRule, "max_value": numberTextRule,
	}), checkOrder("min_value", "max_value")),
	"rich_text_input": objectRule(nil, mergeAllFields(typed, fields{
		"initial_value": anyRichText, "min_lines": integerRule(1, MaxInput), "max_lines": integerRule(1, MaxInput),
	}), checkOrder("min_lines", "max_lines")),

	"datepicker":     objectRule(nil, mergeAllFields(selects, fields{"initial_date": patternRule(`^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$`)})),
	"timepicker":     objectRule(nil, mergeAllFields(selects, fields{"initial_time": patternRule(`^([01]\d|2[0-3]):[0-5]\d$`), "timezone": stringRule(1, MaxID)})),
	"datetimepicker": objectRule(nil, mergeAllFields(common, fields{"initial_date_time": integerRule(1e9, 1e10-1)})),

	"checkboxes": objectRule(fields{"options": listRule(1, MaxChoices, richOption)},
		mergeAllFields(common, fields{"initial_options": listRule(1, MaxChoices, richOption)}), checkInitialOptions),
	"radio_buttons": objectRule(fields{"options": listRule(1, MaxChoices, richOption)},
		mergeAllFields(common, fields{"initial_option": richOption}), checkInitialOptions),

	"static_select": objectRule(nil, mergeAllFields(selects, staticOptions, fields{"initial_option": plainOption}),
		exactlyOneOf("options", "option_groups"), checkInitialOptions),
	"multi_static_select": objectRule(nil, mergeAllFields(multiple, staticOptions, fields{"initial_options": listRule(1, MaxOptions, plainOption)}),
		exactlyOneOf("options", "option_groups"), checkInitialOptions),
	"external_select": objectRule(nil, mergeAllFields(selects, fields{
		"initial_option": plainOption, "min_query_length": integerRule(0, MaxOptionValue),
	})),
	"multi_external_select": objectRule(nil, mergeAllFields(multiple, fields{
		"initial_options": listRule(1, MaxOptions, plainOption), "min_query_length": integerRule(0, MaxOptionValue),
	})),
	"users_select":       objectRule(nil, mergeAllFields(selects, fields{"initial_user": stringRule(1, MaxID)})),
	"multi_users_select": objectRule(nil, mergeAllFields(multiple, fields{"initial_users": ids})),
	"channels_select": objectRule(nil, mergeAllFields(selects, fields{
		"initial_channel": stringRule(1, MaxID), "response_url_enabled": boolRule,
	})),
	"multi_channels_select": objectRule(nil, mergeAllFields(multiple, fields{"initial_channels": ids})),
	"conversations_select": objectRule(nil, mergeAllFields(selects, fields{
		"initial_conversation": stringRule(1, MaxID), "default_to_current_conversation": boolRule,
		"response_url_enabled": boolRule, "filter": conversationFilter,
	})),
	"multi_conversations_select": objectRule(nil, mergeAllFields(multiple, fields{
		"initial_conversations": ids, "default_to_current_conversation": boolRule, "filter": conversationFilter,
	})),
	"file_input": objectRule(nil, mergeAllFields(actionID, fields{
		"filetypes": listRule(0, MaxOptions, stringRule(1, MaxID)), "max_files": integerRule(1, MaxFiles),
	})),

	"icon_button": objectRule(fields{"type": anyValue, "icon": stringRule(1, MaxID), "text": plainTextRule(1, MaxButtonText)}, fields{
		"action_id": stringRule(0, MaxID), "value": stringRule(0, MaxButtonValue), "confirm": confirm,
		"accessibility_label": stringRule(0, MaxButtonText), "visible_to_user_ids": listRule(0, 10, stringRule(1, MaxID)),
	}),
	"feedback_buttons": objectRule(fields{"type": anyValue, "positive_button": feedback, "negative_button": feedback},
		fields{"action_id": stringRule(0, MaxID)}),
	"url":  urlSource,
	"icon": objectRule(fields{"type": anyValue, "name": stringRule(1, MaxID)}, nil),
}

var (
	staticOptions = fields{"options": listRule(1, MaxOptions, plainOption), "option_groups": listRule(1, MaxOptions, optionGroup)}
	feedback      = objectRule(fields{"text": plainTextRule(1, MaxButtonText), "value": stringRule(0, MaxButtonValue)},
		fields{"accessibility_label": stringRule(0, MaxButtonText)})
	urlSource = objectRule(fields{"type": anyValue, "url": urlRule(1), "text": stringRule(1, MaxTextObject)}, nil)
)

// checkOrder requires that one bound is not greater than the other.
func checkOrder(low, high string) func(*checker, string, map[string]any) {
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
	return func(c *checker, pointer string, o map[string]any) {
		l, ok1 := read(o[low])
		h, ok2 := read(o[high])
		if ok1 && ok2 && l > h {
			c.addProblem(pointer, "`%s` must not be greater than `%s`", low, high)
		}
	}
}

// checkInitialOptions requires that initial_option, or each of initial_options, is one of the options.
func checkInitialOptions(c *checker, pointer string, o map[string]any) {
	options := field{element: o}.options()
	if one, ok := o["initial_option"].(map[string]any); ok && !containsOption(options, one) {
		c.addProblem(joinPointer(pointer, "initial_option"), "`initial_option` must be one of the options")
	}
	several, _ := o["initial_options"].([]any)
	for i, one := range several {
		if one, ok := one.(map[string]any); ok && !containsOption(options, one) {
			c.addProblem(fmt.Sprintf("%s/initial_options/%d", pointer, i), "`initial_options` must be among the options")
		}
	}
}

// containsOption reports whether options contain an option with the same value, text and description.
func containsOption(options []any, wanted map[string]any) bool {
	same := func(a, b any) bool {
		x, _ := a.(map[string]any)
		y, _ := b.(map[string]any)
		return x["type"] == y["type"] && textOf(a) == textOf(b)
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

// validateSuggestions validates the ack of a block_suggestion.
func validateSuggestions(answer map[string]any) []Problem {
	c := &checker{}
	objectRule(nil, fields{"options": listRule(0, MaxOptions, plainOption), "option_groups": listRule(0, MaxOptions, optionGroup)},
		exactlyOneOf("options", "option_groups"))(c, "", answer)
	return c.problems
}

// elementOf accepts the elements of some types.
func elementOf(kinds ...string) rule {
	some := map[string]rule{}
	for _, k := range kinds {
		some[k] = elementRules[k]
	}
	return typedRule(some)
}

var (
	selectKinds = []string{
		"static_select", "external_select", "users_select", "channels_select", "conversations_select",
		"multi_static_select", "multi_external_select", "multi_users_select", "multi_channels_select", "multi_conversations_select",
	}
	pickKinds = append(selectKinds[:len(selectKinds):len(selectKinds)], "checkboxes", "radio_buttons", "datepicker", "timepicker", "datetimepicker")

	inputElement = elementOf(append(pickKinds[:len(pickKinds):len(pickKinds)],
		"plain_text_input", "email_text_input", "url_text_input", "number_input", "rich_text_input", "file_input")...)
	sectionAccessory = elementOf(append(pickKinds[:len(pickKinds):len(pickKinds)], "button", "workflow_button", "image", "overflow")...)
	actionsElement   = elementOf(append(pickKinds[:len(pickKinds):len(pickKinds)], "button", "workflow_button", "overflow", "rich_text_input")...)
	iconOrFeedback   = elementOf("icon_button", "feedback_buttons")
)
