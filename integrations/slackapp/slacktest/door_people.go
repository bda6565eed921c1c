package slacktest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
)

// ackJSON is an Ack as the door shows it.
type ackJSON struct {
	Type    string          `json:"type,omitempty"`
	Kind    string          `json:"kind,omitempty"`
	TookMS  float64         `json:"took_ms"`
	Payload json.RawMessage `json:"payload,omitempty"`
	Error   string          `json:"error,omitempty"` // operation_timeout or dispatch_failed
	Shown   string          `json:"shown,omitempty"` // what the person sees of that
}

func newAckJSON(a Ack) ackJSON {
	out := ackJSON{Type: a.Type, Kind: a.Kind, TookMS: float64(a.Took.Microseconds()) / 1000, Payload: a.Payload}
	if a.Err != nil {
		out.Error, out.Shown = a.Err.Error(), a.UserMessage()
	}
	return out
}

// acked is the answer about an ack: what the app failed to do is in it, and is no error of the door.
func acked(a Ack, err error) (any, error) {
	if err != nil && a.Err == nil {
		return nil, err
	}
	return newAckJSON(a), nil
}

type doorTyped struct{ User, Channel, Text string }

func (s *Server) doorType(ctx context.Context, in doorTyped) (any, error) {
	return acked(s.Person(in.User).SlashCommand(ctx, in.Channel, in.Text))
}

type doorUsed struct {
	User     string
	Callback string `json:"callback_id"`
	Channel  string
	TS       string
}

func (s *Server) doorShortcut(ctx context.Context, in doorUsed) (any, error) {
	if in.TS != "" {
		return acked(s.Person(in.User).UseMessageShortcut(ctx, in.Callback, in.Channel, in.TS))
	}
	return acked(s.Person(in.User).UseShortcut(ctx, in.Callback))
}

type doorClicked struct {
	User, Channel, TS string
	Action            string `json:"action_id"`
}

func (s *Server) doorClick(ctx context.Context, in doorClicked) (any, error) {
	for _, m := range append(s.Messages(in.Channel), s.Ephemerals(in.User)...) {
		if m.TS == in.TS {
			return acked(s.Person(in.User).ClickButton(ctx, m, in.Action))
		}
	}
	return nil, Error("message_not_found")
}

type modalJSON struct {
	ID     string          `json:"id"`
	Title  string          `json:"title"`
	Text   string          `json:"text"`
	Fields []Field         `json:"fields"`
	View   json.RawMessage `json:"view"`
}

func (m *Modal) shown() (modalJSON, error) {
	out := modalJSON{ID: m.id}
	err := m.with(func(v *view) error {
		out.Title = plain(v.body["title"])
		out.Text = Message{Blocks: raw(v.body["blocks"])}.PlainText()
		out.View = v.json(m.p.s)
		out.Fields = v.shown()
		return nil
	})
	return out, err
}

func (s *Server) doorModal(ctx context.Context, q url.Values) (any, error) {
	title := q.Get("title")
	m, err := s.Person(q.Get("user")).WaitModal(ctx, func(m *Modal) bool { return title == "" || m.Title() == title })
	if err != nil {
		return nil, err
	}
	return m.shown()
}

// modalOf is the modal before a user now.
func (s *Server) modalOf(user string) (*Modal, error) {
	if m := s.Person(user).TopModal(); m != nil {
		return m, nil
	}
	return nil, fmt.Errorf("user %s: %w", user, ErrNotOpen)
}

type doorFilled struct {
	User   string
	Values map[string]oneOrMore
}

// oneOrMore is a string or a list of strings.
type oneOrMore []string

func (o *oneOrMore) UnmarshalJSON(text []byte) error {
	var one string
	if json.Unmarshal(text, &one) == nil {
		*o = oneOrMore{one}
		return nil
	}
	return json.Unmarshal(text, (*[]string)(o))
}

func (s *Server) doorFill(_ context.Context, in doorFilled) (any, error) {
	m, err := s.modalOf(in.User)
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
	return m.shown()
}

type doorField struct {
	User, Label, Query string
	Values             oneOrMore
}

func (s *Server) doorChange(ctx context.Context, in doorField) (any, error) {
	m, err := s.modalOf(in.User)
	if err != nil {
		return nil, err
	}
	return acked(m.Change(ctx, in.Label, in.Values...))
}

func (s *Server) doorSearch(ctx context.Context, in doorField) (any, error) {
	m, err := s.modalOf(in.User)
	if err != nil {
		return nil, err
	}
	found, err := m.SearchOptions(ctx, in.Label, in.Query)
	if err != nil {
		return nil, err
	}
	return map[string]any{"options": append([]Option{}, found...)}, nil
}

func (s *Server) doorPress(ctx context.Context, in doorField) (any, error) {
	m, err := s.modalOf(in.User)
	if err != nil {
		return nil, err
	}
	return acked(m.ClickButton(ctx, in.Label))
}

func (s *Server) doorSubmit(ctx context.Context, in struct{ User string }) (any, error) {
	m, err := s.modalOf(in.User)
	if err != nil {
		return nil, err
	}
	res, err := m.Submit(ctx)
	if err != nil {
		return nil, err
	}
	if res.Errors == nil {
		res.Errors = map[string]string{}
	}
	return map[string]any{
		"sent": res.Sent, "closed": res.Closed, "errors": res.Errors, "updated": res.Updated, "pushed": res.Pushed,
		"trouble": res.ConnectionError, "why": res.Reason, "ack": newAckJSON(res.Ack),
	}, nil
}

type doorClosed struct {
	User string
	All  bool
}

func (s *Server) doorClose(ctx context.Context, in doorClosed) (any, error) {
	m, err := s.modalOf(in.User)
	if err == nil && in.All {
		err = m.Dismiss(ctx)
	} else if err == nil {
		err = m.Close(ctx)
	}
	return map[string]any{}, err
}
