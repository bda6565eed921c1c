package slacktest

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// fillFieldLocked sets the value of a field to what the user enters.
func (s *Server) fillFieldLocked(v *view, f field, typed []string) error {
	typed = slices.DeleteFunc(slices.Clone(typed), func(t string) bool { return t == "" })
	if len(typed) > 1 && !holdsList(f.kind) {
		return fmt.Errorf("field %q holds one value, not %d", f.label, len(typed))
	}
	if len(typed) == 0 && f.staysChosen() && v.value(f) != nil {
		return fmt.Errorf("field %q is a %s, which a person cannot empty", f.label, f.kind)
	}
	items := []any{}
	for _, text := range typed {
		item, err := s.parseInputLocked(v, f, text)
		if err != nil {
			return err
		}
		items = append(items, item)
	}
	var value any
	if holdsList(f.kind) {
		value = items
	} else if len(items) == 1 {
		value = items[0]
	}
	v.values[f.key()], v.touched[f.key()] = newValue(f.element, value), true
	s.notifyLocked()
	s.emitVerbose("person", "slack", "fill", f.label, nil)
	return nil
}

// staysChosen reports that Slack's client has no way to empty the element.
// https://github.com/slackapi/node-slack-sdk/issues/1631
func (f field) staysChosen() bool {
	return slices.Contains([]string{"datepicker", "timepicker", "datetimepicker", "radio_buttons"}, f.kind)
}

// parseInputLocked converts what a person enters in a field to the value in state.values.
func (s *Server) parseInputLocked(v *view, f field, text string) (any, error) {
	switch f.kind {
	case "datepicker", "timepicker", "datetimepicker":
		return f.parseTime(text)
	case "users_select", "multi_users_select":
		u := find(s.users, func(u *User) bool { return slices.Contains([]string{u.ID, u.Name, u.RealName, u.Email}, text) })
		if u == nil {
			return nil, f.invalidInput("a user", text)
		}
		return u.ID, nil
	case "channels_select", "multi_channels_select", "conversations_select", "multi_conversations_select":
		for _, name := range []string{text, "#" + text} {
			if ch, ok := s.conversationLocked(name); ok {
				return ch.ID, nil
			}
		}
		return nil, f.invalidInput("a channel", text)
	case "file_input":
		return map[string]any{"id": "F" + randomUpper(10), "name": text, "title": text}, nil
	case "rich_text_input":
		return map[string]any{"type": "rich_text", "elements": []any{map[string]any{
			"type": "rich_text_section", "elements": []any{map[string]any{"type": "text", "text": text}},
		}}}, nil
	}
	if holdsList(f.kind) || strings.HasSuffix(f.kind, "select") || f.kind == "radio_buttons" {
		return v.parseOption(f, text)
	}
	return text, nil
}

// timeFormats are the layouts of what a person enters in a date or time picker, each with an example.
var timeFormats = map[string]struct{ layout, example string }{
	"datepicker":     {time.DateOnly, "a date such as 2026-01-31"},
	"timepicker":     {"15:04", "a time such as 15:04"},
	"datetimepicker": {time.RFC3339, "a date and time such as 2026-01-31T15:04:00Z"},
}

// parseTime converts the value of a date or time picker. That of a datetimepicker is in Unix seconds, which can be
// entered too.
func (f field) parseTime(text string) (any, error) {
	seconds, err := strconv.ParseInt(text, 10, 64)
	if err == nil && f.kind == "datetimepicker" {
		return float64(seconds), nil
	}
	format := timeFormats[f.kind]
	t, err := time.Parse(format.layout, text)
	switch {
	case err != nil:
		return nil, f.invalidInput(format.example, text)
	case f.kind == "datetimepicker":
		return float64(t.Unix()), nil
	}
	return text, nil
}

// parseOption finds an option by its text or value among those that the field offers or already holds, which stay valid
// if they are no longer offered.
func (v *view) parseOption(f field, text string) (any, error) {
	offered := v.currentOptions(f)
	for _, o := range toOptions(append(offered[:len(offered):len(offered)], itemsOf(v.value(f))...)) {
		if o.Text == text || o.Value == text {
			return o.raw, nil
		}
	}
	return nil, f.invalidInput(fmt.Sprintf("one of %d options", len(offered)), text)
}

func (f field) invalidInput(want, text string) error {
	return fmt.Errorf("field %q accepts %s, not %q", f.label, want, text)
}

func (v *view) currentOptions(f field) []any {
	if strings.HasSuffix(f.kind, "external_select") {
		return v.suggested[f.key()]
	}
	return f.options()
}

func toOptions(options []any) []Option {
	out := make([]Option, 0, len(options))
	for _, o := range options {
		option, _ := o.(map[string]any)
		value, _ := option["value"].(string)
		out = append(out, Option{Text: textOf(option["text"]), Value: value, Description: textOf(option["description"]), raw: option})
	}
	return out
}
