package slacktest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
)

// A Modal is an open modal of a person. Its methods return the current state. The methods WaitChanged
// and WaitUntil wait for the app. A Modal must be used by one goroutine; there can be several of one
// view.
type Modal struct {
	p    *Person
	id   string
	seen int // the latest version that a method returned
}

// ErrNotOpen is returned for a modal that is not open.
var ErrNotOpen = errors.New("modal is not open")

// TopModal returns the top modal of the person, nil if none is open.
func (p *Person) TopModal() *Modal {
	p.s.mu.Lock()
	defer p.s.mu.Unlock()
	return p.topModalLocked()
}

func (p *Person) topModalLocked() *Modal {
	v := p.s.topViewLocked(p.ID)
	if v == nil {
		return nil
	}
	return &Modal{p: p, id: v.id, seen: v.version}
}

// viewLocked returns the view of the modal.
func (m *Modal) viewLocked() (*view, error) {
	for _, v := range m.p.s.stacks[m.p.ID] {
		if v.id == m.id {
			return v, nil
		}
	}
	return nil, ErrNotOpen
}

func (m *Modal) surface() surface { return surface{m.p, m.viewLocked, m.p.s.addViewLocked} }

// withView calls f with the state locked. It returns ErrNotOpen if the modal is not open.
func (m *Modal) withView(f func(*view) error) error { return m.surface().with(f) }

// ID returns the id of the view.
func (m *Modal) ID() string { return m.id }

// Title returns the title, "" if the modal is not open.
func (m *Modal) Title() string {
	return readView(m.surface(), func(v *view) string { return textOf(v.body["title"]) })
}

// Labels returns the labels of the fields, from top to bottom.
func (m *Modal) Labels() []string { return readView(m.surface(), (*view).labels) }

func (v *view) labels() (out []string) {
	for _, f := range v.fields() {
		out = append(out, f.label)
	}
	return out
}

// A Field is a field of a modal as the person sees it.
type Field struct {
	Label      string   `json:"label"`
	Kind       string   `json:"kind"` // the type of the element, such as static_select
	BlockID    string   `json:"block_id"`
	ActionID   string   `json:"action_id"`
	Optional   bool     `json:"optional"`
	Dispatches bool     `json:"dispatches"` // sends block_actions on each change: use Change
	Value      []string `json:"value"`      // as Value returns it
	Options    []Option `json:"options,omitempty"`
	Error      string   `json:"error,omitempty"` // of the latest submission
}

// Fields returns the fields, from top to bottom; none if the modal is not open.
func (m *Modal) Fields() []Field { return readView(m.surface(), (*view).fieldList) }

func (v *view) fieldList() []Field {
	out := []Field{}
	for _, f := range v.fields() {
		out = append(out, Field{
			Label: f.label, Kind: f.kind, BlockID: f.block, ActionID: f.action, Optional: f.optional, Dispatches: f.dispatches,
			Value:   append([]string{}, displayValues(v.value(f))...),
			Options: toOptions(v.currentOptions(f)), Error: v.errors[f.block],
		})
	}
	return out
}

// Text returns all texts of the view, one per line.
func (m *Modal) Text() string {
	return readView(m.surface(), func(v *view) string { return textOf(v.body["title"]) + "\n" + v.plainText() })
}

// JSON returns the view as Slack sends it to the app, nil if it is not open.
func (m *Modal) JSON() json.RawMessage {
	return readView(m.surface(), func(v *view) json.RawMessage { return v.toJSON(m.p.s) })
}

// Errors returns the errors of the latest submission, by the label of the field.
func (m *Modal) Errors() map[string]string { return readView(m.surface(), (*view).errorsByLabel) }

// errorsByLabel returns the errors of the view by label.
func (v *view) errorsByLabel() map[string]string {
	out := map[string]string{}
	for _, f := range v.fields() {
		if text, ok := v.errors[f.block]; ok {
			out[f.label] = text
		}
	}
	return out
}

// Value returns the value of a field as the person reads it: text, a date, texts of options, or ids of
// users or channels. A list has several values; an empty field has none.
func (m *Modal) Value(label string) (out []string, err error) {
	err = m.withField(label, func(v *view, f field) error { out = displayValues(v.value(f)); return nil })
	return out, err
}

// withField calls g for a field with the state locked.
func (m *Modal) withField(label string, g func(*view, field) error) error {
	return m.withView(func(v *view) error {
		f, err := findElement(v.fields(), label)
		if err != nil {
			return err
		}
		return g(v, f)
	})
}

// value returns the value of a field in the form of state.values.
func (v *view) value(f field) any { return v.values[f.key()][stateKeys[f.kind].state] }

func displayValues(held any) []string {
	switch held := held.(type) {
	case nil:
		return nil
	case []any:
		var out []string
		for _, item := range held {
			out = append(out, displayValues(item)...)
		}
		return out
	case map[string]any:
		if held["value"] != nil {
			return []string{textOf(held["text"])}
		}
		return []string{string(marshalJSON(held))}
	}
	return []string{fmt.Sprint(held)}
}

// Close closes the modal with its close button. If the view has notify_on_close, the app receives
// view_closed, and a missing ack is an error, though the person does not see it.
func (m *Modal) Close(ctx context.Context) error { return m.close(ctx, false) }

// Dismiss closes all modals of the person.
func (m *Modal) Dismiss(ctx context.Context) error { return m.close(ctx, true) }

func (m *Modal) close(ctx context.Context, all bool) error {
	s := m.p.s
	_, err := m.p.interact(ctx, "view_closed", func(payload map[string]any) (bool, error) {
		v, err := m.viewLocked()
		if err != nil {
			return false, err
		}
		if all = all || v.boolField("clear_on_close"); all {
			v = s.stacks[v.user][0]
		}
		s.removeViewLocked(v)
		s.emit("person", "slack", "close", textOf(v.body["title"]), nil)
		payload["view"], payload["is_cleared"] = v.toJSON(s), all
		return v.boolField("notify_on_close"), nil
	})
	return err
}
