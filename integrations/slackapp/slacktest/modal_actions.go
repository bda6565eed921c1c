package slacktest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// An Option is an option of a select.
type Option struct {
	Text        string `json:"text"`
	Value       string `json:"value"`
	Description string `json:"description,omitempty"`

	raw map[string]any
}

// Fill sets the value of a field by its label: text, a date such as 2006-01-02, a time such as 15:04,
// a date and time as RFC 3339 or Unix seconds, options by their text or value, users and channels by
// their name, id or e-mail address. Several values need a field that has several. No value, or "",
// empties the field. For a field that dispatches, use Change.
func (m *Modal) Fill(label string, values ...string) error {
	return m.withView(func(v *view) error {
		f, err := v.findField(label)
		if err != nil {
			return err
		}
		if f.dispatches {
			return fmt.Errorf("field %q dispatches its changes: use Change", label)
		}
		return m.p.s.fillFieldLocked(v, f, values)
	})
}

// Change is Fill for a field that dispatches: it sends block_actions and waits for the ack.
func (m *Modal) Change(ctx context.Context, label string, values ...string) (Ack, error) {
	s := m.p.s
	var payload map[string]any
	err := m.withView(func(v *view) error {
		f, err := v.findField(label)
		if err != nil {
			return err
		}
		if !f.dispatches {
			return fmt.Errorf("field %q does not dispatch its changes: use Fill", label)
		}
		if err := s.fillFieldLocked(v, f, values); err != nil {
			return err
		}
		action := map[string]any{"block_id": f.block, "action_id": f.action, "action_ts": s.newTimestampLocked()}
		for k, held := range v.values[elementKey{f.block, f.action}] {
			action[k] = held
		}
		payload, err = s.viewActionLocked(v, action)
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
	err := m.withView(func(v *view) (err error) {
		payload, err = s.viewClickLocked(v, label)
		return err
	})
	if err != nil {
		return Ack{}, err
	}
	s.emit("person", "slack", "click", label, nil)
	return s.sendInteraction(ctx, "block_actions", payload, true)
}

// viewActionLocked returns the payload of block_actions for an action in a view.
func (s *Server) viewActionLocked(v *view, action map[string]any) (map[string]any, error) {
	u := s.users[v.user]
	if u == nil {
		return nil, Error("user_not_found")
	}
	payload := s.newInteractionLocked("block_actions", u)
	payload["trigger_id"] = s.newTriggerLocked(u.ID)
	payload["container"] = map[string]any{"type": "view", "view_id": v.id}
	payload["view"] = v.toPayloadLocked(s)
	payload["actions"] = marshalJSON([]any{action})
	return payload, nil
}

// viewClickLocked returns the payload of a click on a button of a view, by its text or action_id.
func (s *Server) viewClickLocked(v *view, label string) (map[string]any, error) {
	blocks, _ := v.body["blocks"].([]any)
	block, element := findButton(blocks, func(e map[string]any) bool { return textOf(e["text"]) == label || e["action_id"] == label })
	if element == nil {
		return nil, fmt.Errorf("no button %q", label)
	}
	return s.viewActionLocked(v, buttonAction(block, element, s.newTimestampLocked()))
}

// SelectOptions selects options that SearchOptions returned.
func (m *Modal) SelectOptions(label string, options ...Option) error {
	values := make([]string, len(options))
	for i, o := range options {
		values[i] = o.Value
	}
	return m.Fill(label, values...)
}

// SearchOptions enters a query in an external select and waits for the options of the app. A query
// that is shorter than min_query_length is not sent and returns none.
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
			return fmt.Errorf("field %q is a %s, which has no search", label, f.kind)
		}
		least := DefaultMinQueryLength
		if n, ok := f.element["min_query_length"].(float64); ok {
			least = int(n)
		}
		u := s.users[m.p.ID]
		if len([]rune(query)) < least || u == nil {
			return nil
		}
		payload = s.newInteractionLocked("block_suggestion", u)
		payload["container"] = map[string]any{"type": "view", "view_id": v.id}
		payload["block_id"], payload["action_id"], payload["value"] = f.block, f.action, query
		payload["view"] = v.toJSON(s)
		if !s.suggestionState {
			payload["view"] = v.toJSONWithState(s, nil)
		}
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

// DefaultMinQueryLength is the minimum length of a query that an external select sends to the app, in
// characters.
// https://docs.slack.dev/reference/block-kit/block-elements/select-menu-element#external_select
const DefaultMinQueryLength = 3

// parseSuggestions returns the options in the ack of a block_suggestion.
func parseSuggestions(payload json.RawMessage) ([]any, error) {
	if payload == nil {
		return nil, errors.New("empty ack")
	}
	var answer map[string]any
	if err := json.Unmarshal(payload, &answer); err != nil {
		return nil, fmt.Errorf("decode ack: %w", err)
	}
	if problems := validateSuggestions(answer); len(problems) > 0 {
		return nil, fmt.Errorf("%s", problems[0])
	}
	normalizeTexts(answer)
	options, _ := answer["options"].([]any)
	groups, _ := answer["option_groups"].([]any)
	return append(options, flattenGroups(groups)...), nil
}

// Options returns the options of a field: those of a static select, or those of the latest
// SearchOptions.
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
