package slacktest

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// errNoHome is returned when the app published no Home tab for a person.
var errNoHome = errors.New("the app published no Home tab for this user")

// OpenHome opens the Home tab of the app and waits for the ack of app_home_opened. What Slack shows of the tab is what
// the app published before; WaitHome waits for more.
// https://docs.slack.dev/reference/events/app_home_opened
func (p *Person) OpenHome(ctx context.Context) (Ack, error) {
	s := p.s
	s.mu.Lock()
	u, receives := s.userLocked(p.ID), s.receivesLocked("app_home_opened")
	if s.cfg.NoHomeTab || u == nil || u.Bot {
		defer s.mu.Unlock()
		if s.cfg.NoHomeTab {
			return Ack{}, errors.New("the app has no Home tab")
		}
		return Ack{}, Error("user_not_found")
	}
	event := map[string]any{
		"type": "app_home_opened", "user": u.ID, "channel": s.directMessageLocked(u).ID, "tab": "home", "event_ts": s.newTimestampLocked(),
	}
	if v := s.homes[u.ID]; v != nil {
		event["view"] = v.toJSON(s)
	}
	s.mu.Unlock()
	s.emit("person", "slack", "home", "opens the Home tab", map[string]any{"user": p.ID})
	if !receives {
		return Ack{}, nil
	}
	return s.SendEvent(ctx, event)
}

// HomeView returns the Home tab of the person, nil if the app published none.
func (p *Person) HomeView() json.RawMessage {
	return readView(p.home(), func(v *view) json.RawMessage { return v.toJSON(p.s) })
}

// HomeText returns all texts of the Home tab, one per line; "" if the app published none.
func (p *Person) HomeText() string { return readView(p.home(), (*view).plainText) }

// WaitHome waits until the text of the Home tab matches fits.
func (p *Person) WaitHome(ctx context.Context, fits func(text string) bool) error {
	read := func() (string, error) { return cmp.Or(p.s.homes[p.ID], &view{}).plainText(), nil }
	err := waitFor(ctx, p.s, read, func(text string) bool { return text != "" && fits(text) })
	if err != nil {
		return fmt.Errorf("wait for the Home tab: %w", err)
	}
	return nil
}

// ClickHomeButton presses a button of the Home tab, or changes another element, by its text, label or action_id, and
// waits for the ack.
func (p *Person) ClickHomeButton(ctx context.Context, label string, values ...string) (Ack, error) {
	return p.home().act(ctx, label, values)
}

func (p *Person) home() surface {
	return surface{p, func() (*view, error) {
		if v := p.s.homes[p.ID]; v != nil {
			return v, nil
		}
		return nil, errNoHome
	}, p.s.addViewLocked}
}

// plainText returns the texts of the blocks, one per line.
func (v *view) plainText() string {
	return strings.TrimSpace(Message{Blocks: marshalJSON(v.body["blocks"])}.PlainText())
}
