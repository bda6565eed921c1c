package slacktest

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"strconv"
)

// userJSON is a user in the responses of the control API.
type userJSON struct {
	User
	DM string `json:"dm,omitempty"` // the direct conversation with the app
}

func (s *Server) toUserJSON(u User) userJSON {
	if u.Bot {
		return userJSON{User: u}
	}
	return userJSON{u, s.Person(u.ID).DM()}
}

// controlWorkspace returns the workspace. With the parameter connections, it waits until at least that
// many are open.
func (s *Server) controlWorkspace(ctx context.Context, q url.Values) (any, error) {
	if q.Has("connections") {
		n, err := strconv.Atoi(q.Get("connections"))
		if err != nil {
			return nil, fmt.Errorf("connections must be a number, not %q", q.Get("connections"))
		}
		if err := s.waitUntil(ctx, func() bool { return len(s.open) >= n }); err != nil {
			return nil, fmt.Errorf("wait for %d connections: %w", n, err)
		}
	}
	users, channels := s.usersAndChannels()
	return map[string]any{
		"api_url": s.URL(), "bot_token": s.BotToken, "app_token": s.AppToken, "bot_user": s.BotUser, "connections": s.Connections(),
		"users": users, "channels": channels,
	}, nil
}

// usersAndChannels returns all users, and all channels but direct conversations.
func (s *Server) usersAndChannels() ([]userJSON, []Channel) {
	users, channels := []userJSON{}, []Channel{}
	for _, u := range s.Users() {
		users = append(users, s.toUserJSON(u))
	}
	for _, c := range s.Channels() {
		if c.dmUser == "" {
			channels = append(channels, c)
		}
	}
	return users, channels
}

func (s *Server) controlAddUser(_ context.Context, in User) (any, error) {
	return s.toUserJSON(s.AddUser(in)), nil
}

func (s *Server) controlAddChannel(_ context.Context, in Channel) (any, error) {
	return s.AddChannel(in), nil
}

func (s *Server) controlSetScopes(_ context.Context, in struct{ Scopes []string }) (any, error) {
	s.SetScopes(in.Scopes...)
	return map[string]any{}, nil
}

// controlManifest applies a manifest, and returns the events of it that the emulator does not send.
func (s *Server) controlManifest(_ context.Context, in struct{ Manifest json.RawMessage }) (any, error) {
	absent, err := s.SetManifest(in.Manifest)
	return map[string]any{"events_not_emulated": append([]string{}, absent...)}, err
}

func (s *Server) controlEvent(ctx context.Context, in struct{ Event map[string]any }) (any, error) {
	return ackResult(s.SendEvent(ctx, in.Event))
}

// controlMessages returns the messages that contain a text; with wait, it waits for the first. With
// user, it returns the messages that this user sees.
func (s *Server) controlMessages(ctx context.Context, q url.Values) (any, error) {
	channel, p := q.Get("channel"), s.Person(q.Get("user"))
	if p.ID == "" {
		return filterMessages(ctx, q, s.WaitMessage, s.Messages, channel)
	}
	return filterMessages(ctx, q, p.WaitVisible, p.VisibleMessages, channel)
}

func (s *Server) controlEphemerals(ctx context.Context, q url.Values) (any, error) {
	return filterMessages(ctx, q, s.WaitEphemeral, s.Ephemerals, q.Get("user"))
}

// filterMessages returns the messages of a list that contain a text; with wait, it waits for the first.
func filterMessages(ctx context.Context, q url.Values, wait func(context.Context, string, func(Message) bool) (Message, error),
	list func(string) []Message, of string,
) (any, error) {
	holds := func(m Message) bool { return m.Contains(q.Get("contains")) }
	if q.Get("wait") != "" {
		if _, err := wait(ctx, of, holds); err != nil {
			return nil, fmt.Errorf("wait for a message: %w", err)
		}
	}
	out := []Message{}
	for _, m := range list(of) {
		if holds(m) {
			out = append(out, m)
		}
	}
	return map[string]any{"messages": out}, nil
}

func (s *Server) controlAcks(context.Context, url.Values) (any, error) {
	return map[string]any{"acks": append([]Ack{}, s.Acks()...)}, nil
}

type connectionsRequest struct {
	Action, Reason, Text string
	On                   bool
	N                    int
}

func (s *Server) controlConnections(_ context.Context, in connectionsRequest) (any, error) {
	act := map[string]func(){
		"disconnect":    func() { s.Disconnect(in.Reason) },
		"drop":          s.DropConnections,
		"refuse":        func() { s.RefuseConnections(in.Reason) },
		"half_open":     func() { s.SetHalfOpen(in.On) },
		"pings":         func() { s.SetPings(in.On) },
		"duplicate":     func() { s.SetDuplicates(in.N) },
		"limit_history": func() { s.LimitHistory(in.N) },
		"redeliver":     func() { s.SetRedeliverOnConnect(in.On) },
		"raw":           func() { s.SendRaw([]byte(in.Text)) },
	}[in.Action]
	if act == nil {
		return nil, fmt.Errorf("unknown action %q", in.Action)
	}
	act()
	return map[string]any{"connections": s.Connections()}, nil
}
