package slacktest

import (
	"context"
	"fmt"
)

// WaitTopModal waits until a modal is open and returns the top one.
func (p *Person) WaitTopModal(ctx context.Context) (*Modal, error) {
	m := &Modal{p: p}
	err := p.s.waitUntil(ctx, func() bool {
		v := p.s.topViewLocked(p.ID)
		if v == nil {
			return false
		}
		m.id, m.seen = v.id, v.version
		return true
	})
	if err != nil {
		return nil, fmt.Errorf("wait for a modal: %w", err)
	}
	return m, nil
}

// WaitModal waits until the top modal matches wanted.
func (p *Person) WaitModal(ctx context.Context, wanted func(*Modal) bool) (*Modal, error) {
	for {
		m, err := p.WaitTopModal(ctx)
		if err != nil {
			return nil, err
		}
		if wanted(m) {
			return m, nil
		}
		err = p.s.waitUntil(ctx, func() bool {
			v := p.s.topViewLocked(p.ID)
			return v == nil || v.id != m.id || v.version != m.seen
		})
		if err != nil {
			return nil, fmt.Errorf("wait for a modal: %w", err)
		}
	}
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
	for {
		version := 0
		if err := m.withView(func(v *view) error { version = v.version; return nil }); err != nil {
			return err
		}
		m.seen = version
		if wanted(m) {
			return nil
		}
		err := m.p.s.waitUntil(ctx, func() bool {
			v, err := m.viewLocked()
			return err != nil || v.version != version
		})
		if err != nil {
			return fmt.Errorf("wait for the modal to change: %w", err)
		}
	}
}
