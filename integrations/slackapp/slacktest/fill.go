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

	json map[string]any
}

// Fill puts a value in a field, named by its label: text as it is, a date as 2006-01-02, a
// time as 15:04, a date with time as RFC 3339 or Unix seconds, options by their text (or value), users and
// channels by their name, id or e-mail. Several values are for fields that hold several. No value, or "",
// empties the field. A field whose changes go to the app at once must be filled with Change.
func (m *Modal) Fill(label string, values ...string) error {
	return m.with(func(v *view) error {
		f, err := v.field(label)
		if err != nil {
			return err
		}
		if f.dispatches {
			return fmt.Errorf("field %q tells the app of each change: use Change", label)
		}
		return m.p.s.fill(v, f, values)
	})
}

// Change is Fill for a field that tells the app: it sends block_actions and waits for the ack.
func (m *Modal) Change(ctx context.Context, label string, values ...string) (Ack, error) {
	s := m.p.s
	var payload map[string]any
	err := m.with(func(v *view) error {
		f, err := v.field(label)
		if err != nil {
			return err
		}
		if !f.dispatches {
			return fmt.Errorf("field %q does not tell the app of changes: use Fill", label)
		}
		if err := s.fill(v, f, values); err != nil {
			return err
		}
		action := map[string]any{"block_id": f.block, "action_id": f.action, "action_ts": s.newTS()}
		for k, held := range v.values[key{f.block, f.action}] {
			action[k] = held
		}
		payload, err = m.actions(v, action)
		return err
	})
	if err != nil {
		return Ack{}, err
	}
	s.tell("person", "slack", "change", label+": "+strings.Join(values, ", "), nil)
	return s.interact(ctx, "block_actions", payload, true)
}

// ClickButton presses a button of the modal, by its text or action_id, and waits for the ack.
func (m *Modal) ClickButton(ctx context.Context, label string) (Ack, error) {
	s := m.p.s
	var payload map[string]any
	err := m.with(func(v *view) error {
		blocks, _ := v.body["blocks"].([]any)
		block, element := button(blocks, func(e map[string]any) bool { return plain(e["text"]) == label || e["action_id"] == label })
		if element == nil {
			return fmt.Errorf("no button %q", label)
		}
		var err error
		payload, err = m.actions(v, pressed(block, element, s.newTS()))
		return err
	})
	if err != nil {
		return Ack{}, err
	}
	s.tell("person", "slack", "click", label, nil)
	return s.interact(ctx, "block_actions", payload, true)
}

// actions is the payload of block_actions in a view. s.mu is held.
func (m *Modal) actions(v *view, action map[string]any) (map[string]any, error) {
	s := m.p.s
	u := s.users[m.p.ID]
	if u == nil {
		return nil, Error("user_not_found")
	}
	payload := s.interaction("block_actions", u)
	payload["trigger_id"] = s.newTrigger(u.ID)
	payload["container"] = map[string]any{"type": "view", "view_id": v.id}
	payload["view"] = v.json(s)
	payload["actions"] = raw([]any{action})
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
	err := m.with(func(v *view) error {
		var err error
		if f, err = v.field(label); err != nil {
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
		payload = s.interaction("block_suggestion", u)
		payload["container"] = map[string]any{"type": "view", "view_id": v.id}
		payload["block_id"], payload["action_id"], payload["value"] = f.block, f.action, query
		payload["view"] = v.json(s)
		return nil
	})
	if err != nil || payload == nil {
		return nil, err
	}
	ack, err := s.interact(ctx, "block_suggestion", payload, true)
	if err != nil {
		return nil, err
	}
	options, err := suggestions(ack.Payload)
	if err != nil {
		return nil, fmt.Errorf("options for %q: %w", label, err)
	}
	err = m.with(func(v *view) error {
		v.loaded[key{f.block, f.action}] = options
		return nil
	})
	return offered(options), err
}

// DefaultMinQueryLength is how much is typed before an external select asks the app.
// https://docs.slack.dev/reference/block-kit/block-elements/select-menu-element#external_select
const DefaultMinQueryLength = 3

// suggestions reads the ack of a block_suggestion.
func suggestions(payload json.RawMessage) ([]any, error) {
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
	normaliseTexts(answer)
	options, _ := answer["options"].([]any)
	groups, _ := answer["option_groups"].([]any)
	return append(options, grouped(groups)...), nil
}

// Options are those that a field offers now: all of a static select, or what the latest Search brought.
func (m *Modal) Options(label string) (out []Option, err error) {
	err = m.with(func(v *view) error {
		f, err := v.field(label)
		if err != nil {
			return err
		}
		out = offered(v.choices(f))
		return nil
	})
	return out, err
}

func (v *view) choices(f field) []any {
	if strings.HasSuffix(f.kind, "external_select") {
		return v.loaded[key{f.block, f.action}]
	}
	return f.options()
}

// chosen are the options that a field holds: they can be kept, whatever is offered now.
func (v *view) chosen(f field) []any {
	switch held := v.values[key{f.block, f.action}][stateKeys[f.kind].state].(type) {
	case []any:
		return held
	case map[string]any:
		return []any{held}
	}
	return nil
}

func offered(options []any) []Option {
	out := make([]Option, 0, len(options))
	for _, o := range options {
		option, _ := o.(map[string]any)
		value, _ := option["value"].(string)
		out = append(out, Option{Text: plain(option["text"]), Value: value, Description: plain(option["description"]), json: option})
	}
	return out
}

// fill puts values in a field. s.mu is held.
func (s *Server) fill(v *view, f field, typed []string) error {
	typed = slices.DeleteFunc(slices.Clone(typed), func(t string) bool { return t == "" })
	if len(typed) > 1 && !many(f.kind) {
		return fmt.Errorf("field %q holds one value, not %d", f.label, len(typed))
	}
	read := func(text string) (any, error) { return s.reads(v, f, text) }
	held := map[string]any{"type": f.kind}
	if zone, ok := f.element["timezone"]; ok && f.kind == "timepicker" {
		held["timezone"] = zone
	}
	name := stateKeys[f.kind].state
	if many(f.kind) {
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
	v.values[key{f.block, f.action}] = held
	s.touch()
	s.detail("person", "slack", "fill", f.label, nil)
	return nil
}

// reads turns what a person enters into what state.values holds. s.mu is held.
func (s *Server) reads(v *view, f field, text string) (any, error) {
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
		if ch, ok := s.conversation(text); ok {
			return ch.ID, nil
		}
		if ch, ok := s.conversation("#" + text); ok {
			return ch.ID, nil
		}
		return nil, wrong("a channel")
	case "file_input":
		return map[string]any{"id": "F" + upper(10), "name": text, "title": text}, nil
	case "rich_text_input":
		return map[string]any{"type": "rich_text", "elements": []any{map[string]any{
			"type": "rich_text_section", "elements": []any{map[string]any{"type": "text", "text": text}},
		}}}, nil
	}
	if many(f.kind) || strings.HasSuffix(f.kind, "select") || f.kind == "radio_buttons" {
		choices := v.choices(f)
		for _, o := range offered(append(choices[:len(choices):len(choices)], v.chosen(f)...)) {
			if o.Text == text || o.Value == text {
				return o.json, nil
			}
		}
		return nil, wrong(fmt.Sprintf("one of %d options", len(choices)))
	}
	return text, nil
}
