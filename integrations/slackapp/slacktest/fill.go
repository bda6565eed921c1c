package slacktest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// An Option is one that a select offers.
type Option struct {
	Text        string `json:"text"`
	Value       string `json:"value"`
	Description string `json:"description,omitempty"`

	raw map[string]any
}

// Fill puts a value in a field, named by its label: text as it is, a date as 2006-01-02, a
// time as 15:04, a date with time as RFC 3339 or Unix seconds, options by their text (or value), users and
// channels by their name, id or e-mail. Several values are for fields that hold several. No value, or "",
// empties the field. A field whose changes go to the app at once must be filled with Change.
func (m *Modal) Fill(label string, values ...string) error {
	return m.withView(func(v *view) error {
		f, err := v.findField(label)
		if err != nil {
			return err
		}
		if f.dispatches {
			return fmt.Errorf("field %q tells the app of each change: use Change", label)
		}
		return m.p.s.fillLocked(v, f, values)
	})
}

// Change is Fill for a field that tells the app: it sends block_actions and waits for the ack.
func (m *Modal) Change(ctx context.Context, label string, values ...string) (Ack, error) {
	s := m.p.s
	var payload map[string]any
	err := m.withView(func(v *view) error {
		f, err := v.findField(label)
		if err != nil {
			return err
		}
		if !f.dispatches {
			return fmt.Errorf("field %q does not tell the app of changes: use Fill", label)
		}
		if err := s.fillLocked(v, f, values); err != nil {
			return err
		}
		action := map[string]any{"block_id": f.block, "action_id": f.action, "action_ts": s.newTSLocked()}
		for k, held := range v.values[elementKey{f.block, f.action}] {
			action[k] = held
		}
		payload, err = m.blockActionsLocked(v, action)
		return err
	})
	if err != nil {
		return Ack{}, err
	}
	s.emit("person", "slack", "change", label+": "+strings.Join(values, ", "), nil)
	return s.sendInteraction(ctx, "block_actions", payload, true)
}

// ClickButton presses a button of the modal, by its text or action_id, and waits for the ack.
func (m *Modal) ClickButton(ctx context.Context, label string) (Ack, error) {
	s := m.p.s
	var payload map[string]any
	err := m.withView(func(v *view) error {
		blocks, _ := v.body["blocks"].([]any)
		block, element := findButton(blocks, func(e map[string]any) bool { return textOf(e["text"]) == label || e["action_id"] == label })
		if element == nil {
			return fmt.Errorf("no button %q", label)
		}
		var err error
		payload, err = m.blockActionsLocked(v, buttonAction(block, element, s.newTSLocked()))
		return err
	})
	if err != nil {
		return Ack{}, err
	}
	s.emit("person", "slack", "click", label, nil)
	return s.sendInteraction(ctx, "block_actions", payload, true)
}

// blockActionsLocked is the payload of block_actions in a view.
func (m *Modal) blockActionsLocked(v *view, action map[string]any) (map[string]any, error) {
	s := m.p.s
	u := s.users[m.p.ID]
	if u == nil {
		return nil, Error("user_not_found")
	}
	payload := s.interactionPayload("block_actions", u)
	payload["trigger_id"] = s.newTriggerLocked(u.ID)
	payload["container"] = map[string]any{"type": "view", "view_id": v.id}
	payload["view"] = v.toJSON(s)
	payload["actions"] = marshalJSON([]any{action})
	return payload, nil
}

// SelectOptions chooses options that Search gave.
func (m *Modal) SelectOptions(label string, options ...Option) error {
	values := make([]string, len(options))
	for i, o := range options {
		values[i] = o.Value
	}
	return m.Fill(label, values...)
}

// SearchOptions types into an external select and waits for the options that the app gives. A
// query shorter than min_query_length asks nobody and gives nothing.
func (m *Modal) SearchOptions(ctx context.Context, label, query string) ([]Option, error) {
	s := m.p.s
	var f field
	var payload map[string]any
	err := m.withView(func(v *view) error {
		var err error
		if f, err = v.findField(label); err != nil {
			return err
		}
		if f.kind != "external_select" && f.kind != "multi_external_select" {
			return fmt.Errorf("field %q is a %s: it has no type-ahead", label, f.kind)
		}
		least := DefaultMinQueryLength
		if n, ok := f.element["min_query_length"].(float64); ok {
			least = int(n)
		}
		u := s.users[m.p.ID]
		if len([]rune(query)) < least || u == nil {
			return nil
		}
		payload = s.interactionPayload("block_suggestion", u)
		payload["container"] = map[string]any{"type": "view", "view_id": v.id}
		payload["block_id"], payload["action_id"], payload["value"] = f.block, f.action, query
		payload["view"] = v.toJSON(s)
		return nil
	})
	if err != nil || payload == nil {
		return nil, err
	}
	ack, err := s.sendInteraction(ctx, "block_suggestion", payload, true)
	if err != nil {
		return nil, err
	}
	options, err := parseSuggestions(ack.Payload)
	if err != nil {
		return nil, fmt.Errorf("options for %q: %w", label, err)
	}
	err = m.withView(func(v *view) error {
		v.suggested[elementKey{f.block, f.action}] = options
		return nil
	})
	return toOptions(options), err
}

// DefaultMinQueryLength is how much is typed before an external select asks the app.
// https://docs.slack.dev/reference/block-kit/block-elements/select-menu-element#external_select
const DefaultMinQueryLength = 3

// parseSuggestions reads the ack of a block_suggestion.
func parseSuggestions(payload json.RawMessage) ([]any, error) {
	if payload == nil {
		return nil, errors.New("the app's ack is empty")
	}
	var answer map[string]any
	if err := json.Unmarshal(payload, &answer); err != nil {
		return nil, fmt.Errorf("read answer: %w", err)
	}
	if problems := validateSuggestions(answer); len(problems) > 0 {
		return nil, fmt.Errorf("%s", problems[0])
	}
	normalizeTexts(answer)
	options, _ := answer["options"].([]any)
	groups, _ := answer["option_groups"].([]any)
	return append(options, flattenGroups(groups)...), nil
}

// Options are those that a field offers now: all of a static select, or what the latest Search brought.
func (m *Modal) Options(label string) (out []Option, err error) {
	err = m.withView(func(v *view) error {
		f, err := v.findField(label)
		if err != nil {
			return err
		}
		out = toOptions(v.currentOptions(f))
		return nil
	})
	return out, err
}

func (v *view) currentOptions(f field) []any {
	if strings.HasSuffix(f.kind, "external_select") {
		return v.suggested[elementKey{f.block, f.action}]
	}
	return f.options()
}

// selectedOptions are the options that a field holds: they can be kept, whatever is offered now.
func (v *view) selectedOptions(f field) []any {
	switch held := v.values[elementKey{f.block, f.action}][stateKeys[f.kind].state].(type) {
	case []any:
		return held
	case map[string]any:
		return []any{held}
	}
	return nil
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

// fillLocked puts values in a field.
func (s *Server) fillLocked(v *view, f field, typed []string) error {
	typed = slices.DeleteFunc(slices.Clone(typed), func(t string) bool { return t == "" })
	if len(typed) > 1 && !holdsList(f.kind) {
		return fmt.Errorf("field %q holds one value, not %d", f.label, len(typed))
	}
	read := func(text string) (any, error) { return s.parseInputLocked(v, f, text) }
	held := map[string]any{"type": f.kind}
	if zone, ok := f.element["timezone"]; ok && f.kind == "timepicker" {
		held["timezone"] = zone
	}
	name := stateKeys[f.kind].state
	if holdsList(f.kind) {
		list := []any{}
		for _, text := range typed {
			item, err := read(text)
			if err != nil {
				return err
			}
			list = append(list, item)
		}
		held[name] = list
	} else {
		held[name] = nil
		if len(typed) == 1 {
			item, err := read(typed[0])
			if err != nil {
				return err
			}
			held[name] = item
		}
	}
	v.values[elementKey{f.block, f.action}] = held
	s.notifyLocked()
	s.emitVerbose("person", "slack", "fill", f.label, nil)
	return nil
}

// parseInputLocked turns what a person enters into what state.values holds.
func (s *Server) parseInputLocked(v *view, f field, text string) (any, error) {
	wrong := func(want string) error { return fmt.Errorf("field %q wants %s, not %q", f.label, want, text) }
	switch f.kind {
	case "datepicker":
		if _, err := time.Parse(time.DateOnly, text); err != nil {
			return nil, wrong("a date such as 2026-01-31")
		}
	case "timepicker":
		if _, err := time.Parse("15:04", text); err != nil {
			return nil, wrong("a time such as 15:04")
		}
	case "datetimepicker":
		if n, err := strconv.ParseInt(text, 10, 64); err == nil {
			return float64(n), nil
		}
		t, err := time.Parse(time.RFC3339, text)
		if err != nil {
			return nil, wrong("a date and time such as 2026-01-31T15:04:00Z")
		}
		return float64(t.Unix()), nil
	case "users_select", "multi_users_select":
		for _, u := range s.users {
			if text == u.ID || text == u.Name || text == u.RealName || text == u.Email {
				return u.ID, nil
			}
		}
		return nil, wrong("a user")
	case "channels_select", "multi_channels_select", "conversations_select", "multi_conversations_select":
		if ch, ok := s.findChannelLocked(text); ok {
			return ch.ID, nil
		}
		if ch, ok := s.findChannelLocked("#" + text); ok {
			return ch.ID, nil
		}
		return nil, wrong("a channel")
	case "file_input":
		return map[string]any{"id": "F" + randomUpper(10), "name": text, "title": text}, nil
	case "rich_text_input":
		return map[string]any{"type": "rich_text", "elements": []any{map[string]any{
			"type": "rich_text_section", "elements": []any{map[string]any{"type": "text", "text": text}},
		}}}, nil
	}
	if holdsList(f.kind) || strings.HasSuffix(f.kind, "select") || f.kind == "radio_buttons" {
		choices := v.currentOptions(f)
		for _, o := range toOptions(append(choices[:len(choices):len(choices)], v.selectedOptions(f)...)) {
			if o.Text == text || o.Value == text {
				return o.raw, nil
			}
		}
		return nil, wrong(fmt.Sprintf("one of %d options", len(choices)))
	}
	return text, nil
}
