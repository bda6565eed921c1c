package slacktest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
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
	return m.withField(label, func(v *view, f field) error {
		if f.dispatches {
			return fmt.Errorf("field %q dispatches its changes: use Change", label)
		}
		return m.p.s.fillFieldLocked(v, f, values)
	})
}

// Change is Fill for a field that dispatches: it sends block_actions and waits for the ack.
func (m *Modal) Change(ctx context.Context, label string, values ...string) (Ack, error) {
	err := m.withField(label, func(_ *view, f field) error {
		if !f.dispatches {
			return fmt.Errorf("field %q does not dispatch its changes: use Fill", label)
		}
		return nil
	})
	if err != nil {
		return Ack{}, err
	}
	return m.surface().act(ctx, label, values)
}

// ClickButton presses a button of the modal, by its text or action_id, and waits for the ack. An overflow menu needs
// the text of one of its options.
func (m *Modal) ClickButton(ctx context.Context, label string, option ...string) (Ack, error) {
	return m.surface().act(ctx, label, option)
}

// SearchOptions enters a query in an external select and waits for the options of the app. A query
// that is shorter than min_query_length is not sent and returns none.
func (m *Modal) SearchOptions(ctx context.Context, label, query string) ([]Option, error) {
	return m.surface().search(ctx, label, query)
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
	answer, err := decodeObject(payload)
	if err != nil {
		return nil, fmt.Errorf("decode ack: %w", err)
	}
	if problems := validateBlocks("suggestions", "", map[string]any(answer)); len(problems) > 0 {
		return nil, fmt.Errorf("%s", problems[0])
	}
	normalizeTexts(map[string]any(answer))
	options, _ := answer["options"].([]any)
	groups, _ := answer["option_groups"].([]any)
	return append(options, flattenGroups(groups)...), nil
}

// Options returns the options of a field: those of a static select, or those of the latest
// SearchOptions.
func (m *Modal) Options(label string) (out []Option, err error) {
	err = m.withField(label, func(v *view, f field) error { out = toOptions(v.currentOptions(f)); return nil })
	return out, err
}

// WaitTopModal waits until a modal is open and returns the top one.
func (p *Person) WaitTopModal(ctx context.Context) (*Modal, error) {
	return p.WaitModal(ctx, func(*Modal) bool { return true })
}

// WaitModal waits until the top modal matches wanted.
func (p *Person) WaitModal(ctx context.Context, wanted func(*Modal) bool) (*Modal, error) {
	var m *Modal
	err := waitFor(ctx, p.s, func() (*Modal, error) { return p.topModalLocked(), nil }, func(now *Modal) bool {
		m = now
		return m != nil && wanted(m)
	})
	if err != nil {
		return nil, fmt.Errorf("wait for a modal: %w", err)
	}
	return m, nil
}

// WaitChanged waits until the app updates the modal: since the latest WaitChanged, WaitUntil or
// Submit, or since the Modal was created. It returns ErrNotOpen when the modal closes.
func (m *Modal) WaitChanged(ctx context.Context) error {
	from := m.seen
	return m.WaitUntil(ctx, func(*Modal) bool { return m.seen > from })
}

// WaitUntil waits until the modal matches wanted, which is called after every change. It returns
// ErrNotOpen when the modal closes.
func (m *Modal) WaitUntil(ctx context.Context, wanted func(*Modal) bool) error {
	version := func() (int, error) {
		v, err := m.viewLocked()
		if err != nil {
			return 0, err
		}
		return v.version, nil
	}
	err := waitFor(ctx, m.p.s, version, func(n int) bool {
		m.seen = n
		return wanted(m)
	})
	if err != nil {
		return fmt.Errorf("wait for the modal to change: %w", err)
	}
	return nil
}
