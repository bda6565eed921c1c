package slacktest

import (
	"context"
	"fmt"
)

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
