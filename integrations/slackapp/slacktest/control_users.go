package slacktest

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"
)

// MarshalJSON returns an Ack as the control API shows it.
func (a Ack) MarshalJSON() ([]byte, error) {
	out := map[string]any{"took_ms": float64(a.Took.Microseconds()) / 1000}
	for name, text := range map[string]string{"type": a.Type, "kind": a.Kind, "user_message": a.UserMessage()} {
		if text != "" {
			out[name] = text
		}
	}
	if a.Payload != nil {
		out["payload"] = a.Payload
	}
	if a.Err != nil {
		out["error"] = a.Err.Error()
	}
	return json.Marshal(out)
}

// ackResult is the response of a route that returns an ack. A missing ack is part of the response and
// not an error of the route.
func ackResult(a Ack, err error) (any, error) {
	if err != nil && a.Err == nil {
		return nil, err
	}
	return a, nil
}

type sendRequest struct {
	User, Channel, Text string
	Thread              string `json:"thread_ts"`
}

func (s *Server) controlSend(ctx context.Context, in sendRequest) (any, error) {
	p := s.Person(in.User)
	if strings.HasPrefix(in.Text, "/") {
		return ackResult(p.SlashCommand(ctx, in.Channel, in.Text))
	}
	ts, err := p.SendReply(in.Channel, in.Thread, in.Text)
	return map[string]any{"ts": ts}, err
}

type shortcutRequest struct {
	User     string
	Callback string `json:"callback_id"`
	Channel  string
	TS       string
}

func (s *Server) controlShortcut(ctx context.Context, in shortcutRequest) (any, error) {
	if in.TS != "" {
		return ackResult(s.Person(in.User).UseMessageShortcut(ctx, in.Callback, in.Channel, in.TS))
	}
	return ackResult(s.Person(in.User).UseShortcut(ctx, in.Callback))
}

// elementRequest uses an element, by its action_id or label, of a message, of the Home tab or of the top modal.
type elementRequest struct {
	User, Channel, TS   string
	Action              string `json:"action_id"`
	Label, Value, Query string
	Values              stringOrList
}

// surface returns where the element is.
func (in elementRequest) surface(s *Server, place string) (surface, error) {
	switch place {
	case "message":
		return s.Person(in.User).message(Message{Channel: in.Channel, TS: in.TS}), nil
	case "home":
		return s.Person(in.User).home(), nil
	}
	m, err := s.topModal(in.User)
	if err != nil {
		return surface{}, err
	}
	return m.surface(), nil
}

// controlUse returns the route that uses an element.
func (s *Server) controlUse(place string) func(context.Context, elementRequest) (any, error) {
	return func(ctx context.Context, in elementRequest) (any, error) {
		f, err := in.surface(s, place)
		if err != nil {
			return nil, err
		}
		if in.Value != "" {
			in.Values = append(in.Values, in.Value)
		}
		return ackResult(f.act(ctx, cmp.Or(in.Action, in.Label), in.Values))
	}
}

// controlSearch returns the route that searches in an external select.
func (s *Server) controlSearch(place string) func(context.Context, elementRequest) (any, error) {
	return func(ctx context.Context, in elementRequest) (any, error) {
		f, err := in.surface(s, place)
		if err != nil {
			return nil, err
		}
		found, err := f.search(ctx, cmp.Or(in.Action, in.Label), in.Query)
		if err != nil {
			return nil, err
		}
		return map[string]any{"options": append([]Option{}, found...)}, nil
	}
}

type modalJSON struct {
	ID     string          `json:"id"`
	Title  string          `json:"title"`
	Text   string          `json:"text"`
	Fields []Field         `json:"fields"`
	View   json.RawMessage `json:"view"`
}

func (m *Modal) toJSON() (out modalJSON, err error) {
	err = m.withView(func(v *view) error {
		out = modalJSON{ID: m.id, Title: textOf(v.body["title"]), Text: v.plainText(), Fields: v.fieldList(), View: v.toJSON(m.p.s)}
		return nil
	})
	return out, err
}

func (s *Server) controlModal(ctx context.Context, q url.Values) (any, error) {
	title := q.Get("title")
	m, err := s.Person(q.Get("user")).WaitModal(ctx, func(m *Modal) bool { return title == "" || m.Title() == title })
	if err != nil {
		return nil, err
	}
	return m.toJSON()
}

// topModal returns the top modal of a user.
func (s *Server) topModal(user string) (*Modal, error) {
	if m := s.Person(user).TopModal(); m != nil {
		return m, nil
	}
	return nil, fmt.Errorf("user %s: %w", user, ErrNotOpen)
}

type fillRequest struct {
	User   string
	Values map[string]stringOrList
}

// stringOrList is a string or a list of strings.
type stringOrList []string

func (o *stringOrList) UnmarshalJSON(text []byte) error {
	var one string
	if json.Unmarshal(text, &one) == nil {
		*o = stringOrList{one}
		return nil
	}
	return json.Unmarshal(text, (*[]string)(o))
}

func (s *Server) controlFill(_ context.Context, in fillRequest) (any, error) {
	m, err := s.topModal(in.User)
	if err != nil {
		return nil, err
	}
	var wrong []error
	for label, values := range in.Values {
		wrong = append(wrong, m.Fill(label, values...))
	}
	if err := errors.Join(wrong...); err != nil {
		return nil, err
	}
	return m.toJSON()
}

func (s *Server) controlOpenHome(ctx context.Context, in struct{ User string }) (any, error) {
	return ackResult(s.Person(in.User).OpenHome(ctx))
}

// controlHome returns the Home tab. With the parameter contains, it waits for a text.
func (s *Server) controlHome(ctx context.Context, q url.Values) (any, error) {
	p := s.Person(q.Get("user"))
	if err := p.WaitHome(ctx, func(text string) bool { return strings.Contains(text, q.Get("contains")) }); err != nil {
		return nil, err
	}
	return map[string]any{"text": p.HomeText(), "view": p.HomeView()}, nil
}

func (s *Server) controlSubmit(ctx context.Context, in struct{ User string }) (any, error) {
	m, err := s.topModal(in.User)
	if err != nil {
		return nil, err
	}
	return m.Submit(ctx)
}

type closeRequest struct {
	User string
	All  bool
}

func (s *Server) controlClose(ctx context.Context, in closeRequest) (any, error) {
	m, err := s.topModal(in.User)
	if err == nil && in.All {
		err = m.Dismiss(ctx)
	} else if err == nil {
		err = m.Close(ctx)
	}
	return map[string]any{}, err
}

type viewStateRequest struct {
	Untouched, Suggestions bool
	Stale                  int
}

func (s *Server) controlViewState(_ context.Context, in viewStateRequest) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.untouchedState, s.suggestionState, s.staleStates = in.Untouched, in.Suggestions, in.Stale
	return map[string]any{}, nil
}
