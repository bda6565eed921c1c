package slacktest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"
)

// errNoHome is returned when the app published no Home tab for a person.
var errNoHome = errors.New("the app published no Home tab for this user")

// OpenHome opens the Home tab of the app and waits for the ack of app_home_opened. What Slack shows of the tab is what
// the app published before; WaitHome waits for more.
// https://docs.slack.dev/reference/events/app_home_opened
func (p *Person) OpenHome(ctx context.Context) (Ack, error) {
	s := p.s
	if s.cfg.NoHomeTab {
		return Ack{}, errors.New("the app has no Home tab")
	}
	s.mu.Lock()
	u := s.users[p.ID]
	if u == nil || u.Bot {
		s.mu.Unlock()
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
	return s.SendEvent(ctx, event)
}

// HomeView returns the Home tab of the person, nil if the app published none.
func (p *Person) HomeView() (out json.RawMessage) {
	_ = p.withHome(func(v *view) error { out = v.toJSON(p.s); return nil })
	return out
}

// HomeText returns all texts of the Home tab, one per line; "" if the app published none.
func (p *Person) HomeText() (text string) {
	_ = p.withHome(func(v *view) error { text = v.plainText(); return nil })
	return text
}

// WaitHome waits until the text of the Home tab matches fits.
func (p *Person) WaitHome(ctx context.Context, fits func(text string) bool) error {
	for seen := 0; ; {
		text := ""
		err := p.s.waitUntil(ctx, func() bool {
			v := p.s.homes[p.ID]
			if v == nil || v.version == seen {
				return false
			}
			seen, text = v.version, v.plainText()
			return true
		})
		if err != nil {
			return fmt.Errorf("wait for the Home tab: %w", err)
		}
		if fits(text) {
			return nil
		}
	}
}

// ClickHomeButton presses a button of the Home tab, by its text or action_id, and waits for the ack.
func (p *Person) ClickHomeButton(ctx context.Context, label string) (Ack, error) {
	var payload map[string]any
	err := p.withHome(func(v *view) (err error) {
		payload, err = p.s.viewClickLocked(v, label)
		return err
	})
	if err != nil {
		return Ack{}, err
	}
	p.s.emit("person", "slack", "click", label, nil)
	return p.s.sendInteraction(ctx, "block_actions", payload, true)
}

// withHome calls f with the state locked. It returns errNoHome if the app published none.
func (p *Person) withHome(f func(*view) error) error {
	p.s.mu.Lock()
	defer p.s.mu.Unlock()
	v := p.s.homes[p.ID]
	if v == nil {
		return errNoHome
	}
	return f(v)
}

// plainText returns the texts of the blocks, one per line.
func (v *view) plainText() string {
	return strings.TrimSpace(Message{Blocks: marshalJSON(v.body["blocks"])}.PlainText())
}

func (s *Server) controlOpenHome(ctx context.Context, in struct{ User string }) (any, error) {
	return ackResult(s.Person(in.User).OpenHome(ctx))
}

func (s *Server) controlClickHomeButton(ctx context.Context, in fieldRequest) (any, error) {
	return ackResult(s.Person(in.User).ClickHomeButton(ctx, in.Label))
}

// controlHome returns the Home tab. With the parameter contains, it waits for a text.
func (s *Server) controlHome(ctx context.Context, q url.Values) (any, error) {
	p := s.Person(q.Get("user"))
	if err := p.WaitHome(ctx, func(text string) bool { return strings.Contains(text, q.Get("contains")) }); err != nil {
		return nil, err
	}
	return map[string]any{"text": p.HomeText(), "view": p.HomeView()}, nil
}
